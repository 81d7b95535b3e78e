"""CustomScaleLayer: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import CustomScaleLayer
from cnn_scratch.reference.custom_scale_layer import custom_scale_layer, custom_scale_layer_gradient
from tests.contract import check_layer
from tests.several import some_inputs

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([(2, 3, 4), (2, 3, 4)], (2, 3, 4)),
        ([(None, None, 3), (None, 5, 3)], (None, None, 3)),
        ([(None, 3), (2, 3)], (2, 3)),
    ],
)
def test_output_shape(shapes, expected):
    assert CustomScaleLayer(0.5).compute_output_shape(shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = CustomScaleLayer(0.5)
    outputs, cache = layer.forward([np.array([[10, 20]]), np.array([[2, 4]])])
    np.testing.assert_array_equal(outputs, [[11, 22]])
    first, second = layer.backward(np.array([[3, 8]]), cache)
    np.testing.assert_array_equal(first, [[3, 8]])
    np.testing.assert_array_equal(second, [[1.5, 4]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.17, 1, -0.2])
@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (4, 3)])
def test_contract(scale, shape):
    check_layer(CustomScaleLayer(scale), [shape, shape], training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(dtype, epsilon):
    """The scale, a product and a sum, each rounded once."""
    inputs = some_inputs([(3, 4, 5), (3, 4, 5)], dtype)
    layer = CustomScaleLayer(0.3, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact = [array.astype("float64") for array in inputs]
    expected = custom_scale_layer(exact, 0.3)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=4 * epsilon * np.abs(expected).max())
    (upstream,) = some_inputs([outputs.shape], dtype, seed=8)
    expected = custom_scale_layer_gradient(exact, upstream.astype("float64"), 0.3)
    for grad, one in zip(layer.backward(upstream, cache), expected, strict=True):
        np.testing.assert_allclose(grad, one, rtol=4 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [None, "a", True, [0.5]])
def test_rejects_arguments(scale):
    with pytest.raises(ValueError, match=r"`scale` argument must be a number. Received: scale="):
        CustomScaleLayer(scale)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3)], r"`CustomScaleLayer` layer should be called on a list of exactly 2 inputs"),
        ([(2, 3), (3, 3)], r"'mix' cannot merge inputs with different batch sizes"),
        ([(2, 3), (2, 4)], r"'mix' have incompatible shapes"),
        ([(2, 3), (2, 1)], r"'mix' must have the same shape. Received: shapes \[\(2, 3\), \(2, 1\)\]"),
        ([(2, 3), (2, 4, 3)], r"'mix' must have the same shape. Received: shapes"),
    ],
)
def test_rejects_inputs(shapes, message):
    with pytest.raises(ValueError, match=message):
        CustomScaleLayer(0.5, name="mix")([np.zeros(shape) for shape in shapes])
