"""LayerNormalization: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.axes import counted_from_0
from cnn_scratch.kernels import layer_normalization as kernels
from cnn_scratch.layers import LayerNormalization
from cnn_scratch.reference.layer_normalization import layer_normalization, layer_normalization_gradients
from tests.contract import check_layer, randomize

CASES = {
    "plain": ({}, (3, 4, 5, 6)),
    "rows": (dict(epsilon=1e-2), (6, 5)),
    "axis 1": (dict(axis=1), (3, 4, 5, 2)),
    "all of a sample": (dict(axis=[1, 2, 3]), (3, 4, 5, 2)),
    "axes apart": (dict(axis=(-1, 1)), (3, 4, 5, 2)),
    "no gamma": (dict(scale=False), (3, 4, 3)),
    "no beta": (dict(center=False), (3, 4, 3)),
    "neither": (dict(center=False, scale=False), (3, 4, 3)),
    "rms_scaling": (dict(rms_scaling=True), (3, 4, 5)),
    "rms_scaling, axis 1": (dict(rms_scaling=True, axis=1, scale=False), (3, 4, 5)),
    "one number": ({}, (4, 1)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "shape"),
    [(-1, (None, 7)), ([1, -1], (None, 3, None, 5)), (3, (2, 3, 4, 5)), (2, (None, None, 3))],
)
def test_output_shape(axis, shape):
    assert LayerNormalization(axis=axis).compute_output_shape(shape) == shape


def test_weights_are_those_of_keras():
    def weights(**options):
        layer = LayerNormalization(**options)
        layer.build((None, 3, 4, 5))
        return [(w.name, w.shape) for w in layer.weights], layer.get_config()["axis"]

    assert weights() == ([("gamma", (5,)), ("beta", (5,))], [-1])
    assert weights(scale=False, axis=2) == ([("beta", (4,))], [2])
    assert weights(center=False, axis=[3, 1]) == ([("gamma", (3, 5))], [1, 3])
    assert weights(rms_scaling=True, scale=False) == ([("gamma", (5,))], [-1])
    # Keras sorts the axes as they are written, so −1 comes before 1.
    assert weights(center=False, axis=[1, -1]) == ([("gamma", (5, 3))], [-1, 1])


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """1 and 3: mean 2, variance 1. 10 and 20: mean 15, variance 25."""
    layer = LayerNormalization(epsilon=0)
    layer.build((None, 2))
    layer.set_weights([[1, 10], [0, 5]])
    outputs, cache = layer.forward(np.array([[1, 3], [20, 10]]))
    np.testing.assert_allclose(outputs, [[-1, 15], [1, -5]], rtol=1e-6)
    # Two numbers always become −1 and 1: whatever they are, so nothing reaches the inputs.
    grad_inputs = layer.backward(np.array([[1, 2], [3, 7]]), cache)
    np.testing.assert_allclose(grad_inputs, np.zeros((2, 2)), atol=1e-5)
    np.testing.assert_allclose(layer.gamma.grad, [-1 + 3, 2 - 7], rtol=1e-6)
    np.testing.assert_allclose(layer.beta.grad, [4, 9], rtol=1e-6)


def test_training_and_inference_are_the_same():
    inputs = np.random.default_rng(0).normal(size=(6, 3))
    layer = LayerNormalization()
    np.testing.assert_array_equal(layer(inputs, training=True), layer(inputs))


def test_one_nan_stays_in_its_place():
    inputs = np.random.default_rng(0).normal(size=(4, 5, 6, 3))
    inputs[1, 2, 3, 1] = np.nan
    outputs = LayerNormalization()(inputs)
    assert np.isnan(outputs[1, 2, 3]).all()
    assert np.isnan(outputs).sum() == 3


@pytest.mark.parametrize(("dtype", "mean", "tolerance"), [("float32", 1e4, 1e-8), ("float64", 1e9, 1e-4)])
def test_a_large_mean_does_not_drown_a_small_variance(dtype, mean, tolerance):
    """As for batch normalization: E[x²] − E[x]² would be wrong from the first digit on."""
    inputs = (mean + 1e-2 * np.random.default_rng(0).normal(size=(40, 500))).astype(dtype)
    exact = inputs.astype(np.longdouble)
    expected = ((exact - exact.mean(1, keepdims=True)) ** 2).mean(1).astype(float)
    ones = np.ones(500)
    _, measured, inverse = kernels.forward(inputs, ones, 0 * ones, 0.0, True, True)
    np.testing.assert_allclose(measured, exact.mean(1).astype(float), rtol=1e-15)
    np.testing.assert_allclose(inverse**-2, expected, rtol=tolerance)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    options, shape = CASES[case]
    check_layer(LayerNormalization(**options), shape, training=(False,))


# Reference ------------------------------------------------------------------------------------

SIZES = [(7, 33), (1500, 20), (2, 20_000), (300, 96), (5, 1), (2000, 31), (64, 64)]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("rms_scaling", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 16 * 2**-24)])
def test_equals_reference(shape, rms_scaling, dtype, tolerance):
    """Sizes around those of the lanes and of a piece. In float32 results are rounded, sums are not."""
    compare(shape, -1, dtype, tolerance, rms_scaling)


@pytest.mark.parametrize("axis", [0, 1, -2, 3, [1, 2], [3, 1], [0, -1], [2, 0, 1], [1, 2, 3]])
def test_any_axes_equal_reference(axis):
    compare((3, 4, 5, 6), axis, "float64", 1e-12)


def compare(shape, axis, dtype, tolerance, rms_scaling=False):
    rng = np.random.default_rng(7)
    inputs = (rng.normal(size=shape) * rng.uniform(0.5, 2, (shape[0], *[1] * (len(shape) - 1))) + 1).astype(
        dtype
    )
    upstream = rng.normal(size=shape).astype(dtype)
    layer = LayerNormalization(axis, epsilon=0.01, rms_scaling=rms_scaling, dtype=dtype)
    layer.build(shape)
    randomize(layer)
    axes = counted_from_0(layer.axis, shape, "layer")
    gamma, *beta = (
        weight.astype("float64").reshape([n if axis in axes else 1 for axis, n in enumerate(shape)])
        for weight in layer.get_weights()
    )
    outputs, cache = layer.forward(inputs)
    grad_inputs = layer.backward(upstream, cache)
    exact, exact_upstream = inputs.astype("float64"), upstream.astype("float64")
    expected = layer_normalization(exact, gamma, beta[0] if beta else 0, axes, 0.01, rms_scaling)
    assert_close(outputs, expected, tolerance)
    expected = layer_normalization_gradients(exact, gamma, exact_upstream, axes, 0.01, rms_scaling)
    assert_close(grad_inputs, expected[0], tolerance)
    for parameter, theirs in zip(layer.weights, expected[1:], strict=False):
        assert_close(parameter.grad.reshape(theirs.shape), theirs, tolerance)


def assert_close(ours, theirs, tolerance):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(1, np.abs(theirs).max()))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(axis=1.5), r"`axis` argument must be an integer or a list of integers. Received: axis=1.5"),
        (dict(axis=[]), r"`axis` argument must be an integer or a list of integers. Received: axis=\[\]"),
        (dict(axis=[1, None]), r"`axis` argument .*Received: axis=\[1, None\]"),
        (dict(epsilon=-1), r"`epsilon` argument must be a number >= 0. Received: epsilon=-1"),
        (dict(epsilon="a"), r"`epsilon` argument must be a number >= 0. Received: epsilon='a'"),
        (dict(gamma_initializer="oness"), r"oness"),
        (dict(beta_regularizer="l3"), r"l3"),
        (dict(gamma_constraint="evil"), r"Unknown constraint: 'evil'"),
        (dict(beta_constraint="evil"), r"Unknown constraint: 'evil'"),
        (dict(colour=1), r"Unrecognized keyword arguments passed to LayerNormalization: .*colour"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        LayerNormalization(**options)


def test_rejects_inputs():
    for axis in (3, [1, -1, 2], [1, 1]):
        with pytest.raises(
            ValueError, match=r"'norm' must name axes of its input, each once. Received: axis="
        ):
            LayerNormalization(axis=axis, name="norm")(np.zeros((2, 3, 4)[: 2 if axis == 3 else 3]))
    with pytest.raises(ValueError, match=r"known sizes along the axes \[-1\]. Received: shape \(2, None\)"):
        LayerNormalization().compute_output_shape((2, None))
    layer = LayerNormalization(axis=[1, 2], name="norm")
    layer(np.zeros((2, 3, 4)))
    with pytest.raises(
        ValueError, match=r"'norm' is incompatible.*sizes \(3, 4\).*Received: shape \(2, 4, 3\)"
    ):
        layer(np.zeros((2, 4, 3)))
