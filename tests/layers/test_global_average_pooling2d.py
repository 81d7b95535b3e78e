"""GlobalAveragePooling2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import GlobalAveragePooling2D
from cnn_scratch.reference.global_average_pooling2d import (
    global_average_pooling2d,
    global_average_pooling2d_gradient,
)
from tests.contract import check_layer

CASES = [
    {},
    dict(keepdims=True),
    dict(data_format="channels_first"),
    dict(data_format="channels_first", keepdims=True),
]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"), list(zip(CASES, [(2, 5), (2, 1, 1, 5), (2, 3), (2, 3, 1, 1)], strict=True))
)
def test_output_shape(options, expected):
    assert GlobalAveragePooling2D(**options).compute_output_shape((2, 3, 4, 5)) == expected


def test_output_shape_of_images_of_any_size():
    assert GlobalAveragePooling2D().compute_output_shape((None, None, None, 5)) == (None, 5)


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.arange(8.0).reshape(1, 2, 2, 2)
    outputs, cache = GlobalAveragePooling2D().forward(image)
    np.testing.assert_array_equal(outputs, [[3, 4]])
    grad_image = GlobalAveragePooling2D().backward(np.array([[4, 8]]), cache)
    np.testing.assert_array_equal(grad_image[0], [[[1, 2], [1, 2]], [[1, 2], [1, 2]]])


def test_the_mean_of_many_pixels_is_accurate():
    """A float32 sum of 250,000 times 0.1, one after the other, would be wrong in the third digit."""
    outputs = GlobalAveragePooling2D()(np.full((1, 500, 500, 1), 0.1, np.float32))
    np.testing.assert_array_equal(outputs, np.float32(0.1))


def test_a_nan_stays_in_its_channel():
    image = np.ones((2, 3, 3, 2), np.float32)
    image[1, 2, 0, 1] = np.nan
    outputs = GlobalAveragePooling2D()(image)
    np.testing.assert_array_equal(np.isnan(outputs), [[False, False], [False, True]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", CASES)
def test_contract(options):
    check_layer(GlobalAveragePooling2D(**options), (3, 4, 5, 2), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 2 * 2**-24)])
def test_equals_reference(dtype, tolerance):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(3, 14, 13, 5)).astype(dtype)
    layer = GlobalAveragePooling2D(dtype=dtype)
    outputs, cache = layer.forward(inputs)
    expected = global_average_pooling2d(inputs.astype("float64"))
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance * np.abs(inputs).max())
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = global_average_pooling2d_gradient(inputs.astype("float64"), upstream)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=2 * tolerance)


# Rejects --------------------------------------------------------------------------------------


def test_rejects():
    with pytest.raises(ValueError, match=r"'channels_last', 'channels_first'. Received: .*'NHWC'"):
        GlobalAveragePooling2D(data_format="NHWC")
    with pytest.raises(ValueError, match=r"'pool' is incompatible.*expected ndim=4, found ndim=2"):
        GlobalAveragePooling2D(name="pool")(np.zeros((3, 4)))
