"""Affine sampling: beyond the edge by hand, every mode against the definition, ties, strange numbers."""

import numpy as np
import pytest

from cnn_scratch.affine import FILL_MODES, INTERPOLATIONS, affine_transform, affine_transform_gradient
from cnn_scratch.reference.affine import affine, affine_gradient
from tests.threads import assert_same_bits_for_any_number_of_threads

IDENTITY = np.array([[1, 0, 0, 0, 1, 0]], np.float32)


def moved(pixels, dx, fill_mode, interpolation="bilinear", fill_value=0.0):
    """Return one row of pixels, moved to the right by dx."""
    images = np.array(pixels, np.float32).reshape(1, 1, -1, 1)
    transforms = IDENTITY - np.array([[0, 0, dx, 0, 0, 0]], np.float32)
    return affine_transform(images, transforms, interpolation, fill_mode, fill_value).reshape(-1).tolist()


@pytest.mark.parametrize(
    ("fill_mode", "to_the_right", "to_the_left"),
    [
        ("reflect", [3, 2, 1, 1], [4, 4, 3, 2]),
        ("wrap", [2, 3, 4, 1], [4, 1, 2, 3]),
        ("nearest", [1, 1, 1, 1], [4, 4, 4, 4]),
        ("constant", [9, 9, 9, 1], [4, 9, 9, 9]),
    ],
)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_three_pixels_to_either_side(fill_mode, to_the_right, to_the_left, interpolation):
    assert moved([1, 2, 3, 4], 3, fill_mode, interpolation, 9) == to_the_right
    assert moved([1, 2, 3, 4], -3, fill_mode, interpolation, 9) == to_the_left


def test_between_pixels():
    assert moved([0, 4, 8], 0.25, "nearest") == [0, 3, 7]
    assert moved([0, 4, 8], 0.25, "nearest", "nearest") == [0, 4, 8]
    # a half goes to the further pixel, at 0.5 and at 1.5 alike
    assert moved([0, 4, 8], -0.5, "nearest", "nearest") == [4, 8, 8]
    assert moved([0, 4, 8], 0.25, "wrap") == [2, 3, 7]
    # with a constant, the first pixel is mixed with it, and no other one
    assert moved([4, 4, 4], 0.25, "constant", fill_value=8) == [5, 4, 4]
    assert moved([4, 4, 4], -1.25, "constant", fill_value=8) == [4, 5, 8]
    assert moved([4, 4, 4], 0.5, "constant", "nearest", 8) == [8, 4, 4]
    assert moved([4, 4, 4], 0.25, "constant", "nearest", 8) == [4, 4, 4]


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("shape", [(4, 5, 6, 2), (3, 1, 4, 1), (2, 7, 1, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_the_definition(fill_mode, interpolation, shape, dtype):
    rng = np.random.default_rng(3)
    images, upstream = rng.normal(size=(2, *shape)).astype(dtype)
    transforms = (IDENTITY + rng.normal(size=(len(images), 6)) * [1, 1, 4, 1, 1, 4]).astype(np.float32)
    # positions of single precision, up to 30 pixels away, that are folded back by another formula
    bound = 2**-18 if fill_mode in ("reflect", "wrap") else 16 * np.finfo(dtype).eps
    outputs = affine_transform(images, transforms, interpolation, fill_mode, 0.5)
    expected = affine(images.astype("float64"), transforms, interpolation, fill_mode, 0.5)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=bound * 4)
    grads = affine_transform_gradient(upstream, transforms, interpolation, fill_mode)
    expected = affine_gradient(upstream.astype("float64"), transforms, interpolation, fill_mode)
    np.testing.assert_allclose(grads, expected, rtol=0, atol=bound * 4 * shape[1] * shape[2])
    assert outputs.dtype == grads.dtype == dtype


def test_the_identity_changes_no_bit():
    images = np.random.default_rng(0).normal(size=(1, 9, 8, 3)).astype("float32")
    for fill_mode in FILL_MODES:
        np.testing.assert_array_equal(affine_transform(images, IDENTITY, "bilinear", fill_mode), images)
        np.testing.assert_array_equal(
            affine_transform_gradient(images, IDENTITY, "bilinear", fill_mode), images
        )


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf, 3e38, -3e38])
def test_no_position_reads_or_writes_elsewhere(fill_mode, interpolation, strange):
    """A place that no number can name is still one in the image, or beyond its edge."""
    images = np.full((1, 3, 4, 2), 5, "float32")
    with np.errstate(invalid="ignore", over="ignore"):
        transforms = IDENTITY * np.float32(strange) + np.float32(strange)
        outputs = affine_transform(images, transforms, interpolation, fill_mode, 7)
        grads = affine_transform_gradient(images, transforms, interpolation, fill_mode)
    assert set(np.unique(outputs)) <= ({5, 7} if fill_mode == "constant" else {5})
    assert grads.sum() in ((0, 5 * 24) if fill_mode == "constant" else (5 * 24,))


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_an_infinite_pixel_reaches_the_outputs_around_it_only(interpolation):
    images = np.ones((1, 5, 6, 1), "float32")
    images[0, 2, 3] = np.inf
    for fill_mode in FILL_MODES:
        transforms = IDENTITY + np.array([[0, 0, 0.25, 0, 0, 0.25]], np.float32)
        outputs = affine_transform(images, transforms, interpolation, fill_mode, 1)[0, :, :, 0]
        rows, columns = np.nonzero(outputs == np.inf)
        around = {(1, 2), (1, 3), (2, 2), (2, 3)} if interpolation == "bilinear" else {(2, 3)}
        assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == around
        assert (outputs[outputs != np.inf] == 1).all()


def test_threads_change_no_bit():
    rng = np.random.default_rng(5)
    images, upstream = rng.normal(size=(2, 9, 12, 11, 3)).astype("float32")
    transforms = (IDENTITY + 0.3 * rng.normal(size=(9, 6))).astype("float32")
    assert_same_bits_for_any_number_of_threads(
        lambda: [
            affine_transform(images, transforms, "bilinear", "wrap"),
            affine_transform_gradient(upstream, transforms, "bilinear", "wrap"),
        ]
    )
