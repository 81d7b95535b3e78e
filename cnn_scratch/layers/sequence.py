"""What the layers for sequences have in common: the abstract class ``SequenceLayer``."""

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class SequenceLayer(Layer):
    """A layer that does to sequences what another one does to images.

    A sequence of L steps is an image of L rows and one column, so the layer for images does the work,
    and here an axis of size 1 is put in and taken out again.

    Args:
        for_images: makes the layer for images, given its name, dtype and data format.
        data_format: ``"channels_last"`` or ``"channels_first"``.
    """

    def __init__(self, for_images, data_format: str | None = None, **kwargs):
        super().__init__(**kwargs)
        self._for_images = for_images(name=self.name, dtype=self.dtype, data_format=data_format)
        self.data_format = self._for_images.data_format

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 3)
        axis = self._column_axis
        output_shape = self._for_images.compute_output_shape((*input_shape[:axis], 1, *input_shape[axis:]))
        return self._without_column(output_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        images = np.expand_dims(inputs, self._column_axis)  # (N, L, 1, C)
        outputs, cache = self._for_images.forward(images, training)
        return outputs.reshape(self._without_column(outputs.shape)), (inputs.shape, outputs.shape, cache)

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        input_shape, image_shape, cache = cache
        grad_outputs = self.prepare_gradient(grad_outputs, self._without_column(image_shape))
        grad_images = self._for_images.backward(grad_outputs.reshape(image_shape), cache)
        return grad_images.reshape(input_shape)

    @property
    def _column_axis(self) -> int:
        """Where the images have their only column: axis 2 of (N, L, 1, C), axis 3 of (N, C, L, 1)."""
        return 2 if self.data_format == "channels_last" else 3

    def _without_column(self, shape: Shape) -> Shape:
        """Return the shape of sequences for that of images; a shape (N, C) has no column."""
        return shape if len(shape) == 2 else shape[: self._column_axis] + shape[self._column_axis + 1 :]
