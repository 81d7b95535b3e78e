"""Classes of one's own, written as for Keras: what they lack is said, nothing is passed over in silence."""

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers, losses, metrics, optimizers
from tests.contract import check_layer


def test_a_layer():
    class Scale(layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    with pytest.raises(
        TypeError, match=r"Class Scale cannot be used yet, .*: backward, compute_output_shape, f"
    ):
        Scale()


def test_a_layer_that_changes_another():
    """Keras would call its ``call``; here it would be that other layer."""

    class AlwaysDropout(layers.Dropout):
        def call(self, inputs):
            return super().call(inputs, training=True)

    with pytest.raises(
        TypeError, match=r"AlwaysDropout cannot .*besides: forward and backward in the place of `call`"
    ):
        AlwaysDropout(0.5)

    class Named(layers.Dropout):
        """Nothing else is new."""

    assert Named(0.5).name == "named"


def test_a_layer_with_both_passes():
    """Its ``build`` may be Keras's: there weights need no names."""

    class Scale(layers.Layer):
        def build(self, input_shape):
            self.factors = self.add_weight(shape=(input_shape[-1],), initializer="ones", trainable=True)
            self.offset = self.add_weight(initializer="zeros")
            super().build(input_shape)

        def compute_output_shape(self, input_shape):
            return input_shape

        def forward(self, inputs, training=False):
            inputs = self.prepare_inputs(inputs)
            return self.factors.value * inputs + self.offset.value, inputs

        def backward(self, grad_outputs, inputs):
            grad_outputs = self.prepare_gradient(grad_outputs, inputs.shape)
            self.factors.grad += (grad_outputs * inputs).sum(axis=0)
            self.offset.grad += grad_outputs.sum()
            return grad_outputs * self.factors.value

    check_layer(Scale(dtype="float64"), (4, 3), training=(False,))
    model = Sequential([Input((3,)), Scale(), layers.Dense(1)])
    assert [weight.shape for weight in model.weights] == [(3,), (), (3, 1), (1,)]


@pytest.mark.parametrize("method", ["call", "train_step", "test_step", "predict_step", "compute_loss"])
@pytest.mark.parametrize("base", [Model, Sequential])
def test_a_model(base, method):
    own = type("Own", (base,), {method: lambda self, data: data})
    with pytest.raises(
        TypeError, match=r"Class Own cannot be used.*`Sequential\(layers\)` or.*loss.backward"
    ):
        own()
    assert isinstance(type("Named", (Sequential,), {})([layers.Dense(1)]), Sequential)


def test_a_loss():
    class Squares(losses.Loss):
        def call(self, y_true, y_pred):
            return np.mean((y_true - y_pred) ** 2, axis=-1)

    class Scaled(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 2 * super().call(y_true, y_pred)

    for own in (Squares, Scaled):
        with pytest.raises(
            TypeError, match=r"Loss 'mine' cannot .* a `call`.*`losses_forward.*`losses_backward"
        ):
            own(name="mine")
    with pytest.raises(NotImplementedError, match=r"Loss 'loss' lacks a method. Expected: `losses_forward"):
        losses.Loss()(np.zeros((2, 1)), np.zeros((2, 1)))
    with pytest.raises(NotImplementedError, match=r"Loss 'loss' lacks a method. Expected: `losses_forward"):
        losses.Loss().losses_backward(np.ones(2), None)


def test_a_metric():
    own = metrics.Metric(name="own")
    for method, arguments in ((own.update_state, (0, 0)), (own.result, ())):
        with pytest.raises(NotImplementedError, match=f"Metric 'own' must implement `{method.__name__}`"):
            method(*arguments)


def test_an_optimizer():
    class Own(optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            variable.assign(variable - gradient)

    with pytest.raises(
        TypeError, match=r"Optimizer 'own' cannot be used.*`update_step`. Expected: `slot_groups`"
    ):
        Own()
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile(optimizers.Optimizer(0.5), "mse")
    with pytest.raises(NotImplementedError, match=r"Optimizer 'optimizer' must implement `update`"):
        model.train_on_batch(np.ones((2, 2)), np.ones((2, 1)))
