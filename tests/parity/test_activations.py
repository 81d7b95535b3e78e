"""Activation functions against Keras on TensorFlow: outputs, and gradients for random upstream gradients."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import activations

# What Keras has without options.
PLAIN = [
    *("linear", "relu", "relu6", "selu", "silu", "sigmoid", "hard_sigmoid", "hard_silu", "tanh", "hard_tanh"),
    *("tanh_shrink", "softplus", "softsign", "log_sigmoid", "exponential", "mish"),
]
KINKS = (-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0)

fractions = st.integers(1, 16).map(lambda n: n / 8)
OPTIONS = {
    "relu": st.fixed_dictionaries(
        {},
        optional={
            "negative_slope": st.integers(-8, 8).map(lambda n: n / 8),
            "max_value": st.none() | st.just(6) | fractions | st.just(0.0),
            "threshold": st.integers(-8, 16).map(lambda n: n / 8),
        },
    ),
    "leaky_relu": st.fixed_dictionaries(
        {}, optional={"negative_slope": st.integers(-8, 8).map(lambda n: n / 8)}
    ),
    "elu": st.fixed_dictionaries({}, optional={"alpha": st.just(0.0) | fractions}),
    "celu": st.fixed_dictionaries({}, optional={"alpha": fractions}),
    "gelu": st.fixed_dictionaries({}, optional={"approximate": st.booleans()}),
    "soft_shrink": st.fixed_dictionaries({}, optional={"threshold": st.just(0.0) | fractions}),
    "hard_shrink": st.fixed_dictionaries({}, optional={"threshold": st.just(0.0) | fractions}),
    "threshold": st.fixed_dictionaries(
        {"threshold": fractions.map(lambda t: t - 1), "default_value": fractions}
    ),
    "squareplus": st.fixed_dictionaries({}, optional={"b": fractions}),
}
# At 0 Keras adds both one-sided derivatives of its two terms, which gives 2.
WITHOUT_ZERO = {"celu"}
# TensorFlow holds these constants in float32 even when it computes in float64: the slope of leaky_relu
# (so that 0.2 becomes 0.20000000298), and √½ or 0.044715 in gelu. PyTorch is the oracle in float64, below.
CONSTANTS_IN_FLOAT32 = {"leaky_relu", "gelu"}
dtypes = st.sampled_from(["float32", "float64"])


def keras_both_ways(function, x, grad):
    """Return Keras's outputs and ∂loss/∂x, by GradientTape."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = function(x)
    return outputs.numpy(), tape.gradient(outputs, x, output_gradients=tf.constant(grad)).numpy()


