"""Where data enters a model."""

import warnings
from typing import Any

import numpy as np

from cnn_scratch.layers.layer import Cache, Layer
from cnn_scratch.shapes import Shape
from cnn_scratch.symbolic import Node, SymbolicTensor


class InputLayer(Layer):
    """Says which shape and dtype the data of a model has, and passes it on.

    Maths:
        ::

            outputs = inputs
            ∂loss/∂inputs = ∂loss/∂outputs

    Args:
        shape: of one sample, without the batch size; ``None`` for a size that may vary.
        batch_size: if it is always the same.
        dtype: ``"float32"`` (default), ``"float64"``, or an integer dtype such as ``"uint8"``.
        batch_shape: the shape with the batch size, instead of ``shape``.
        name: unique in a model.
        input_shape, batch_input_shape: the names of ``shape`` and ``batch_shape`` in Keras 2.
        sparse, ragged, optional: in Keras's configurations; only ``False`` is possible here.

    Input shape:
        ``batch_shape``, whatever the batch size.

    Output shape:
        The same.

    Raises:
        ValueError: no shape, two of them, a size that is not one; inputs of another shape.

    Example:
        >>> InputLayer(shape=(28, 28, 1)).batch_shape
        (None, 28, 28, 1)

    The readable definition is in ``reference/input_layer.py``.
    """

    def __init__(
        self,
        shape=None,
        batch_size: int | None = None,
        dtype=None,
        sparse=None,
        ragged=None,
        batch_shape=None,
        optional: bool = False,
        name: str | None = None,
        **kwargs,
    ):
        if "input_shape" in kwargs:
            shape = kwargs.pop("input_shape")
            warnings.warn("Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        super().__init__(name=name, **kwargs)
        if sparse or ragged or optional:
            raise ValueError(
                "cnn_scratch has no sparse, ragged or optional inputs: expected False for all of them. "
                f"Received: sparse={sparse}, ragged={ragged}, optional={optional}"
            )
        self.dtype = _standardize_input_dtype(dtype)
        self.batch_shape = _standardize_batch_shape(shape, batch_size, batch_shape)
        self.built = True
        self._begin()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Let a deep copy, or what is read from a pickle, be an input of its own."""
        vars(self).update(state)
        self._begin()

    def _begin(self) -> None:
        """Make a node that reads nothing: its output stands for the data."""
        self.inbound_nodes.append(Node(self, [], SymbolicTensor(self.batch_shape, self.dtype)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_rank(input_shape, len(self.batch_shape))
        pairs = zip(input_shape[1:], self.batch_shape[1:], strict=True)
        if any(n != size and None not in (n, size) for n, size in pairs):
            raise ValueError(
                f"Input of layer '{self.name}' is incompatible with the layer: "
                f"expected shape={self.batch_shape}. Received: shape {tuple(input_shape)}"
            )
        return tuple(input_shape)

    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        inputs = self.prepare_inputs(inputs)
        return inputs, inputs.shape

    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        # forward: outputs = inputs
        return self.prepare_gradient(grad_outputs, cache)

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": False,
        }


def Input(  # noqa: N802  Keras's name
    shape=None, batch_size: int | None = None, dtype=None, name: str | None = None, batch_shape=None
) -> SymbolicTensor:
    """Return a symbolic tensor: what a model starts from.

    Args:
        shape: of one sample, without the batch size; ``None`` for a size that may vary.
        batch_size: if it is always the same.
        dtype: of the data, ``"float32"`` by default.
        name: of the ``InputLayer`` behind it.
        batch_shape: the shape with the batch size, instead of ``shape``.

    Example:
        >>> Input(shape=(28, 28, 1)).shape
        (None, 28, 28, 1)
    """
    return InputLayer(shape, batch_size, dtype, batch_shape=batch_shape, name=name).output


def _standardize_batch_shape(shape, batch_size, batch_shape) -> Shape:
    """Return the one shape that the three arguments describe."""
    if shape is not None and batch_shape is not None:
        raise ValueError(
            "You cannot pass both `shape` and `batch_shape` at the same time. "
            f"Received: shape={shape}, batch_shape={batch_shape}"
        )
    if batch_size is not None and batch_shape is not None:
        raise ValueError(
            "You cannot pass both `batch_size` and `batch_shape` at the same time. "
            f"Received: batch_size={batch_size}, batch_shape={batch_shape}"
        )
    if shape is None and batch_shape is None:
        raise ValueError("You must pass a `shape` argument. Received: shape=None, batch_shape=None")
    given = batch_shape if shape is None else shape
    sizes = tuple(given) if isinstance(given, list | tuple) else ("?",)
    sizes = sizes if shape is None else (batch_size, *sizes)
    is_size = [
        n is None or (isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 0) for n in sizes
    ]
    if not sizes or not all(is_size):
        raise ValueError(
            "The shape of an input must be a tuple of sizes, each an integer >= 0 or None. "
            f"Received: shape={shape!r}, batch_size={batch_size!r}, batch_shape={batch_shape!r}"
        )
    return tuple(None if n is None else int(n) for n in sizes)


def _standardize_input_dtype(dtype) -> str:
    """Return the name of a dtype of numbers. Integers are data only: the next layer converts them."""
    try:
        standard = np.dtype(dtype or "float32")
    except TypeError:
        standard = None
    if standard is None or standard.name == "float16" or standard.kind not in "iuf":
        raise ValueError(
            "The `dtype` of an input must be 'float32', 'float64' or an integer dtype such as 'uint8'. "
            f"Received: dtype={dtype!r}"
        )
    return standard.name
