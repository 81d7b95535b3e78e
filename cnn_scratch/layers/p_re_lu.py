"""ReLU with a learned slope for negative numbers."""

import math
from typing import Any

import numpy as np

from cnn_scratch.kernels import p_re_lu as kernels
from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape


class PReLU(Layer):
    """Lets positive numbers pass, and multiplies negative ones by a slope that is learned.

    Maths:
        For every place d of a sample (its row, column and channel)::

            outputs[n, d] = inputs[n, d]              where inputs[n, d] > 0
                            alpha[d] · inputs[n, d]   elsewhere

        With g = ∂loss/∂outputs::

            ∂loss/∂inputs[n, d] = g[n, d], or alpha[d] · g[n, d], in the same places
            ∂loss/∂alpha[d]     = Σ_n g[n, d] · min(inputs[n, d], 0)    (alpha meets only negative numbers)

        Where inputs are exactly 0 there is no derivative, and Keras's choice of 0 is taken. Along a
        shared axis there is one alpha for all places, so its gradient is summed along it too.

    Args:
        alpha_initializer: what the slopes start with.
        alpha_regularizer: a penalty on them, added to the loss.
        alpha_constraint: applied to them after each training step, ``"non_neg"`` for example.
        shared_axes: the axes along which a slope is shared, counted from 1 (0 is the batch):
            ``[1, 2]`` after a convolution gives one slope per channel.

    Input shape:
        (N, …).

    Output shape:
        The same.

    Raises:
        ValueError: shared axes that the inputs do not have, or a size that is unknown or another one
            than the layer was built for.

    Example:
        Two slopes, 0.5 and 0.1: −4 · 0.5 = −2 and −2 · 0.1 = −0.2.

        >>> layer = PReLU()
        >>> layer.build((None, 2))
        >>> layer.set_weights([[0.5, 0.1]])
        >>> layer(np.array([[-4, -2], [4, 2]]))
        array([[-2. , -0.2],
               [ 4. ,  2. ]], dtype=float32)

    The readable definition is in ``reference/p_re_lu.py``. See He et al., "Delving deep into
    rectifiers" (arXiv:1502.01852).
    """

    def __init__(
        self,
        alpha_initializer="zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.keep_options("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        self.shared_axes = _standardize_shared_axes(shared_axes)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, 1 + max([1, *(self.shared_axes or [])]), or_more=True)
        if self.built:
            self.check_rank(input_shape, 1 + self.alpha.value.ndim)
        expected = self.alpha.shape if self.built else input_shape[1:]
        for axis, (size, wanted) in enumerate(zip(input_shape[1:], expected, strict=True), start=1):
            if axis not in (self.shared_axes or []) and (size is None or size != wanted):
                raise ValueError(
                    f"Input of layer '{self.name}' is incompatible with the layer: expected axis {axis} to "
                    f"have {'a known size' if size is None else f'size {wanted}'}, because each place along "
                    f"it has a slope of its own. Received: shape {tuple(input_shape)}"
                )
        return tuple(input_shape)

    def build(self, input_shape: Shape) -> None:
        shared = self.shared_axes or []
        shape = tuple(1 if axis in shared else n for axis, n in enumerate(input_shape) if axis > 0)
        self.alpha = self.add_weight("alpha", shape, **self.options_of("alpha"))
        self.built = True

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        rows, alphas = self._as_rows(inputs), self._repeated_alpha(inputs.shape[1:])  # (N, D) and (D,)
        return kernels.forward(rows, alphas).reshape(inputs.shape), inputs

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        inputs = cache
        grad_outputs = self.prepare_gradient(grad_outputs, inputs.shape)
        rows, alphas = self._as_rows(inputs), self._repeated_alpha(inputs.shape[1:])
        # forward: outputs = inputs where inputs > 0, else alpha * inputs
        grad_inputs, grad_alphas = kernels.gradients(rows, alphas, self._as_rows(grad_outputs))
        shared = tuple(axis - 1 for axis in self.shared_axes or [])
        grad_alphas = grad_alphas.reshape(inputs.shape[1:])
        self.alpha.grad += grad_alphas.sum(axis=shared, keepdims=True)  # alpha was repeated along these axes
        return grad_inputs.reshape(inputs.shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {**self.config_of("alpha"), "shared_axes": self.shared_axes}

    @staticmethod
    def _as_rows(array: np.ndarray) -> np.ndarray:
        """Return ``array`` (N, …) as a matrix (N, D), one row per sample."""
        return array.reshape(len(array), math.prod(array.shape[1:]))

    def _repeated_alpha(self, sample_shape: Shape) -> np.ndarray:
        """Return alpha as (D,): one number for every place of a sample, repeated along the shared axes."""
        alphas = np.empty(sample_shape, self.dtype)
        alphas[...] = self.alpha.value
        return alphas.reshape(-1)


def _standardize_shared_axes(shared_axes) -> list[int] | None:
    """Return ``None`` or a list of axes, none of which is the batch."""
    if shared_axes is None:
        return None
    axes = list(shared_axes) if isinstance(shared_axes, list | tuple) else [shared_axes]
    if not all(
        isinstance(axis, int | np.integer) and not isinstance(axis, bool) and axis >= 1 for axis in axes
    ):
        raise ValueError(
            "The `shared_axes` argument must be an integer or a list of integers >= 1 (axis 0 is the batch). "
            f"Received: shared_axes={shared_axes!r}"
        )
    return [int(axis) for axis in axes]
