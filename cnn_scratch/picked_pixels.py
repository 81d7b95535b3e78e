"""Zeros around images, a part cut out of them, and every second pixel taken, in one step of a prediction.

A NASNet halves its images by taking every second pixel, once of the images as they are and once of the images
moved by a pixel. In Keras this is a ``ZeroPadding2D``, a ``Cropping2D`` and an ``AveragePooling2D`` of single
pixels. Together they only choose: each pixel of the outputs is one pixel of the inputs, or 0.
"""

import dataclasses

import numpy as np

from cnn_scratch.kernels.conv2d_pointwise import collect
from cnn_scratch.kernels.memory import aligned_empty
from cnn_scratch.layers import AveragePooling2D, Cropping2D, Layer, ZeroPadding2D
from cnn_scratch.together import PredictedTogether


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PickedPixels(PredictedTogether):
    """A ZeroPadding2D, the Cropping2D after it, and perhaps an AveragePooling2D of single pixels.

    Args:
        padding, cropping: the first two layers.
        pooling: the last one, or ``None``.
    """

    padding: ZeroPadding2D
    cropping: Cropping2D
    pooling: AveragePooling2D | None = None

    @property
    def parts(self) -> list[Layer]:
        return [self.padding, self.cropping, *([self.pooling] if self.pooling else [])]

    def can_be_followed_by(self, layer: Layer) -> bool:
        """Return whether ``layer`` only takes some of the pixels."""
        return self.pooling is None and type(layer) is AveragePooling2D and fits(layer, self.padding)

    def infer(self, inputs, training: bool = False) -> np.ndarray:
        inputs = self.padding.prepare_inputs(inputs)
        shape = inputs.shape
        for layer in self.parts:
            shape = layer.compute_output_shape(shape)
        corner = (
            cut[0] - added[0] for cut, added in zip(self.cropping.cropping, self.padding.padding, strict=True)
        )
        steps = self.pooling.strides if self.pooling else (1, 1)
        outputs = aligned_empty(shape, inputs.dtype)
        collect(inputs, *corner, *steps, outputs)
        return outputs


def fits(layer: Layer, other: Layer) -> bool:
    """Return whether a layer after another one only picks pixels, which are of the same form."""
    whole = type(layer) is not AveragePooling2D or layer.pool_size == (1, 1)
    formats = {layer.data_format, other.data_format}
    return whole and formats == {"channels_last"} and layer.dtype == other.dtype
