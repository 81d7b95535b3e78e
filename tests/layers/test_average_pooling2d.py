"""AveragePooling2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import AveragePooling2D
from cnn_scratch.reference.average_pooling2d import average_pooling2d, average_pooling2d_gradient
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
        (dict(pool_size=2), (2, 5, 6, 7), (2, 2, 3, 7)),
        (dict(pool_size=3), (2, 5, 6, 7), (2, 1, 2, 7)),
        (dict(pool_size=3, strides=2, padding="same"), (2, 5, 6, 7), (2, 3, 3, 7)),
        (dict(pool_size=(2, 3), strides=(1, 2)), (None, 8, 9, 1), (None, 7, 4, 1)),
        (dict(pool_size=2, data_format="channels_first"), (2, 4, 5, 6), (2, 4, 2, 3)),
        (dict(pool_size=2), (None, None, None, 3), (None, None, None, 3)),
        (dict(pool_size=1, strides=4), (1, 9, 8, 3), (1, 3, 2, 3)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert AveragePooling2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    outputs, cache = AveragePooling2D(2).forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[2.5, 4.5], [10.5, 12.5]])
    upstream = np.array([[4, 8], [12, 16]]).reshape(1, 2, 2, 1)
    grad_image = AveragePooling2D(2).backward(upstream, cache)
    np.testing.assert_array_equal(
        grad_image[0, :, :, 0], [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    )


def test_same_divides_by_the_pixels_inside():
    """A window of 3×3 holds 4 pixels in a corner, 6 at an edge, 9 in the middle; the mean of ones is 1."""
    layer = AveragePooling2D(3, strides=1, padding="same")
    outputs, cache = layer.forward(np.ones((1, 3, 3, 1)))
    np.testing.assert_array_equal(outputs, np.ones((1, 3, 3, 1)))
    upstream = np.zeros((1, 3, 3, 1))
    upstream[0, 0, 0, 0] = 4
    upstream[0, 2, 1, 0] = 6
    grad_image = layer.backward(upstream, cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[1, 1, 0], [2, 2, 1], [1, 1, 1]])


def test_one_nan_reaches_exactly_the_windows_that_hold_it():
    layer = AveragePooling2D((3, 2), strides=1)
    image = np.ones((1, 6, 5, 2), np.float32)
    image[0, 3, 2, 1] = np.nan
    expected = np.zeros((4, 4, 2), bool)
    expected[1:4, 1:3, 1] = True
    np.testing.assert_array_equal(np.isnan(layer(image)[0]), expected)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(AveragePooling2D(**CASES[case]), (3, 5, 6, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        AveragePooling2D((2, 3), strides=1, data_format="channels_first"), (2, 2, 5, 4), training=(False,)
    )


def test_contract_of_one_pixel():
    check_layer(AveragePooling2D(1), (1, 1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 100 * 2**-24)])
@pytest.mark.parametrize("shape", [(3, 5, 6, 2), (1, 8, 7, 1)])
def test_equals_reference(case, dtype, tolerance, shape):
    """The largest window has 72 pixels, so a sum has at most 72 terms."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=shape).astype(dtype)
    layer = AveragePooling2D(**CASES[case], dtype=dtype)
    outputs, cache = layer.forward(inputs)
    expected = average_pooling2d(inputs.astype("float64"), layer.window)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance * np.abs(inputs).max())
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = average_pooling2d_gradient(inputs, upstream.astype("float64"), layer.window)
    grad_inputs = layer.backward(upstream, cache)
    np.testing.assert_allclose(grad_inputs, expected, rtol=0, atol=tolerance * np.abs(upstream).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "message"), POOLING2D)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        AveragePooling2D(**options)


@pytest.mark.parametrize(("shape", "message"), INPUTS_OF_POOLING2D)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        AveragePooling2D((3, 2), name="pool")(np.zeros(shape))
