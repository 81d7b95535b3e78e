"""Concatenate: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Concatenate
from cnn_scratch.reference.concatenate import concatenate, concatenate_gradient
from tests.contract import check_layer
from tests.several import some_inputs

CASES = {
    "channels": (-1, [(2, 3, 4, 2), (2, 3, 4, 5), (2, 3, 4, 1)]),
    "axis 1": (1, [(2, 1, 3), (2, 4, 3)]),
    "rows": (-3, [(2, 1, 3, 2), (2, 4, 3, 2)]),
    "one input": (-1, [(2, 3)]),
    "more rows than a piece has": (-1, [(3, 70, 90), (3, 70, 40)]),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "input_shapes", "expected"),
    [
        (-1, [(2, 3), (2, 4)], (2, 7)),
        (-1, [(None, 5, 3), (None, 5, 4), (None, 5, 1)], (None, 5, 8)),
        (1, [(None, 5, 3), (None, 2, 3)], (None, 7, 3)),
        (1, [(None, None, 3), (None, 2, 3)], (None, None, 3)),
        (-1, [(None, None, 3), (None, 2, 3)], (None, None, 6)),
        (0, [(2, 3), (4, 3)], (6, 3)),
        (-1, [(2, 3)], (2, 3)),
    ],
)
def test_output_shape(axis, input_shapes, expected):
    assert Concatenate(axis).compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Concatenate()
    outputs, cache = layer.forward([np.array([[1, 2], [3, 4]]), np.array([[5], [6]])])
    np.testing.assert_array_equal(outputs, [[1, 2, 5], [3, 4, 6]])
    grads = layer.backward(np.array([[10, 20, 30], [40, 50, 60]]), cache)
    np.testing.assert_array_equal(grads[0], [[10, 20], [40, 50]])
    np.testing.assert_array_equal(grads[1], [[30], [60]])


def test_the_batch_can_be_joined_too():
    layer = Concatenate(axis=0)
    outputs, cache = layer.forward([np.array([[1, 2]]), np.array([[3, 4], [5, 6]])])
    np.testing.assert_array_equal(outputs, [[1, 2], [3, 4], [5, 6]])
    grads = layer.backward(outputs, cache)
    np.testing.assert_array_equal(grads[1], [[3, 4], [5, 6]])


def test_as_a_function():
    outputs = layers.concatenate([np.array([[1, 2]]), np.array([[3, 4]])], axis=1)
    np.testing.assert_array_equal(outputs, [[1, 2, 3, 4]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    axis, shapes = CASES[case]
    check_layer(Concatenate(axis), shapes, training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(case, dtype):
    axis, shapes = CASES[case]
    inputs = some_inputs(shapes, dtype)
    layer = Concatenate(axis, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_array_equal(outputs, concatenate(inputs, axis))
    (upstream,) = some_inputs([outputs.shape], dtype, seed=8)
    expected = concatenate_gradient(inputs, upstream, axis)
    for grad, one in zip(layer.backward(upstream, cache), expected, strict=True):
        np.testing.assert_array_equal(grad, one)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 1.5, True, (1, 2)])
def test_rejects_axis(axis):
    with pytest.raises(ValueError, match=r"`axis` argument must be an integer. Received: axis="):
        Concatenate(axis)


@pytest.mark.parametrize(
    ("input_shapes", "message"),
    [
        ([], r"`Concatenate` layer should be called on a list of at least 1 input. .*\[\]"),
        ((2, 3), r"list of at least 1 input. Received: input_shape=\(2, 3\)"),
        ([(2, 3), (3, 3)], r"'join' requires inputs with matching shapes except .* axis 1. .*\(3, 3\)"),
        ([(2, 3, 4), (2, 3, 5)], r"matching shapes"),
        ([(2, 3), (2, 3, 4)], r"matching shapes"),
        ([(2, 3, 4), (2, 3)], r"matching shapes"),
        ([(2,), (2,)], r"'join' joins its inputs along axis 1, which they do not have. .*\(2,\)"),
    ],
)
def test_rejects_shapes(input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Concatenate(axis=1, name="join").compute_output_shape(input_shapes)


def test_rejects_an_array():
    with pytest.raises(ValueError, match=r"list of inputs"):
        Concatenate()(np.ones((2, 3)))
