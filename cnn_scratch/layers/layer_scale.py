"""A learned factor for each channel."""

from typing import Any

import numpy as np

from cnn_scratch.initializers import Constant
from cnn_scratch.kernels import batch_normalization as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class LayerScale(Layer):
    """Multiplies every channel by a number that is learned and starts small, as in ConvNeXt.

    At the end of a residual block it lets a deep network begin nearly as the identity.

    Maths:
        Over all other places of the channel c, with g = ∂loss/∂outputs::

            outputs[…, c]      = gamma[c] · inputs[…, c]
            ∂loss/∂inputs[…,c] = gamma[c] · g[…, c]
            ∂loss/∂gamma[c]    = Σ g[…, c] · inputs[…, c]           (one gamma met every number)

    Args:
        init_values: where every gamma starts.
        projection_dim: C, the number of channels.

    Input shape:
        (…, C).

    Output shape:
        The same.

    Raises:
        ValueError: a projection_dim that is not a positive integer, or another number of channels.

    Example:
        >>> LayerScale(0.5, projection_dim=2)(np.array([[2, 4]]))
        array([[1., 2.]], dtype=float32)

    The readable definition is in ``reference/layer_scale.py``. See Touvron et al., "Going deeper with
    image transformers" (arXiv:2103.17239).
    """

    def __init__(self, init_values: float, projection_dim: int, **kwargs):
        super().__init__(**kwargs)
        if (
            not isinstance(projection_dim, int | np.integer)
            or isinstance(projection_dim, bool)
            or projection_dim < 1
        ):
            raise ValueError(
                "The `projection_dim` argument must be a positive integer. "
                f"Received: projection_dim={projection_dim!r}"
            )
        self.init_values = init_values
        self.projection_dim = int(projection_dim)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 1, or_more=True)
        self.check_axis(input_shape, input_shape[-1], self.projection_dim)
        return tuple(input_shape)

    def build(self, input_shape: Shape) -> None:
        self.gamma = self.add_weight("gamma", (self.projection_dim,), Constant(self.init_values))
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        nothing = np.zeros(self.projection_dim)
        return kernels.normalize(inputs, nothing, self.gamma.value, nothing), inputs

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs = cache
        grad_outputs = self.prepare_gradient(grad_outputs, inputs.shape)
        nothing = np.zeros(self.projection_dim)
        # forward: outputs = (inputs - 0) * gamma + 0
        _, grad_gamma = kernels.gradient_sums(
            inputs, grad_outputs, mean=nothing, inverse=np.ones_like(nothing)
        )
        self.gamma.grad += grad_gamma
        return kernels.normalize(grad_outputs, nothing, self.gamma.value, nothing)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"init_values": self.init_values, "projection_dim": self.projection_dim}
