"""What layers with several inputs have in common: two abstract classes."""

import numpy as np

from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.layers.layer import Layer
from cnn_scratch.shapes import Shape


class Merging(Layer):
    """A layer with several inputs.

    It is called on a list of arrays (or symbolic tensors). ``build`` and ``compute_output_shape`` get a
    list of shapes, and ``backward`` returns a list of gradients, one for each input.
    """

    takes_list = True

    def check_list(self, input_shape: list[Shape], number: int | None = None) -> list[Shape]:
        """Return the shapes as tuples; raise unless they are a list of ``number`` shapes (at least one)."""
        is_list = isinstance(input_shape, list | tuple) and all(
            isinstance(shape, list | tuple) for shape in input_shape
        )
        wanted = "at least 1 input" if number is None else f"exactly {number} inputs"
        if not is_list or not input_shape or (number is not None and len(input_shape) != number):
            raise ValueError(
                f"A `{type(self).__name__}` layer should be called on a list of {wanted}. "
                f"Received: input_shape={input_shape}"
            )
        return [tuple(shape) for shape in input_shape]


class ElementwiseMerging(Merging):
    """A layer that computes each number of its output from the numbers of its inputs at the same place.

    Inputs of fewer axes than the others get axes of size 1 after the batch, so that their last axes
    are aligned; an axis of size 1 is then repeated as often as the others need it (broadcasting). The
    batch is never repeated. A number that was used in several places gets the sum of their gradients.
    """

    inputs_expected: int | None = None  # the number of inputs, if it is fixed

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        shapes = self.check_list(input_shape, self.inputs_expected)
        for shape in shapes:
            self.check_rank(shape, 1, or_more=True)
        batch_sizes = {shape[0] for shape in shapes} - {None}
        if len(batch_sizes) > 1:
            raise ValueError(
                f"Layer '{self.name}' cannot merge inputs with different batch sizes. "
                f"Received: shapes {shapes}"
            )
        aligned = [self._aligned(shape, shapes)[1:] for shape in shapes]
        sizes = [self._broadcast(sizes, shapes) for sizes in zip(*aligned, strict=True)]
        return (*(batch_sizes or {None}), *sizes)

    def prepare_aligned(self, inputs: list) -> tuple[list[np.ndarray], list[Shape]]:
        """Return the inputs as arrays of the same number of axes, and the shapes that they had before."""
        arrays = self.prepare_inputs(inputs)
        shapes = [array.shape for array in arrays]
        return [array.reshape(self._aligned(array.shape, shapes)) for array in arrays], shapes

    def combine(self, operation: np.ufunc, arrays: list[np.ndarray]) -> np.ndarray:
        """Return ``((arrays[0] ∘ arrays[1]) ∘ arrays[2]) …`` in a new array, for aligned arrays."""
        outputs = aligned_empty(np.broadcast_shapes(*(array.shape for array in arrays)), self.dtype)
        first, *others = arrays
        if not others:
            outputs[...] = first
        for other in others:
            first = operation(first, other, out=outputs)
        return outputs

    def sum_to(self, grad: np.ndarray, input_shape: Shape) -> np.ndarray:
        """Return ∂loss/∂input from the gradients of all places where the input was used.

        Args:
            grad: of the outputs' shape.
            input_shape: of the input, as it was given.
        """
        shape = self._aligned(input_shape, [grad.shape])
        repeated = tuple(axis for axis, size in enumerate(shape) if size != grad.shape[axis])
        if repeated:
            grad = grad.sum(axis=repeated, keepdims=True)
        return grad.reshape(input_shape)

    @staticmethod
    def _aligned(shape: Shape, shapes: list[Shape]) -> Shape:
        """Return ``shape`` with ones after the batch, so that it has as many axes as the longest."""
        missing = max(len(other) for other in shapes) - len(shape)
        return (shape[0], *(1,) * missing, *shape[1:])

    def _broadcast(self, sizes: tuple[int | None, ...], shapes: list[Shape]) -> int | None:
        """Return the size of one axis of the output."""
        larger = set(sizes) - {1, None}
        if len(larger) > 1:
            raise ValueError(
                f"Inputs of layer '{self.name}' have incompatible shapes: sizes of an axis must be equal, "
                f"or 1. Received: shapes {shapes}"
            )
        return None if None in sizes else larger.pop() if larger else 1
