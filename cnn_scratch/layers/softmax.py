"""From numbers to probabilities."""

from typing import Any

from cnn_scratch import activations
from cnn_scratch.layers.activation_layer import ActivationLayer
from cnn_scratch.shapes import Shape


class Softmax(ActivationLayer):
    """Turns the numbers along an axis into probabilities: positive, and their sum is 1.

    Maths:
        Along the axis::

            outputs[j] = e^inputs[j] / Σ_k e^inputs[k]

        Every input moves every output, ∂outputs[j]/∂inputs[k] = outputs[j]·([j = k] − outputs[k]), hence
        with g = ∂loss/∂outputs::

            ∂loss/∂inputs[k] = Σ_j g[j]·∂outputs[j]/∂inputs[k] = outputs[k] · (g[k] − Σ_j g[j]·outputs[j])

    Args:
        axis: along which the sum is 1; a list of axes counts as one long axis.

    Input shape:
        Any.

    Output shape:
        The same.

    Raises:
        ValueError: an axis that the inputs do not have, or that is given twice.

    Example:
        e^0 : e^ln 3 is 1 : 3.

        >>> import numpy as np
        >>> Softmax()(np.array([[0, np.log(3)]])).round(6)
        array([[0.25, 0.75]], dtype=float32)

    The readable definition is in ``reference/softmax.py``.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, tuple) else axis
        self.activation = activations.softmax.with_options(axis=axis)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        rank = len(input_shape)
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        if not all(-rank <= axis < rank for axis in axes) or len({axis % rank for axis in axes}) < len(axes):
            raise ValueError(
                f"The `axis` of layer '{self.name}' must name axes of its input, each once. "
                f"Received: axis={self.axis}, shape {tuple(input_shape)}"
            )
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}
