"""Folders of images: the layouts, the choice of a size, and what is refused."""

import time

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import DatasetError, folder, reading
from tests.datasets.files import picture, write_classes

Image = pytest.importorskip("PIL.Image", reason="Pillow reads the images")


def followed(images, labels, pictures, class_names):
    """Check that every image carries the label of the picture it was written as; return which it is."""
    origin = {array.tobytes(): key for key, array in pictures.items()}
    keys = [origin[image.tobytes()] for image in images]
    assert [name for name, _ in keys] == [class_names[label] for label in labels]
    return keys


@pytest.mark.parametrize("suffix", [".png", ".ppm", ".bmp", ".PNG"])
def test_one_folder_per_class(tmp_path, suffix):
    pictures = write_classes(tmp_path, ("dog", "ant", "cat"), 5, suffix)
    data = datasets.load(tmp_path)
    assert data.class_names == ("ant", "cat", "dog")
    assert data.input_shape == (12, 10, 3)
    assert data.x_train.dtype == np.uint8
    assert data.value_range == (0, 255)
    assert data.name == tmp_path.name
    train = followed(data.x_train, data.y_train, pictures, data.class_names)
    test = followed(data.x_test, data.y_test, pictures, data.class_names)
    assert sorted(train + test) == sorted(pictures)
    np.testing.assert_array_equal(np.bincount(data.y_test), [1, 1, 1])
    assert data.source == f"{tmp_path}; 20% of each class held out for the test; images of 12x10"


@pytest.mark.parametrize("suffix", [".pgm", ".gif", ".png"])
def test_gray_files_give_one_channel(tmp_path, suffix):
    pictures = write_classes(tmp_path, suffix=suffix, gray=True)
    data = datasets.load(str(tmp_path))
    assert data.input_shape == (12, 10, 1)
    followed(data.x_train, data.y_train, pictures, data.class_names)


def test_a_folder_that_is_a_link_is_read_as_a_class_and_counted_within_one(tmp_path):
    write_classes(tmp_path / "elsewhere", ("cat", "more"), 5)
    write_classes(tmp_path / "set", ("dog",), 5)
    try:
        (tmp_path / "set" / "cat").symlink_to(tmp_path / "elsewhere" / "cat", target_is_directory=True)
        (tmp_path / "set" / "dog" / "more").symlink_to(
            tmp_path / "elsewhere" / "more", target_is_directory=True
        )
        (tmp_path / "set" / "dog" / "loop").symlink_to(tmp_path / "set", target_is_directory=True)
    except OSError:
        pytest.skip("this system lets nobody make links")
    data = datasets.load(tmp_path / "set")
    assert data.class_names == ("cat", "dog")
    assert len(data.x_train) + len(data.x_test) == 10
    assert data.source.endswith("files left out: 2 linked folder(s)")


def test_jpeg(tmp_path):
    for name, level in (("dark", 30), ("light", 200)):
        (tmp_path / name).mkdir()
        for n in range(4):
            Image.fromarray(np.full((16, 16, 3), level + n, np.uint8)).save(tmp_path / name / f"{n}.jpg")
    data = datasets.load(tmp_path)
    assert data.x_train[data.y_train == 0].max() < 40
    assert data.x_train[data.y_train == 1].min() > 190


def test_one_colour_file_makes_all_colour_unless_gray_is_wanted(tmp_path):
    write_classes(tmp_path, gray=True)
    Image.fromarray(picture()).save(tmp_path / "cat" / "colour.png")
    assert datasets.load(tmp_path).input_shape == (12, 10, 3)
    assert datasets.load(tmp_path, grayscale=True).input_shape == (12, 10, 1)


def test_train_and_test(tmp_path):
    train = write_classes(tmp_path / "train", count=6)
    test = write_classes(tmp_path / "test", count=3, gray=True)
    data = datasets.load(tmp_path)
    assert (len(data.x_train), len(data.x_test)) == (12, 6)
    followed(data.x_train, data.y_train, train, data.class_names)
    followed(data.x_test[..., 0], data.y_test, test, data.class_names)
    assert sorted(data.y_train[:6]) != [0] * 6  # shuffled
    assert data.source == f"{tmp_path}; images of 12x10"


@pytest.mark.parametrize("name", ["val", "Validation"])
def test_validation_takes_the_place_of_a_missing_test(tmp_path, name):
    write_classes(tmp_path / "Train", count=6)
    write_classes(tmp_path / name, count=2)
    data = datasets.load(tmp_path)
    assert (len(data.x_train), len(data.x_test)) == (12, 4)
    assert f"{name} used as the test set" in data.source


