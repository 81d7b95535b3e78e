"""Image files and arrays: reading, turning to gray, resizing. Training and prediction share it.

Every image becomes unsigned bytes (H, W, C), C = 3 (red, green, blue) or 1 (gray):

- a photograph is turned the way its EXIF orientation says;
- transparent parts are laid over white, as a browser shows them on an empty page;
- 16-bit gray is brought to 8 bits (v / 257, rounded); CMYK and other colour spaces become RGB;
- gray is 0.299 R + 0.587 G + 0.114 B (ITU-R 601);
- resizing averages over the pixels that fall together (Pillow's bilinear filter) and does not keep
  the ratio of height to width, like Keras's ``image_dataset_from_directory``;
- of an animation the first frame is taken.
"""

import os
import re
import stat
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cnn_scratch.datasets.dataset import MIN_SIDE
from cnn_scratch.datasets.errors import DatasetError

# Only these decoders are tried, whatever a file's name says: others start programs or are rarely tested.
FORMATS = ("PNG", "JPEG", "PPM", "BMP", "GIF")
SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".pgm", ".ppm", ".pbm", ".pnm", ".bmp", ".gif")
)
ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 mean "lying on its side"
MAX_SIDE = 4096  # pixels; a larger image_size is taken for a slip


def parse_image_size(text: str) -> tuple[int, int]:
    """Return (H, W) for ``"HxW"``, for example ``(32, 48)`` for ``"32x48"``; ``"64"`` means 64x64.

    Raises:
        DatasetError: if it is not of that form, or too small or too large.
    """
    match = re.fullmatch(r"\s*(\d{1,9})\s*(?:[xX×]\s*(\d{1,9})\s*)?", text)
    if not match:
        raise DatasetError(f"Expected an image size as HEIGHTxWIDTH, for example 64x64. Received: {text!r}.")
    return check_image_size((int(match[1]), int(match[2] or match[1])))


def check_image_size(image_size) -> tuple[int, int]:
    """Return the size as two ints (H, W), or raise a DatasetError if it is not one."""
    try:
        height, width = (int(side) for side in image_size)
    except (TypeError, ValueError):
        raise DatasetError(f"Expected image_size to be (height, width). Received: {image_size!r}.") from None
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        raise DatasetError(
            f"Expected image_size between {MIN_SIDE}x{MIN_SIDE} and {MAX_SIDE}x{MAX_SIDE} pixels. Received: "
            f"{height}x{width}."
        )
    return height, width


def load_image(path, image_size: tuple[int, int] | None = None, grayscale: bool = False) -> np.ndarray:
    """Read one image file.

    Args:
        path: a PNG, JPEG, PGM, PPM, BMP or GIF file.
        image_size: (H, W) to resize to; as it is if None.
        grayscale: whether to return one channel instead of three.

    Returns:
        uint8 (H, W, 3), or (H, W, 1) if ``grayscale``.

    Raises:
        DatasetError: if the file is missing, damaged, too large, or not such an image; naming it.
    """
    if image_size is not None:
        image_size = check_image_size(image_size)
    with quiet_pillow():
        return read_image(Path(os.path.expanduser(path)), image_size, grayscale)


def read_image(path: Path, image_size: tuple[int, int] | None, grayscale: bool) -> np.ndarray:
    """Do what `load_image` does, within a `quiet_pillow` of the caller's; several threads may."""
    with _open(path, image_size) as image:
        return _as_array(_to_rgb_or_gray(image, path), image_size, grayscale)


def read_header(path: Path) -> tuple[int, int, bool]:
    """Return the height and width of an image as it is shown, and whether its file stores only gray."""
    with _open(path) as image:
        width, height = image.size
        # Asked for metadata that its header does not announce, Pillow would decode a whole PNG.
        if "exif" in image.info and image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8):
            height, width = width, height
        return height, width, _stores_gray(image)


def prepare(images: np.ndarray, image_size: tuple[int, int] | None, grayscale: bool) -> np.ndarray:
    """Resize images, turn them to gray, or both, as `load_image` does.

    Args:
        images: (N, H, W, C), uint8 or float32; returned as they are if nothing is to be done.
        image_size: (H, W) to resize to; as they are if None.
        grayscale: whether to turn three channels into one.

    Raises:
        DatasetError: a size that is not possible, or gray wanted of another number of channels than 1 or 3.
    """
    channels = images.shape[3]
    grayscale = grayscale and channels != 1
    if grayscale and channels != 3:
        raise DatasetError(
            f"Expected three channels to turn into gray. Received: images with {channels} channels."
        )
    if image_size is not None:
        image_size = check_image_size(image_size)
    if not grayscale and image_size in (None, images.shape[1:3]):
        return images
    if images.dtype == np.uint8 and channels in (1, 3):
        from_array = _pillow().fromarray
        pictures = images[:, :, :, 0] if channels == 1 else images  # Pillow wants gray as (H, W)
        return np.stack(
            [_as_array(from_array(picture), image_size, grayscale, channels) for picture in pictures]
        )
    if grayscale:
        images = images @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32)
    return images if image_size is None else _resize_channels(images, image_size)


