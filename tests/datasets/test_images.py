"""Reading one image file, in every format and mode, and what is refused."""

import os
import struct
import sys
import warnings
import zlib

import numpy as np
import pytest

from cnn_scratch.datasets import DatasetError, images, load_image, parse_image_size
from tests.datasets.files import picture

Image = pytest.importorskip("PIL.Image", reason="Pillow reads the images")

COLOUR = picture()
GRAY = picture(gray=True)


def test_lossless_colour(tmp_path):
    for suffix in (".png", ".ppm", ".bmp"):
        Image.fromarray(COLOUR).save(tmp_path / f"a{suffix}")
        np.testing.assert_array_equal(load_image(tmp_path / f"a{suffix}"), COLOUR)


def test_lossless_gray(tmp_path):
    for suffix in (".png", ".pgm", ".bmp", ".gif"):
        path = tmp_path / f"a{suffix}"
        Image.fromarray(GRAY).save(path)
        np.testing.assert_array_equal(load_image(path, grayscale=True)[:, :, 0], GRAY)
        np.testing.assert_array_equal(load_image(path), np.repeat(GRAY[:, :, np.newaxis], 3, axis=2))
        assert images.read_header(path) == (12, 10, True)


def test_jpeg(tmp_path):
    smooth = np.add.outer(np.arange(24), np.arange(16))[..., np.newaxis] * np.array([3, 2, 4])
    path = tmp_path / "a.jpeg"
    Image.fromarray(smooth.astype(np.uint8)).save(path, quality=95)
    loaded = load_image(path).astype(int)
    assert loaded.shape == smooth.shape
    assert np.abs(loaded - smooth).max() <= 12  # JPEG is lossy; a mix-up of axes or channels is far more
    assert images.read_header(path) == (24, 16, False)


@pytest.mark.parametrize("header", ["P5 3 2 255\n", "P5\n# a comment\n3 2\n255\n"])
def test_pgm_written_by_hand(tmp_path, header):
    (tmp_path / "a.pgm").write_bytes(header.encode() + bytes([0, 50, 100, 150, 200, 250]))
    np.testing.assert_array_equal(
        load_image(tmp_path / "a.pgm", grayscale=True)[:, :, 0], [[0, 50, 100], [150, 200, 250]]
    )


def test_text_pgm_and_bitmap(tmp_path):
    (tmp_path / "a.pgm").write_text("P2 2 2 255  0 7  9 255")
    np.testing.assert_array_equal(load_image(tmp_path / "a.pgm", grayscale=True)[:, :, 0], [[0, 7], [9, 255]])
    (tmp_path / "a.pbm").write_text("P1 2 2  1 0  0 1")  # 1 is black
    np.testing.assert_array_equal(
        load_image(tmp_path / "a.pbm", grayscale=True)[:, :, 0], [[0, 255], [255, 0]]
    )


def test_sixteen_bits(tmp_path):
    values = np.array([[0, 128, 129, 257], [32767, 32768, 65406, 65407]], dtype=np.uint16)
    expected = [[0, 0, 1, 1], [127, 128, 254, 255]]  # round(v / 257)
    (tmp_path / "a.pgm").write_bytes(b"P5 4 2 65535\n" + values.astype(">u2").tobytes())
    Image.fromarray(values).save(tmp_path / "a.png")
    for name in ("a.pgm", "a.png"):
        np.testing.assert_array_equal(load_image(tmp_path / name, grayscale=True)[:, :, 0], expected)
        assert images.read_header(tmp_path / name)[2]  # gray
        assert load_image(tmp_path / name).shape == (2, 4, 3)


def test_transparency_is_laid_over_white(tmp_path):
    pixels = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 128]]], dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        load_image(tmp_path / "a.png"), [[[255, 0, 0], [255, 255, 255], [127, 127, 127]]]
    )
    gray = Image.fromarray(np.array([[[9, 255], [9, 0]]], dtype=np.uint8))
    assert gray.mode == "LA"
    gray.save(tmp_path / "b.png")
    np.testing.assert_array_equal(load_image(tmp_path / "b.png", grayscale=True)[:, :, 0], [[9, 255]])
    assert images.read_header(tmp_path / "b.png")[2]


