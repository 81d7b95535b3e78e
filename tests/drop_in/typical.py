"""What users of Keras write besides: models in models, shared layers, several inputs, callbacks, files."""

import tempfile
from pathlib import Path

import numpy as np

rng = np.random.default_rng(0)
IMAGES = rng.uniform(size=(32, 8, 8, 3)).astype("float32")
TABLE = rng.normal(size=(32, 5)).astype("float32")
LABELS = np.argmax(TABLE[:, :3] + IMAGES.mean((1, 2)), axis=1)
QUIET = {"shuffle": False, "verbose": 0, "batch_size": 8}


def autoencoder(keras, start):
    """Two models, put together in a third; each is used by itself afterwards."""
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(8, 3, activation="relu", padding="same"),
            layers.MaxPooling2D((2, 2), padding="same"),
            layers.Flatten(),
            layers.Dense(16, name="code", kernel_initializer=keras.initializers.glorot_normal()),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(4 * 4 * 8, activation="relu"),
            layers.Reshape((4, 4, 8)),
            layers.UpSampling2D((2, 2)),
            layers.Conv2D(3, (3, 3), activation="sigmoid", padding="same"),
        ]
    )
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, decoder(encoder(inputs)))
    start(model)
    model.compile(optimizer=keras.optimizers.Adam(lambda: 3e-3), loss="binary_crossentropy")
    history = model.fit(IMAGES, IMAGES, epochs=2, validation_data=(IMAGES, IMAGES), **QUIET)
    codes = encoder.predict(IMAGES, verbose=0)
    return {
        **history.history,
        "codes": codes,
        "decoded": decoder.predict(codes, verbose=0),
        "kernel": model.get_layer("encoder").get_layer("code").get_weights()[0],
    }


def siamese(keras, start):
    """One tower for two inputs; the distance of what it says of them."""
    layers = keras.layers
    tower = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="tanh"), layers.Flatten(), layers.Dense(6)]
    )
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    difference = layers.Subtract()([tower(left), tower(right)])
    distance = layers.Dot(axes=1)([difference, difference])
    model = keras.Model(inputs=[left, right], outputs=layers.Dense(1, activation="sigmoid")(distance))
    start(model)
    model.compile(loss="binary_crossentropy", optimizer="RMSprop", metrics=["accuracy", "AUC"])
    first, second = IMAGES[:16], IMAGES[16:]
    same = (LABELS[:16] == LABELS[16:]).astype("float32")
    history = model.fit([first, second], same, epochs=3, **QUIET)
    by_name = model.predict({"left": first, "right": second}, verbose=0)
    return {**history.history, "predictions": model.predict([first, second], verbose=0), "by name": by_name}


def image_and_table(keras, start):
    """Inputs, outputs, losses and metrics by name; penalties on kernels."""
    layers = keras.layers
    image, table = keras.Input((8, 8, 3), name="image"), keras.Input((5,), name="table")
    h = layers.Conv2D(4, 3, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-3))(image)
    h = layers.concatenate([layers.Flatten()(h), layers.Dense(8, activation="elu")(table)])
    outputs = {
        "kind": layers.Dense(3, activation="softmax", name="kind")(layers.Dropout(0.0)(h)),
        "size": layers.Dense(1, name="size")(h),
    }
    model = keras.Model({"image": image, "table": table}, outputs)
    start(model)
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.2},
        metrics={"kind": ["acc"], "size": ["mae"]},
    )
    x, y = {"image": IMAGES, "table": TABLE}, {"kind": LABELS, "size": TABLE[:, :1]}
    history = model.fit(x, y, epochs=2, validation_split=0.25, **QUIET)
    results = model.evaluate(x, y, verbose=0, return_dict=True)
    predictions = model.predict(x, verbose=0)
    return {
        **history.history,
        **{f"evaluated {key}": value for key, value in results.items()},
        **{f"predicted {key}": value for key, value in predictions.items()},
    }