def _resize_channels(images: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Resize images of any number of channels, each channel as an image of its own."""
    pillow = _pillow()
    height, width = image_size
    resized = np.empty((len(images), height, width, images.shape[3]), dtype=images.dtype)
    for n, image in enumerate(images):
        for c in range(images.shape[3]):
            channel = pillow.fromarray(np.ascontiguousarray(image[:, :, c]))
            resized[n, :, :, c] = np.asarray(channel.resize((width, height), pillow.Resampling.BILINEAR))
    return resized


def _pillow():
    """Import Pillow's Image module, or say how to install it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise DatasetError(
            "Expected the package Pillow, which reads and resizes images. It is missing. Run: pip install "
            "'cnn_scratch[train]'."
        ) from error
    return Image


@contextmanager
def _open(path: Path, image_size: tuple[int, int] | None = None):
    """Open an image file; whatever goes wrong until it is closed becomes a DatasetError naming it."""
    pillow = _pillow()
    try:
        if stat.S_IFMT(path.stat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            raise DatasetError(f"Expected an image file. Received: {path}, which is a pipe or a device.")
        with pillow.open(path, formats=FORMATS) as image:
            if image.width * image.height > pillow.MAX_IMAGE_PIXELS:
                raise _too_large(path)
            if image_size is not None:
                # A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, which is much faster. Twice the
                # size wanted is kept, so that the filter has something to average over.
                image.draft(None, (2 * max(image_size), 2 * max(image_size)))
            yield image
    except DatasetError:
        raise
    except (pillow.DecompressionBombError, pillow.DecompressionBombWarning) as error:
        raise _too_large(path) from error
    except FileNotFoundError as error:
        raise DatasetError(f"Expected an image file. Received: {path}, which does not exist.") from error
    except IsADirectoryError as error:
        raise DatasetError(f"Expected an image file. Received: {path}, which is a folder.") from error
    except PermissionError as error:
        raise DatasetError(
            f"Expected an image file. Received: {path}, which may not be read ({error.strerror})."
        ) from error
    except pillow.UnidentifiedImageError as error:
        raise DatasetError(
            f"Expected a PNG, JPEG, PGM, PPM, BMP or GIF image. Received: {path}, which is damaged or "
            f"another kind of file. Replace or remove it."
        ) from error
    except Exception as error:  # a decoder that meets damage raises OSError, SyntaxError, struct.error, …
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(
            f"Expected a whole image. Received: {path}, which cannot be decoded ({reason}). Replace or "
            f"remove it."
        ) from error


def _too_large(path) -> DatasetError:
    limit = _pillow().MAX_IMAGE_PIXELS
    return DatasetError(
        f"Expected an image of at most {limit:,} pixels. Received: {path} with more. Make it smaller "
        f"or remove it."
    )


@contextmanager
def quiet_pillow():
    """Silence Pillow's warnings. Huge images are refused by `_open`; odd metadata does no harm.

    The warning filters belong to the whole process, so this is not for use within a thread.
    """
    _pillow()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


def _stores_gray(image) -> bool:
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB")).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in ("1", "L", "LA", "La", "I") or image.mode.startswith("I;16")


def _to_rgb_or_gray(image, path):
    """Return the image in mode RGB, or L if its file stores only gray, upright and without transparency."""
    from PIL import Image, ImageOps

    if image.mode == "F":
        raise DatasetError(
            f"Expected an image of 8 or 16 bits. Received: {path}, which holds floating-point numbers."
        )
    gray = _stores_gray(image)
    image = ImageOps.exif_transpose(image)
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.int64).clip(0, 65535)
        return Image.fromarray(((values + 128) // 257).astype(np.uint8))  # 65535 = 257 · 255
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if gray else "RGB")


def _as_array(image, image_size, grayscale: bool, channels: int = 3) -> np.ndarray:
    """Return an image of mode L or RGB as (H, W, 1) if gray is wanted, else with ``channels`` channels."""
    if grayscale or channels == 1:
        image = image.convert("L")
    elif image.mode != "RGB":
        image = image.convert("RGB")
    if image_size is not None and image.size != (image_size[1], image_size[0]):
        image = image.resize((image_size[1], image_size[0]), _pillow().Resampling.BILINEAR)
    array = np.array(image)
    return array[:, :, np.newaxis] if array.ndim == 2 else array
