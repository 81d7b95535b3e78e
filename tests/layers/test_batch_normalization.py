"""BatchNormalization: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.kernels import batch_normalization as kernels
from cnn_scratch.layers.batch_normalization import BatchNormalization
from cnn_scratch.reference.batch_normalization import (
    batch_normalization,
    batch_normalization_gradients,
    inference_gradients,
    moments,
    renorm_correction,
)
from tests.contract import check_layer, randomize

CASES = {
    "plain": ({}, (3, 4, 5, 2)),
    "rows": (dict(epsilon=1e-2), (6, 5)),
    "axis 1": (dict(axis=1), (3, 4, 5, 2)),
    "axis -2": (dict(axis=-2), (3, 4, 5, 2)),
    "no gamma": (dict(scale=False), (3, 4, 2)),
    "no beta": (dict(center=False), (3, 4, 2)),
    "neither": (dict(center=False, scale=False), (3, 4, 2)),
    "one row": ({}, (1, 3)),
    "one channel": ({}, (4, 3, 1)),
}
RENORM = {
    "no clipping": None,
    "all clipped": dict(rmin=0.9, rmax=1.1, dmax=0.05),
    "one bound": dict(rmax=0.7),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "shape"), [(-1, (None, 7)), (1, (None, 3, None, None)), (3, (2, 3, 4, 5)), (-1, (None, None, 3))]
)
def test_output_shape(axis, shape):
    assert BatchNormalization(axis=axis).compute_output_shape(shape) == shape


def test_weights_stand_in_the_order_of_keras():
    def names(**options):
        layer = BatchNormalization(**options)
        layer.build((None, 3))
        return [w.name for w in layer.weights], [w.name for w in layer.trainable_weights]

    moving = ["moving_mean", "moving_variance"]
    assert names() == (["gamma", "beta", *moving], ["gamma", "beta"])
    assert names(scale=False) == (["beta", *moving], ["beta"])
    assert names(renorm=True)[0][2:] == [*moving, "moving_stddev", "renorm_mean", "renorm_stddev"]


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """1 and 3: mean 2, variance 1. 10 and 14: mean 12, variance 4."""
    layer = BatchNormalization(momentum=0.9, epsilon=0)
    layer.build((None, 2))
    layer.set_weights([[1, 10], [0, 5], [0, 0], [1, 1]])
    outputs, cache = layer.forward(np.array([[1, 10], [3, 14]]), training=True)
    np.testing.assert_allclose(outputs, [[-1, -5], [1, 15]], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_mean.value, [0.2, 1.2], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.value, [1, 1.3], rtol=1e-6)
    # Two numbers always become −1 and 1: whatever they are, so nothing reaches the inputs.
    grad_inputs = layer.backward(np.array([[1, 2], [3, 7]]), cache)
    np.testing.assert_allclose(grad_inputs, np.zeros((2, 2)), atol=1e-5)
    np.testing.assert_allclose(layer.beta.grad, [4, 9], rtol=1e-6)
    np.testing.assert_allclose(layer.gamma.grad, [2, 5], rtol=1e-6)


def test_inference_uses_the_moving_statistics():
    layer = BatchNormalization(epsilon=0)
    layer.build((None, 1))
    layer.set_weights([[3], [1], [10], [4]])
    outputs, cache = layer.forward(np.array([[12], [10]]))
    np.testing.assert_array_equal(outputs, [[4], [1]])  # 3 · (12 − 10) / 2 + 1
    np.testing.assert_array_equal(layer.backward(np.array([[2], [4]]), cache), [[3], [6]])
    np.testing.assert_array_equal(layer.gamma.grad, [2])
    np.testing.assert_array_equal(layer.beta.grad, [6])


def test_not_trainable_means_inference():
    inputs = np.random.default_rng(0).normal(size=(6, 3))
    layer = BatchNormalization(trainable=False)
    expected = layer(inputs)
    state = layer.get_weights()
    np.testing.assert_array_equal(layer(inputs, training=True), expected)
    for before, after in zip(state, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("renorm", [False, True])
def test_an_empty_batch_leaves_the_moving_statistics(renorm):
    layer = BatchNormalization(renorm=renorm)
    layer.build((None, 4, 3))
    randomize(layer)
    state = layer.get_weights()
    outputs = layer(np.zeros((0, 4, 3)), training=True)
    assert outputs.shape == (0, 4, 3)
    for before, after in zip(state, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_one_nan_stays_in_its_channel():
    inputs = np.random.default_rng(0).normal(size=(4, 5, 6, 3))
    inputs[1, 2, 3, 1] = np.nan
    layer = BatchNormalization()
    outputs = layer(inputs, training=True)
    assert np.isnan(outputs[..., 1]).all()
    assert np.isfinite(outputs[..., [0, 2]]).all()


@pytest.mark.parametrize(("dtype", "mean", "tolerance"), [("float32", 1e4, 1e-8), ("float64", 1e9, 1e-4)])
def test_a_large_mean_does_not_drown_a_small_variance(dtype, mean, tolerance):
    """Here E[x²] − E[x]² is wrong from the first digit on; the means of the pieces differ besides."""
    rng = np.random.default_rng(0)
    inputs = mean + 1e-2 * rng.normal(size=(40, 16, 16, 20)) + np.linspace(0, 0.05, 40).reshape(-1, 1, 1, 1)
    inputs = inputs.astype(dtype)
    flat = inputs.reshape(-1, 20)
    exact = flat.astype(np.longdouble)
    expected = ((exact - exact.mean(0)) ** 2).mean(0).astype(float)
    short = (flat**2).mean(0) - flat.mean(0) ** 2
    assert np.median(np.abs(short - expected)) > 10 * expected.max()

    measured_mean, variance = kernels.moments(inputs)
    np.testing.assert_allclose(measured_mean, exact.mean(0).astype(float), rtol=1e-15)
    # The mean of a piece is off by a few 2⁻⁵³·mean. Against the standard deviation, 1.8e-2, that is
    # about 1e-10 where float32 inputs have their mean at 1e4, and 1e-5 where float64 inputs have it at 1e9.
    np.testing.assert_allclose(variance, expected, rtol=tolerance)
    outputs = BatchNormalization(epsilon=1e-12, dtype=dtype)(inputs, training=True).reshape(-1, 20)
    np.testing.assert_allclose(outputs.mean(0, dtype=float), 0, atol=1e-4)
    np.testing.assert_allclose(outputs.std(0, dtype=float), 1, rtol=1e-4)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    options, shape = CASES[case]
    check_layer(BatchNormalization(**options), shape)


@pytest.mark.parametrize("clipping", RENORM)
def test_contract_of_renorm(clipping):
    """r and d count as constants, so the gradient is not the derivative: the reference checks it."""
    check_layer(
        BatchNormalization(renorm=True, renorm_clipping=RENORM[clipping]), (3, 4, 5, 2), gradients=False
    )


def test_contract_of_renorm_with_the_derivative():
    """With r = 1 and d = 0 for good there is a derivative, that of plain batch normalization."""
    clipping = dict(rmin=1, rmax=1, dmax=0)
    check_layer(BatchNormalization(renorm=True, renorm_clipping=clipping), (3, 4, 5, 2), training=(True,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(3, 4, 5, 2), (7, 3), (1500, 20), (40, 9, 9, 20), (300, 100), (3, 20_000), (2000, 1), (999, 63)]
)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 16 * 2**-24)])
def test_equals_reference(shape, dtype, tolerance):
    """Sizes around those of a wide row and of a piece. In float32 results are rounded, sums are not."""
    inputs, upstream = data(shape, dtype)
    layer = BatchNormalization(momentum=0.7, epsilon=0.01, dtype=dtype)
    layer.build(shape)
    randomize(layer)
    gamma, beta, moving_mean, moving_variance = (w.astype("float64") for w in layer.get_weights())
    outputs, cache = layer.forward(inputs, training=True)
    exact, exact_upstream = inputs.astype("float64"), upstream.astype("float64")
    mean, variance = moments(exact)
    assert_close(outputs, batch_normalization(exact, gamma, beta, mean, variance, 0.01), tolerance)
    assert_close(layer.moving_mean.value, 0.7 * moving_mean + 0.3 * mean, tolerance)
    assert_close(layer.moving_variance.value, 0.7 * moving_variance + 0.3 * variance, tolerance)
    grad_inputs = layer.backward(upstream, cache)
    gradients = batch_normalization_gradients(exact, gamma, exact_upstream, 0.01)
    for ours, theirs in zip((grad_inputs, layer.gamma.grad, layer.beta.grad), gradients, strict=True):
        assert_close(ours, theirs, tolerance)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1, -4])
@pytest.mark.parametrize("training", [False, True])
def test_any_axis_equals_reference(axis, training):
    inputs, upstream = data((3, 4, 5, 6), "float64")
    layer = BatchNormalization(axis=axis, dtype="float64")
    layer.build(inputs.shape)
    randomize(layer)
    gamma, beta, mean, variance = layer.get_weights()
    outputs, cache = layer.forward(inputs, training=training)
    grad_inputs = layer.backward(upstream, cache)
    outputs, grad_inputs, inputs, upstream = (
        np.moveaxis(array, axis, -1) for array in (outputs, grad_inputs, inputs, upstream)
    )
    if training:
        mean, variance = moments(inputs)
        gradients = batch_normalization_gradients(inputs, gamma, upstream, 1e-3)
    else:
        gradients = inference_gradients(inputs, gamma, upstream, mean, variance, 1e-3)
    assert_close(outputs, batch_normalization(inputs, gamma, beta, mean, variance, 1e-3), 1e-12)
    for ours, theirs in zip((grad_inputs, layer.gamma.grad, layer.beta.grad), gradients, strict=True):
        assert_close(ours, theirs, 1e-12)


@pytest.mark.parametrize("clipping", RENORM)
def test_renorm_equals_reference(clipping):
    """The gradient is that of gamma·r, with r and d as constants; gamma multiplies x̂·r + d."""
    inputs, upstream = data((6, 5, 4), "float64")
    bounds = RENORM[clipping]
    layer = BatchNormalization(
        renorm=True, renorm_clipping=bounds, renorm_momentum=0.6, momentum=0.8, dtype="float64"
    )
    layer.build(inputs.shape)
    randomize(layer)
    gamma, beta, moving_mean, _, moving_stddev, renorm_mean, renorm_stddev = layer.get_weights()
    outputs, cache = layer.forward(inputs, training=True)
    mean, variance = moments(inputs)
    r, d = renorm_correction(mean, variance, renorm_mean, renorm_stddev, 1e-3, **(bounds or {}))
    normalized = batch_normalization(inputs, 1, 0, mean, variance, 1e-3)
    assert_close(outputs, gamma * (normalized * r + d) + beta, 1e-12)
    if bounds is None:
        assert_close(outputs, gamma * (inputs - renorm_mean) / renorm_stddev + beta, 1e-12)

    grad_inputs, grad_scale, grad_beta = batch_normalization_gradients(inputs, gamma * r, upstream, 1e-3)
    assert_close(layer.backward(upstream, cache), grad_inputs, 1e-12)
    assert_close(layer.gamma.grad, grad_scale * r + grad_beta * d, 1e-12)
    assert_close(layer.beta.grad, grad_beta, 1e-12)

    stddev = np.sqrt(variance + 1e-3)
    moved = 0.8 * moving_stddev + 0.2 * stddev
    expected = [
        0.8 * moving_mean + 0.2 * mean,
        np.maximum(moved**2 - 1e-3, 0),
        moved,
        0.6 * renorm_mean + 0.4 * mean,
        0.6 * renorm_stddev + 0.4 * stddev,
    ]
    for ours, theirs in zip(layer.get_weights()[2:], expected, strict=True):
        assert_close(ours, theirs, 1e-12)


def data(shape, dtype):
    """Return inputs with another mean and scale per channel, and an upstream gradient."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=shape) * rng.uniform(0.5, 2, shape[-1]) + rng.normal(size=shape[-1])
    return inputs.astype(dtype), rng.normal(size=shape).astype(dtype)