def freezing(keras, start):
    """A base without its head, frozen; then its last layer learns again; then all of it."""
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    h = layers.Conv2D(4, 3, activation="relu")(inputs)
    h = layers.Conv2D(4, 3, activation="relu")(h)
    trained = keras.Model(inputs, layers.Dense(10)(layers.GlobalMaxPooling2D()(h)))
    base = keras.Model(trained.inputs, trained.layers[-2].output)
    base.trainable = False
    model = keras.Sequential([keras.Input((8, 8, 3)), base, layers.Dense(3)])
    start(model)
    results = {"loss": []}
    for change in ("head", "last", "all"):
        if change == "last":
            base.layers[-2].trainable = True
        elif change == "all":
            base.trainable = True
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss, metrics=["accuracy"])
        results["loss"] += model.fit(IMAGES, LABELS, epochs=2, **QUIET).history["loss"]
        results[change] = [len(model.trainable_weights), len(model.non_trainable_weights)]
        results[f"{change} kernel"] = base.layers[-2].get_weights()[0]
    return results | {"features": base.predict(IMAGES, verbose=0)}


def watched(keras, start):
    """A callback of one's own, schedules, weights of classes and samples, a validation every other epoch."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, "relu"), layers.Dense(3, "softmax")])
    start(model)

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.rates, self.batches = [], 0

        def on_train_batch_end(self, batch, logs=None):
            self.batches += batch

        def on_epoch_end(self, epoch, logs=None):
            self.rates.append(float(self.model.optimizer.learning_rate))
            self.model.stop_training = epoch == 3

    watch = Watch()
    names = [
        keras.metrics.Precision(),
        keras.metrics.Recall(name="r"),
        keras.metrics.TopKCategoricalAccuracy(2),
    ]
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy", *names])
    y = keras.utils.to_categorical(LABELS, 3)
    history = model.fit(
        TABLE,
        y,
        epochs=9,
        class_weight={0: 1.0, 1: 2.0, 2: 0.5},
        validation_split=0.2,
        callbacks=[
            keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch < 2 else rate * 0.5),
            keras.callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.5, min_delta=10.0),
            watch,
        ],
        **QUIET,
    )
    weights = np.linspace(0, 1, 32)
    more = model.fit(
        TABLE,
        y,
        epochs=history.epoch[-1] + 3,
        initial_epoch=history.epoch[-1] + 1,
        sample_weight=weights,
        validation_data=(TABLE, y, weights[::-1]),
        validation_freq=2,
        **QUIET,
    )
    parts = ((TABLE[i : i + 8],) for i in range(0, 32, 8))
    return {
        **history.history,
        **{f"more {key}": values for key, values in more.history.items()},
        "rates": watch.rates,
        "batches": watch.batches,
        "predictions": model.predict(parts, steps=4, verbose=0),
        "called": np.asarray(model(TABLE[:3])),
    }


def resumed(keras, start):
    """Saved in the middle of a training, loaded, trained on; copies by configuration and by weights."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, "relu"), layers.Dense(1)])
    start(model)
    schedule = keras.optimizers.schedules.CosineDecay(0.02, 20)
    root = keras.metrics.RootMeanSquaredError()
    model.compile(optimizer=keras.optimizers.Adam(schedule, use_ema=True), loss="mse", metrics=["mae", root])
    first = model.fit(TABLE, TABLE[:, :1], epochs=2, **QUIET)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "half.keras")
        model = keras.models.load_model(Path(folder) / "half.keras")
        second = model.fit(TABLE, TABLE[:, :1], epochs=4, initial_epoch=2, **QUIET)
        model.save_weights(Path(folder) / "all.weights.h5")
        again = keras.Sequential.from_config(model.get_config())
        again.load_weights(Path(folder) / "all.weights.h5")
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    described = keras.models.model_from_json(model.to_json())
    for one, weights in zip(described.layers, model.layers, strict=True):
        one.set_weights(weights.get_weights())
    return {
        "loss": first.history["loss"] + second.history["loss"],
        "mae": second.history["mae"],
        "steps": int(model.optimizer.iterations),
        "rate": float(model.optimizer.learning_rate),
        **{
            f"copy {i}": one.predict(TABLE, verbose=0)
            for i, one in enumerate((model, again, clone, described))
        },
    }


PROGRAMS = [autoencoder, siamese, image_and_table, freezing, watched, resumed]