def test_what_is_not_read_is_said(tmp_path):
    write_classes(tmp_path / "train")
    write_classes(tmp_path / "test")
    write_classes(tmp_path / "val")
    (tmp_path / "notes").mkdir()
    assert "folders not read: notes, val" in datasets.load(tmp_path).source


def test_train_alone_is_split(tmp_path):
    write_classes(tmp_path / "train", count=5)
    data = datasets.load(tmp_path, test_fraction=0.4)
    assert (len(data.x_train), len(data.x_test)) == (6, 4)


def test_a_class_may_be_called_train(tmp_path):
    write_classes(tmp_path, ("train", "car", "test"))
    assert datasets.load(tmp_path).class_names == ("car", "test", "train")


def test_split_is_the_same_every_time_and_depends_on_the_seed(tmp_path):
    write_classes(tmp_path, count=20)
    first, again, other = (datasets.load(tmp_path, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.x_train, again.x_train)
    np.testing.assert_array_equal(first.x_test, again.x_test)
    assert not np.array_equal(first.x_test, other.x_test)


def test_other_files_are_counted(tmp_path):
    write_classes(tmp_path)
    (tmp_path / "cat" / ".DS_Store").write_bytes(b"")
    (tmp_path / "cat" / "._000.png").write_bytes(b"")
    (tmp_path / "dog" / "notes.TXT").write_text("")
    (tmp_path / "dog" / "README").write_text("")
    (tmp_path / ".git").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "list.csv").write_text("")
    Image.fromarray(picture()).save(tmp_path / "loose.png")
    data = datasets.load(tmp_path)
    assert len(data.x_train) + len(data.x_test) == 10
    assert data.source.endswith(
        "files left out: 1 .txt, 2 hidden, 1 image outside the class folders, 1 without suffix"
    )


