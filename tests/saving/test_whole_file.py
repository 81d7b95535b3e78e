"""A file that is saved is there as a whole, or as it was before."""

import errno
import os

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers
from cnn_scratch.models.saving import load_model
from cnn_scratch.models.saving import weights as writers

NAMES = ["m.keras", "m.weights.h5"]


def model(units=3):
    return Sequential([Input((4,)), layers.Dense(units)])


def save(model, path):
    (model.save if path.suffix == ".keras" else model.save_weights)(path)


def weights_in(path):
    if path.suffix == ".keras":
        return load_model(path).get_weights()
    reader = model()
    reader.load_weights(path)
    return reader.get_weights()


def same_weights(ours, expected):
    for array, other in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("name", NAMES)
def test_two_may_save_to_one_path_at_once(name, tmp_path, monkeypatch):
    """The second one begins and ends while the first one writes; the first one ends last, and wins."""
    first, second, path = model(), model(), tmp_path / name
    write = writers.write_weights

    def write_and_meet_another(a_model, file):
        monkeypatch.setattr(writers, "write_weights", write)
        save(second, path)
        same_weights(weights_in(path), second.get_weights())
        write(a_model, file)

    monkeypatch.setattr(writers, "write_weights", write_and_meet_another)
    save(first, path)
    same_weights(weights_in(path), first.get_weights())
    assert [file.name for file in tmp_path.iterdir()] == [name]


FULL = os.strerror(errno.ENOSPC)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "Can't close file (time = now\n, descriptor = 3, buf = 0x5)"), FULL),  # HDF5
        (OSError(errno.ENOSPC, FULL), FULL),
        (RuntimeError("Problems closing file"), "Could not write the file (Problems closing file)"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_said_with_the_name_of_the_file(name, error, reason, tmp_path, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(writers, "write_weights", fail)
    with pytest.raises(OSError) as caught:
        save(model(), tmp_path / name)
    assert (caught.value.filename, caught.value.strerror) == (str(tmp_path / name), reason)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_save_leaves_what_was_there(name, error, tmp_path, monkeypatch):
    before, path = model(), tmp_path / name
    save(before, path)

    def fail(*_):
        raise error

    monkeypatch.setattr(writers, "write_weights", fail)
    with pytest.raises(error):
        save(model(), path)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    same_weights(weights_in(path), before.get_weights())


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_an_os_error_and_leaves_what_was_there(name, tmp_path):
    resource = pytest.importorskip("resource")  # not on Windows
    before, path = model(), tmp_path / name
    save(before, path)
    large, (soft, hard) = model(2**19), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**22, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            save(large, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [file.name for file in tmp_path.iterdir()] == [name]
    same_weights(weights_in(path), before.get_weights())


@pytest.mark.parametrize("name", NAMES)
def test_a_link_stays_and_leads_to_the_new_file(name, tmp_path):
    (tmp_path / "runs").mkdir()
    target, link = tmp_path / "runs" / name, tmp_path / name
    save(model(), target)
    link.symlink_to(target)
    new = model()
    save(new, link)
    assert link.is_symlink()
    same_weights(weights_in(target), new.get_weights())


@pytest.mark.parametrize("name", NAMES)
def test_names_as_long_as_the_system_allows(name, tmp_path):
    path = tmp_path / (name.replace("m", "☃" * 80, 1))  # 240 bytes before the suffix
    saved = model()
    save(saved, path)
    same_weights(weights_in(path), saved.get_weights())


@pytest.mark.parametrize("name", NAMES)
def test_rejects_folders(name, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No such folder to save in: '.*missing'"):
        save(model(), tmp_path / "missing" / name)
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=rf"Expected the name of a file.* a folder: '.*{name}'"):
        save(model(), tmp_path / name)
    assert list((tmp_path / name).iterdir()) == []
