"""Images in folders: Keras's example "Image classification from scratch", on tiny pictures of two kinds."""

from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (24, 24)


def write_pictures(folder):
    """Write 12 dark pictures of cats and 12 light ones of dogs."""
    rng = np.random.default_rng(0)
    for name, light in (("Cat", 40), ("Dog", 130)):
        (folder / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.uniform(0, 110, (20 + i, 26, 3)) + light
            Image.fromarray(pixels.astype("uint8")).save(folder / name / f"{i:02d}.png")


def from_scratch(keras, start, folder):
    """A data set from a folder, changed as it is read; a small Xception; checkpoints; one picture at the end.

    Nothing is left to chance: pictures are not shuffled, and each range of the augmentation is one number.
    """
    layers = keras.layers
    results = {}
    train_ds, val_ds = keras.utils.image_dataset_from_directory(
        folder / "PetImages",
        validation_split=0.25,
        subset="both",
        seed=1337,
        image_size=SIZE,
        batch_size=6,
        shuffle=False,
        verbose=False,
    )
    for images, labels in train_ds.take(1):
        results["pictures"] = np.array(images[:3]).astype("uint8")
        results["labels"] = [int(label) for label in labels]
    data_augmentation_layers = [
        layers.RandomRotation((0.1, 0.1), fill_mode="nearest"),
        layers.RandomZoom((-0.2, -0.2)),
    ]

    def data_augmentation(images):
        for layer in data_augmentation_layers:
            images = layer(images)
        return images

    train_ds = train_ds.cache().map(lambda x, y: (data_augmentation(x), y), num_parallel_calls=2)
    train_ds = train_ds.prefetch(buffer_size=1).repeat()
    val_ds = val_ds.prefetch(buffer_size=1)

    def make_model(input_shape, num_classes):
        inputs = keras.Input(shape=input_shape)
        x = layers.Rescaling(1.0 / 255)(inputs)
        x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        previous_block_activation = x
        for size in [12]:
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(size, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(size, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
            x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
            residual = layers.Conv2D(size, 1, strides=2, padding="same")(previous_block_activation)
            x = layers.add([x, residual])
            previous_block_activation = x
        x = layers.SeparableConv2D(20, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.GlobalAveragePooling2D()(x)
        units = 1 if num_classes == 2 else num_classes
        outputs = layers.Dense(units, activation=None)(layers.Dropout(0.0)(x))
        return keras.Model(inputs, outputs)

    model = make_model(input_shape=(*SIZE, 3), num_classes=2)
    start(model)
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="acc")],
    )
    checkpoints = folder / keras.__name__ / "save_at_{epoch}.keras"
    checkpoints.parent.mkdir()
    history = model.fit(
        train_ds,
        epochs=3,
        steps_per_epoch=3,
        callbacks=[keras.callbacks.ModelCheckpoint(str(checkpoints))],
        validation_data=val_ds,
        shuffle=False,
        verbose=0,
    )
    best = keras.models.load_model(Path(str(checkpoints).format(epoch=2)))
    img = keras.utils.load_img(folder / "PetImages" / "Cat" / "05.png", target_size=SIZE)
    img_array = np.expand_dims(keras.utils.img_to_array(img), 0)
    return {
        **history.history,
        **results,
        "of epoch 2": best.evaluate(val_ds, verbose=0),
        "cat": model.predict(img_array, verbose=0),
        "all": model.predict(val_ds.map(lambda x, y: x), verbose=0),
    }
