"""Identity: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers
from cnn_scratch.layers import Identity
from cnn_scratch.reference.identity import identity, identity_gradient
from tests.contract import check_layer
from tests.definition import check_definition

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2,), (None, 3), (None, None, None, 3), (4, 5, 6)])
def test_output_shape(shape):
    assert Identity().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    outputs, cache = Identity().forward(np.array([[1, -2], [0, 300]], np.int16))
    np.testing.assert_array_equal(outputs, [[1, -2], [0, 300]])
    assert outputs.dtype == np.float32
    np.testing.assert_array_equal(Identity().backward(np.array([[3, 4], [5, 6]]), cache), [[3, 4], [5, 6]])


def test_a_model_learns_as_without_it():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 4)), rng.normal(size=(12, 3))
    weights = [rng.normal(size=(4, 3)), rng.normal(size=3)]
    trained = []
    for between in ((), (Identity(),)):
        model = Sequential([Input((4,)), layers.Dense(3), *between])
        model.set_weights(weights)
        model.compile("adam", "mse")
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        trained.append(model.get_weights())
    for one, other in zip(*trained, strict=True):
        np.testing.assert_array_equal(one, other)


def test_two_readers_of_one_array():
    """Their gradients add up, though both are the same array."""
    inputs = Input((2,))
    same = Identity()(inputs)
    model = Model(inputs, layers.add([same, Identity()(same), inputs]))
    outputs, cache = model.forward(np.array([[1.0, 2.0]]), training=True)
    np.testing.assert_array_equal(outputs, [[3.0, 6.0]])
    np.testing.assert_array_equal(model.backward(np.array([[1.0, -1.0]]), cache), [[3.0, -3.0]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 3, 2)])
def test_contract(shape):
    check_layer(Identity(), shape)


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(dtype):
    def define(inputs, upstream):
        return identity(inputs), identity_gradient(upstream)

    check_definition(Identity(dtype=dtype), (3, 5, 4, 2), define, bound=0)


# Rejects --------------------------------------------------------------------------------------


def test_rejects():
    with pytest.raises(ValueError, match=r"Unrecognized keyword .*Identity: \{'units': 3\}"):
        Identity(units=3)
    with pytest.raises(ValueError, match=r"expected an array of numbers. Received: dtype=<U1"):
        Identity()(np.array(["a"]))
