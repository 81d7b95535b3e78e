"""Activation: output shape, worked example, contract, the reference, rejections."""

import math

import numpy as np
import pytest

from cnn_scratch import activations
from cnn_scratch.layers import Activation
from cnn_scratch.reference.activation import activation, activation_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (None, 4, 5, 6), (None,)])
def test_output_shape(shape):
    assert Activation("relu").compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Activation("relu")
    outputs, cache = layer.forward(np.array([[-3, 0, 2]]))
    np.testing.assert_array_equal(outputs, [[0, 0, 2]])
    np.testing.assert_array_equal(layer.backward(np.array([[5, 6, 7]]), cache), [[0, 0, 7]])


def test_takes_a_name_an_object_and_none():
    assert Activation("tanh").activation is activations.tanh
    assert Activation(activations.elu).activation is activations.elu
    assert Activation(None).activation is activations.linear


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linear", "relu", "tanh", "gelu", "softmax"])
def test_contract(name):
    check_layer(Activation(name), (3, 2, 4), training=(False,))


def test_contract_of_an_activation_with_options():
    check_layer(Activation(activations.relu.with_options(max_value=0.5)), (3, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 8 * 2**-24)])
def test_equals_reference(dtype, tolerance):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(4, 3, 2)).astype(dtype)
    layer = Activation("tanh", dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_allclose(outputs, activation(inputs, math.tanh), rtol=0, atol=tolerance)
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = activation_gradient(inputs, upstream, lambda x: 1 - math.tanh(x) ** 2)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=0, atol=4 * tolerance)


# Rejects --------------------------------------------------------------------------------------


def test_rejects():
    with pytest.raises(ValueError, match=r"'rleu'.* Did you mean 'relu'"):
        Activation("rleu")
    with pytest.raises(ValueError, match=r"plain function cannot be one.*Received: "):
        Activation(math.sin)
