"""Activation functions: values by hand, the reference, finite differences, extreme inputs."""

import math

import numpy as np
import pytest

from cnn_scratch import activations
from cnn_scratch.built_in_activations import BUILT_IN
from cnn_scratch.reference import activations as reference
from tests.activation_cases import CASES, both_ways, case_id, make
from tests.threads import assert_same_bits_for_any_number_of_threads

INF, NAN = math.inf, math.nan
LN2, LN3 = math.log(2), math.log(3)

ELEMENTWISE = [case for case in CASES if "softmax" not in case[0]]
# Where the derivative jumps: finite differences keep away from there.
KINKS = (-3, -2, -1, -0.75, -0.5, 0, 0.5, 0.75, 1, 1.5, 2, 3, 6)


# Values by hand -------------------------------------------------------------------------------------

# name: (x, f(x), f′(x)), …; logarithms of small numbers make the exponentials simple fractions.
BY_HAND = {
    "linear": [(-2, -2, 1), (3, 3, 1)],
    "relu": [(-2, 0, 0), (0, 0, 0), (3, 3, 1)],
    "relu6": [(-2, 0, 0), (0, 0, 0), (3, 3, 1), (6, 6, 0), (7, 6, 0)],
    "leaky_relu": [(-2, -0.4, 0.2), (0, 0, 0.2), (3, 3, 1)],
    "elu": [(-LN2, -0.5, 0.5), (0, 0, 1), (3, 3, 1)],
    "selu": [
        (-LN2, -0.8790496704236883, 0.8790496704236883),
        (0, 0, 1.0507009873554805),
        (2, 2.101401974710961, 1.0507009873554805),
    ],
    "celu": [(-LN2, -0.5, 0.5), (0, 0, 1), (3, 3, 1)],
    "gelu": [(0, 0, 0.5), (1, 0.841344746069, 1.08331547058), (-1, -0.158655253931, -0.0833154705877)],
    "silu": [(0, 0, 0.5), (LN3, 0.75 * LN3, 0.75 + 0.1875 * LN3), (-LN3, -0.25 * LN3, 0.25 - 0.1875 * LN3)],
    "sigmoid": [(0, 0.5, 0.25), (LN3, 0.75, 0.1875), (-LN3, 0.25, 0.1875)],
    "hard_sigmoid": [(-3, 0, 0), (-1.5, 0.25, 1 / 6), (0, 0.5, 1 / 6), (3, 1, 0), (4, 1, 0)],
    "hard_silu": [
        (-4, 0, 0),
        (-3, 0, 0),
        (-1.5, -0.375, 0),
        (0, 0, 0.5),
        (1.5, 1.125, 1),
        (3, 3, 1),
        (4, 4, 1),
    ],
    "tanh": [(0, 0, 1), (LN2, 0.6, 0.64), (-LN2, -0.6, 0.64)],
    "hard_tanh": [(-2, -1, 0), (-1, -1, 1), (0.5, 0.5, 1), (1, 1, 1), (2, 1, 0)],
    "softtanh": [
        (0, 0, math.tanh(0.5)),
        (1, (math.log((1 + math.e**2) / 2) - 1), math.tanh(1) / 2),
        (-1, 1 - math.log((1 + math.e**2) / 2), math.tanh(1) / 2),
    ],
    "tanh_shrink": [(0, 0, 0), (LN2, LN2 - 0.6, 0.36), (-LN2, 0.6 - LN2, 0.36)],
    "soft_shrink": [(-2, -1.5, 1), (-0.5, 0, 0), (0.25, 0, 0), (0.5, 0, 0), (2, 1.5, 1)],
    "hard_shrink": [(-2, -2, 1), (-0.5, 0, 0), (0.25, 0, 0), (0.5, 0, 0), (2, 2, 1)],
    "softplus": [(0, LN2, 0.5), (LN3, 2 * LN2, 0.75), (-LN3, math.log(4 / 3), 0.25)],
    "softsign": [(0, 0, 1), (1, 0.5, 0.25), (-3, -0.75, 0.0625)],
    "log_sigmoid": [(0, -LN2, 0.5), (LN3, -math.log(4 / 3), 0.25), (-LN3, -2 * LN2, 0.75)],
    "exponential": [(0, 1, 1), (LN3, 3, 3), (-LN2, 0.5, 0.5)],
    "mish": [(0, 0, 0.6), (LN2, 0.8 * LN2, 0.8 + 0.24 * LN2), (-LN2, -5 / 13 * LN2, 5 / 13 - 48 / 169 * LN2)],
    "squareplus": [(0, 1, 0.5), (1.5, 2, 0.8), (-1.5, 0.5, 0.2)],
}


