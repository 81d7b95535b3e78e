"""Whole models beside Keras: the same weights and batches give the same losses, step by step."""

import keras
import numpy as np
import pytest

import cnn_scratch


def cnn(library, dtype, dropout=0.0):
    """Return a small CNN. Its constants are powers of two: Keras rounds some to float32."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((9, 8, 2), dtype=dtype),
            layers.Conv2D(6, 3, padding="same", activation="relu", dtype=dtype),
            layers.BatchNormalization(dtype=dtype),
            layers.MaxPooling2D(dtype=dtype),
            layers.Conv2D(8, (3, 2), strides=(1, 2), dtype=dtype),
            layers.LeakyReLU(negative_slope=0.25, dtype=dtype),
            layers.AveragePooling2D(2, padding="same", dtype=dtype),
            layers.Dropout(dropout, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(
                16, activation="elu", kernel_regularizer=library.regularizers.L2(2**-10), dtype=dtype
            ),
            layers.Dense(4, activation="softmax", dtype=dtype),
        ]
    )


@pytest.fixture(autouse=True)
def _keras_computes_in_the_dtype_of_the_test(request):
    """Let Keras's losses and metrics be float64 too when the models are."""
    before = keras.config.floatx()
    keras.config.set_floatx(
        request.node.callspec.params.get("dtype", "float32")
        if hasattr(request.node, "callspec")
        else "float32"
    )
    yield
    keras.config.set_floatx(before)


OPTIMIZERS = {
    "adam": lambda library: library.optimizers.Adam(2**-10),
    "sgd": lambda library: library.optimizers.SGD(2**-7, momentum=0.875),
}


def pair(dtype, loss="sparse_categorical_crossentropy", optimizer="adam", metrics=("accuracy",)):
    ours, theirs = cnn(cnn_scratch, dtype), cnn(keras, dtype)
    ours.set_weights(theirs.get_weights())
    for library, model in ((cnn_scratch, ours), (keras, theirs)):
        chosen = OPTIMIZERS[optimizer](library) if optimizer in OPTIMIZERS else optimizer
        model.compile(chosen, loss, metrics=list(metrics))
    return ours, theirs


def batches(steps, dtype, n=12):
    rng = np.random.default_rng(1)
    for _ in range(steps):
        y = rng.integers(0, 4, n)
        yield (rng.normal(size=(n, 9, 8, 2)) + y[:, None, None, None] / 3).astype(dtype), y


@pytest.mark.parametrize(
    ("dtype", "loss_bound", "weight_bound"),
    [
        # 1e-16 per operation; 50 steps of a training that divides by small numbers (Adam) amplify it
        ("float64", 1e-12, 1e-11),
        # float32: 2⁻²⁴ ≈ 6e-8 per operation; 50 steps of Adam amplify it by up to about 10⁴
        ("float32", 1e-3, 5e-3),
    ],
)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_fifty_steps(dtype, loss_bound, weight_bound, optimizer):
    ours, theirs = pair(dtype, optimizer=optimizer)
    for step, (x, y) in enumerate(batches(50, dtype)):
        losses = []
        for model in (ours, theirs):
            model.reset_metrics()
            losses.append(model.train_on_batch(x, y)[0])
        assert losses[0] == pytest.approx(float(losses[1]), rel=loss_bound), f"step {step}"
    for our, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(our, their, rtol=0, atol=weight_bound * max(1, np.abs(their).max()))


