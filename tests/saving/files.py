"""Model files to test with: a good one, and ways to change one thing in it."""

import gc
import io
import json
import struct
import time
import tracemalloc
import zipfile
import zlib
from dataclasses import dataclass

import h5py
import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, saving

SECONDS = 2.0
MEGABYTES = 64
NAMES = ("metadata.json", "config.json", "model.weights.h5")


def small_model():
    """A compiled model with a model in it, whose every number was drawn."""
    model = Sequential(
        [
            Input((6, 6, 1)),
            layers.Conv2D(2, 3, activation="relu", name="conv"),
            Sequential([layers.BatchNormalization(), layers.Flatten()], name="inner"),
            layers.Dropout(0.25, seed=3),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2", name="head"),
        ],
        name="small",
    )
    rng = np.random.default_rng(0)
    for parameter in model.weights:
        parameter.assign(rng.uniform(0.5, 1.5, parameter.shape))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def samples(model, count=7, seed=1):
    """Random inputs and labels for a model."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(count, *model.input_shape[1:])).astype(model.dtype)
    return x, rng.integers(0, model.output_shape[-1], count)


_GOOD: dict[str, dict[str, bytes]] = {}


def good_members() -> dict[str, bytes]:
    """The members of a trained model's file, as bytes."""
    if not _GOOD:
        import tempfile
        from pathlib import Path

        model = small_model()
        model.train_on_batch(*samples(model))
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder, "good.keras"))
            with zipfile.ZipFile(Path(folder, "good.keras")) as archive:
                _GOOD["small"] = {name: archive.read(name) for name in NAMES}
    return dict(_GOOD["small"])


# ZIP archives, byte by byte --------------------------------------------------------------------------


@dataclass
class Entry:
    """A member, with what its two heads say about it; ``None`` means the truth."""

    name: bytes
    data: bytes
    method: int = 0
    flags: int = 0
    crc: int | None = None
    size: int | None = None  # in the list
    packed: int | None = None  # in the list
    local_name: bytes | None = None
    local_size: int | None = None
    start: int | None = None  # where the list says that it begins
    extra: bytes = b""


def zip_bytes(
    entries: list[Entry], before: bytes = b"", comment: bytes = b"", count: int | None = None
) -> bytes:
    """Return an archive with these members."""
    body, listed = before, b""
    for entry in entries:
        packed = deflate(entry.data) if entry.method == 8 else entry.data
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        size = len(entry.data) if entry.size is None else entry.size
        packed_size = len(packed) if entry.packed is None else entry.packed
        local_size = size if entry.local_size is None else entry.local_size
        start = len(body) if entry.start is None else entry.start
        local_name = entry.name if entry.local_name is None else entry.local_name
        middle = struct.pack("<HHHHI", entry.flags, entry.method, 0, 33, crc)
        sizes = struct.pack("<II", packed_size, local_size)
        body += b"PK\3\4" + struct.pack("<H", 20) + middle + sizes
        body += struct.pack("<HH", len(local_name), 0) + local_name + packed
        listed += b"PK\1\2" + struct.pack("<HH", 20, 20) + middle + struct.pack("<II", packed_size, size)
        listed += struct.pack("<HHHHHII", len(entry.name), len(entry.extra), 0, 0, 0, 0, start)
        listed += entry.name + entry.extra
    number = len(entries) if count is None else count
    end = struct.pack("<HHHHIIH", 0, 0, number, number, len(listed), len(body), len(comment))
    return body + listed + b"PK\5\6" + end + comment


def deflate(data: bytes) -> bytes:
    """Return ``data`` compressed as ZIP archives have it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def good_entries(**changes) -> list[Entry]:
    """The members of a good file; ``config=dict(crc=1)`` changes one of them."""
    short = {"metadata": "metadata.json", "config": "config.json", "weights": "model.weights.h5"}
    return [
        Entry(**({"name": name.encode(), "data": good_members()[name]} | changes.get(key, {})))
        for key, name in short.items()
    ]


def archive_of(members: dict[str, bytes], method: int = 0) -> bytes:
    """Return a correct archive of these members."""
    return zip_bytes([Entry(name.encode(), data, method) for name, data in members.items()])


# One thing changed -----------------------------------------------------------------------------------


def with_member(name: str, data: bytes) -> bytes:
    """A good file in which one member is another."""
    return archive_of(good_members() | {name: data})


def with_config(change) -> bytes:
    """A good file whose configuration was changed by ``change(config)``, or replaced by what it returns."""
    config = json.loads(good_members()["config.json"])
    changed = change(config)
    return with_member("config.json", json.dumps(changed if isinstance(changed, dict) else config).encode())


def with_notes(change) -> bytes:
    """A good file whose notes in metadata.json were changed."""
    metadata = json.loads(good_members()["metadata.json"])
    changed = change(metadata["cnn_scratch"])
    if isinstance(changed, list):
        metadata["cnn_scratch"] = changed
    return with_member("metadata.json", json.dumps(metadata).encode())


def hdf5_bytes(write, start: bytes = b"") -> bytes:
    """Return an HDF5 file, changed or made by ``write(file)``."""
    buffer = io.BytesIO(start)
    with h5py.File(buffer, "r+" if start else "w") as file:
        write(file)
    return buffer.getvalue()


def with_hdf5(write) -> bytes:
    """A good file whose weights were changed by ``write(file)``."""
    return with_member("model.weights.h5", hdf5_bytes(write, good_members()["model.weights.h5"]))


# What must happen ------------------------------------------------------------------------------------


def check_refused(load, message: str, *names: str) -> None:
    """Check that ``load()`` raises a ModelFileError soon, without taking memory."""
    gc.freeze()  # Python's collector shall not look through what TensorFlow has made in this process
    start = time.process_time()  # not that of a clock: other programs may be running
    with pytest.raises(saving.ModelFileError, match=message) as caught:
        load()
    seconds = time.process_time() - start
    gc.unfreeze()
    tracemalloc.start()
    try:
        with pytest.raises(saving.ModelFileError):
            load()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    assert seconds < SECONDS, f"refused after {seconds:.1f} s"
    assert peak < MEGABYTES, f"{peak:.0f} MiB were taken"
    assert len(str(caught.value)) < 3000
    for name in names:
        assert name in str(caught.value)


def refused(tmp_path, content: bytes, message: str) -> None:
    """Check that a file with this content is refused as ``check_refused`` says, and leaves nothing behind."""
    path = tmp_path / "hostile.keras"
    path.write_bytes(content)
    before = sorted(p.name for p in tmp_path.iterdir())
    check_refused(lambda: saving.load_model(path), message, "hostile.keras")
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def same_model(one, other, exact=True) -> None:
    """Check that two models have the same weights and predict the same."""
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    x, _ = samples(one)
    if exact:
        np.testing.assert_array_equal(one.predict(x), other.predict(x))
