"""The layer that changes nothing."""

from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.structure import flatten, is_nested, map_structure, pack, pack_as_given
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
        Any. A list, a tuple or a dictionary of inputs comes back as one.

    Output shape:
        The same.

    Raises:
        ValueError: a keyword that no layer has; lists inside of lists.

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
        return pack_as_given(inputs, [SymbolicTensor(one.shape, self.dtype) for one in flatten(inputs)])

    def check_structure(self, inputs) -> None:
        """Raise unless there is one input, or a list, a tuple or a dictionary of inputs."""
        for one in flatten(inputs) if is_nested(inputs) else ():
            if is_nested(one) and any(hasattr(thing, "shape") for thing in flatten(one)):
                raise ValueError(
                    f"Layer '{self.name}' expects one input, or a list, a tuple or a dictionary of inputs. "
                    f"Received: a {type(one).__name__} inside of a {type(inputs).__name__}"
                )

    def prepare_inputs(self, inputs):
        several = isinstance(inputs, dict) or (
            isinstance(inputs, list | tuple) and any(isinstance(one, np.ndarray) for one in inputs)
        )
        self.check_structure(inputs)
        if several:
            arrays = pack_as_given(inputs, [self._as_array(one) for one in flatten(inputs)])
        else:
            arrays = self._as_array(inputs)
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
