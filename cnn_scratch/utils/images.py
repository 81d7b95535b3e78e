"""Images in files and in memory, by Pillow: Keras's four functions."""

import io
import os
import warnings
from pathlib import Path

import numpy as np

from cnn_scratch.shapes import standardize_data_format

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
GRAY_MODES = ("L", "I;16", "I")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
# What TensorFlow reads for image_dataset_from_directory, whatever a file's name says. Pillow knows more, and
# starts other programs for some.
DECODERS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")


def load_img(
    path,
    color_mode: str = "rgb",
    target_size=None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
):
    """Return the image of a file, an image of Pillow.

    Args:
        path: of the file, or a ``BytesIO`` with its contents.
        color_mode: ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
        target_size: (H, W), if the image is to have another size.
        interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"hamming"``, ``"box"`` or
            ``"lanczos"``, as Pillow does them.
        keep_aspect_ratio: whether the middle of the image is cut out in the proportions of
            ``target_size``, instead of squeezing it.

    Raises:
        ImportError: Pillow is not installed.
        ValueError: an argument out of range.
        TypeError: ``path`` is no path.
    """
    Image = pillow("load_img")
    if color_mode not in MODES:
        raise ValueError(
            f'color_mode must be "grayscale", "rgb", or "rgba". Received: color_mode={color_mode!r}'
        )
    if isinstance(path, io.BytesIO):
        image = Image.open(path)
    elif isinstance(path, os.PathLike | str | bytes):
        image = Image.open(io.BytesIO(Path(os.fsdecode(path)).read_bytes()))  # so that no file stays open
    else:
        raise TypeError(f"path should be path-like or io.BytesIO. Received: {type(path)}")
    keeps_its_depth = color_mode == "grayscale" and image.mode in GRAY_MODES
    if image.mode != MODES[color_mode] and not keeps_its_depth:
        image = image.convert(MODES[color_mode])
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"Invalid interpolation method. Supported methods are {', '.join(INTERPOLATIONS)}. "
            f"Received: interpolation={interpolation!r}"
        )
    box = middle_box(image.size, target_size) if keep_aspect_ratio else None
    resample = getattr(Image.Resampling, interpolation.upper())
    return image.resize((target_size[1], target_size[0]), resample, box=box)


def middle_box(size: tuple[int, int], target_size: tuple[int, int]) -> list[int]:
    """Return (left, top, right, bottom) of the largest middle part with the proportions of the target."""
    width, height = size
    target_height, target_width = target_size
    part_height = min(height, (width * target_height) // target_width)
    part_width = min(width, (height * target_width) // target_height)
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return [left, top, left + part_width, top + part_height]


def read_pixels(path: str, color_mode: str) -> np.ndarray:
    """Return the image of a file as ``image_dataset_from_directory`` has it: float32 (H, W, C), 0 to 255.

    Of 16 bits per pixel the upper eight are taken, as TensorFlow does. (``load_img`` keeps all of them in
    gray, and cuts at 255 what becomes RGB, as Keras's does.)

    Raises:
        ValueError: the file is damaged, or no such image; naming it.
        OSError: it is not there, or may not be read.
    """
    Image = pillow("image_dataset_from_directory")
    try:
        with Image.open(path, formats=DECODERS) as image:
            if image.mode == "I" or image.mode.startswith("I;16"):
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            if isinstance(image.info.get("transparency"), bytes):
                image = image.convert("RGBA")  # of a palette: Pillow wants it so, or warns
            return img_to_array(image.convert(MODES[color_mode]))
    except Exception as error:  # a decoder that meets damage raises OSError, SyntaxError, struct.error, …
        if isinstance(error, OSError) and error.filename:  # it names the file itself
            raise
        raise ValueError(
            f"Expected a whole PNG, JPEG, GIF, BMP or WebP image. Received: {path}, which cannot be decoded "
            f"({error})"
        ) from error


def img_to_array(img, data_format: str | None = None, dtype=None) -> np.ndarray:
    """Return an image of Pillow as an array (H, W, C), float32 unless another dtype is given.

    Args:
        img: the image.
        data_format: ``"channels_last"`` (default), or ``"channels_first"`` for (C, H, W).
        dtype: of the array.

    Raises:
        ValueError: something that has neither two nor three axes.
    """
    data_format = standardize_data_format(data_format)
    array = np.asarray(img, dtype=dtype or "float32")
    if array.ndim not in (2, 3):
        raise ValueError(f"Unsupported image shape. Expected 2 or 3 axes. Received: shape {array.shape}")
    array = array[:, :, np.newaxis] if array.ndim == 2 else array
    return array.transpose(2, 0, 1) if data_format == "channels_first" else array


def array_to_img(x, data_format: str | None = None, scale: bool = True, dtype=None):
    """Return an array as an image of Pillow.

    Args:
        x: (H, W, C) with 1, 3 or 4 channels.
        data_format: ``"channels_last"`` (default), or ``"channels_first"`` for (C, H, W).
        scale: whether the smallest number becomes 0 and the largest 255.
        dtype: of the computation, float32 if not given.

    Raises:
        ImportError: Pillow is not installed.
        ValueError: an array of another shape.
    """
    Image = pillow("array_to_img")
    data_format = standardize_data_format(data_format)
    x = np.asarray(x, dtype=dtype or "float32")
    if x.ndim != 3:
        raise ValueError(
            f"Expected image array to have rank 3 (single image). Received: array with shape {x.shape}"
        )
    x = x.transpose(1, 2, 0) if data_format == "channels_first" else x
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"Unsupported channel number. Expected 1, 3 or 4. Received: {x.shape[2]}")
    if x.shape[2] > 1:
        return Image.fromarray(x.astype("uint8"))
    deep = x.max() > 255  # more than a byte holds: 32 bits per pixel
    return Image.fromarray(x[:, :, 0].astype("int32" if deep else "uint8"))


def save_img(
    path, x, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **options
):
    """Write an array to an image file.

    Args:
        path: of the file, or a file object.
        x, data_format, scale: as in ``array_to_img``.
        file_format: if it is not to be told from the path's ending.
        options: passed on to Pillow's ``save``.
    """
    if file_format is None and isinstance(path, str | Path):
        file_format = Path(path).suffix[1:].lower()
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format, **options)


def pillow(function: str):
    """Return Pillow's module ``Image``, or raise an ``ImportError`` that says how to get it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            f"Could not import PIL.Image. The use of `{function}` requires Pillow: pip install pillow"
        ) from error
    return Image
