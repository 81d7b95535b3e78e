"""LayerScale: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import LayerScale
from cnn_scratch.reference.layer_scale import layer_scale, layer_scale_gradients
from tests.contract import check_layer, randomize

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 3), (2, 4, 5, 3), (None, None, None, 3)])
def test_output_shape(shape):
    assert LayerScale(1e-6, 3).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = LayerScale(0.5, projection_dim=2)
    outputs, cache = layer.forward(np.array([[2, 4], [6, 8]]))
    np.testing.assert_array_equal(outputs, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(layer.backward(np.array([[1, 2], [3, 4]]), cache), [[0.5, 1], [1.5, 2]])
    np.testing.assert_array_equal(layer.gamma.grad, [1 * 2 + 3 * 6, 2 * 4 + 4 * 8])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (4, 3)])
def test_contract(shape):
    check_layer(LayerScale(1e-6, shape[-1]), shape, training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 5), (2, 30, 30, 20), (9, 100)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 4 * 2**-24)])
def test_equals_reference(shape, dtype, tolerance):
    """Products, rounded once; the sums for gamma's gradient are in float64."""
    inputs, upstream = np.random.default_rng(7).normal(size=(2, *shape)).astype(dtype)
    layer = LayerScale(1, shape[-1], dtype=dtype)
    layer.build(shape)
    randomize(layer)
    outputs, cache = layer.forward(inputs)
    grad_inputs = layer.backward(upstream, cache)
    exact, gamma = inputs.astype("float64"), layer.gamma.numpy().astype("float64")
    expected = layer_scale_gradients(exact, gamma, upstream.astype("float64"))
    pairs = [
        (outputs, layer_scale(exact, gamma)),
        (grad_inputs, expected[0]),
        (layer.gamma.grad, expected[1]),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("projection_dim", [0, 1.5, None, True])
def test_rejects_arguments(projection_dim):
    with pytest.raises(ValueError, match=r"must be a positive integer. Received: projection_dim="):
        LayerScale(1e-6, projection_dim)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"'scale' is incompatible.*size 4. Received: shape \(2, 3\)"):
        LayerScale(1e-6, 4, name="scale")(np.zeros((2, 3)))
