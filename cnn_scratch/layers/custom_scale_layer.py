"""A sum in which one input is scaled."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache
from cnn_scratch.layers.merging import ElementwiseMerging
from cnn_scratch.shapes import Shape


class CustomScaleLayer(ElementwiseMerging):
    """Adds a share of the second input to the first: the end of a residual block of Inception-ResNet.

    With a scale of 0.1 to 0.3 the branch changes what came in only a little, which keeps the training of
    a wide network stable.

    Maths:
        ::

            outputs = inputs[0] + scale · inputs[1]

        With g = ∂loss/∂outputs::

            ∂loss/∂inputs[0] = g,      ∂loss/∂inputs[1] = scale · g

    Args:
        scale: a number.

    Input shape:
        A list of two equal shapes (N, …).

    Output shape:
        The same as one of them.

    Raises:
        ValueError: a scale that is not a number, or inputs that are not a list of two of one shape.

    Example:
        >>> CustomScaleLayer(0.5)([np.array([[10, 20]]), np.array([[2, 4]])])
        array([[11., 22.]], dtype=float32)

    The readable definition is in ``reference/custom_scale_layer.py``. See Szegedy et al., "Inception-v4,
    Inception-ResNet and the impact of residual connections on learning" (arXiv:1602.07261), section 3.3.
    """

    inputs_expected = 2

    def __init__(self, scale: float, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(scale, int | float | np.number) or isinstance(scale, bool):
            raise ValueError(f"The `scale` argument must be a number. Received: scale={scale!r}")
        self.scale = scale.item() if isinstance(scale, np.generic) else scale

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        output_shape = super().compute_output_shape(input_shape)
        if len(set(map(len, input_shape))) > 1 or any(
            None not in sizes and sizes[0] != sizes[1] for sizes in zip(*input_shape, strict=True)
        ):
            raise ValueError(
                f"The two inputs of layer '{self.name}' must have the same shape. "
                f"Received: shapes {input_shape}"
            )
        return output_shape

    def forward(self, inputs: list, training: bool = False) -> tuple[np.ndarray, Cache]:
        first, second = self.prepare_inputs(inputs)
        outputs = second * self.scale
        outputs += first
        return outputs, outputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> list[np.ndarray]:
        grad_outputs = self.prepare_gradient(grad_outputs, cache)
        # forward: outputs = inputs[0] + scale * inputs[1]
        return [grad_outputs, grad_outputs * self.scale]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"scale": self.scale}
