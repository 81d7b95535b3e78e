"""Makes the files beside it with an old Keras; run by hand, in an environment that has it.

The tests only read what this wrote::

    pip install tensorflow-cpu==2.13.1 && python make.py 2.13      # and the same with 2.15.1
    pip install tensorflow-cpu==2.16.2 keras==3.0.5 dm-tree && python make.py 3.0

Each model is trained for two steps and saved; then ``….npz`` gets its inputs, labels and outputs, and
the losses and weights of three further steps. The files are packed with gzip, since HDF5 is mostly zeros.
"""

import gzip
import sys
import warnings
from pathlib import Path

import keras
import numpy as np

layers = keras.layers
HERE = Path(__file__).parent
SAMPLES = 5
IS_2 = keras.__version__.startswith("2.")


def graph():
    """Two inputs and outputs, a shared layer, models in the model, arithmetic, names with a slash."""
    image, extra = keras.Input((6, 6, 1), name="image"), keras.Input((3,), name="extra")
    inside = keras.Input((6, 6, 2))
    normalized = layers.BatchNormalization()(layers.Conv2D(2, 1)(inside))
    base = keras.Model(inside, layers.LeakyReLU()(normalized), name="base")
    base.trainable = False
    head = keras.Sequential(
        [keras.Input((6, 6, 2)), layers.SeparableConv2D(2, 3), layers.GlobalMaxPooling2D()], name="head"
    )
    first = layers.Conv2D(2, 3, padding="same", name="stem/conv" if IS_2 else "stem_conv")(image)
    shared = layers.Conv2D(2, 3, padding="same", activation="softsign")
    x = shared(shared(first))
    x = 1.0 - 0.5 * x + first
    x = base(x, training=False)
    side = layers.Dense(2, activation="hard_sigmoid", use_bias=False)(extra)
    x = layers.Concatenate()([head(x), layers.BatchNormalization()(side)])
    outputs = [layers.Dense(3, activation="softmax", name="kind")(x), layers.Dense(1, name="size")(x)]
    model = keras.Model([image, extra], outputs)
    model.compile(
        keras.optimizers.Adam(0.01, amsgrad=True),
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.5},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    return model


def stack():
    """A chain, two layers of one class, and a loss and metrics that are objects."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, activation="relu", kernel_regularizer="l2"),
            layers.Conv2D(2, 3, strides=2, use_bias=False),
            layers.Flatten(),
            layers.Dropout(0.0),
            layers.Dense(3),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)],
    )
    return model


def plain():
    """The smallest one, with an optimizer without slots."""
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    model.compile(keras.optimizers.SGD(0.05), keras.losses.sparse_categorical_crossentropy)
    return model


def nadam():
    """The same, with a slot that is one number for all weights."""
    model = plain()
    model.compile(keras.optimizers.Nadam(0.01), "sparse_categorical_crossentropy")
    return model


def old_adam():
    """An optimizer from before 2.11, whose learning rate falls."""
    model = plain()
    old = keras.optimizers.legacy.Adam(0.02, decay=0.1)
    model.compile(old, "sparse_categorical_crossentropy", metrics=["acc"])
    return model


def old_rmsprop():
    """An optimizer from before 2.11 with another rule."""
    model = plain()
    model.compile(keras.optimizers.legacy.RMSprop(0.01), "sparse_categorical_crossentropy")
    return model


MODELS = {
    "2.13": {
        "graph": (graph, ["keras", "h5", "json"]),
        "stack": (stack, ["h5", "weights.h5"]),
        "plain": (plain, ["keras"]),
        "old_adam": (old_adam, ["keras", "h5"]),
        "old_rmsprop": (old_rmsprop, ["h5"]),
    },
    "2.15": {"stack": (stack, ["keras", "weights.h5"])},
    "3.0": {"nadam": (nadam, ["keras", "h5"])},
}


def data(model):
    """Random inputs and labels."""
    rng = np.random.default_rng(1)
    x = [rng.uniform(size=(SAMPLES, *t.shape[1:])).astype("float32") for t in model.inputs]
    y = [
        rng.integers(0, 3, SAMPLES) if t.shape[-1] == 3 else rng.uniform(size=(SAMPLES, 1)).astype("float32")
        for t in model.outputs
    ]
    return x, y


def write(version, name, make, kinds):
    """Write one model, and what becomes of it."""
    keras.backend.clear_session()
    model = make()
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.6, weight.shape) for weight in model.get_weights()])
    x, y = data(model)
    alone = len(y) == 1
    arguments = (x[0], y[0]) if alone else (x, y)
    for _ in range(2):
        model.train_on_batch(*arguments)
    start = str(HERE / f"{version}-{name}")
    for kind in kinds:
        path = Path(f"{start}.{kind}")
        if kind == "json":
            path.write_text(model.to_json())
        elif kind == "weights.h5":
            model.save_weights(path)
        else:
            model.save(path)
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()
    outputs = model.predict(arguments[0], verbose=0)
    arrays = {f"x{n}": array for n, array in enumerate(x)} | {f"y{n}": array for n, array in enumerate(y)}
    arrays |= {f"outputs{n}": array for n, array in enumerate([outputs] if alone else outputs)}
    losses = []
    for _ in range(3):
        model.reset_metrics()  # Keras 3 returns means over all steps
        losses.append(model.train_on_batch(*arguments, return_dict=True)["loss"])
    arrays |= {f"weight{n}": array for n, array in enumerate(model.get_weights())}
    np.savez_compressed(f"{start}.npz", losses=losses, **arrays)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for name, (make, kinds) in MODELS[sys.argv[1]].items():
        write(sys.argv[1], name, make, kinds)