@st.composite
def inputs_and_gradients(draw, name):
    """Draw inputs of any shape, with numbers of all sizes and the corners of the graph among them."""
    dtype = draw(dtypes)
    shape = tuple(draw(st.lists(st.integers(0, 5), max_size=4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=shape) * draw(st.sampled_from([0.01, 1, 5, 50]))
    x = np.where(rng.random(shape) < 0.3, rng.choice(KINKS, shape), x)
    if name in WITHOUT_ZERO:
        x = np.where(x == 0, 0.25, x)
    return x.astype(dtype), rng.normal(size=shape).astype(dtype)


def assert_same(name, ours, theirs, x, grad):
    """Check outputs and gradients: 32 roundings, of both sides together, of numbers up to 1 + |x| + |y|."""
    eps = np.finfo("float32" if name in CONSTANTS_IN_FLOAT32 else x.dtype).eps
    size = 1 + abs(x) + np.where(np.isinf(theirs[0]), 0, abs(theirs[0]))
    for mine, its, bound in zip(
        ours, theirs, (32 * eps * size, 32 * eps * size * (1 + abs(grad))), strict=True
    ):
        assert mine.dtype == its.dtype
        assert mine.shape == its.shape
        with np.errstate(invalid="ignore"):  # ∞ − ∞
            assert np.all((mine == its) | (abs(mine - its) <= bound))


@pytest.mark.parametrize("name", PLAIN)
@given(data=st.data())
def test_plain(name, data):
    x, grad = data.draw(inputs_and_gradients(name))
    activation = activations.get(name)
    outputs, cache = activation.forward(x)
    ours = outputs, activation.backward(grad, cache)
    assert_same(name, ours, keras_both_ways(keras.activations.get(name), x, grad), x, grad)


@pytest.mark.parametrize("name", OPTIONS)
@given(data=st.data())
def test_with_options(name, data):
    x, grad = data.draw(inputs_and_gradients(name))
    options = data.draw(OPTIONS[name])
    activation = activations.get(name).with_options(**options)
    outputs, cache = activation.forward(x)
    ours = outputs, activation.backward(grad, cache)
    theirs = keras_both_ways(lambda x: getattr(keras.activations, name)(x, **options), x, grad)
    assert_same(name, ours, theirs, x, grad)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(data=st.data())
def test_softmax(name, data):
    dtype, rank = data.draw(dtypes), data.draw(st.integers(1, 4))
    shape = data.draw(st.tuples(*[st.integers(2, 6)] * rank))
    axis = data.draw(st.integers(-rank, rank - 1) | st.permutations(range(rank)).map(lambda p: tuple(p[:2])))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = (rng.normal(size=shape) * data.draw(st.sampled_from([1, 5, 1000]))).astype(dtype)
    grad = rng.normal(size=shape).astype(dtype)

    activation = activations.get(name).with_options(axis=axis)
    outputs, cache = activation.forward(x)
    ours = outputs, activation.backward(grad, cache)
    theirs = keras_both_ways(lambda x: getattr(keras.activations, name)(x, axis=axis), x, grad)
    # A row has at most 36 numbers, none larger than the largest x and gradient.
    bound = 36 * np.finfo(dtype).eps * (1 + abs(x).max()) * (1 + abs(grad).max())
    for mine, its in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, its, rtol=0, atol=bound)


@pytest.mark.parametrize("name", [*PLAIN, *OPTIONS, "softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_out(name, dtype):
    x = np.array([-1e4, -300.0, 300.0, 1e4], dtype)
    if name == "squareplus":
        x = x[1:] if dtype == "float64" else x[2:]  # Keras subtracts 10⁴ from 10⁴ and nothing is left
    options = {"threshold": 0.5, "default_value": 2.0} if name == "threshold" else {}
    grad = np.random.default_rng(0).normal(size=x.shape).astype(dtype)
    activation = activations.get(name).with_options(**options)
    outputs, cache = activation.forward(x)
    theirs = keras_both_ways(lambda x: getattr(keras.activations, name)(x, **options), x, grad)
    assert_same(name, (outputs, activation.backward(grad, cache)), theirs, x, grad)


@pytest.mark.parametrize("name", [*PLAIN, *OPTIONS])
def test_nan(name):
    options = {"threshold": 0.5, "default_value": 2.0} if name == "threshold" else {}
    x, grad = np.array([np.nan], np.float32), np.array([3.0], np.float32)
    activation = activations.get(name).with_options(**options)
    outputs, cache = activation.forward(x)
    expected, expected_grad = keras_both_ways(
        lambda x: getattr(keras.activations, name)(x, **options), x, grad
    )
    np.testing.assert_array_equal(outputs, expected)
    if name == "celu":  # in Keras the sum of two comparisons that fail; here that of elu
        expected_grad = grad
    np.testing.assert_array_equal(activation.backward(grad, cache), expected_grad)


# An argument that Keras does not have: in files of Keras 2 it is 1/5 instead of 1/6.
SLOPE_OF_KERAS_2 = ("hard_sigmoid", "slope")


def test_names_and_arguments_are_keras_s():
    for name in [*PLAIN, *OPTIONS, "softmax", "log_softmax", "swish", "hard_swish"]:
        function = keras.activations.get(name)
        ours = activations.get(name)
        assert activations.serialize(ours) == keras.activations.serialize(function)
        assert ours.__name__ == function.__name__
        assert activations.get(keras.saving.serialize_keras_object(function)) is ours
        names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
        defaults = {key: value for key, value in ours.defaults.items() if (name, key) != SLOPE_OF_KERAS_2}
        assert tuple(defaults) == names
        given_defaults = [value for value in defaults.values() if isinstance(value, int | float | None)]
        assert tuple(given_defaults) == (function.__defaults__ or ())


def test_python_numbers_have_keras_s_dtype():
    for x in ([0.5, 1.5], np.float64([0.5]), np.float32([0.5])):
        assert activations.relu(x).dtype == keras.activations.relu(x).numpy().dtype


def test_a_softmax_of_one_class_is_one():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns that this is likely not what was meant
        expected = keras.activations.softmax(np.zeros((3, 1), "float32")).numpy()
    np.testing.assert_array_equal(activations.softmax(np.zeros((3, 1), "float32")), expected)


# What Keras decides otherwise than the mathematics, or another framework --------------------------------


def test_keras_has_another_celu_derivative_at_zero():
    x, grad = np.zeros(1), np.ones(1)
    assert keras_both_ways(keras.activations.celu, x, grad)[1] == 2
    assert activations.celu.backward(grad, activations.celu.forward(x)[1]) == 1


TORCH = {
    "celu": ({"alpha": 0.5}, lambda F, x: F.celu(x, 0.5)),
    "threshold": ({"threshold": 0.5, "default_value": -7.0}, lambda F, x: F.threshold(x, 0.5, -7.0)),
    "leaky_relu": ({}, lambda F, x: F.leaky_relu(x, 0.2)),
    "gelu": ({}, lambda F, x: F.gelu(x)),
    "gelu approximate": ({"approximate": True}, lambda F, x: F.gelu(x, approximate="tanh")),
}


@pytest.mark.parametrize("name", TORCH)
def test_torch_where_keras_is_wrong_or_in_float32(name):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle where Keras's answer is not exact")
    options, function = TORCH[name]
    activation = activations.get(name.split()[0]).with_options(**options)
    rng = np.random.default_rng(1)
    x, grad = np.append(3 * rng.normal(size=50), [0.0, 0.5]), rng.normal(size=52)
    tensor = torch.tensor(x, requires_grad=True)
    expected = function(torch.nn.functional, tensor)
    expected.backward(torch.tensor(grad))
    outputs, cache = activation.forward(x)
    np.testing.assert_allclose(outputs, expected.detach().numpy(), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(activation.backward(grad, cache), tensor.grad.numpy(), rtol=1e-12, atol=1e-14)
