"""The layer that changes nothing."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.structure import flatten, is_nested, map_structure, pack
from cnn_scratch.symbolic import SymbolicTensor


class Identity(Layer):
    """Returns its inputs: a placeholder where a program may put one layer or another.

    Maths:
        ::

            outputs = inputs
            ∂loss/∂inputs = ∂loss/∂outputs

    Args:
        **kwargs: ``name``, ``dtype`` and the other arguments of every layer.

    Input shape:
        Any. A list or a dictionary of inputs comes back as one.

    Output shape:
        The same.

    Raises:
        ValueError: a keyword that no layer has.

    Example:
        >>> norm = None  # or BatchNormalization
        >>> layer = norm() if norm else Identity()
        >>> layer(np.array([[1, -3]]))
        array([[ 1., -3.]], dtype=float32)

    The readable definition is in ``reference/identity.py``.
    """

    def compute_output_shape(self, input_shape: Any) -> Any:
        is_one = not isinstance(input_shape, dict) and not any(is_nested(size) for size in input_shape)
        return tuple(input_shape) if is_one else map_structure(tuple, input_shape)

    def compute_output_spec(self, inputs):
        self.build_once(map_structure(lambda tensor: tensor.shape, inputs))
        return map_structure(lambda tensor: SymbolicTensor(tensor.shape, self.dtype), inputs)

    def check_structure(self, inputs) -> None:
        """Take one input, a list or a dictionary of inputs."""

    def prepare_inputs(self, inputs):
        several = isinstance(inputs, dict) or (
            isinstance(inputs, list | tuple) and any(isinstance(one, np.ndarray) for one in inputs)
        )
        arrays = map_structure(self._as_array, inputs) if several else self._as_array(inputs)
        self.build_once(map_structure(np.shape, arrays))
        return arrays

    def forward(self, inputs, training: bool = False) -> tuple[Any, Cache]:
        inputs = self.prepare_inputs(inputs)
        return inputs, map_structure(np.shape, inputs)

    def backward(self, grad_outputs, cache: Cache):
        # forward: outputs = inputs
        if isinstance(cache, tuple):
            return self.prepare_gradient(grad_outputs, cache)
        pairs = zip(flatten(grad_outputs), flatten(cache), strict=True)
        grads = [grad if grad is None else self.prepare_gradient(grad, shape) for grad, shape in pairs]
        return pack(cache, grads)