def assert_close(ours, theirs, tolerance):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(1, np.abs(theirs).max()))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(axis=[1, 2]), r"`axis` argument must be an integer. Received: axis=\[1, 2\]"),
        (dict(axis=1.5), r"`axis` argument must be an integer. Received: axis=1.5"),
        (dict(momentum=1.1), r"`momentum` argument must be a number between 0 and 1. Received: momentum=1.1"),
        (dict(momentum="a"), r"`momentum` argument must be a number between 0 and 1. Received: momentum='a'"),
        (dict(epsilon=-1), r"`epsilon` argument must be a number >= 0. Received: epsilon=-1"),
        (dict(renorm_momentum=-1), r"`renorm_momentum` argument .*Received: renorm_momentum=-1"),
        (dict(renorm=True, renorm_clipping={"max": 1}), r"keys among 'rmax', 'rmin', 'dmax'.*\{'max': 1\}"),
        (dict(renorm=True, renorm_clipping={"rmin": 2, "rmax": 1}), r"rmin <= rmax.*Received"),
        (dict(renorm=True, renorm_clipping={"dmax": -1}), r"dmax >= 0.*Received"),
        (dict(gamma_initializer="oness"), r"oness"),
        (dict(beta_regularizer="l3"), r"l3"),
        (dict(gamma_constraint="evil"), r"Unknown constraint: 'evil'"),
        (dict(beta_constraint="evil"), r"Unknown constraint: 'evil'"),
        (dict(colour=1), r"Unrecognized keyword arguments passed to BatchNormalization: .*colour"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        BatchNormalization(**options)


def test_rejects_inputs():
    with pytest.raises(
        ValueError, match=r"Axis 3 is out of bounds .*'norm', of shape \(2, 3\). Received: axis=3"
    ):
        BatchNormalization(axis=3, name="norm")(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"known size. Received: shape \(2, None\)"):
        BatchNormalization().compute_output_shape((2, None))
    layer = BatchNormalization(name="norm")
    layer(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"'norm' is incompatible.*size 3. Received: shape \(2, 4\)"):
        layer(np.zeros((2, 4)))
