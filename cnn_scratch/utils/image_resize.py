"""Images of one size: squeezed, cut, or with a border, as Keras's image_dataset_from_directory does it."""

import numpy as np

from cnn_scratch.layers.resizing import Resizing


class Resize:
    """Gives single images (H, W, C) one size.

    Args:
        size: (H, W).
        interpolation: see ``layers.Resizing``.
        crop: whether an image is cut on two sides first, to keep its proportions.
        pad: whether it gets a border of zeros on two sides afterwards instead. (``layers.Resizing`` adds
            the border first. Keras does the one here, the other there.)

    Raises:
        ValueError: an unknown interpolation, or both a crop and a border.
    """

    def __init__(self, size: tuple[int, int], interpolation: str, crop: bool = False, pad: bool = False):
        self.size = size
        self.pad = pad
        # Both arguments are given here, so that the layer refuses the two together.
        layer = Resizing(*size, interpolation, crop, pad, name="resizing")
        self.interpolation = layer.interpolation
        self._whole = Resizing(*size, interpolation, crop, name="resizing")

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return the image in the size, float32; uint8 with ``"nearest"``, which only picks pixels."""
        resized = self._with_border(image) if self.pad else self._whole(image)
        return resized.astype(np.uint8) if self.interpolation == "nearest" else resized

    def _with_border(self, image: np.ndarray) -> np.ndarray:
        """Return the image as large as it fits, in the middle of zeros."""
        given, target = np.float32(image.shape[:2]), np.float32(self.size)
        exact = given / (given / target).max()
        height, width = (int(n) for n in np.floor(exact))
        top, left = (max(0, int(n)) for n in np.floor((target - exact) / 2))
        outputs = np.zeros((*self.size, image.shape[2]), np.float32)
        inner = Resizing(height, width, self.interpolation, name="resizing")(image)
        outputs[top : top + height, left : left + width] = inner
        return outputs
