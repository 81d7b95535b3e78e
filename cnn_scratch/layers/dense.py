"""The fully connected layer."""

from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.kernels.matmul import add_matmul, matmul
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape, standardize_tuple


class Dense(Layer):
    """Multiplies every sample by a matrix and adds a bias: each output sees every input.

    Maths:
        D is the size of the last axis; all other axes are taken as one, whose index n counts rows::

            linear[n, f] = Σ_d inputs[n, d] · kernel[d, f]  +  bias[f]      = inputs @ kernel + bias
            outputs = activation(linear)

        With g = ∂loss/∂linear::

            ∂loss/∂bias[f]      = Σ_n g[n, f]                   (bias was added to every row)
            ∂loss/∂kernel[d, f] = Σ_n inputs[n, d] · g[n, f]    = inputsᵀ @ g
            ∂loss/∂inputs[n, d] = Σ_f g[n, f] · kernel[d, f]    = g @ kernelᵀ

    Args:
        units: F, the size of the last axis of the outputs.
        activation: a name or an activation object, applied last.
        use_bias: whether a bias, one number per unit, is added.
        kernel_initializer, bias_initializer: what the parameters start with.
        kernel_regularizer, bias_regularizer: penalties on them, added to the loss.
        kernel_constraint, bias_constraint: applied to them after each training step.
        activity_regularizer, **kwargs: see ``Layer``.

    Input shape:
        (N, …, D).

    Output shape:
        (N, …, units).

    Raises:
        ValueError: an argument out of range, or inputs whose last axis is not the kernel's.

    Example:
        1·10 + 2·30 + 5 = 75 and 1·20 + 2·40 + 5 = 105.

        >>> layer = Dense(2)
        >>> layer.build((None, 2))
        >>> layer.set_weights([[[10, 20], [30, 40]], [5, 5]])
        >>> layer(np.array([[1, 2]]))
        array([[ 75., 105.]], dtype=float32)

    The readable definition is in ``reference/dense.py``.
    """

    def __init__(
        self,
        units: int,
        activation=None,
        use_bias: bool = True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = standardize_tuple(units, 1, "units")[0]
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 2, or_more=True)
        self.check_axis(input_shape, input_shape[-1], self.kernel.shape[0] if self.built else None)
        return (*input_shape[:-1], self.units)

    def build(self, input_shape: Shape) -> None:
        kernel_shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("kernel"))
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.units,), **self.options_of("bias"))
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        rows = inputs.reshape(-1, inputs.shape[-1])  # (N, D)
        relu = self.activation is activations.relu  # the kernel applies it while it has the numbers at hand
        outputs = matmul(rows, self.kernel.value, self.bias.value if self.use_bias else None, relu)
        outputs = outputs.reshape(*inputs.shape[:-1], self.units)
        activation_cache = outputs  # all that a ReLU needs
        if not relu:
            outputs, activation_cache = self.activation.forward(outputs)
        return outputs, (inputs, activation_cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs, _ = cache
        grad_linear = self.backward_parameters(grad_outputs, cache)  # (N, F)
        # forward: linear = inputs @ kernel + bias
        return matmul(grad_linear, self.kernel.value.T).reshape(inputs.shape)  # (N, …, D)

    def backward_parameters(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂kernel and ∂loss/∂bias; return ∂loss/∂linear, (N, F)."""
        inputs, activation_cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, (*inputs.shape[:-1], self.units))
        # forward: outputs = activation(linear)
        grad_linear = self.activation.backward(grad_outputs, activation_cache).reshape(-1, self.units)
        # forward: linear = inputs @ kernel + bias
        rows = inputs.reshape(-1, inputs.shape[-1])
        # kernel.grad += rowsᵀ @ grad_linear; the sum over the batch is the product's own sum
        add_matmul(rows.T, grad_linear, *self.kernel.grad_or_memory())
        if self.use_bias:
            self.bias.grad += grad_linear.sum(axis=0)  # bias was added to every row
        return grad_linear

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **self.config_of("kernel", "bias"),
        }
