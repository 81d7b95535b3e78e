"""Arithmetic on symbolic tensors: values, gradients, broadcasting, dtypes and what is refused."""

import operator

import numpy as np
import pytest

from cnn_scratch import Input, Model, arithmetic
from cnn_scratch.testing import check_gradients

BINARY = {
    "Add": operator.add,
    "Subtract": operator.sub,
    "Multiply": operator.mul,
    "TrueDivide": operator.truediv,
    "Power": operator.pow,
}
UNARY = {"Negative": operator.neg, "Absolute": abs}


def tensors(*shapes, dtype="float64"):
    return [Input(batch_shape=shape, dtype=dtype) for shape in shapes]


def positive(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2, shape)


@pytest.mark.parametrize(("name", "function"), BINARY.items())
def test_two_tensors_a_number_or_an_array_on_either_side(name, function):
    a, b = positive(2, 3), positive(2, 3, seed=1)
    x, y = tensors((None, 3), (None, 3))
    for symbolic, given, expected in (
        (function(x, y), [a, b], function(a, b)),
        (function(x, 1.5), [a, b], function(a, 1.5)),
        (function(3, x), [a, b], function(3, a)),
        (function(x, b), [a, b], function(a, b)),
        (function(b, x), [a, b], function(b, a)),
        (function(np.float64(0.25), x), [a, b], function(0.25, a)),
        (function(x, np.array(2)), [a, b], function(a, 2)),
    ):
        assert type(symbolic.layer).__name__ == name
        np.testing.assert_array_equal(Model([x, y], symbolic).predict(given), expected)


@pytest.mark.parametrize(("name", "function"), UNARY.items())
def test_one_tensor(name, function):
    (x,) = tensors((None, 3))
    data = np.array([[-2.0, 0.0, 3.0]])
    symbolic = function(x)
    assert type(symbolic.layer).__name__ == name
    np.testing.assert_array_equal(Model(x, symbolic).predict(data), function(data))


@pytest.mark.parametrize("function", [*BINARY.values(), arithmetic.Divide()], ids=[*BINARY, "Divide"])
@pytest.mark.parametrize(
    "shapes", [((2, 3), (2, 3)), ((2, 1, 3), (2, 4, 1)), ((2, 3), (3,)), ((1,), (2, 3))], ids=str
)
def test_gradients_with_broadcasting(function, shapes):
    """∂/∂a and ∂/∂b, each along the direction in which finite differences can vary the one input."""
    for place in (0, 1):
        x = Input(batch_shape=shapes[place], dtype="float64")
        operands = [positive(*shape, seed=i) for i, shape in enumerate(shapes)]
        data = operands[place]
        operands[place] = x
        check_gradients(Model(x, function(*operands)), data)


@pytest.mark.parametrize(
    "shapes",
    [((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 1, 2, 3), (6, 3, 4)), ((2, 3), (3,)), ((3,), (5, 3, 2))],
    ids=str,
)
def test_matrix_product(shapes):
    """Values of two tensors, or of a tensor and an array on either side; and both gradients."""
    a, b = (positive(*shape, seed=i) for i, shape in enumerate(shapes))
    x, y = tensors(*shapes)
    for symbolic in (x @ y, x @ b, a @ y):
        assert type(symbolic.layer).__name__ == "Matmul"
        assert symbolic.shape == (a @ b).shape
    operation = (x @ y).layer
    np.testing.assert_array_equal(operation.infer([a, b]), a @ b)
    for place in (0, 1):
        operands = [a, b]
        operands[place] = tensors(*shapes)[place]
        check_gradients(Model(operands[place], operands[0] @ operands[1]), (a, b)[place])


def test_matrix_products_by_hand():
    (x,) = tensors((None, 1, 2))
    model = Model(x, x @ np.array([[1.0, 2.0], [3.0, 4.0]]))
    outputs, cache = model.forward(np.array([[[10.0, 1.0]]]))
    np.testing.assert_array_equal(outputs, [[[13, 24]]])
    np.testing.assert_array_equal(model.backward(np.array([[[1.0, -1.0]]]), cache), [[[-1, -1]]])