@pytest.mark.parametrize("name", BY_HAND)
def test_values_and_derivatives_by_hand(name):
    x, expected, slope = np.array(BY_HAND[name], float).T
    outputs, grad_x = both_ways(activations.get(name), x, np.full_like(x, 2.0))
    np.testing.assert_allclose(outputs, expected, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(grad_x, 2 * slope, rtol=1e-11, atol=1e-14)


def test_every_elementwise_activation_has_values_by_hand():
    assert set(BY_HAND) | {"softmax", "log_softmax", "threshold"} == set(BUILT_IN)


def test_threshold_by_hand():
    activation = activations.threshold.with_options(threshold=1.0, default_value=20.0)
    outputs, grad_x = both_ways(activation, np.array([0.0, 1.0, 2.0]), np.array([5.0, 6.0, 7.0]))
    np.testing.assert_array_equal(outputs, [20, 20, 2])
    np.testing.assert_array_equal(grad_x, [0, 0, 7])


def test_gelu_approximate_by_hand():
    # ½·(1 + tanh(√(2/π)·1.044715)) = 0.8411919906…
    np.testing.assert_allclose(activations.gelu(1.0, approximate=True), 0.841191990608, rtol=1e-6)


def test_softmax_by_hand():
    x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    grad = np.array([[8.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    outputs, grad_x = both_ways(activations.softmax, x, grad)
    np.testing.assert_allclose(outputs, [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]], rtol=1e-14)
    # y₀·([j = 0] − y_j)·8 for the first row; a constant upstream gradient does nothing to a softmax.
    np.testing.assert_allclose(grad_x, [[7 / 8, -2 / 8, -5 / 8], [0, 0, 0]], rtol=1e-14, atol=1e-15)
    outputs, grad_x = both_ways(activations.log_softmax, x, grad)
    np.testing.assert_allclose(outputs, np.log([[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]]), rtol=1e-14)
    np.testing.assert_allclose(grad_x, [[7, -2, -5], [-1 / 8, -1 / 8, 1 / 4]], rtol=1e-13)


# Keras's relu, point by point: x below, at and above the threshold, at and above max_value.
@pytest.mark.parametrize(
    ("options", "x", "outputs", "slopes"),
    [
        ({"negative_slope": 0.5}, [-2, 0, 3], [-1, 0, 3], [0.5, 0.5, 1]),
        ({"max_value": 3.0}, [-2, 0, 1, 3, 4], [0, 0, 1, 3, 3], [0, 0, 1, 1, 0]),
        ({"max_value": 6}, [0, 3, 6, 7], [0, 3, 6, 6], [0, 1, 0, 0]),
        ({"max_value": 0.0}, [-2, 0, 1], [0, 0, 0], [0, 0, 0]),
        ({"threshold": 1.0}, [0, 1, 2], [0, 0, 2], [0, 0, 1]),
        ({"threshold": -1.0}, [-2, -1, -0.5, 1], [0, 0, -0.5, 1], [0, 0, 1, 1]),
        ({"threshold": 1.0, "max_value": 6}, [1, 3, 6, 7], [0, 3, 6, 6], [0, 1, 1, 0]),
        ({"threshold": -1.0, "max_value": 3.0}, [-2, -0.5, 0, 1], [0, 0, 0, 1], [0, 0, 1, 1]),
        ({"threshold": 1.0, "negative_slope": 0.5}, [-1, 1, 2], [-1, 0, 2], [0.5, 0, 1]),
        ({"max_value": 3.0, "negative_slope": 0.5}, [-2, 0, 1, 4], [-1, 0, 1, 3], [0.5, 0, 1, 0]),
        (
            {"threshold": 4.0, "max_value": 3.0, "negative_slope": 0.5},
            [3.5, 4, 5],
            [-0.25, 0, 3],
            [0.5, 0, 0],
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relu_options(options, x, outputs, slopes, dtype):
    y, grad_x = both_ways(
        activations.relu.with_options(**options), np.array(x, dtype), np.full(len(x), 8.0, dtype)
    )
    np.testing.assert_array_equal(y, outputs)
    np.testing.assert_array_equal(grad_x, 8 * np.array(slopes))


def test_default_relu_remembers_its_outputs():
    outputs, cache = activations.relu.forward(np.array([-1.0, 2.0]))
    assert cache is outputs
    assert activations.relu.with_options(max_value=None) is activations.relu
    assert activations.get("relu") is activations.relu


# The reference and finite differences ---------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", ELEMENTWISE, ids=case_id)
def test_equals_the_reference(case, dtype):
    name, options = case
    rng = np.random.default_rng(3)
    x = (3 * rng.normal(size=(7, 41))).astype(dtype)
    grad = rng.normal(size=x.shape).astype(dtype)
    outputs, grad_x = both_ways(make(case), x, grad)
    assert outputs.dtype == grad_x.dtype == dtype

    x, grad = x.astype(float), grad.astype(float)
    expected = getattr(reference, name)(x, **options)
    slope = getattr(reference, f"{name}_derivative")(x, **options)
    # About sixteen roundings of numbers that are not larger than 1 + |x| + |y|.
    bound = 16 * np.finfo(dtype).eps * (1 + abs(x) + abs(expected))
    assert np.all(abs(outputs - expected) <= bound)
    assert np.all(abs(grad_x - grad * slope) <= bound * abs(grad) * (1 + abs(slope)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axis", [-1, 0, 1, 2, (1, 2), (2, 0), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_equals_the_reference_along_any_axis(name, axis, dtype):
    rng = np.random.default_rng(4)
    x, grad = (3 * rng.normal(size=(2, 5, 3, 4))).astype(dtype), rng.normal(size=(2, 5, 3, 4)).astype(dtype)
    outputs, grad_x = both_ways(activations.get(name).with_options(axis=axis), x, grad)
    x, grad = x.astype(float), grad.astype(float)
    expected = getattr(reference, name)(x, axis)
    expected_grad = getattr(reference, f"{name}_backward")(x, grad, axis)
    # At most 60 numbers are added; none exceeds 30.
    bound = 60 * np.finfo(dtype).eps * 30
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=bound)
    np.testing.assert_allclose(grad_x, expected_grad, rtol=0, atol=bound)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_thousands_of_classes_cost_no_digits(name):
    """A running sum of float32 would be off by dozens of roundings."""
    rng = np.random.default_rng(7)
    x, grad = (
        rng.uniform(-1, 0, (3, 10_000)).astype("float32"),
        rng.uniform(1, 2, (3, 10_000)).astype("float32"),
    )
    x[:, 0] = 0  # so nothing is rounded when the largest is subtracted
    outputs, grad_x = both_ways(activations.get(name), x, grad)
    x, grad = x.astype(float), grad.astype(float)
    expected = getattr(reference, name)(x, -1)
    expected_grad = getattr(reference, f"{name}_backward")(x, grad, -1)
    # e^x, the sum and the quotient are rounded, or its logarithm and the difference, which is about 9.5.
    assert np.max(abs(outputs - expected) / abs(expected)) <= 4 * 2.0**-24
    # Of the two terms of a gradient; e^y has the roundings of y, which are two, each of 8·2⁻²⁴.
    share, roundings = reference.softmax(x, -1), 8 if name == "softmax" else 20
    if name == "softmax":
        size = share * (grad + np.sum(grad * share, axis=-1, keepdims=True))
    else:
        size = grad + share * np.sum(grad, axis=-1, keepdims=True)
    assert np.max(abs(grad_x - expected_grad) / size) <= roundings * 2.0**-24


@pytest.mark.parametrize("case", ELEMENTWISE, ids=case_id)
def test_derivative_equals_finite_differences(case):
    activation, rng = make(case), np.random.default_rng(5)
    x = rng.uniform(-8, 8, 400)
    x = x[np.min(abs(x[:, None] - KINKS), axis=1) > 1e-3]
    grad, h = rng.normal(size=x.shape), 1e-5
    _, grad_x = both_ways(activation, x, grad)
    numeric = grad * (activation(x + h) - activation(x - h)) / (2 * h)
    np.testing.assert_allclose(grad_x, numeric, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)], ids=str)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_gradient_along_random_directions(name, axis):
    activation, rng = activations.get(name).with_options(axis=axis), np.random.default_rng(6)
    x, grad, direction = rng.normal(size=(3, 2, 5, 4))
    _, grad_x = both_ways(activation, x, grad)
    h = 1e-5
    numeric = np.sum(grad * (activation(x + h * direction) - activation(x - h * direction))) / (2 * h)
    np.testing.assert_allclose(np.sum(grad_x * direction), numeric, rtol=1e-7)


# Extreme inputs -------------------------------------------------------------------------------------

# name: f(−10⁴), f′(−10⁴), f(10⁴), f′(10⁴)
FAR_OUT = {
    "linear": (-1e4, 1, 1e4, 1),
    "relu": (0, 0, 1e4, 1),
    "relu6": (0, 0, 6, 0),
    "leaky_relu": (-2000, 0.2, 1e4, 1),
    "elu": (-1, 0, 1e4, 1),
    "selu": (-1.7580993408473766, 0, 10507.009873554805, 1.0507009873554805),
    "celu": (-1, 0, 1e4, 1),
    "gelu": (0, 0, 1e4, 1),
    "silu": (0, 0, 1e4, 1),
    "sigmoid": (0, 0, 1, 0),
    "hard_sigmoid": (0, 0, 1, 0),
    "hard_silu": (0, 0, 1e4, 1),
    "tanh": (-1, 0, 1, 0),
    "hard_tanh": (-1, 0, 1, 0),
    "softtanh": (-1, 0, 1, 0),
    "tanh_shrink": (-9999, 1, 9999, 1),
    "soft_shrink": (-9999.5, 1, 9999.5, 1),
    "hard_shrink": (-1e4, 1, 1e4, 1),
    "softplus": (0, 0, 1e4, 1),
    "softsign": (-1e4 / 10001, 1 / 10001**2, 1e4 / 10001, 1 / 10001**2),
    "log_sigmoid": (-1e4, 1, 0, 0),
    "exponential": (0, 0, INF, INF),
    "mish": (0, 0, 1e4, 1),
    # (x + √(x² + 4))/2 with x = −10⁴ is 1/(10⁴ + 10⁻⁴), to 16 digits.
    "squareplus": (1 / (1e4 + 1e-4), 1e-8 / (1 + 3e-8), 1e4 + 1e-4, 1 - 1e-8),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FAR_OUT)
def test_stable_far_out(name, dtype):
    outputs, grad_x = both_ways(activations.get(name), np.array([-1e4, 1e4], dtype), np.ones(2, dtype))
    low, low_slope, high, high_slope = FAR_OUT[name]
    np.testing.assert_allclose(outputs, [low, high], rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(grad_x, [low_slope, high_slope], rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_approximate_and_softmax_stable_far_out(dtype):
    x = np.array([-1e4, 1e4], dtype)
    outputs, grad_x = both_ways(activations.gelu.with_options(approximate=True), x, np.ones_like(x))
    np.testing.assert_array_equal(outputs, [0, 1e4])
    np.testing.assert_array_equal(grad_x, [0, 1])
    outputs, grad_x = both_ways(activations.softmax, x, np.array([2.0, 5.0], dtype))
    np.testing.assert_array_equal(outputs, [0, 1])
    np.testing.assert_array_equal(grad_x, [0, 0])
    outputs, grad_x = both_ways(activations.log_softmax, x, np.array([2.0, 5.0], dtype))
    np.testing.assert_array_equal(outputs, [-2e4, 0])
    np.testing.assert_array_equal(grad_x, [2, -2])


# Few digits survive in the plain formulas here: name, x, f(x) to 8 digits.
@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("elu", -1e-6, -9.9999950e-7),
        ("tanh", 1e-6, 1e-6),
        ("softtanh", 1e-6, 4.6211716e-7),
        ("sigmoid", -80, 1.8048514e-35),
        ("silu", -80, -1.4438811e-33),
        ("mish", -80, -1.4438811e-33),
        ("softplus", -80, 1.8048514e-35),
        ("log_sigmoid", 80, -1.8048514e-35),
        ("gelu", -6, -5.9195259e-9),
        ("squareplus", -1e4, 9.9999999e-5),
    ],
)
def test_small_results_keep_their_digits_in_float32(name, x, expected):
    np.testing.assert_allclose(activations.get(name)(np.float32(x)), expected, rtol=2e-6)


# name: f(−∞), f(∞); the other functions multiply 0 by ∞ at one end, which is NaN, as in Keras.
INFINITE = {
    "linear": (-INF, INF),
    "relu": (0, INF),
    "relu6": (0, 6),
    "leaky_relu": (-INF, INF),
    "elu": (-1, INF),
    "sigmoid": (0, 1),
    "hard_sigmoid": (0, 1),
    "tanh": (-1, 1),
    "hard_tanh": (-1, 1),
    "softtanh": (-1, 1),
    "tanh_shrink": (-INF, INF),
    "soft_shrink": (-INF, INF),
    "hard_shrink": (-INF, INF),
    "softplus": (0, INF),
    "log_sigmoid": (-INF, 0),
    "exponential": (0, INF),
    "squareplus": (0, INF),
}


@pytest.mark.parametrize("name", INFINITE)
def test_infinite_inputs(name):
    outputs = activations.get(name)(np.array([-INF, INF]))
    np.testing.assert_allclose(outputs, INFINITE[name], rtol=4e-16)


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_nan_reaches_the_outputs_of_its_own_place_only(case):
    x = np.array([[0.5, NAN], [2.0, -1.0]])
    outputs = make(case)(x)
    clean = make(case)(np.array([[0.5, 1.0], [2.0, -1.0]]))
    name, options = case
    # Keras compares x with a threshold in these, and a NaN fails every comparison.
    hidden = {"soft_shrink": 0, "hard_shrink": 0, "threshold": -7}.get(name)
    if name == "relu" and options.get("threshold") and not options.get("negative_slope"):
        hidden = 0
    np.testing.assert_array_equal(outputs[0, 1], NAN if hidden is None else hidden)
    np.testing.assert_array_equal(outputs[1], clean[1])
    if "softmax" not in name:
        assert outputs[0, 0] == clean[0, 0]


def test_gradient_at_nan_is_zero_for_relu():
    _, grad_x = both_ways(activations.relu, np.array([NAN, 1.0]), np.array([3.0, 3.0]))
    np.testing.assert_array_equal(grad_x, [0, 3])


@pytest.mark.parametrize(("dtype", "lowest"), [("float32", -86.9), ("float64", -708.0)])
def test_exponential_of_the_kernels_is_accurate(dtype, lowest):
    x = np.linspace(lowest, -lowest, 4001).astype(dtype)
    outputs = activations.exponential(x)
    np.testing.assert_allclose(outputs, np.exp(x.astype(np.longdouble)), rtol=3 * np.finfo(dtype).eps)


# Any input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_any_array_will_do_and_none_is_changed(case):
    activation, rng = make(case), np.random.default_rng(7)
    x, grad = rng.normal(size=(2, 3, 4)).astype(np.float32), rng.normal(size=(2, 3, 4)).astype(np.float32)
    outputs, grad_x = both_ways(activation, x, grad)
    before = x.copy(), grad.copy()

    strided, strided_grad = np.repeat(x, 2, axis=1)[:, ::2], np.asfortranarray(grad)
    reordered = x.astype(">f4")
    read_only = x.copy()
    read_only.flags.writeable = False
    for other in (strided, reordered, read_only):
        again = both_ways(activation, other, strided_grad)
        np.testing.assert_array_equal(again[0], outputs)
        np.testing.assert_array_equal(again[1], grad_x)
        assert again[0].dtype == again[1].dtype == np.float32
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(grad, before[1])

    empty, grad_empty = both_ways(activation, np.empty((0, 3)), np.empty((0, 3)))
    assert empty.shape == grad_empty.shape == (0, 3)


@pytest.mark.parametrize("case", ELEMENTWISE, ids=case_id)
def test_dtypes(case):
    activation = make(case)
    whole = np.array([-2, 0, 3])
    expected = activation(whole.astype(np.float32))
    for dtype in ("int8", "int64", "float16"):
        outputs = activation(whole.astype(dtype))
        assert outputs.dtype == np.float32
        np.testing.assert_array_equal(outputs, expected)
    assert activation([-2.0, 0.0, 3.0]).dtype == np.float32  # as in Keras
    assert activation(np.float64(0.5)).dtype == np.float64
    assert activation(0.5).shape == ()


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_same_bits_for_any_number_of_threads(case):
    activation, rng = make(case), np.random.default_rng(8)
    x, grad = (3 * rng.normal(size=(2, 101, 13))).astype(np.float32)
    assert_same_bits_for_any_number_of_threads(lambda: both_ways(activation, x, grad))