@pytest.mark.parametrize("suffix", [".png", ".gif", ".bmp"])
def test_palette(tmp_path, suffix):
    image = Image.fromarray(np.array([[0, 1, 2, 1]], dtype=np.uint8))
    image.putpalette([255, 0, 0, 0, 200, 0, 10, 20, 30])
    image.save(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(
        load_image(tmp_path / f"a{suffix}"), [[[255, 0, 0], [0, 200, 0], [10, 20, 30], [0, 200, 0]]]
    )
    assert not images.read_header(tmp_path / f"a{suffix}")[2]


def test_palette_with_a_transparent_colour(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], dtype=np.uint8))
    image.putpalette([255, 0, 0, 0, 200, 0])
    image.save(tmp_path / "a.gif", transparency=1)
    np.testing.assert_array_equal(load_image(tmp_path / "a.gif"), [[[255, 0, 0], [255, 255, 255]]])


def test_cmyk(tmp_path):
    pixels = np.zeros((16, 16, 4), dtype=np.uint8)
    pixels[..., 1:3] = 255  # magenta and yellow ink: red
    image = Image.merge("CMYK", [Image.fromarray(pixels[..., c]) for c in range(4)])
    image.save(tmp_path / "a.jpg", quality=95)
    loaded = load_image(tmp_path / "a.jpg")
    assert loaded[..., 0].min() > 240
    assert loaded[..., 1:].max() < 15


def test_exif_orientation(tmp_path):
    exif = Image.Exif()
    exif[images.ORIENTATION] = 6  # turn clockwise to see it upright
    Image.fromarray(COLOUR).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(load_image(tmp_path / "a.png"), np.rot90(COLOUR, -1))
    assert images.read_header(tmp_path / "a.png")[:2] == (10, 12)


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.fromarray(picture(gray=True, seed=n)) for n in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(
        load_image(tmp_path / "a.gif", grayscale=True)[:, :, 0], picture(gray=True, seed=0)
    )


