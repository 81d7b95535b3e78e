"""Dense: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Dense
from cnn_scratch.reference.dense import dense, dense_gradients
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {
    "plain": (dict(units=3), (4, 5)),
    "any rank": (dict(units=3, activation="tanh"), (2, 3, 4, 5)),
    "no bias": (dict(units=2, use_bias=False), (3, 4)),
    "relu": (dict(units=4, activation="relu"), (3, 4)),
    "softmax": (dict(units=4, activation="softmax"), (3, 4)),
    "one unit, one row": (dict(units=1), (1, 1)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shape", "expected"),
    [((None, 4), (None, 7)), ((2, 3, 4), (2, 3, 7)), ((1, 2, None, 4), (1, 2, None, 7))],
)
def test_output_shape(input_shape, expected):
    assert Dense(7).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Dense(2)
    layer.build((None, 2))
    layer.set_weights([[[10, 20], [30, 40]], [5, 5]])
    outputs, cache = layer.forward(np.array([[1, 2]]))
    np.testing.assert_array_equal(outputs, [[75, 105]])
    grad_inputs = layer.backward(np.array([[1, -1]]), cache)
    np.testing.assert_array_equal(grad_inputs, [[-10, -10]])
    np.testing.assert_array_equal(layer.kernel.grad, [[1, -1], [2, -2]])
    np.testing.assert_array_equal(layer.bias.grad, [1, -1])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    options, shape = CASES[case]
    check_layer(Dense(**options), shape, training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 4), (1000, 200)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 400 * 2**-24)])
def test_equals_reference(shape, dtype, tolerance):
    """The largest shape is above the size from which the product is cut into pieces."""

    def define(inputs, upstream, kernel, bias):
        return dense(inputs, kernel, bias), *dense_gradients(inputs, kernel, upstream)

    check_definition(Dense(90, dtype=dtype), shape, define, tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [0, -1, 1.5, "3", None])
def test_rejects_units(units):
    with pytest.raises(ValueError, match=r"`units` argument .*Received: units="):
        Dense(units)


@pytest.mark.parametrize("trainable", ["no", None, 1])
def test_rejects_what_is_no_boolean(trainable):
    with pytest.raises(ValueError, match=f"`trainable` to be a boolean. Received: trainable={trainable!r}"):
        Dense(3, trainable=trainable)


def test_rejects_inputs():
    layer = Dense(3, name="last")
    with pytest.raises(ValueError, match=r"'last' is incompatible.*min_ndim=2, found ndim=1"):
        layer(np.zeros(4))
    layer(np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"size 4. Received: shape \(2, 5\)"):
        layer(np.zeros((2, 5)))
    with pytest.raises(ValueError, match=r"known size. Received: shape \(2, None\)"):
        Dense(3).compute_output_shape((2, None))
