"""Programs as they stand in Keras's guides, on tiny data; each runs with ``keras`` and with ``cnn_scratch``.

A program makes its models through ``start``, which gives them the same weights in both libraries, and
returns numbers: losses, metrics, predictions. There is no chance in them (dropout has the rate 0, batches are
not shuffled), so the two libraries must agree.
"""

import numpy as np

CLASSES = 4


def images(number=48, size=12, channels=1, seed=0):
    """Return images with a bright stripe whose place is the class, and the classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(number) % CLASSES
    x = rng.uniform(0, 100, (number, size, size, channels))
    for image, label in zip(x, y, strict=True):
        image[label * 3 : label * 3 + 2] += 150
    return x.astype("uint8"), y


def simple_convnet(keras, start):
    """Keras's first example: a small convolutional network on images of digits."""
    layers = keras.layers
    x_train, y_train = images()
    x_test, y_test = images(16, seed=1)
    x_train = np.expand_dims(x_train[..., 0].astype("float32") / 255, -1)
    x_test = np.expand_dims(x_test[..., 0].astype("float32") / 255, -1)
    y_train = keras.utils.to_categorical(y_train, CLASSES)
    y_test = keras.utils.to_categorical(y_test, CLASSES)
    model = keras.Sequential(
        [
            keras.Input(shape=(12, 12, 1)),
            layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(12, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.0),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    start(model)
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    history = model.fit(
        x_train, y_train, batch_size=8, epochs=3, validation_split=0.25, shuffle=False, verbose=0
    )
    score = model.evaluate(x_test, y_test, verbose=0)
    return {**history.history, "test": score, "predictions": model.predict(x_test, verbose=0)}


def residual_network(keras, start):
    """The functional interface: residual blocks, batch normalization, falling learning rate, best epoch."""
    layers = keras.layers
    x, y = images(channels=3)
    inputs = keras.Input(shape=(12, 12, 3), name="image")
    h = layers.Rescaling(1.0 / 255)(inputs)
    h = layers.Conv2D(8, 3, padding="same", use_bias=False)(h)
    h = layers.BatchNormalization()(h)
    h = layers.Activation("relu")(h)
    for filters, strides in ((8, 1), (16, 2)):
        shortcut = h
        if strides > 1:
            shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same")(shortcut)
        h = layers.SeparableConv2D(filters, 3, strides=strides, padding="same")(h)
        h = layers.BatchNormalization()(h)
        h = layers.ReLU()(h)
        h = layers.Conv2D(filters, 3, padding="same", kernel_regularizer=keras.regularizers.L2(1e-3))(h)
        h = layers.BatchNormalization()(h)
        h = layers.add([h, shortcut])
        h = layers.Activation("relu")(h)
    h = layers.GlobalAveragePooling2D()(h)
    outputs = layers.Dense(CLASSES)(h)
    model = keras.Model(inputs=inputs, outputs=outputs, name="residual")
    start(model)
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([8, 16], [0.05, 0.02, 0.01])
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=schedule, momentum=0.9, nesterov=True),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
    )
    history = model.fit(
        x[:32],
        y[:32],
        batch_size=8,
        epochs=4,
        validation_data=(x[32:], y[32:]),
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
            keras.callbacks.TerminateOnNaN(),
        ],
    )
    return {**history.history, "predictions": model.predict(x[32:], verbose=0)}


def fine_tuning(keras, start):
    """Transfer learning: a frozen base with a new head, then all of it with a small learning rate."""
    layers = keras.layers
    x, y = images(32, channels=3)
    y = (y % 2).astype("float32")

    def base_network():
        inputs = keras.Input(shape=(12, 12, 3))
        h = layers.ZeroPadding2D(((0, 1), (0, 1)))(inputs)
        h = layers.Conv2D(8, 3, strides=2, use_bias=False)(h)
        h = layers.BatchNormalization()(h)
        h = layers.ReLU(6.0)(h)
        expanded = layers.Conv2D(16, 1, use_bias=False)(h)
        expanded = layers.BatchNormalization()(expanded)
        expanded = layers.Activation("relu6")(expanded)
        expanded = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(expanded)
        expanded = layers.BatchNormalization()(expanded)
        expanded = layers.Activation("hard_silu")(expanded)
        squeezed = layers.GlobalAveragePooling2D(keepdims=True)(expanded)
        squeezed = layers.Conv2D(16, 1, activation="hard_sigmoid")(squeezed)
        expanded = layers.Multiply()([expanded, squeezed])
        projected = layers.Conv2D(8, 1, use_bias=False)(expanded)
        return keras.Model(inputs, layers.Add()([h, projected]), name="base")

    base = base_network()
    base.trainable = False
    inputs = keras.Input(shape=(12, 12, 3))
    h = layers.Rescaling(scale=1 / 127.5, offset=-1)(inputs)
    h = base(h, training=False)
    h = layers.GlobalAveragePooling2D()(h)
    outputs = layers.Dense(1)(h)
    model = keras.Model(inputs, outputs)
    start(model)
    results = {}
    for name, trainable, rate in (("head", False, 1e-2), ("all", True, 1e-3)):
        base.trainable = trainable
        # Keras's guide relies on training=False for this, which Keras 3.15 forgets inside of ``fit``.
        for layer in base.layers:
            if isinstance(layer, layers.BatchNormalization):
                layer.trainable = False
        model.compile(
            optimizer=keras.optimizers.Adam(rate),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
        )
        history = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
        results |= {f"{name} {key}": values for key, values in history.history.items()}
        results[f"{name} trainable"] = len(model.trainable_weights)
    return results | {"predictions": model.predict(x, verbose=0)}


