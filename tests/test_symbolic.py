"""Symbolic tensors: layers called on them, one input or several, and the nodes that remember the calls."""

import numpy as np
import pytest

from cnn_scratch import Input, layers
from cnn_scratch.symbolic import SymbolicTensor


class Sum(layers.Layer):
    """A layer of several inputs, as short as one can be."""

    takes_list = True

    def compute_output_shape(self, input_shape):
        if len(set(input_shape)) > 1:
            raise ValueError(f"Expected one shape. Received: {input_shape}")
        return input_shape[0]

    def forward(self, inputs, training=False):
        inputs = self.prepare_inputs(inputs)
        return sum(inputs), len(inputs)

    def backward(self, grad_outputs, cache):
        return [grad_outputs] * cache


def test_a_call_gives_a_tensor_and_a_node():
    x = Input((4,), name="x")
    dense = layers.Dense(3)
    y = dense(x, training=False)
    assert (y.shape, y.dtype, y.ndim, y.layer, y.inputs, y.name) == (
        (None, 3),
        "float32",
        2,
        dense,
        (x,),
        dense.name,
    )
    assert dense.built
    assert y.node is dense.inbound_nodes[0]
    assert y.node.training is False
    assert (dense.input, dense.output) == (x, y)
    again = dense(x)
    assert again.node is dense.inbound_nodes[1]
    assert dense.output is y  # that of the first call


def test_a_layer_of_several_inputs_gets_a_list_of_them():
    add = Sum()
    a, b = Input((4,)), Input((4,))
    total = add([a, b])
    assert (total.shape, total.inputs) == ((None, 4), (a, b))
    np.testing.assert_array_equal(add([np.ones((2, 4)), np.full((2, 4), 2)]), np.full((2, 4), 3))
    outputs, cache = add.forward((np.ones((2, 4), np.float64), np.ones((2, 4), np.uint8)))
    assert outputs.dtype == "float32"
    assert len(add.backward(outputs, cache)) == 2


def test_rejects_a_wrong_number_of_inputs():
    a, b = Input((4,)), Input((4,))
    with pytest.raises(ValueError, match=r"'dense' expects 1 input. Received: 2 in"):
        layers.Dense(3, name="dense")([a, b])
    with pytest.raises(ValueError, match=r"'sum' expects a list of inputs. Received: 1 in"):
        Sum(name="sum")(a)
    with pytest.raises(ValueError, match=r"'sum' expects a list of inputs. Received: ndarray"):
        Sum(name="sum")(np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"'sum' cannot be called on symbolic tensors and other things"):
        Sum(name="sum")([a, np.ones((2, 4))])
    with pytest.raises(ValueError, match=r"Expected one shape"):
        Sum(name="sum")([a, Input((3,))])


def test_rejects_what_is_no_tensor():
    with pytest.raises(ValueError, match="expected an array of numbers"):
        layers.Dense(3)("abc")
    with pytest.raises(TypeError, match="A symbolic tensor holds no numbers"):
        np.asarray(Input((4,)))
    with pytest.raises(AttributeError, match="has no `output` yet: it was never called"):
        _ = layers.Dense(3).output
    assert SymbolicTensor((None, 2)).inputs == ()


def test_a_mask_is_refused_and_none_is_not():
    """Keras's programs hand on ``mask=None``."""
    norm = layers.BatchNormalization()
    x = Input((4,))
    assert norm(x, training=False, mask=None).shape == (None, 4)
    np.testing.assert_array_equal(norm(np.zeros((2, 4)), mask=None), 0)
    with pytest.raises(ValueError, match=f"has no masks: layer '{norm.name}' expected None. Received: mask="):
        norm(np.zeros((2, 4)), mask=np.ones((2, 4), bool))
