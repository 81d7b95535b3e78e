"""Semantic segmentation as Keras's guide and as the paper of the U-Net have it, on tiny maps of squares."""

import numpy as np

SIZE = 16


def squares(number=24, seed=0):
    """Return images with a dark and a bright square, and the class of every pixel: 0, 1 or 2."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(90, 110, (number, SIZE, SIZE, 3))
    y = np.zeros((number, SIZE, SIZE, 1), "uint8")
    for image, classes in zip(x, y, strict=True):
        for label, light in ((1, -80), (2, 80)):
            row, column, side = *rng.integers(0, 10, 2), rng.integers(4, 7)
            image[row : row + side, column : column + side] += light
            classes[row : row + side, column : column + side] = label
    return np.clip(x, 0, 255).astype("uint8"), y


def xception_style(keras, start):
    """Keras's guide "Image segmentation with a U-Net-like architecture", fed by a ``PyDataset``."""
    layers = keras.layers
    x, y = squares()

    class Pets(keras.utils.PyDataset):
        def __init__(self, first, last, weighted, **kwargs):
            super().__init__(**kwargs)
            self.first, self.last, self.weighted = first, last, weighted

        def __len__(self):
            return (self.last - self.first) // 4

        def __getitem__(self, index):
            part = slice(self.first + 4 * index, self.first + 4 * index + 4)
            batch = x[part].astype("float32") / 255, y[part]
            return (*batch, np.where(y[part] > 0, 3.0, 1.0)) if self.weighted else batch

    def get_model(img_size, num_classes):
        inputs = keras.Input(shape=(*img_size, 3))
        h = layers.Conv2D(8, 3, strides=2, padding="same")(inputs)
        h = layers.BatchNormalization()(h)
        h = layers.Activation("relu")(h)
        previous_block_activation = h
        for filters in [12, 16]:
            for _ in range(2):
                h = layers.Activation("relu")(h)
                h = layers.SeparableConv2D(filters, 3, padding="same")(h)
                h = layers.BatchNormalization()(h)
            h = layers.MaxPooling2D(3, strides=2, padding="same")(h)
            residual = layers.Conv2D(filters, 1, strides=2, padding="same")(previous_block_activation)
            h = layers.add([h, residual])
            previous_block_activation = h
        for filters in [16, 12, 8]:
            for _ in range(2):
                h = layers.Activation("relu")(h)
                h = layers.Conv2DTranspose(filters, 3, padding="same")(h)
                h = layers.BatchNormalization()(h)
            h = layers.UpSampling2D(2)(h)
            residual = layers.UpSampling2D(2)(previous_block_activation)
            residual = layers.Conv2D(filters, 1, padding="same")(residual)
            h = layers.add([h, residual])
            previous_block_activation = h
        outputs = layers.Conv2D(num_classes, 3, activation="softmax", padding="same")(h)
        return keras.Model(inputs, outputs)

    model = get_model((SIZE, SIZE), 3)
    start(model)
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss="sparse_categorical_crossentropy",
        metrics=[keras.metrics.MeanIoU(num_classes=3, sparse_y_pred=False, name="iou"), "accuracy"],
    )
    history = model.fit(
        Pets(0, 16, True), epochs=2, validation_data=Pets(16, 24, False), shuffle=False, verbose=0
    )
    return {
        **history.history,
        "predictions": model.predict(Pets(16, 24, False), verbose=0),
    }


def skip_connections(keras, start):
    """The U-Net of the paper: what is found on the way down returns on the way up; a loss of overlap."""
    layers = keras.layers
    x, y = squares(seed=1)
    x, y = x.astype("float32") / 255, (y == 2).astype("float32")

    def double_conv_block(h, n_filters):
        h = layers.Conv2D(n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(h)
        return layers.Conv2D(n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(
            h
        )

    inputs = layers.Input(shape=(SIZE, SIZE, 3))
    h, skips = inputs, []
    for filters in (8, 12):
        h = double_conv_block(h, filters)
        skips.append(h)
        h = layers.Dropout(0.0)(layers.MaxPooling2D(2)(h))
    h = double_conv_block(h, 16)
    for filters, skip in zip((12, 8), reversed(skips), strict=True):
        h = layers.Conv2DTranspose(filters, 3, 2, padding="same")(h)
        h = layers.concatenate([h, skip])
        h = double_conv_block(layers.Dropout(0.0)(h), filters)
    outputs = layers.Conv2D(1, 1, padding="same", activation="sigmoid")(h)
    model = keras.Model(inputs, outputs, name="U-Net")
    start(model)
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3, gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.5),
        loss=keras.losses.Dice(axis=(1, 2, 3)),
        metrics=[keras.metrics.BinaryIoU([1], name="iou"), "accuracy"],
        weighted_metrics=[keras.metrics.BinaryAccuracy(name="right")],
    )
    weights = np.linspace(0.5, 2, 24)
    history = model.fit(
        x,
        y,
        sample_weight=weights,
        batch_size=4,
        epochs=3,
        validation_split=0.25,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.SwapEMAWeights()],
    )
    return {**history.history, "predictions": model.predict(x, verbose=0)}


PROGRAMS = [xception_style, skip_connections]
