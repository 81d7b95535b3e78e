"""Reshape: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Reshape
from cnn_scratch.reference.reshape import reshape, reshape_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target_shape", "input_shape", "expected"),
    [
        ((3, 4), (2, 12), (2, 3, 4)),
        ((-1, 2, 2), (None, 12), (None, 3, 2, 2)),
        ((4, -1), (None, None, 3), (None, 4, None)),
        ((-1,), (5, 2, 3), (5, 6)),
        ((), (5, 1), (5,)),
        ((1, 1, 6), (0, 6), (0, 1, 1, 6)),
        ([2, 3], (7, 6), (7, 2, 3)),
        ((0, -1), (2, 0, 3), (2, 0, 0)),
    ],
)
def test_output_shape(target_shape, input_shape, expected):
    assert Reshape(target_shape).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = np.arange(6).reshape(1, 6)
    outputs, cache = Reshape((2, -1)).forward(inputs)
    np.testing.assert_array_equal(outputs, [[[0, 1, 2], [3, 4, 5]]])
    np.testing.assert_array_equal(Reshape((2, -1)).backward(outputs, cache), inputs)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target_shape", [(6, 4), (-1, 2), (24,), (2, 3, 4)])
def test_contract(target_shape):
    check_layer(Reshape(target_shape), (3, 2, 12), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(dtype):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(3, 4, 6)).astype(dtype)
    layer = Reshape((2, -1, 4), dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_array_equal(outputs, reshape(inputs, (2, 3, 4)))
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    np.testing.assert_array_equal(layer.backward(upstream, cache), reshape_gradient(inputs, upstream))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target_shape", "message"),
    [
        ((2, -2), r"non-negative integer.*Received: target_shape=\(2, -2\)"),
        ((2, 1.5), r"non-negative integer.*Received: target_shape=\(2, 1.5\)"),
        (6, r"non-negative integer.*Received: target_shape=6"),
        ("ab", r"non-negative integer.*Received: target_shape='ab'"),
        ((-1, -1), r"at most one unknown dimension.*Received: target_shape=\(-1, -1\)"),
    ],
)
def test_rejects_target_shape(target_shape, message):
    with pytest.raises(ValueError, match=message):
        Reshape(target_shape)


@pytest.mark.parametrize("target_shape", [(5, 2), (5, -1), (0, -1)])
def test_rejects_inputs(target_shape):
    with pytest.raises(ValueError, match=r"unchanged by layer 'shape'.*input_shape=\(12,\) \(12 numbers\)"):
        Reshape(target_shape, name="shape")(np.zeros((2, 12)))