def test_what_keras_has_and_we_refuse():
    (x,) = tensors((None, 3))
    for refused in (
        lambda: x > 0,
        lambda: x <= x,
        lambda: x >= 1.5,
        lambda: x // 2,
        lambda: 7 % x,
        lambda: x & x,
        lambda: ~x,
        lambda: round(x),
    ):
        with pytest.raises(TypeError, match=r"no operator '.*' here.*Write a Layer.*Received: Symbolic"):
            refused()
    with pytest.raises(ValueError, match=r"as many columns.*Received: shapes \[\(None, 3\), \(2, 2\)\]"):
        x @ np.ones((2, 2))
    with pytest.raises(ValueError, match="takes no single number"):
        x @ 2
    with pytest.raises(AttributeError, match=r"no method 'reshape' here. Use layers.Reshape"):
        x.reshape((3,))
    assert not hasattr(x, "numpy")


@pytest.mark.parametrize("function", UNARY.values(), ids=UNARY)
def test_gradient_of_one_operand(function):
    (x,) = tensors((None, 3))
    check_gradients(Model(x, function(x)), np.array([[-2.0, 0.5, 3.0]]))


def test_slopes_that_are_a_matter_of_convention():
    (x,) = tensors((None, 3))
    for symbolic, data, expected in (
        (abs(x), [-1.0, 0.0, 2.0], [-1, 0, 1]),  # |x| at 0
        (np.array([2.0, 0.0, -1.0]) ** x, [1.0, 2.0, 3.0], [2 * np.log(2), 0, 0]),  # no logarithm of 0 or −1
    ):
        model = Model(x, symbolic)
        _, cache = model.forward(np.array([data]))
        np.testing.assert_allclose(model.backward(np.ones((1, 3)), cache), [expected])


def test_worked_example():
    """2·x + 1 at 3 is 7, and half a minus goes back as −1."""
    (x,) = tensors((None, 1))
    model = Model(x, 2 * x + 1)
    outputs, cache = model.forward(np.array([[3.0]]))
    assert outputs == 7
    assert model.backward(np.array([[-0.5]]), cache) == -1


def test_nothing_is_mutated_and_gradients_are_arrays_of_their_own_shape():
    x, y = tensors((None, 2, 3), (None, 1, 3))
    operation = (x * y).layer
    a, b = positive(4, 2, 3), positive(4, 1, 3)
    kept = [a.copy(), b.copy()]
    outputs, cache = operation.forward([a, b])
    upstream = positive(4, 2, 3, seed=3)
    grads = operation.backward(upstream, cache)
    assert [grad.shape for grad in grads] == [a.shape, b.shape]
    np.testing.assert_array_equal(upstream, positive(4, 2, 3, seed=3))
    for array, before in zip([a, b], kept, strict=True):
        np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(outputs, operation.infer([a, b]))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("float32", "float32", "float32"),
        ("float32", "float64", "float64"),
        ("uint8", "float32", "float32"),
        ("uint8", "uint8", "float32"),
    ],
)
def test_dtypes(first, second, expected):
    x, y = Input((2,), dtype=first), Input((2,), dtype=second)
    symbolic = x + y
    assert symbolic.dtype == expected
    outputs = Model([x, y], symbolic).predict([np.full((1, 2), 200, first), np.full((1, 2), 100, second)])
    assert outputs.dtype == expected
    np.testing.assert_array_equal(outputs, 300)  # 8 bits would not hold it
    assert Model(x, x * 0.5).predict(np.ones((1, 2), first)).dtype in ("float32", first)


def test_shapes():
    x, y = tensors((None, 1, 3), (None, None, 1))
    assert (x + y).shape == (None, None, 3)
    assert (x + np.ones((4, 1))).shape == (None, 4, 3)
    assert (x + 1).shape == (None, 1, 3)
    with pytest.raises(ValueError, match=r"cannot broadcast its operands.*\[\(None, 2\), \(None, 3\)\]"):
        operator.add(*tensors((None, 2), (None, 3)))


def test_rejects():
    (x,) = tensors((None, 3))
    for wrong in (None, 1j, {}, True, np.array(["a"]), np.array([1j])):
        with pytest.raises(TypeError, match=r"unsupported operand|does not support ufuncs"):
            x - wrong
    with pytest.raises(ValueError, match=r"'mine' takes 2 operands"):
        arithmetic.Add(name="mine")(x, x, x)
    operation = (x + 1).layer
    _, cache = operation.forward([np.ones((2, 3)), 1])
    with pytest.raises(ValueError, match="must have the shape of its outputs"):
        operation.backward(np.ones((2, 2)), cache)
    assert arithmetic.Add.from_config({"name": "mine"}).get_config() == {"name": "mine"}