def test_to_gray(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a.png")
    exact = COLOUR @ np.array([0.299, 0.587, 0.114])
    gray = load_image(tmp_path / "a.png", grayscale=True)
    assert gray.shape == (12, 10, 1)
    assert np.abs(gray[..., 0] - exact).max() <= 0.51  # rounded to the nearest
    np.testing.assert_array_equal(images.prepare(COLOUR[np.newaxis], None, True)[0], gray)


def test_resized(tmp_path):
    flat = np.full((30, 20, 3), (10, 200, 77), dtype=np.uint8)
    Image.fromarray(flat).save(tmp_path / "b.png")
    resized = load_image(tmp_path / "b.png", image_size=(7, 9))
    np.testing.assert_array_equal(resized, np.broadcast_to([10, 200, 77], (7, 9, 3)))
    # Halving averages neighbours: with stripes one pixel wide, every pixel counts.
    stripes = np.tile([0, 200], (16, 8)).astype(np.uint8)
    Image.fromarray(stripes).save(tmp_path / "c.png")
    halved = load_image(tmp_path / "c.png", image_size=(8, 8), grayscale=True)
    assert np.abs(halved[:, 1:-1].astype(int) - 100).max() <= 1


def test_rows_are_height(tmp_path):
    top_dark = np.vstack([np.zeros((10, 30)), np.full((10, 30), 255)]).astype(np.uint8)
    Image.fromarray(top_dark).save(tmp_path / "a.png")
    small = load_image(tmp_path / "a.png", image_size=(4, 6), grayscale=True)
    assert small.shape == (4, 6, 1)
    assert small[0].max() == 0
    assert small[-1].min() == 255


def test_a_large_jpeg_is_decoded_small(tmp_path):
    x = np.linspace(0, 255, 800)
    smooth = np.stack([np.add.outer(x, x) / 2, np.tile(x, (800, 1)), np.tile(x[:, None], (1, 800))], axis=2)
    Image.fromarray(smooth.astype(np.uint8)).save(tmp_path / "a.jpg", quality=95)
    Image.fromarray(smooth.astype(np.uint8)).save(tmp_path / "a.png")
    jpeg = load_image(tmp_path / "a.jpg", image_size=(20, 20)).astype(int)
    png = load_image(tmp_path / "a.png", image_size=(20, 20)).astype(int)
    assert np.abs(jpeg - png).max() <= 4


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def huge_png(path, side):
    """Write a few bytes that claim to be an image of side × side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_decompression_bombs(tmp_path, side):
    huge_png(tmp_path / "bomb.png", side)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        with pytest.raises(DatasetError, match=r"image of at most 89,478,485 pixels. Received: .*bomb\.png"):
            load_image(tmp_path / "bomb.png")
    with pytest.raises(DatasetError, match=r"image of at most 89,478,485 pixels. Received: .*bomb\.png"):
        images.read_header(tmp_path / "bomb.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".pgm", ".bmp"])
def test_truncated_images_are_named(tmp_path, suffix):
    path = tmp_path / f"half{suffix}"
    Image.fromarray(picture(40, 40, gray=True)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DatasetError, match=f"whole image. Received: .*half{suffix}, which cannot be decoded"):
        load_image(path)


def test_a_truncated_gif(tmp_path):
    path = tmp_path / "half.gif"
    Image.fromarray(picture(40, 40, gray=True)).save(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(DatasetError, match=r"half\.gif"):
        load_image(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0", b"RIFF\x10\0\0\0WEBPVP8 "])
def test_what_is_no_such_image(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DatasetError, match=r"Received: .*a\.png, which is damaged or another kind of file"):
        load_image(tmp_path / "a.png")


def test_floating_point_images(tmp_path):
    Image.fromarray(GRAY.astype(np.float32)).save(tmp_path / "a.pfm")
    with pytest.raises(DatasetError, match=r"8 or 16 bits. Received: .*a\.pfm, which holds floating-point"):
        load_image(tmp_path / "a.pfm")


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DatasetError, match=r"Received: .*none\.png, which does not exist"):
        load_image(tmp_path / "none.png")
    with pytest.raises(DatasetError, match="which is a folder"):
        load_image(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    """An archive from a stranger can hold one; to open it would be to wait for a writer for ever."""
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DatasetError, match=r"Received: .*a\.png, which is a pipe or a device"):
        load_image(tmp_path / "a.png")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(path, formats):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.png").touch()
    monkeypatch.setattr("PIL.Image.open", refuse)
    with pytest.raises(
        DatasetError, match=r"Received: .*a\.png, which may not be read \(Permission denied\)"
    ):
        load_image(tmp_path / "a.png")


def test_without_pillow(tmp_path, monkeypatch):
    Image.fromarray(COLOUR).save(tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DatasetError, match=r"Pillow.*missing. Run: pip install 'cnn_scratch\[train\]'"):
        load_image(tmp_path / "a.png")


def test_parse_image_size():
    assert parse_image_size("32x48") == (32, 48)
    assert parse_image_size(" 32 X 48 ") == (32, 48)
    assert parse_image_size("64") == (64, 64)
    for text in ("", "x", "32x", "axb", "32x48x3", "-4x4", "3.5x4"):
        with pytest.raises(DatasetError, match=r"HEIGHTxWIDTH, for example 64x64. Received: '"):
            parse_image_size(text)
    for text in ("2x64", "64x0", "5000x5000"):
        with pytest.raises(DatasetError, match=r"between 4x4 and 4096x4096 pixels. Received: "):
            parse_image_size(text)


@pytest.mark.parametrize("size", [7, "ab", (1, 2, 3), (None, 4)])
def test_image_size_must_be_two_numbers(tmp_path, size):
    with pytest.raises(DatasetError, match=r"image_size to be \(height, width\). Received: "):
        load_image(tmp_path / "a.png", image_size=size)
