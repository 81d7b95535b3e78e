import numpy as np
import pytest

from cnn_scratch import Input, Sequential, constraints, layers, optimizers
from cnn_scratch.parameter import FlatParameters, Parameter

W = np.array([[3.0, 0.0, 0.0], [-4.0, 1.0, 0.0]])  # columns of norm 5, 1 and 0


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.Constraint(), W),
        (constraints.NonNeg(), [[3, 0, 0], [0, 1, 0]]),
        (constraints.MaxNorm(2.5), [[1.5, 0, 0], [-2, 1, 0]]),
        (constraints.MaxNorm(2.0, axis=1), [[2, 0, 0], W[1] * 2 / np.sqrt(17)]),
        (constraints.MaxNorm(13.0, axis=None), W * np.sqrt(26) / np.sqrt(26)),
        (constraints.UnitNorm(), [[0.6, 0, 0], [-0.8, 1, 0]]),
        (constraints.UnitNorm(axis=[0, 1]), W / np.sqrt(26)),
        (constraints.MinMaxNorm(2.0, 4.0), [[2.4, 0, 0], [-3.2, 2, 0]]),
        (constraints.MinMaxNorm(2.0, 4.0, rate=0.5), [[2.7, 0, 0], [-3.6, 1.5, 0]]),
    ],
)
def test_values(constraint, expected):
    for dtype in ("float64", "float32"):
        w = W.astype(dtype)
        allowed = constraint(w)
        np.testing.assert_allclose(allowed, expected, rtol=2e-7, atol=0)  # epsilon is 1e-7
        assert allowed.dtype == dtype
        np.testing.assert_array_equal(w, W)


def test_what_is_allowed_stays():
    w = np.abs(np.random.default_rng(0).normal(size=(3, 3, 2, 5)))
    np.testing.assert_array_equal(constraints.NonNeg()(w), w)
    inside = constraints.MaxNorm(100.0, axis=[0, 1, 2])(w)
    np.testing.assert_allclose(inside, w, rtol=1e-6)
    norms = np.sqrt((constraints.MaxNorm(1.5, axis=[0, 1, 2])(w) ** 2).sum(axis=(0, 1, 2)))
    np.testing.assert_allclose(norms, 1.5, rtol=1e-6)


def test_nan_stays_nan():
    for constraint in (constraints.NonNeg(), constraints.MaxNorm(), constraints.UnitNorm()):
        assert np.isnan(constraint(np.array([np.nan, 1.0]))[0])


def gradients(*shapes):
    rng = np.random.default_rng(3)
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("options", [{}, {"clipnorm": 1e9}, {"weight_decay": 0.1}])
def test_a_step_ends_with_the_constraints(options):
    kernel = Parameter(W.copy(), "kernel", constraint=constraints.UnitNorm())
    bias = Parameter(np.ones(3), "bias", constraint=lambda w: np.minimum(w, 0.5))
    free = Parameter(np.ones(2), "free")
    twins = [Parameter(p.numpy(), p.name) for p in (kernel, bias, free)]
    flat, twin = FlatParameters([kernel, bias, free]), FlatParameters(twins)
    for one in (flat, twin):
        one.grads[:] = 0
        for parameter, gradient in zip(one.parameters, gradients((2, 3), 3, 2), strict=True):
            parameter.grad += gradient
        optimizers.SGD(0.5, **options).step(one)
    np.testing.assert_array_equal(kernel.value, constraints.UnitNorm()(twins[0].value))
    np.testing.assert_array_equal(bias.value, np.minimum(twins[1].value, 0.5))
    np.testing.assert_array_equal(free.value, twins[2].value)
    assert np.shares_memory(kernel.value, flat.values)


def test_own_loop():
    """What has no gradient is left as it is, whatever its constraint says (as in Keras)."""
    first, second = (Parameter(-np.ones(2), name, constraint=constraints.NonNeg()) for name in "ab")
    optimizer = optimizers.SGD(0.5)
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply([np.array([1.0, -8.0]), None], [first, second])
    np.testing.assert_array_equal(first.value, [0, 3])
    np.testing.assert_array_equal(second.value, -1)


def test_in_a_layer():
    layer = layers.Dense(3, kernel_constraint="non_neg", bias_constraint=constraints.MaxNorm(0.1))
    model = Sequential([Input((4,)), layer])
    assert isinstance(layer.kernel.constraint, constraints.NonNeg)
    assert layer.kernel.value.min() < 0  # it starts as the initializer says
    model.compile(optimizers.SGD(0.5), "mse")
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 4)), rng.normal(size=(8, 3)), verbose=0)
    assert layer.kernel.value.min() == 0
    np.testing.assert_allclose(np.linalg.norm(layer.bias.value), 0.1, rtol=1e-5)
    copy = layers.Dense.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert copy.bias_constraint.max_value == 0.1


def test_get():
    assert constraints.get(None) is None
    for name in ("max_norm", "MaxNorm", constraints.MaxNorm, constraints.max_norm):
        assert constraints.get(name).get_config() == {"max_value": 2, "axis": 0}
    mine = constraints.MinMaxNorm(0.5, 2.0, 0.25, [0, 1])
    assert constraints.get(mine) is mine
    copy = constraints.deserialize(constraints.serialize(mine))
    assert type(copy) is constraints.MinMaxNorm
    assert copy.get_config() == mine.get_config()
    assert constraints.get(np.abs) is np.abs


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: constraints.get("max_nrm"), "Unknown constraint: 'max_nrm'. Did you mean 'max_norm'"),
        (lambda: constraints.get(3), "Could not interpret constraint identifier: 3"),
        (lambda: constraints.MaxNorm(-1), "max_value: expected a number at least 0. Received: max_value=-1"),
        (lambda: constraints.MaxNorm("a"), "max_value: expected a number at least 0. Received: max_value=a"),
        (lambda: constraints.MinMaxNorm(np.nan), "min_value: expected a number at least 0"),
        (lambda: constraints.MinMaxNorm(rate=2), "rate: expected a number from 0 to 1. Received: rate=2"),
        (lambda: constraints.UnitNorm(axis="0"), "`axis` to be an integer, a list of integers or None"),
        (lambda: constraints.UnitNorm(axis=[0, 1.0]), "Received: axis=\\[0, 1.0\\]"),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()
