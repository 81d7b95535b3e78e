"""GlobalMaxPooling2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import GlobalMaxPooling2D
from cnn_scratch.reference.global_max_pooling2d import global_max_pooling2d, global_max_pooling2d_gradient
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
    assert GlobalMaxPooling2D(**options).compute_output_shape((2, 3, 4, 5)) == expected


def test_output_shape_of_images_of_any_size():
    assert GlobalMaxPooling2D().compute_output_shape((None, None, None, 5)) == (None, 5)


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.array([[[3, -1], [2, -5]], [[7, -2], [0, -4]]]).reshape(1, 2, 2, 2)
    outputs, cache = GlobalMaxPooling2D().forward(image)
    np.testing.assert_array_equal(outputs, [[7, -1]])
    grad_image = GlobalMaxPooling2D().backward(np.array([[10, 20]]), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[0, 0], [10, 0]])
    np.testing.assert_array_equal(grad_image[0, :, :, 1], [[20, 0], [0, 0]])


def test_equal_pixels_share_the_gradient():
    image = np.array([[4, 1], [4, 4]]).reshape(1, 2, 2, 1)
    layer = GlobalMaxPooling2D(dtype="float64")
    _, cache = layer.forward(image)
    grad_image = layer.backward(np.array([[6.0]]), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[2, 0], [2, 2]])


def test_a_nan_stays_in_its_channel():
    image = np.ones((2, 3, 3, 2), np.float32)
    image[1, 2, 0, 1] = np.nan
    layer = GlobalMaxPooling2D()
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(np.isnan(outputs), [[False, False], [False, True]])
    grad_image = layer.backward(np.ones((2, 2)), cache)
    assert np.isnan(grad_image[1, :, :, 1]).all()
    assert np.isnan(grad_image).sum() == 9


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", CASES)
def test_contract(options):
    check_layer(GlobalMaxPooling2D(**options), (3, 4, 5, 2), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(dtype):
    """Small integers, so that ties are common; a division is rounded once, a product once more."""
    rng = np.random.default_rng(7)
    inputs = rng.integers(-3, 0, (3, 4, 3, 2)).astype(dtype)
    layer = GlobalMaxPooling2D(dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_array_equal(outputs, global_max_pooling2d(inputs))
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = global_max_pooling2d_gradient(inputs.astype("float64"), upstream)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=2 * np.finfo(dtype).eps)


# Rejects --------------------------------------------------------------------------------------


def test_rejects():
    with pytest.raises(ValueError, match=r"'channels_last', 'channels_first'. Received: .*'NHWC'"):
        GlobalMaxPooling2D(data_format="NHWC")
    with pytest.raises(ValueError, match=r"'pool' is incompatible.*expected ndim=4, found ndim=2"):
        GlobalMaxPooling2D(name="pool")(np.zeros((3, 4)))
