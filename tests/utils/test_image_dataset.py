"""Images from folders: epochs, a training on them, and what is refused."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from cnn_scratch import Input, Sequential, callbacks, layers, optimizers, utils


@pytest.fixture
def folder(tmp_path):
    """Return a folder of 8 dark and 8 light images."""
    for name, level in (("dark", 40), ("light", 200)):
        (tmp_path / name).mkdir()
        for i in range(8):
            Image.new("RGB", (5 + i, 6), (level + i, level, level - i)).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_a_model_learns_from_a_folder(folder, capsys):
    train, validation = utils.image_dataset_from_directory(
        folder, image_size=(4, 4), batch_size=4, validation_split=0.25, subset="both", seed=3
    )
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "Found 16 files belonging to 2 classes.",
        "Using 12 files for training.",
        "Using 4 files for validation.",
    ]
    utils.set_random_seed(0)
    model = Sequential(
        [Input((4, 4, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    model.compile(optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(train, validation_data=validation, epochs=30, verbose=0)
    assert history.history["val_accuracy"][-1] == 1
    assert model.predict(validation).shape == (4, 2)
    assert model.evaluate(validation, verbose=0)[1] == 1


def test_every_epoch_has_all_images_in_another_order(folder):
    def epoch():
        return [int(n) for _, labels in dataset for n in labels]

    dataset = utils.image_dataset_from_directory(
        folder, image_size=(2, 2), batch_size=5, seed=1, verbose=False
    )
    epochs = [epoch() for _ in range(4)]
    assert all(sorted(labels) == [0] * 8 + [1] * 8 for labels in epochs)
    assert len({tuple(labels) for labels in epochs}) > 1
    again = utils.image_dataset_from_directory(folder, image_size=(2, 2), batch_size=5, seed=1, verbose=False)
    assert [int(n) for _, labels in again for n in labels] == epochs[0]
    dataset = utils.image_dataset_from_directory(folder, image_size=(2, 2), shuffle=False, verbose=False)
    assert epoch() == epoch() == [0] * 8 + [1] * 8


def test_take_skip_map_and_prefetch(folder):
    options = dict(image_size=(2, 2), batch_size=3, shuffle=False, verbose=False)
    dataset = utils.image_dataset_from_directory(folder, **options)
    half = dataset.map(lambda images, labels: (images / 2, labels)).take(2).prefetch(1)
    assert (len(dataset), len(half)) == (6, 2)
    assert (len(dataset.take(-1)), len(dataset.take(0)), len(half.take(9))) == (6, 0, 2)
    assert half.class_names == ["dark", "light"]
    batches = list(half)
    assert len(batches) == len(list(half)) == 2
    np.testing.assert_array_equal(batches[1][0], list(dataset)[1][0] / 2)
    assert half.cardinality() == len(list(half.as_numpy_iterator())) == 2
    rest = dataset.skip(2)
    assert len(rest) == len(list(rest)) == 4
    np.testing.assert_array_equal(next(iter(rest))[0], list(dataset)[2][0])
    assert (len(dataset.skip(9)), len(dataset.take(9)), len(list(dataset.take(9)))) == (0, 6, 6)
    unlabelled = utils.image_dataset_from_directory(folder, labels=None, **options)
    np.testing.assert_array_equal(next(iter(unlabelled.map(np.negative))), -next(iter(unlabelled)))


def test_cache_and_shuffle(folder):
    """``train.cache().shuffle(1000).prefetch(…)`` stands in many tutorials."""
    options = dict(image_size=(2, 2), batch_size=2, shuffle=False, verbose=False)
    dataset = utils.image_dataset_from_directory(folder, **options)
    in_order = [images for images, _ in dataset]
    cached = dataset.cache()
    next(iter(cached))  # half an epoch is not kept for a whole one
    assert len(list(zip(cached, cached, strict=True))) == len(list(cached)) == 8
    for path in folder.rglob("*.png"):
        path.unlink()
    for (images, _), expected in zip(cached, in_order, strict=True):
        np.testing.assert_array_equal(images, expected)
    shuffled = cached.shuffle(1000, seed=1).prefetch(buffer_size=-1)
    epochs = [tuple(int(images[0, 0, 0, 0]) for images, _ in shuffled) for _ in range(3)]
    brightness = [int(images[0, 0, 0, 0]) for images in in_order]
    assert all(sorted(epoch) == sorted(brightness) for epoch in epochs)
    assert len({*epochs, tuple(brightness)}) == 4
    nearly = [int(images[0, 0, 0, 0]) for images, _ in cached.shuffle(2, seed=1)]
    assert nearly != brightness
    assert all(nearly.index(level) >= place - 1 for place, level in enumerate(brightness))
    assert [int(images[0, 0, 0, 0]) for images, _ in cached.shuffle(1)] == brightness
    fixed = cached.shuffle(1000, seed=1, reshuffle_each_iteration=False)
    epochs = [[int(images[0, 0, 0, 0]) for images, _ in fixed] for _ in range(2)]
    assert epochs[0] == epochs[1] != brightness
    with pytest.raises(ValueError, match=r"kept in memory only. Received: filename='a'"):
        dataset.cache("a")


def test_a_model_learns_from_what_repeats_and_from_rows_in_new_batches(folder):
    options = dict(image_size=(2, 2), batch_size=2, verbose=False)
    dataset = utils.image_dataset_from_directory(folder, **options)
    model = Sequential([Input((2, 2, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    steps = []

    class Count(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            steps.append(batch)

    model.fit(dataset.repeat(), steps_per_epoch=3, epochs=4, verbose=0, callbacks=Count())
    assert steps == [0, 1, 2] * 4
    assert model.predict(dataset.rebatch(5)).shape == (16, 1)
    rows = dataset.unbatch().map(lambda image, label: (image / 255, label))
    history = model.fit(rows.batch(5), epochs=2, verbose=0, validation_data=rows.batch(16))
    assert len(history.history["val_loss"]) == 2
    with pytest.raises(ValueError, match=r"Batch size must be greater than zero. Received: batch_size=0"):
        rows.batch(0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(labels="from the moon"), r"`labels` argument should be .*Received: labels='from the moon'"),
        (dict(labels=[1, 2]), r"lengths of `labels` to match .*16 in .*Received: 2 labels"),
        (dict(labels=np.zeros(16, int)), r"`labels` argument should be a list/tuple.*Received: labels=array"),
        (dict(labels=["a", "b"] * 8), r"`labels` to be a list of integers. Received: labels=\['a', 'b'"),
        (dict(labels=[0] * 16, class_names=["a"]), r"only pass `class_names` if `labels=\"inferred\"`"),
        (dict(labels=None, class_names=["dark"]), r"only pass `class_names`.*Received: labels=None"),
        (dict(label_mode=None, class_names=["dark"]), r"only pass `class_names`.*label_mode=None and"),
        (
            dict(labels=[1, 3] * 8, label_mode="categorical"),
            r"integers from 0 to 1. Received: labels \[1, 3\]",
        ),
        (dict(labels=[0, -1] * 8, label_mode="categorical"), r"from 0 to 1. Received: labels \[-1, 0\]"),
        (dict(labels=[0.5, 1] * 8, label_mode="categorical"), r"from 0 to 1. Received: labels \[0.5, 1.0\]"),
        (dict(batch_size=0), r"`batch_size` must be at least 1, or None. Received: batch_size=0"),
        (dict(label_mode="words"), r"`label_mode` must be one of .*Received: label_mode='words'"),
        (dict(label_mode="binary", class_names=["dark"]), r"exactly 2 class_names. Received: .*\['dark'\]"),
        (dict(class_names=["dark", "grey"]), r"`class_names` passed did not match .*\['dark', 'light'\]"),
        (dict(color_mode="cmyk"), r"`color_mode` must be one of .*Received: color_mode='cmyk'"),
        (dict(interpolation="guess"), r"(?i)interpolation.*guess"),
        (dict(image_size=(2, 2, 2)), r"`image_size` argument must be .*Received: image_size=\(2, 2, 2\)"),
        (dict(validation_split=2.0, subset="training"), r"between 0 and 1. Received: 2.0"),
        (dict(validation_split=0.5), r"If `subset` is set, `validation_split` must be set"),
        (dict(subset="training"), r"If `subset` is set, `validation_split` must be set"),
        (dict(validation_split=0.5, subset="test"), r"`subset` must be .*Received: 'test'"),
        (dict(validation_split=0.5, subset="training"), r"must provide a `seed` argument"),
        (
            dict(validation_split=0.01, subset="validation", seed=1),
            r"No validation images found in directory",
        ),
    ],
)
def test_rejects(folder, options, message):
    with pytest.raises(ValueError, match=message):
        utils.image_dataset_from_directory(folder, **options)


def test_rejects_folders(tmp_path):
    with pytest.raises(NotADirectoryError, match=r"Expected a folder of images. Received: directory="):
        utils.image_dataset_from_directory(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"No images found in directory .*Allowed formats: \('.bmp',"):
        utils.image_dataset_from_directory(tmp_path)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"", "cannot identify"),
        (lambda content: b"no picture", "cannot identify"),
        (lambda content: content[:-30], "truncated"),
    ],
)
def test_a_damaged_file_is_named(folder, damage, reason):
    path = folder / "light" / "3.png"
    path.write_bytes(damage(path.read_bytes()))
    dataset = utils.image_dataset_from_directory(folder, image_size=(2, 2), verbose=False)
    with pytest.raises(ValueError, match=rf"Expected a whole PNG, .*Received: .*light/3\.png.*{reason}"):
        list(dataset)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"light/3\.png"):
        list(dataset)


def test_the_decoder_is_one_of_the_five(folder):
    """A file that says it is a PNG and is another kind is not given to any decoder that Pillow has."""
    Image.new("RGB", (6, 6)).save(folder / "light" / "3.png", format="PPM")
    dataset = utils.image_dataset_from_directory(folder, image_size=(2, 2), verbose=False)
    with pytest.raises(ValueError, match=r"Received: .*light/3\.png, which cannot be decoded"):
        list(dataset)


def test_labels_that_are_fractions(folder):
    labels = [n / 4 for n in range(16)]
    dataset = utils.image_dataset_from_directory(
        folder, labels, image_size=(2, 2), shuffle=False, verbose=False
    )
    ((_, given),) = dataset
    assert given.dtype == np.float32
    assert given.tolist() == labels


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: utils.load_img(path, "cmyk"), r"color_mode must be .*Received: color_mode='cmyk'"),
        (
            lambda path: utils.load_img(path, target_size=(2, 2), interpolation="guess"),
            r"Supported methods are nearest, .*Received: interpolation='guess'",
        ),
        (lambda path: utils.img_to_array(np.zeros(3)), r"Unsupported image shape.*Received: shape \(3,\)"),
        (lambda path: utils.array_to_img(np.zeros((2, 2))), r"rank 3 .*Received: array with shape \(2, 2\)"),
        (lambda path: utils.array_to_img(np.zeros((2, 2, 2))), r"Expected 1, 3 or 4. Received: 2"),
        (lambda path: utils.img_to_array(np.zeros((2, 2)), "NHWC"), r"'channels_last', 'channels_first'"),
    ],
)
def test_image_functions_reject(folder, call, message):
    with pytest.raises(ValueError, match=message):
        call(folder / "dark" / "0.png")


def test_images_in_memory_and_as_jpeg(folder, tmp_path):
    path = folder / "dark" / "0.png"
    in_memory = utils.load_img(io.BytesIO(path.read_bytes()))
    np.testing.assert_array_equal(
        utils.img_to_array(in_memory), utils.img_to_array(utils.load_img(str(path)))
    )
    with pytest.raises(TypeError, match=r"path should be path-like or io.BytesIO. Received: <class 'int'>"):
        utils.load_img(3)
    with pytest.warns(UserWarning, match="JPEG format does not support RGBA images"):
        utils.save_img(tmp_path / "a.jpg", np.zeros((4, 4, 4)))
    assert utils.load_img(tmp_path / "a.jpg").size == (4, 4)


def test_without_pillow(monkeypatch, folder):
    monkeypatch.setitem(sys.modules, "PIL", None)
    for call in (
        lambda: utils.load_img(folder / "dark" / "0.png"),
        lambda: utils.array_to_img(np.zeros((2, 2, 1))),
        lambda: utils.image_dataset_from_directory(folder),
    ):
        with pytest.raises(ImportError, match=r"Could not import PIL.Image. .*requires Pillow: pip install"):
            call()