def test_folders_within_a_class_are_read(tmp_path):
    write_classes(tmp_path)
    pictures = write_classes(tmp_path / "cat", ("monday", "tuesday"))
    (tmp_path / "cat" / ".cache").mkdir()
    Image.fromarray(picture()).save(tmp_path / "cat" / ".cache" / "x.png")
    data = datasets.load(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert len(data.x_train) + len(data.x_test) == 10 + len(pictures)


def test_the_given_size(tmp_path):
    write_classes(tmp_path)
    data = datasets.load(tmp_path, image_size=(20, 24))
    assert data.input_shape == (20, 24, 3)
    assert "images of 12x10 resized to 20x24" in data.source
    assert "choose" not in data.source


def test_images_of_several_sizes(tmp_path):
    write_classes(tmp_path)
    Image.fromarray(picture(30, 50)).save(tmp_path / "cat" / "wide.png")
    data = datasets.load(tmp_path)
    assert data.input_shape == (64, 64, 3)
    assert (
        "images of 2 sizes, mostly 12x10 resized to 64x64 (choose another size with image_size" in data.source
    )


def test_large_images_of_one_size(tmp_path):
    write_classes(tmp_path, count=2, height=130, width=20)
    data = datasets.load(tmp_path)
    assert data.input_shape == (64, 64, 3)
    assert "images of 130x20 resized to 64x64" in data.source


def test_a_turned_photograph_counts_with_the_size_it_is_shown_in(tmp_path):
    write_classes(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.fromarray(np.rot90(picture(seed=77), -1)).save(tmp_path / "cat" / "turned.png", exif=exif)
    data = datasets.load(tmp_path)
    assert data.input_shape == (12, 10, 3)
    assert picture(seed=77).tobytes() in {image.tobytes() for image in (*data.x_train, *data.x_test)}


def test_progress(tmp_path):
    write_classes(tmp_path, count=40)
    calls = []
    datasets.load(tmp_path, progress=lambda *call: calls.append(call))
    assert calls == [
        ("looking at images", 64, 80),
        ("looking at images", 80, 80),
        ("reading images", 64, 80),
        ("reading images", 80, 80),
    ]


def test_several_threads_read_the_same(tmp_path, monkeypatch):
    write_classes(tmp_path, count=100)
    expected = datasets.load(tmp_path)
    monkeypatch.setattr(reading, "PIXELS_WORTH_A_THREAD", 1)
    monkeypatch.setattr(reading.os, "cpu_count", lambda: 4)
    threaded = datasets.load(tmp_path)
    np.testing.assert_array_equal(threaded.x_train, expected.x_train)
    np.testing.assert_array_equal(threaded.x_test, expected.x_test)


def test_missing_folder(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere' \(no such name, folder or file\)"):
        datasets.load(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match=r"sub-folder of images per class. Received: .*nowhere \(no such"):
        folder.load_folder(tmp_path / "nowhere")


def test_no_classes(tmp_path):
    with pytest.raises(DatasetError, match=r"at least two sub-folders of images, .*Received: none\.$"):
        datasets.load(tmp_path)
    Image.fromarray(picture()).save(tmp_path / "a.png")
    with pytest.raises(DatasetError, match=r"Received: none. Images in the folder itself: 1. Sort them"):
        datasets.load(tmp_path)


def test_one_class(tmp_path):
    write_classes(tmp_path, ("cat",))
    with pytest.raises(DatasetError, match=r"at least two sub-folders.*Received: one, cat\.$"):
        datasets.load(tmp_path)


def test_a_folder_too_high(tmp_path):
    write_classes(tmp_path / "animals")
    with pytest.raises(DatasetError, match=r"Received: one, animals. Did you mean .*/animals\?"):
        datasets.load(tmp_path)


def test_a_class_without_images(tmp_path):
    write_classes(tmp_path)
    (tmp_path / "owl").mkdir()
    with pytest.raises(DatasetError, match=r"image of every class. Received: .*owl with nothing"):
        datasets.load(tmp_path)
    (tmp_path / "owl" / "a.webp").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"owl with 1 \.webp. Put images into it or remove it"):
        datasets.load(tmp_path)


def test_a_class_with_one_image(tmp_path):
    write_classes(tmp_path)
    write_classes(tmp_path, ("owl",), count=1)
    with pytest.raises(DatasetError, match=r"at least two images of every class.*Received: 1 of class owl"):
        datasets.load(tmp_path)


def test_a_damaged_image_is_named(tmp_path):
    write_classes(tmp_path, count=30)
    for name in ("007.png", "009.png"):
        path = tmp_path / "dog" / name
        path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(
        DatasetError, match=r"Expected a whole image. Received: .*dog/00[79]\.png.* So are 1 more\.$"
    ):
        datasets.load(tmp_path)
    (tmp_path / "dog" / "009.png").unlink()
    with pytest.raises(
        DatasetError, match=r"dog/007\.png, which cannot be decoded .*Replace or remove it\.$"
    ):
        datasets.load(tmp_path)
    (tmp_path / "dog" / "007.png").write_text("this is no image")
    with pytest.raises(DatasetError, match=r"dog/007\.png, which is damaged or another kind of file"):
        datasets.load(tmp_path)


def test_an_image_that_breaks_off_after_its_header_is_named(tmp_path):
    write_classes(tmp_path, suffix=".jpg", height=60, width=60)
    path = tmp_path / "cat" / "003.jpg"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DatasetError, match=r"Expected a whole image. Received: .*cat/003\.jpg.*truncated"):
        datasets.load(tmp_path)


def test_test_without_train(tmp_path):
    write_classes(tmp_path / "test")
    write_classes(tmp_path / "other")
    with pytest.raises(DatasetError, match=r"a folder train beside test in .*Received: other, test"):
        datasets.load(tmp_path)


def test_other_classes_in_test(tmp_path):
    write_classes(tmp_path / "train", ("cat", "dog", "owl"))
    write_classes(tmp_path / "test", ("cat", "dog", "emu"))
    with pytest.raises(DatasetError, match=r"same classes in .*Received: emu, owl in only one of them"):
        datasets.load(tmp_path)


def test_images_that_are_too_small(tmp_path):
    write_classes(tmp_path, height=3)
    with pytest.raises(DatasetError, match=r"at least 4x4 pixels. Received: 3x10, all of them.*--image-size"):
        datasets.load(tmp_path)
    assert datasets.load(tmp_path, image_size=(5, 6)).input_shape == (5, 6, 3)
    assert datasets.load(tmp_path, image_size=(8, 8)).input_shape == (8, 8, 3)


def test_more_than_fits_into_memory(tmp_path, monkeypatch):
    write_classes(tmp_path)

    def no_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr(reading.np, "empty", no_memory)
    with pytest.raises(
        DatasetError, match=r"fit into memory. Received: 10 of 12x10, 0.0 GiB. Choose a smaller"
    ):
        reading.read_all([tmp_path] * 10, (12, 10), False)


def test_ctrl_c_does_not_wait_for_many_images(tmp_path, monkeypatch):
    read = []

    def slow(path, image_size, grayscale):
        read.append(path)
        time.sleep(0.01)
        return np.zeros((4, 4, 3), np.uint8)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(reading.images, "read_image", slow)
    with pytest.raises(KeyboardInterrupt):
        reading.read_all([tmp_path] * 400, (4, 4), False, interrupt, threads=2)
    assert len(read) < 64


def test_all_errors_are_one_line(tmp_path):
    write_classes(tmp_path, ("a", "b"))
    (tmp_path / "c").mkdir()
    with pytest.raises(DatasetError) as error:
        datasets.load(tmp_path)
    assert "\n" not in str(error.value)
