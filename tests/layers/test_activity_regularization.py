"""ActivityRegularization: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import ActivityRegularization, Dense
from cnn_scratch.models import Sequential
from cnn_scratch.reference.activity_regularization import activity_penalty, activity_penalty_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (None, None, None), (2, 3, 4)])
def test_output_shape(shape):
    assert ActivityRegularization(l1=0.1).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """The penalty of 1 and −3 is ½ · (1 + 3) + ¼ · (1 + 9) = 4.5; its gradient ½ · sign + ½ · x."""
    layer = ActivityRegularization(l1=0.5, l2=0.25)
    inputs = np.array([[1, -3]], np.float32)
    outputs, cache = layer.forward(inputs)
    assert outputs is inputs
    np.testing.assert_array_equal(layer.backward(np.array([[1, 2]]), cache), [[1, 2]])
    assert layer.activity_regularizer(outputs) == 4.5
    np.testing.assert_array_equal(layer.activity_regularizer.gradient(outputs), [[1, -2]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, dict(l1=0.1), dict(l2=0.2), dict(l1=0.1, l2=0.2)])
def test_contract(options):
    check_layer(ActivityRegularization(**options), (3, 4, 2), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("l1", "l2"), [(0.5, 0.25), (0.0, 0.125), (0.25, 0.0)])
def test_in_a_model_equals_reference(l1, l2):
    """The loss grows by the penalty, and the gradients by the penalty's (float32 holds these factors)."""
    inputs, upstream = np.random.default_rng(0).normal(size=(2, 5, 3))
    model = Sequential([Dense(3, dtype="float64"), ActivityRegularization(l1, l2, dtype="float64")])
    outputs, cache = model.forward(inputs)
    np.testing.assert_allclose(model.activity_loss(cache), activity_penalty(outputs, l1, l2), rtol=1e-14)
    model.backward(upstream, cache)
    expected = upstream + activity_penalty_gradient(outputs, l1, l2)
    np.testing.assert_allclose(model.layers[0].bias.grad, expected.sum(axis=0), rtol=1e-13)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["l1", "l2"])
@pytest.mark.parametrize("value", [-0.1, "a", float("nan")])
def test_rejects_arguments(name, value):
    with pytest.raises(
        ValueError, match=rf"argument {name}: expected a non-negative float. Received: {name}="
    ):
        ActivityRegularization(**{name: value})
