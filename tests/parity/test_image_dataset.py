"""image_dataset_from_directory and the image functions beside Keras, on PNG files (nothing is lost there)."""

import keras
import numpy as np
import pytest
from PIL import Image

import cnn_scratch
from cnn_scratch import utils


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of three classes with 5, 4 and 6 images of different sizes, and other files."""
    root = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for name, number in (("dog", 5), ("cat", 4), ("Ant", 6)):
        (root / name / "more").mkdir(parents=True)
        for i in range(number):
            height, width = rng.integers(5, 14, 2)
            pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
            place = root / name / ("more" if i == 2 else "") / f"{i:02d}.{'PNG' if i == 1 else 'png'}"
            Image.fromarray(pixels).save(place)
        (root / name / "notes.txt").write_text("no image")
    (root / ".hidden").mkdir()
    return root


def batches_of(package, folder, **options):
    dataset = package.utils.image_dataset_from_directory(str(folder), verbose=False, **options)
    return dataset, [tuple(np.asarray(part) for part in flat(batch)) for batch in dataset]


def flat(batch):
    return batch if isinstance(batch, tuple | list) else (batch,)


def both(folder, **options):
    return batches_of(cnn_scratch, folder, **options), batches_of(keras, folder, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        dict(label_mode="categorical", batch_size=4),
        dict(label_mode="binary", class_names=["dog", "cat"], interpolation="nearest"),
        dict(label_mode=None, color_mode="rgba", crop_to_aspect_ratio=True),
        dict(labels=None, interpolation="bicubic", data_format="channels_first"),
        dict(labels=list(range(15)), pad_to_aspect_ratio=True, interpolation="area"),
        dict(batch_size=None),
        dict(class_names=["cat", "Ant"], image_size=[6, 11], crop_to_aspect_ratio=True),
    ],
)
def test_batches(folder, options):
    options = dict(image_size=(8, 7), shuffle=False) | options
    (ours, our_batches), (theirs, their_batches) = both(folder, **options)
    assert ours.class_names == theirs.class_names
    assert ours.file_paths == theirs.file_paths
    assert len(ours) == len(theirs) == len(our_batches) == len(their_batches)
    for our_batch, their_batch in zip(our_batches, their_batches, strict=True):
        assert len(our_batch) == len(their_batch)
        for one, other in zip(our_batch, their_batch, strict=True):
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            np.testing.assert_allclose(one, other, atol=255 * 32 * 2**-24)  # weights of up to 16 pixels


@pytest.mark.parametrize("color_mode", ["rgb", "rgba", "grayscale"])
def test_png_files_of_all_kinds(tmp_path, color_mode):
    """Of 16 bits the upper eight; colours of a palette; nothing of what is transparent."""
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 256, (9, 8, 4), dtype=np.uint8)
    palette = Image.fromarray(colour[:, :, :3]).quantize(16)
    pictures = {
        "colour": Image.fromarray(colour),
        "gray": Image.fromarray(colour[:, :, 0]),
        "gray and transparent": Image.fromarray(colour[:, :, :2]),
        "of 16 bits": Image.fromarray(rng.integers(0, 65536, (9, 8), dtype=np.uint16)),
    }
    if color_mode != "rgba":  # TensorFlow gives a palette, and black and white, an alpha that is not 255
        pictures |= {"palette": palette, "black and white": Image.fromarray(colour[:, :, 0] > 127)}
    for name, picture in pictures.items():
        picture.save(tmp_path / f"{name}.png", transparency=bytes(16) if name == "palette" else None)
    options = dict(labels=None, color_mode=color_mode, image_size=(9, 8), shuffle=False)
    (_, ours), (_, theirs) = both(tmp_path, **options)
    # Colours become gray by weights that both round.
    np.testing.assert_allclose(ours, theirs, atol=1 if color_mode == "grayscale" else 0)


@pytest.mark.parametrize("seed", [1, 123])
@pytest.mark.parametrize("shuffle", [True, False])
def test_the_same_files_are_set_aside(folder, seed, shuffle):
    options = dict(validation_split=0.3, seed=seed, shuffle=shuffle, image_size=(4, 4), verbose=False)
    for subset in ("training", "validation"):
        ours, theirs = (
            package.utils.image_dataset_from_directory(str(folder), subset=subset, **options)
            for package in packages()
        )
        assert ours.file_paths == theirs.file_paths
    ours, theirs = (
        package.utils.image_dataset_from_directory(str(folder), subset="both", **options)
        for package in packages()
    )
    assert [part.file_paths for part in ours] == [part.file_paths for part in theirs]


def packages():
    import cnn_scratch

    return cnn_scratch, keras


def test_messages(folder, capsys):
    texts = []
    for package in packages():
        for subset in (None, "training", "validation", "both"):
            options = {} if subset is None else dict(validation_split=0.4, subset=subset, seed=1)
            package.utils.image_dataset_from_directory(str(folder), **options)
        package.utils.image_dataset_from_directory(str(folder), labels=None)
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("color_mode", ["rgb", "rgba", "grayscale"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        dict(target_size=(6, 9)),
        dict(target_size=(9, 4), interpolation="bilinear", keep_aspect_ratio=True),
    ],
)
def test_load_img(folder, color_mode, options):
    path = folder / "dog" / "00.png"
    ours, theirs = (package.utils.load_img(path, color_mode, **options) for package in packages())
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    for data_format in ("channels_last", "channels_first"):
        arrays = [package.utils.img_to_array(ours, data_format) for package in packages()]
        assert arrays[0].dtype == arrays[1].dtype
        np.testing.assert_array_equal(*arrays)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
def test_array_to_img_and_save_img(channels, scale, tmp_path):
    x = np.random.default_rng(0).uniform(0, 255, (5, 6, channels))
    images = [package.utils.array_to_img(x, scale=scale) for package in packages()]
    assert images[0].mode == images[1].mode
    np.testing.assert_array_equal(*(np.asarray(image) for image in images))
    for package in packages():
        package.utils.save_img(tmp_path / f"{package.__name__}.png", x, scale=scale)
    ours, theirs = (tmp_path / f"{package.__name__}.png" for package in packages())
    assert ours.read_bytes() == theirs.read_bytes()
    deep = np.full((2, 2, 1), 1000.0)
    assert {package.utils.array_to_img(deep, scale=False).mode for package in packages()} == {"I"}


def test_to_categorical_and_normalize():
    x = np.random.default_rng(0).normal(size=(3, 4))
    x[1] = 0
    for axis, order in ((-1, 2), (1, 3)):  # Keras takes an axis of 0 for −1
        np.testing.assert_allclose(
            utils.normalize(x, axis, order), keras.utils.normalize(x, axis, order), rtol=1e-12
        )
    for labels in ([0, 2, 1], [[1], [0]], np.zeros((2, 3), int)):
        np.testing.assert_array_equal(utils.to_categorical(labels), keras.utils.to_categorical(labels))


CHAINS = {
    "take": lambda data: data.take(2),
    "take none": lambda data: data.take(0),
    "take all": lambda data: data.take(-1),
    "take more": lambda data: data.take(99),
    "skip": lambda data: data.skip(2),
    "skip all": lambda data: data.skip(-1),
    "skip more": lambda data: data.skip(99),
    "map": lambda data: data.map(lambda x, y: (x / 2, y)),
    "map to one thing": lambda data: data.map(lambda x, y: x, num_parallel_calls=2, deterministic=True),
    "map to a dictionary": lambda data: data.map(lambda x, y: {"x": x, "y": y}).map(lambda both: both["y"]),
    "repeat": lambda data: data.repeat(2),
    "repeat never": lambda data: data.repeat(0),
    "repeat for ever": lambda data: data.repeat().take(11),
    "repeat what repeats": lambda data: data.repeat(-1).repeat(2).skip(3).take(5),
    "concatenate": lambda data: data.take(1).concatenate(data.skip(2)),
    "filter": lambda data: data.filter(lambda x, y: y[0] == y[-1]),
    "take of a filter": lambda data: data.filter(lambda x, y: y[0] == 0).take(1),
    "take none of a filter": lambda data: data.filter(lambda x, y: y[0] == 0).take(0),
    "skip of a filter": lambda data: data.filter(lambda x, y: y[0] == 0).skip(1),
    "repeat a filter": lambda data: data.filter(lambda x, y: y[0] == 0).repeat(2),
    "repeat a filter for ever": lambda data: data.filter(lambda x, y: y[0] == 0).repeat().take(4),
    "filter what repeats": lambda data: data.repeat().filter(lambda x, y: y[0] == 0).take(4),
    "concatenate a filter": lambda data: data.filter(lambda x, y: y[0] == 0).concatenate(data),
    "enumerate": lambda data: data.enumerate(start=3).map(lambda i, batch: (i, batch[1])),
    "unbatch": lambda data: data.unbatch(),
    "unbatch a dictionary": lambda data: data.map(lambda x, y: ({"x": x}, y)).unbatch(),
    "batch": lambda data: data.unbatch().batch(4),
    "batch of batches": lambda data: data.take(4).batch(3),
    "whole batches": lambda data: data.take(4).batch(3, drop_remainder=True),
    "batch a dictionary": lambda data: data.unbatch().map(lambda x, y: ({"x": x}, y)).batch(4),
    "rebatch": lambda data: data.rebatch(4, drop_remainder=True),
    "cache": lambda data: data.cache().prefetch(2).take(3),
    "shuffle by one": lambda data: data.shuffle(1),
}


@pytest.mark.parametrize("name", CHAINS)
def test_what_is_made_of_a_data_set(folder, name):
    """The same elements in the same order, and as many known beforehand as in TensorFlow."""
    options = dict(image_size=(4, 4), batch_size=3, shuffle=False, verbose=False)
    ours, theirs = (
        CHAINS[name](library.utils.image_dataset_from_directory(folder, **options))
        for library in (cnn_scratch, keras)
    )
    assert ours.cardinality() == int(theirs.cardinality())
    for _ in range(2):
        pairs = list(zip(ours, theirs.as_numpy_iterator(), strict=True))
        for one, other in pairs:
            assert keras.tree.map_structure(np.shape, one) == keras.tree.map_structure(np.shape, other)
            for part, expected in zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True):
                np.testing.assert_allclose(part, expected, rtol=0, atol=2e-4)  # of 255


@pytest.mark.parametrize("name", ["repeat", "unbatch"])
def test_a_length_that_nobody_knows(folder, name):
    for library in (cnn_scratch, keras):
        data = library.utils.image_dataset_from_directory(folder, image_size=(4, 4), verbose=False)
        data = getattr(data, name)()
        assert data
        with pytest.raises(
            TypeError, match="The dataset is infinite." if name == "repeat" else "is unknown."
        ):
            len(data)
