"""The IDX format: round trips, and every way in which a file can be wrong."""

import gzip
import struct

import numpy as np
import pytest

from cnn_scratch.datasets import DatasetError, idx
from tests.datasets.files import idx_bytes

IMAGES = np.random.default_rng(1).integers(0, 256, (3, 5, 4), dtype=np.uint8)
LABELS = np.array([3, 1, 2, 9], dtype=np.uint8)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_round_trip(tmp_path, pack):
    (tmp_path / "images").write_bytes(pack(idx_bytes(IMAGES)))
    (tmp_path / "labels").write_bytes(pack(idx_bytes(LABELS)))
    np.testing.assert_array_equal(idx.read_images(tmp_path / "images"), IMAGES)
    np.testing.assert_array_equal(idx.read_labels(tmp_path / "labels"), LABELS)
    assert idx.read_images(tmp_path / "images").flags.writeable


def test_a_file_written_byte_by_byte(tmp_path):
    header = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    (tmp_path / "one").write_bytes(bytes(header + [10, 20, 30, 40, 50, 60]))
    np.testing.assert_array_equal(idx.read_images(tmp_path / "one"), [[[10, 20, 30], [40, 50, 60]]])


def test_an_unpacked_file_that_kept_its_gz_name(tmp_path):
    (tmp_path / "labels.gz").write_bytes(idx_bytes(LABELS))
    np.testing.assert_array_equal(idx.read_labels(tmp_path / "labels.gz"), LABELS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"ends within its header \(0 bytes of 16\)"),
        (idx_bytes(IMAGES)[:9], r"ends within its header \(9 bytes of 16\)"),
        (idx_bytes(IMAGES)[:-7], r"Expected 60 bytes of images \(3 x 5 x 4\).*only 53 in .*file"),
        (idx_bytes(IMAGES) + b"x", r"Expected 60 bytes of images.*more than that in .*file"),
        (
            idx_bytes(LABELS) + bytes(20),
            r"images \(magic number 2051\).*magic number 2049, an IDX file of labels",
        ),
        (b"<!DOCTYPE html><html>", r"magic number 1008813135.*another file under this name"),
        (struct.pack(">4I", 2051, 2**31, 2**20, 9), r"at most 1,073,741,824 bytes.*header is damaged"),
        (gzip.compress(idx_bytes(IMAGES))[:-12], r"whole gzip file.*damaged or cut off"),
        (gzip.compress(idx_bytes(IMAGES))[:12] + bytes(40), r"whole gzip file|header"),
        (b"\x1f\x8bnot gzip at all", r"whole gzip file.*damaged or cut off"),
        (gzip.compress(idx_bytes(IMAGES)[:-7]), r"only 53 in"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message) as error:
        idx.read_images(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_damage_inside_a_gzip_file(tmp_path):
    content = bytearray(gzip.compress(idx_bytes(IMAGES)))
    content[-6] ^= 1  # the checksum at the end
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(DatasetError, match="whole gzip file"):
        idx.read_images(tmp_path / "file")


def test_labels_refuse_images(tmp_path):
    (tmp_path / "file").write_bytes(idx_bytes(IMAGES))
    with pytest.raises(DatasetError, match=r"labels \(magic number 2049\).*2051, an IDX file of images"):
        idx.read_labels(tmp_path / "file")


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DatasetError, match=r"Could not read .*nothing: No such file"):
        idx.read_labels(tmp_path / "nothing")
    with pytest.raises(DatasetError, match="Could not read"):
        idx.read_labels(tmp_path)
