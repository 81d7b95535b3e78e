"""Affine sampling against ``keras.ops.image.affine_transform``, with the same matrices."""

import keras
import numpy as np
from hypothesis import given

from cnn_scratch.affine import affine_transform
from tests.parity.compare import EPSILON, assert_close
from tests.parity.random_images import fill_modes, interpolations, random_images, seeds


@given(fill_mode=fill_modes, interpolation=interpolations, seed=seeds)
def test_affine_transform(fill_mode, interpolation, seed):
    """Every pixel, except for those where TensorFlow is wrong about ``wrap``."""
    rng = np.random.default_rng(seed)
    images = random_images(seed)[0].astype("float32")
    N, H, W, _ = images.shape
    transforms = rng.normal(size=(N, 6)) * [1, 1, W, 1, 1, H] + [1, 0, 0, 0, 1, 0]
    transforms = transforms.astype("float32")
    expected = keras.ops.image.affine_transform(
        images, np.pad(transforms, ((0, 0), (0, 2))), interpolation, fill_mode, 0.5
    )
    ours = affine_transform(images, transforms, interpolation, fill_mode, 0.5)

    x, y = positions(transforms, H, W)
    kept = np.ones(x.shape, bool)
    if fill_mode == "wrap":
        kept &= as_in_tensorflow(x, W) & as_in_tensorflow(y, H)
    if interpolation == "nearest":  # folded back by another formula, a position may move over a half
        kept &= (abs(x % 1 - 0.5) > 1e-3) & (abs(y % 1 - 0.5) > 1e-3)
    # positions are the same to the bit, and folded back with one rounding more or less
    bound = 0 if interpolation == "nearest" else (4 + 8 * (abs(x).max() + abs(y).max())) * EPSILON["float32"]
    assert_close("outputs", ours[kept], np.asarray(expected)[kept], bound)


def positions(transforms, H, W):
    """Return where the output pixels lie, x and y (N, H, W)."""
    a0, a1, a2, b0, b1, b2 = transforms.T[:, :, np.newaxis, np.newaxis]
    column, row = np.arange(W, dtype="float32"), np.arange(H, dtype="float32")[:, np.newaxis]
    return a0 * column + a1 * row + a2, b0 * column + b1 * row + b2


def as_in_tensorflow(position, size):
    """Return where the last pixel and the first are not mixed, not further away than one image."""
    before, after = (position > 1 - size) & (position <= -1), (position >= size) & (position < 2 * size - 2)
    return before | ((position >= 0) & (position <= size - 1)) | after


def test_wrap_is_what_keras_documents():
    """``(a b c d | a b c d | a b c d)``, as on its NumPy backend; on TensorFlow a step of 3 is wrong."""
    image = np.array([1, 2, 3, 4], "float32").reshape(1, 1, 4, 1)
    for dx, expected in ((3, [2, 3, 4, 1]), (-3, [4, 1, 2, 3]), (6, [3, 4, 1, 2])):
        transform = np.array([[1, 0, -dx, 0, 1, 0]], "float32")
        assert affine_transform(image, transform, "bilinear", "wrap").reshape(-1).tolist() == expected
