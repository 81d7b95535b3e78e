"""Images that are mirrored at random."""

from typing import Any

import numpy as np

from cnn_scratch.layers.random_transform import RandomTransform, Transformation

MODES = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomFlip(RandomTransform):
    """Mirrors about half of the images in training: a cat that looks the other way is a cat.

    Maths:
        Every image n has a random number u, uniform in [0, 1), drawn anew in every training step. If
        u ≤ ½ it is mirrored. With ``"horizontal"``::

            outputs[n, h, w, c]       = inputs[n, h, W − 1 − w, c]
            ∂loss/∂inputs[n, h, w, c] = ∂loss/∂outputs[n, h, W − 1 − w, c]

        With ``"vertical"`` the rows change places. With ``"horizontal_and_vertical"`` both do, as in Keras
        with one u for both: such an image is turned by 180°. At inference the inputs are returned as they
        are.

    Args:
        mode: ``"horizontal"``, ``"vertical"`` or ``"horizontal_and_vertical"`` (default).
        seed: of the random numbers; see ``Dropout``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Input shape:
        (N, H, W, C), or (N, C, H, W) with ``channels_first``; or one image, without N.

    Output shape:
        The same.

    Raises:
        ValueError: an unknown mode, or inputs that are not images.

    Example:
        Without a mode the layer is in training, as in Keras. The second of these images is mirrored.

        >>> images = np.array([1, 2, 3, 4, 5, 6]).reshape(2, 1, 3, 1)
        >>> RandomFlip("horizontal", seed=3)(images)[:, 0, :, 0]
        array([[1., 2., 3.],
               [6., 5., 4.]], dtype=float32)

    The readable definition is in ``reference/random_flip.py``.
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(seed, data_format, **kwargs)
        if mode not in MODES:
            raise ValueError(f"The `mode` argument must be one of {MODES}. Received: mode={mode!r}")
        self.mode = mode

    def draw(self, N: int, H: int, W: int) -> Transformation:
        return {"flips": self.uniform((N, 1, 1, 1), 0, 1) <= 0.5}

    def apply(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        flips = np.reshape(transformation["flips"], -1)
        step_of_rows = -1 if "vertical" in self.mode else 1
        step_of_columns = -1 if "horizontal" in self.mode else 1
        outputs = images.copy()
        outputs[flips] = images[flips, ::step_of_rows, ::step_of_columns]
        return outputs

    def pull_back(
        self, grad_outputs: np.ndarray, images: np.ndarray, transformation: Transformation
    ) -> np.ndarray:
        # forward: outputs = images, some of them mirrored; mirrored twice, they are as before
        return self.apply(grad_outputs, transformation)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mode": self.mode}
