"""MaxPooling2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import MaxPooling2D
from cnn_scratch.reference.max_pooling2d import max_pooling2d, max_pooling2d_gradient
from tests.contract import check_layer
from tests.refusals import INPUTS_OF_POOLING2D, POOLING2D

CASES = {
    "plain": dict(pool_size=2),
    "not square": dict(pool_size=(3, 2), strides=(2, 1)),
    "same, stride 2": dict(pool_size=3, strides=2, padding="same"),
    "same, even window": dict(pool_size=(2, 4), strides=1, padding="same"),
    "stride > window": dict(pool_size=1, strides=(3, 2)),
    "stride > window, same": dict(pool_size=(2, 1), strides=(3, 4), padding="same"),
    "window as large as the image": dict(pool_size=(5, 6)),
    "window larger than the image, same": dict(pool_size=(9, 8), strides=2, padding="same"),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 6, 7), (2, 2, 3, 7)),
        (dict(pool_size=3), (2, 5, 6, 7), (2, 1, 2, 7)),
        (dict(pool_size=3, strides=2, padding="same"), (2, 5, 6, 7), (2, 3, 3, 7)),
        (dict(pool_size=(2, 3), strides=(1, 2)), (None, 8, 9, 1), (None, 7, 4, 1)),
        (dict(pool_size=2, data_format="channels_first"), (2, 4, 5, 6), (2, 4, 2, 3)),
        (dict(pool_size=2), (None, None, None, 3), (None, None, None, 3)),
        (dict(pool_size=1, strides=4), (1, 9, 8, 3), (1, 3, 2, 3)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert MaxPooling2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.array([[1, 5, 2, 0], [3, 4, 7, 1], [0, 0, 9, 8], [6, 0, 3, 2]]).reshape(1, 4, 4, 1)
    outputs, cache = MaxPooling2D(2).forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[5, 7], [6, 9]])
    upstream = np.array([[10, 20], [30, 40]]).reshape(1, 2, 2, 1)
    grad_image = MaxPooling2D(2).backward(upstream, cache)
    np.testing.assert_array_equal(
        grad_image[0, :, :, 0], [[0, 10, 0, 0], [0, 0, 20, 0], [0, 0, 40, 0], [30, 0, 0, 0]]
    )


def test_a_pixel_collects_from_all_windows_that_took_it():
    image = np.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]]).reshape(1, 3, 3, 1)
    layer = MaxPooling2D(2, strides=1)
    _, cache = layer.forward(image)
    grad_image = layer.backward(np.array([[1, 10], [100, 1000]]).reshape(1, 2, 2, 1), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[0, 0, 0], [0, 1111, 0], [0, 0, 0]])


def test_padding_never_wins():
    layer = MaxPooling2D(3, strides=1, padding="same")
    image = -1 - np.arange(9.0).reshape(1, 3, 3, 1)
    expected = [[-1, -1, -2], [-1, -1, -2], [-4, -4, -5]]
    np.testing.assert_array_equal(layer(image)[0, :, :, 0], expected)
    np.testing.assert_array_equal(layer(np.full((1, 3, 3, 1), -np.inf)), -np.inf)


@pytest.mark.parametrize("value", [0.0, -np.inf, np.nan])
def test_the_first_of_equal_pixels_wins(value):
    layer = MaxPooling2D(2, padding="same")
    image = np.full((1, 4, 3, 1), value)
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(outputs, np.full((1, 2, 2, 1), value))
    grad_image = layer.backward(np.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[1, 0, 2], [0, 0, 0], [3, 0, 4], [0, 0, 0]])


@pytest.mark.parametrize("place", [(3, 2), (1, 1), (4, 3)])
def test_one_nan_reaches_exactly_the_windows_that_hold_it(place):
    layer = MaxPooling2D((3, 2), strides=1)
    rng = np.random.default_rng(3)
    image = rng.normal(size=(1, 6, 5, 2)).astype(np.float32)
    h, w = place
    image[0, h, w, 1] = np.nan
    outputs, cache = layer.forward(image)
    expected = np.zeros((4, 4, 2), bool)
    expected[max(0, h - 2) : h + 1, max(0, w - 1) : w + 1, 1] = True
    np.testing.assert_array_equal(np.isnan(outputs[0]), expected)
    # and the gradients of these windows go to it
    grad_image = layer.backward(np.ones_like(outputs), cache)
    assert grad_image[0, h, w, 1] == expected.sum()


def test_the_sign_of_zero_stays():
    zeros = np.full((1, 2, 2, 3), -0.0, "float32")
    assert np.signbit(MaxPooling2D()(zeros)).all()
    assert not np.signbit(MaxPooling2D()(-zeros)).any()


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(MaxPooling2D(**CASES[case]), (3, 5, 6, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        MaxPooling2D((2, 3), strides=1, data_format="channels_first"), (2, 2, 5, 4), training=(False,)
    )


def test_contract_of_one_pixel():
    check_layer(MaxPooling2D(1), (1, 1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(3, 5, 6, 2), (1, 8, 7, 1)])
def test_equals_reference(case, dtype, shape):
    """Small integers, so that ties are common and all sums are exact."""
    rng = np.random.default_rng(7)
    inputs = rng.integers(-4, 0, shape).astype(dtype)
    layer = MaxPooling2D(**CASES[case], dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_array_equal(outputs, max_pooling2d(inputs, layer.window))
    upstream = rng.integers(-9, 9, outputs.shape).astype(dtype)
    expected = max_pooling2d_gradient(inputs, upstream, layer.window)
    np.testing.assert_array_equal(layer.backward(upstream, cache), expected)


@pytest.mark.parametrize("pool_size", [16, 17])
def test_places_fit_into_their_dtype(pool_size):
    """A window of 256 pixels has places 0 … 255: one byte. One of 289 needs more."""
    image = np.arange(17.0 * 17).reshape(1, 17, 17, 1)
    layer = MaxPooling2D(pool_size, strides=1)
    outputs, (_, places) = layer.forward(image)
    assert places.dtype == (np.uint8 if pool_size == 16 else np.int32)
    grad_image = layer.backward(np.ones_like(outputs), ((1, 17, 17, 1), places))
    np.testing.assert_array_equal(np.flatnonzero(grad_image), np.sort(outputs.ravel()))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "message"), POOLING2D)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        MaxPooling2D(**options)


@pytest.mark.parametrize(("shape", "message"), INPUTS_OF_POOLING2D)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        MaxPooling2D((3, 2), name="pool")(np.zeros(shape))