@pytest.mark.parametrize(
    "options",
    [
        dict(validation_split=0.25),
        dict(class_weight={0: 2.0, 3: 0.5}),
        dict(class_weight={0: 2.0, 3: 0.5}, validation_split=0.25),
        dict(sample_weight=np.linspace(0.1, 2, 40)),
        dict(batch_size=7, initial_epoch=1),
    ],
    ids=lambda options: "-".join(options),
)
@pytest.mark.parametrize("dtype", ["float64"])
def test_history_of_fit(options, dtype):
    ours, theirs = pair(dtype)
    x, y = next(batches(1, dtype, n=40))
    options = dict(epochs=3, batch_size=16, shuffle=False, verbose=0) | options
    our, their = ours.fit(x, y, **options).history, theirs.fit(x, y, **options).history
    assert sorted(our) == sorted(their)
    for name in our:
        np.testing.assert_allclose(
            our[name], their[name], rtol=1e-6, err_msg=name
        )  # Keras's means are float32


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("dtype", ["float64"])
def test_a_layer_is_frozen_and_set_free_again(optimizer, dtype):
    """The optimizer goes on with what it knows of the others, and of this one when it is trained again."""
    ours, theirs = pair(dtype)
    for library, model in ((cnn_scratch, ours), (keras, theirs)):
        chosen = OPTIMIZERS[optimizer](library)
        for trainable in (True, False, True):
            model.layers[3].trainable = trainable
            model.compile(chosen, "sparse_categorical_crossentropy", run_eagerly=True)
            before = model.layers[3].get_weights()
            for x, y in batches(2, dtype):
                model.train_on_batch(x, y)
            assert np.array_equal(before[0], model.layers[3].get_weights()[0]) != trainable
    for our, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(our, their, rtol=0, atol=1e-10 * max(1, np.abs(their).max()))


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        ("categorical_crossentropy", np.eye(4)[np.arange(12) % 4]),
        ("mse", np.linspace(0, 1, 48).reshape(12, 4)),
        ("mae", np.linspace(0, 1, 48).reshape(12, 4)),
    ],
)
@pytest.mark.parametrize("dtype", ["float64"])
def test_other_losses(loss, labels, dtype):
    ours, theirs = pair(dtype, loss, "rmsprop", ())
    x, _ = next(batches(1, dtype))
    for _ in range(5):
        ours.reset_metrics()
        theirs.reset_metrics()
        assert ours.train_on_batch(x, labels) == pytest.approx(
            float(np.ravel(theirs.train_on_batch(x, labels))[0]), rel=1e-6
        )


CLASSES = np.arange(12) % 3


@pytest.mark.parametrize(
    ("name", "labels", "units", "activation", "chosen"),
    [
        ("crossentropy", CLASSES, 3, "softmax", "SparseCategoricalCrossentropy"),
        ("Crossentropy", CLASSES[:, None], 3, "softmax", "SparseCategoricalCrossentropy"),
        ("crossentropy", np.eye(3)[CLASSES], 3, "softmax", "CategoricalCrossentropy"),
        ("ce", CLASSES % 2, 1, "sigmoid", "BinaryCrossentropy"),
        ("CE", CLASSES[:, None] % 2, 1, "sigmoid", "BinaryCrossentropy"),
    ],
)
def test_which_crossentropy_is_meant(name, labels, units, activation, chosen, tmp_path):
    """It is known when the first labels are; in files it stays a name."""
    x = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
    results = []
    for library in (cnn_scratch, keras):
        layer = library.layers.Dense(units, activation, kernel_initializer=library.initializers.Constant(0.5))
        model = library.Sequential([library.Input((4,)), layer])
        model.compile("sgd", name, metrics=["acc"])
        model.save(tmp_path / f"{library.__name__}.keras")
        history = model.fit(x, labels, 4, epochs=2, shuffle=False, verbose=0).history
        results.append({**history, "evaluated": model.evaluate(x, labels, verbose=0)})
        if library is cnn_scratch:
            assert (type(model.loss).__name__, model.loss.name) == (chosen, name)
    assert set(results[0]) == set(results[1])
    for key, values in results[1].items():
        np.testing.assert_allclose(results[0][key], values, rtol=1e-5, err_msg=key)
    for writer in ("cnn_scratch", "keras"):
        again = cnn_scratch.models.load_model(tmp_path / f"{writer}.keras")
        assert again.loss == name
        again.fit(x, labels, 4, epochs=2, shuffle=False, verbose=0)
        np.testing.assert_allclose(again.evaluate(x, labels, verbose=0), results[1]["evaluated"], rtol=1e-5)
    assert keras.models.load_model(tmp_path / "cnn_scratch.keras").loss == name


