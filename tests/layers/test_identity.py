"""Identity: output shape, worked example, contract, the reference, rejections."""

import copy

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


def test_output_shape_of_several():
    assert Identity().compute_output_shape([(None, 3), (2, 4)]) == [(None, 3), (2, 4)]
    assert Identity().compute_output_shape({"a": [None, 3]}) == {"a": (None, 3)}


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    outputs, cache = Identity().forward(np.array([[1, -2], [0, 300]], np.int16))
    np.testing.assert_array_equal(outputs, [[1, -2], [0, 300]])
    assert outputs.dtype == np.float32
    np.testing.assert_array_equal(Identity().backward(np.array([[3, 4], [5, 6]]), cache), [[3, 4], [5, 6]])


@pytest.mark.parametrize(
    "form", [list, lambda pair: dict(zip("ba", pair, strict=True))], ids=["list", "dict"]
)
def test_several_inputs(form):
    """They come back in the form in which they were given, and so do their gradients."""
    arrays = form([np.array([[1, 2]], np.uint8), np.array([[3.0, 4.0, 5.0]])])
    outputs, cache = Identity().forward(arrays)
    grads = Identity().backward(form([np.array([[1.0, -1.0]]), None]), cache)
    assert type(outputs) is type(grads) is type(arrays)
    for key in range(2) if form is list else "ab":
        np.testing.assert_array_equal(outputs[key], arrays[key])
        assert outputs[key].dtype == np.float32
    first, second = (0, 1) if form is list else "ba"
    np.testing.assert_array_equal(grads[first], [[1, -1]])
    assert grads[second] is None
    with pytest.raises(ValueError, match=r"Expected: \(1, 2\). Received: \(1, 3\)"):
        Identity().backward(form([np.ones((1, 3)), None]), cache)


def test_a_tuple_of_inputs():
    """It comes back as a tuple, from a call on arrays as from one on symbolic tensors, and from a copy."""
    a, b = np.array([[1.0, 2.0]]), np.array([[3.0]])
    layer = Identity()
    for _ in range(2):  # before it is built, and after
        assert type(layer((a, b))) is tuple
    (one,) = layer((a,))
    np.testing.assert_array_equal(one, a)
    A, B = Input((2,)), Input((1,))
    one, other = layer((A, B))
    model = Model([A, B], [other, one])
    for layer in (model.layers[-1], copy.deepcopy(model).layers[-1]):
        assert type(layer.output) is tuple
    outputs, cache = model.forward([a, b], training=True)
    np.testing.assert_array_equal(outputs[0], b)
    grads = model.backward([np.array([[5.0]]), np.array([[6.0, 7.0]])], cache)
    np.testing.assert_array_equal(grads[0], [[6.0, 7.0]])
    np.testing.assert_array_equal(grads[1], [[5.0]])


def test_a_graph_through_which_several_tensors_go():
    a, b = Input((2,)), Input((2,))
    same = Identity(activity_regularizer="l2")({"a": layers.Dense(2)(a), "b": b})
    model = Model([a, b], [same["a"] - same["b"], same["b"]])
    model.set_weights([np.eye(2), np.zeros(2)])
    x = [np.array([[1.0, 2.0]]), np.array([[5.0, 7.0]])]
    outputs, cache = model.forward(x, training=True)
    np.testing.assert_array_equal(outputs[0], [[-4.0, -5.0]])
    assert model.activity_loss(cache) == pytest.approx(0.01 * (1 + 4 + 25 + 49))
    grads = model.backward([np.array([[1.0, 0.0]]), np.array([[0.0, 3.0]])], cache)
    np.testing.assert_allclose(grads[0], [[1.02, 0.04]], rtol=1e-6)
    np.testing.assert_allclose(grads[1], [[-1 + 0.1, 3 + 0.14]], rtol=1e-6)


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
    for one in (np.ones((1, 2)), Input((2,))):
        with pytest.raises(
            ValueError, match=r"expects one input, or a .* Received: a list inside of a tuple"
        ):
            Identity()((one, [one, one]))
        with pytest.raises(ValueError, match=r"expects one input, or a .* Received: a list inside of a dict"):
            Identity()({"a": [one]})
