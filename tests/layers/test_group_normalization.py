"""GroupNormalization: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import GroupNormalization
from cnn_scratch.reference.group_normalization import group_normalization, group_normalization_gradients
from tests.contract import check_layer, randomize

CASES = {
    "plain": (dict(groups=2), (3, 4, 5, 6)),
    "one group": (dict(groups=1), (3, 4, 6)),
    "each channel": (dict(groups=-1), (2, 3, 4, 3)),
    "axis 1": (dict(groups=2, axis=1), (3, 4, 5, 2)),
    "axis -2": (dict(groups=3, axis=-2), (2, 4, 6, 2)),
    "rows": (dict(groups=3), (4, 6)),
    "no gamma": (dict(groups=2, scale=False), (3, 4, 4)),
    "no beta": (dict(groups=2, center=False), (3, 4, 4)),
    "neither": (dict(groups=2, center=False, scale=False), (3, 4, 4)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        (dict(groups=2), (None, 8)),
        ({}, (None, None, None, 64)),
        (dict(groups=-1, axis=1), (2, 3, 4, 5)),
    ],
)
def test_output_shape(options, shape):
    assert GroupNormalization(**options).compute_output_shape(shape) == shape


def test_weights_and_groups_after_the_build():
    layer = GroupNormalization(groups=-1)
    layer.build((None, 4, 6))
    assert [(w.name, w.shape) for w in layer.weights] == [("gamma", (6,)), ("beta", (6,))]
    assert layer.get_config()["groups"] == 6


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """Groups of two channels: 1 and 3 have mean 2, variance 1; 20 and 10 have mean 15, variance 25."""
    layer = GroupNormalization(groups=2, epsilon=0)
    layer.build((None, 4))
    layer.set_weights([[1, 2, 3, 4], [0, 0, 5, 5]])
    outputs, cache = layer.forward(np.array([[1, 3, 20, 10]]))
    np.testing.assert_allclose(outputs, [[-1, 2, 8, 1]], rtol=1e-6)
    # Two numbers always become −1 and 1, so nothing reaches the inputs.
    np.testing.assert_allclose(layer.backward(np.array([[1, 2, 3, 7]]), cache), np.zeros((1, 4)), atol=1e-5)
    np.testing.assert_allclose(layer.gamma.grad, [-1, 2, 3, -7], rtol=1e-6)
    np.testing.assert_allclose(layer.beta.grad, [1, 2, 3, 7], rtol=1e-6)


def test_samples_do_not_mix():
    inputs = np.random.default_rng(0).normal(size=(4, 5, 6, 4))
    layer = GroupNormalization(groups=2)
    np.testing.assert_array_equal(layer(inputs)[1:2], layer(inputs[1:2]))
    np.testing.assert_array_equal(layer(inputs, training=True), layer(inputs))


def test_no_pixels():
    layer = GroupNormalization(groups=2)
    outputs, cache = layer.forward(np.zeros((3, 0, 5, 4)))
    assert outputs.shape == layer.backward(outputs, cache).shape == (3, 0, 5, 4)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    options, shape = CASES[case]
    check_layer(GroupNormalization(**options), shape, training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "shape"), [(3, (2, 4, 5, 6)), (2, (3, 30, 30, 20)), (1, (5, 8)), (6, (2, 9, 6))]
)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 16 * 2**-24)])
@pytest.mark.parametrize("axis", [-1, 1])
def test_equals_reference(groups, shape, dtype, tolerance, axis):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=shape) * rng.uniform(0.5, 2, shape[-1]) + rng.normal(size=shape[-1])
    inputs, upstream = inputs.astype(dtype), rng.normal(size=shape).astype(dtype)
    layer = GroupNormalization(groups, axis, epsilon=0.01, dtype=dtype)
    layer.build(np.moveaxis(inputs, -1, axis).shape)
    randomize(layer)
    gamma, beta = (w.astype("float64") for w in layer.get_weights())
    outputs, cache = layer.forward(np.moveaxis(inputs, -1, axis))
    grad_inputs = layer.backward(np.moveaxis(upstream, -1, axis), cache)
    exact, exact_upstream = inputs.astype("float64"), upstream.astype("float64")
    expected = group_normalization_gradients(exact, gamma, exact_upstream, groups, 0.01)
    for ours, theirs in (
        (np.moveaxis(outputs, axis, -1), group_normalization(exact, gamma, beta, groups, 0.01)),
        (np.moveaxis(grad_inputs, axis, -1), expected[0]),
        (layer.gamma.grad, expected[1]),
        (layer.beta.grad, expected[2]),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(1, np.abs(theirs).max()))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(groups=0), r"`groups`, expected a positive integer .*Received: groups=0"),
        (dict(groups=-2), r"`groups`, expected a positive integer .*Received: groups=-2"),
        (dict(groups=1.5), r"`groups`, expected a positive integer .*Received: groups=1.5"),
        (dict(axis=[1, 2]), r"`axis` argument must be an integer. Received: axis=\[1, 2\]"),
        (dict(epsilon=-1), r"`epsilon` argument must be a number >= 0. Received: epsilon=-1"),
        (dict(beta_constraint="evil"), r"Unknown constraint: 'evil'"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        GroupNormalization(**options)


def test_rejects_inputs():
    for axis in (0, -2, 2):
        with pytest.raises(
            ValueError, match=r"'norm' must name an axis .* behind the batch. Received: axis="
        ):
            GroupNormalization(1, axis, name="norm")(np.zeros((2, 3)))
    with pytest.raises(
        ValueError, match=r"multiple of its number of groups. Received: groups=32, but 3 channels"
    ):
        GroupNormalization()(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"known size. Received: shape \(2, None\)"):
        GroupNormalization().compute_output_shape((2, None))
    layer = GroupNormalization(1, name="norm")
    layer(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"'norm' is incompatible.*size 3. Received: shape \(2, 4\)"):
        layer(np.zeros((2, 4)))