def test_which_crossentropy_is_meant_by_a_model_that_is_not_built():
    model = cnn_scratch.Sequential([cnn_scratch.layers.Dense(3, "softmax")])
    model.compile("sgd", "crossentropy")
    assert model.loss == "crossentropy"
    value = model.test_on_batch(np.zeros((2, 4)), np.array([0, 1]))
    assert value == pytest.approx(np.log(3))
    outputs = cnn_scratch.Input((2,))
    several = cnn_scratch.Model(outputs, [outputs, outputs])
    several.compile("sgd", ["ce", "mse"])
    assert several.loss[0] == "ce"
    with pytest.raises(ValueError, match=r"Unknown loss: 'cee'. Did you mean 'bce'"):
        model.compile("sgd", "cee")


def test_binary_crossentropy_behind_a_softmax_takes_the_probabilities():
    """Keras on TensorFlow takes the logits of the *softmax* for logits of a sigmoid there, a mistake."""
    ours, theirs = pair("float32", "binary_crossentropy", "sgd", ())
    (x, y), *_ = batches(1, "float32")
    labels = np.eye(4, dtype="float32")[y]
    expected = float(keras.losses.BinaryCrossentropy()(labels, ours.predict(x)))
    penalty = float(np.sum(theirs.losses))
    assert ours.evaluate(x, labels, verbose=0) == pytest.approx(expected + penalty, rel=1e-5)
    assert theirs.evaluate(x, labels, verbose=0) != pytest.approx(expected + penalty, rel=1e-2)


def test_keras_reads_our_weights_and_we_read_keras_s(tmp_path):
    ours, theirs = pair("float32")
    for x, y in batches(3, "float32"):
        ours.train_on_batch(x, y)
        theirs.train_on_batch(x, y)
    x, y = next(batches(1, "float32"))

    ours.save_weights(tmp_path / "ours.weights.h5")
    reader = cnn(keras, "float32")
    reader.compile("adam", "sparse_categorical_crossentropy")
    reader.optimizer.build(reader.trainable_variables)
    reader.load_weights(tmp_path / "ours.weights.h5")
    np.testing.assert_allclose(reader.predict(x, verbose=0), ours.predict(x), atol=1e-5)
    for our, their in zip(ours.optimizer.variables, reader.optimizer.variables, strict=True):
        np.testing.assert_array_equal(our, their.numpy())

    theirs.save_weights(tmp_path / "theirs.weights.h5")
    reader = cnn(cnn_scratch, "float32")
    reader.compile("adam", "sparse_categorical_crossentropy")
    reader.load_weights(tmp_path / "theirs.weights.h5")
    np.testing.assert_allclose(reader.predict(x), theirs.predict(x, verbose=0), atol=1e-5)
    for our, their in zip(reader.optimizer.variables, theirs.optimizer.variables, strict=True):
        np.testing.assert_array_equal(our, their.numpy())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"positions": [0.35, 0.7, 1.0]},
        {"layer_range": ["batch_normalization", "average_pooling2d"]},
        {"layer_range": ("dense_1", "max")},
        {"layer_range": [".*pooling", "dense"]},
    ],
    ids=str,
)
def test_summary_is_keras_s_table(options):
    for library in (cnn_scratch, keras):
        library.utils.clear_session()  # equal names, for they decide where a line ends
    ours, theirs = pair("float32")
    tables = []
    for model in (ours, theirs):
        for x, y in batches(1, "float32"):
            model.train_on_batch(x, y)
        lines = []
        model.summary(
            line_length=80,
            print_fn=lambda text, lines=lines, **_: lines.extend(text.rstrip().split("\n")),
            **options,
        )
        tables.append([line.rstrip() for line in lines if line.strip()])
    assert tables[0] == tables[1]
