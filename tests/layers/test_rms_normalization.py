"""RMSNormalization: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.axes import counted_from_0
from cnn_scratch.layers import RMSNormalization
from cnn_scratch.reference.rms_normalization import rms_normalization, rms_normalization_gradients
from tests.contract import check_layer, randomize

AXES = [-1, 1, [1, 2], [-1, 1]]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "shape"), [(-1, (None, 7)), ([1, 2], (None, 3, 4, None)), (1, (2, 3))])
def test_output_shape(axis, shape):
    assert RMSNormalization(axis).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """√((1 + 49) / 2) = 5."""
    layer = RMSNormalization(epsilon=0)
    layer.build((None, 2))
    layer.set_weights([[1, 10]])
    outputs, cache = layer.forward(np.array([[1, 7]]))
    np.testing.assert_allclose(outputs, [[0.2, 14]], rtol=1e-6)
    grad_inputs = layer.backward(np.array([[5, 0.5]]), cache)
    # h = (5, 5), x̂ = (0.2, 1.4): h − x̂ · Σ h·x̂ / 2 = 5 − x̂ · 4, over 5
    np.testing.assert_allclose(grad_inputs, [[(5 - 0.8) / 5, (5 - 5.6) / 5]], rtol=1e-5)
    np.testing.assert_allclose(layer.scale.grad, [5 * 0.2, 0.5 * 1.4], rtol=1e-6)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES)
def test_contract(axis):
    check_layer(RMSNormalization(axis, epsilon=1e-3), (3, 4, 5), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "shape"), [*((axis, (3, 4, 5, 6)) for axis in AXES), (-1, (700, 65))])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 16 * 2**-24)])
def test_equals_reference(axis, shape, dtype, tolerance):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, *shape)).astype(dtype) + 0.5
    layer = RMSNormalization(axis, epsilon=0.01, dtype=dtype)
    layer.build(shape)
    randomize(layer)
    axes = counted_from_0(layer.axis, shape, "layer")
    (scale,) = layer.get_weights()
    scale = scale.astype("float64").reshape([n if axis in axes else 1 for axis, n in enumerate(shape)])
    outputs, cache = layer.forward(inputs)
    grad_inputs = layer.backward(upstream, cache)
    exact = inputs.astype("float64")
    grads = rms_normalization_gradients(exact, scale, upstream.astype("float64"), axes, 0.01)
    pairs = [
        (outputs, rms_normalization(exact, scale, axes, 0.01)),
        (grad_inputs, grads[0]),
        (layer.scale.grad.reshape(grads[1].shape), grads[1]),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(1, np.abs(theirs).max()))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            dict(axis="last"),
            r"`axis` argument must be an integer or a list of integers. Received: axis='last'",
        ),
        (dict(epsilon=-1), r"`epsilon` argument must be a number >= 0. Received: epsilon=-1"),
        (dict(scale=False), r"Unrecognized keyword arguments passed to RMSNormalization: .*scale"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        RMSNormalization(**options)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"'norm' must name axes of its input, each once. Received: axis=2"):
        RMSNormalization(2, name="norm")(np.zeros((2, 3)))
    layer = RMSNormalization(name="norm")
    layer(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"'norm' is incompatible.*sizes \(3,\).*Received: shape \(2, 4\)"):
        layer(np.zeros((2, 4)))