def own_loop(keras, start):
    """Batch by batch: a generator with a weight for each sample, and calls for single batches."""
    layers = keras.layers
    x, y = images(24)
    model = keras.Sequential(
        [keras.Input((12, 12, 1)), layers.Rescaling(1 / 255), layers.AveragePooling2D(3), layers.Flatten()]
    )
    model.add(layers.Dense(16, activation="gelu"))
    model.add(layers.LayerNormalization(epsilon=1e-6))
    model.add(layers.Dense(CLASSES, activation="softmax"))
    start(model)
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])

    def batches():
        while True:
            for begin in range(0, 24, 8):
                yield x[begin : begin + 8], y[begin : begin + 8], 1.0 + y[begin : begin + 8]

    history = model.fit(batches(), steps_per_epoch=2, epochs=3, shuffle=False, verbose=0)
    single = [model.train_on_batch(x[:8], y[:8]), model.test_on_batch(x[8:], y[8:])]
    return {
        **history.history,
        "single": np.array(single, dtype=float),
        "evaluated": model.evaluate(batches(), steps=3, verbose=0),
        "predictions": model.predict_on_batch(x[:4]),
    }


def augmentation(keras, start):
    """Fine-tuning as in Keras's guide: in training the images are mirrored, turned and made larger first.

    Nothing is left to chance: the images look the same in a mirror, and each range is one number.
    """
    layers = keras.layers
    x, y = images(32, channels=3)
    x, y = np.maximum(x, x[:, :, ::-1]), (y % 2).astype("float32")
    data_augmentation = keras.Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation((0.05, 0.05)),
            layers.RandomTranslation((0.1, 0.1), (-0.2, -0.2), fill_mode="nearest"),
            layers.RandomZoom((-0.3, -0.3)),
            layers.RandomBrightness((0.1, 0.1)),
        ]
    )

    def mobilenet():
        image = keras.Input(shape=(10, 10, 3))
        h = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(image)
        h = layers.ReLU(6.0)(layers.BatchNormalization()(h))
        for filters, strides in ((12, 1), (16, 2)):
            h = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(h)
            h = layers.ReLU(6.0)(layers.BatchNormalization()(h))
            h = layers.BatchNormalization()(layers.Conv2D(filters, 1, use_bias=False)(h))
        return keras.Model(image, h, name="mobilenet")

    base = mobilenet()
    base.trainable = False
    inputs = keras.Input(shape=(12, 12, 3))
    h = data_augmentation(inputs)
    h = layers.CenterCrop(10, 10)(h)
    h = layers.Rescaling(scale=1 / 127.5, offset=-1)(h)
    h = base(h, training=False)
    h = layers.Dropout(0.0)(layers.GlobalAveragePooling2D()(h))
    model = keras.Model(inputs, layers.Dense(1)(h))
    start(model)
    results = {"augmented": np.asarray(data_augmentation(x[:4].astype("float32")))}
    for name, trainable, rate in (("head", False, 1e-2), ("all", True, 1e-3)):
        base.trainable = trainable
        for layer in base.layers:  # see ``fine_tuning``
            if isinstance(layer, layers.BatchNormalization):
                layer.trainable = False
        model.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True))
        history = model.fit(
            x, y, batch_size=8, epochs=2, validation_data=(x[:8], y[:8]), shuffle=False, verbose=0
        )
        results |= {f"{name} {key}": values for key, values in history.history.items()}
    return results | {"predictions": model.predict(x, verbose=0)}


def tuned_mobilenet(keras, path):
    """Keras's MobileNet itself, from a file: frozen with a new head, then its last block learns."""
    layers = keras.layers
    x, y = images(32, size=32, channels=3)
    x, y = x.astype("float32") / 127.5 - 1, (y % 2).astype("float32")
    base = keras.models.load_model(path)
    base.trainable = False
    inputs = keras.Input(shape=(32, 32, 3))
    h = base(inputs, training=False)
    h = layers.GlobalAveragePooling2D()(h)
    outputs = layers.Dense(1, kernel_initializer=keras.initializers.Constant(0.0625))(h)
    model = keras.Model(inputs, outputs)
    results = {"features": base.predict(x, verbose=0)}
    for name, rate in (("head", 1e-2), ("block", 1e-3)):
        if name == "block":
            for layer in base.layers[-6:]:  # normalizations stay as they are; see ``fine_tuning``
                layer.trainable = not isinstance(layer, layers.BatchNormalization)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(
            keras.optimizers.Adam(rate), loss, metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)]
        )
        history = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
        results |= {f"{name} {key}": values for key, values in history.history.items()}
        results[f"{name} trainable"] = len(model.trainable_weights)
    return results | {"predictions": model.predict(x, verbose=0)}


PROGRAMS = [simple_convnet, residual_network, fine_tuning, own_loop, augmentation]
