"""The contract that every layer keeps: the abstract class ``Layer``."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from cnn_scratch import regularizers
from cnn_scratch.layers.weights import WithWeights
from cnn_scratch.shapes import Shape, check_gradient_shape
from cnn_scratch.structure import flatten, map_structure
from cnn_scratch.symbolic import SymbolicTensor

Cache = Any


class Layer(WithWeights, ABC):
    """A function with parameters, and the gradient of that function.

    A concrete layer writes four methods. ``build`` makes its parameters. ``forward`` computes the
    outputs and **returns** whatever ``backward`` will need (the cache); the layer itself remembers
    nothing between calls, so it can be used twice in a model, and a prediction in the middle of
    training disturbs nothing. ``backward`` takes ∂loss/∂outputs, adds ∂loss/∂parameter to each
    ``parameter.grad`` and returns ∂loss/∂inputs. ``compute_output_shape`` computes the shape of the
    outputs, and refuses inputs whose shape is not possible.

    A layer of several inputs (``Add``, say) sets ``takes_list = True``. ``forward`` is then given a list of
    arrays, ``build`` and ``compute_output_shape`` a list of shapes, and ``backward`` returns a list of
    gradients, one per input.

    Args:
        name: unique in a model; made from the class's name if not given.
        trainable: whether an optimizer may change the parameters.
        dtype: ``"float32"`` (default) or ``"float64"``, for the parameters and the computation.
            Inputs of any other numeric dtype are converted.
        activity_regularizer: a penalty on the outputs of each sample, whose mean is added to the loss.
        input_shape: the shape of one sample, for the first layer of a ``Sequential``.
        input_dim: the same, (input_dim,), if a sample has one axis.

    Raises:
        ValueError: an unknown dtype, or a keyword that the layer does not have.
    """

    def __new__(cls, *_, **__):
        """Refuse a class that lacks a method, and say which; also one with a ``call``, which is not used."""
        if cls.__abstractmethods__ or hasattr(cls, "call"):
            missing = sorted(cls.__abstractmethods__) or ["forward and backward in the place of `call`"]
            raise TypeError(
                f"Class {cls.__name__} cannot be used yet, since nothing here differentiates a `call`: a "
                "layer has a `forward`, which returns (outputs, cache), and a `backward`, which returns the "
                f"gradient of its inputs. Expected besides: {', '.join(missing)}"
            )
        return super().__new__(cls)

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype=None,
        activity_regularizer=None,
        input_shape: Shape | None = None,
        **unknown,
    ):
        if (input_dim := unknown.pop("input_dim", None)) is not None:
            input_shape = (input_dim,)
        if unknown:
            raise ValueError(f"Unrecognized keyword arguments passed to {type(self).__name__}: {unknown}")
        super().__init__(name, trainable)
        self.dtype = _standardize_dtype(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.declared_input_shape = None if input_shape is None else tuple(input_shape)
        self.built = False
        self.build_shape: Shape | None = None  # the shape that ``build_once`` was given

    # What a layer writes ----------------------------------------------------------------------

    def build(self, input_shape: Shape) -> None:
        """Make the parameters for inputs of ``input_shape``. Called once, before the first use."""
        self.built = True

    @abstractmethod
    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the outputs.

        Args:
            input_shape: with the batch size first; ``None`` where a size is not known.

        Raises:
            ValueError: the layer cannot take such inputs.
        """

    @abstractmethod
    def forward(self, inputs: np.ndarray, training: bool = False) -> tuple[np.ndarray, Cache]:
        """Return the outputs, and the cache that ``backward`` needs."""

    @abstractmethod
    def backward(self, grad_outputs: np.ndarray, cache: Cache) -> np.ndarray:
        """Add ∂loss/∂parameter to every ``parameter.grad``; return ∂loss/∂inputs.

        Args:
            grad_outputs: ∂loss/∂outputs, of the outputs' shape.
            cache: what ``forward`` returned beside these outputs.
        """

    # What every layer has ---------------------------------------------------------------------

    def __call__(self, inputs, training: bool | None = None, mask: None = None):
        """Return the outputs for ``inputs``. Builds the layer if needed.

        Args:
            inputs: an array, or a symbolic tensor; a list of them for a layer of several inputs.
            training: whether this is a training step. ``None`` leaves it to the layer if the inputs are
                arrays (no, except for the layers that change images at random), and to the model if they
                are symbolic tensors.
            mask: an argument of Keras; only ``None`` is possible (layers for images get no mask there).

        Raises:
            ValueError: inputs that do not fit, or a mask.
        """
        if mask is not None:
            raise ValueError(
                f"cnn_scratch has no masks: layer '{self.name}' expected None. Received: {mask=}"
            )
        is_array = type(inputs) is np.ndarray
        if not is_array and any(isinstance(thing, SymbolicTensor) for thing in flatten(inputs)):
            return self.call_on_symbols(inputs, training)
        return self.infer(inputs if self.built else self.prepare_inputs(inputs), training)

    def compute_output_spec(self, inputs):
        """Build the layer, and return the symbolic tensors that stand for its outputs for ``inputs``."""
        shapes = map_structure(lambda tensor: tensor.shape, inputs)
        self.build_once(shapes)
        return SymbolicTensor(self.compute_output_shape(shapes), self.dtype)

    def build_once(self, input_shape: Shape) -> None:
        """Build the layer, unless it is built already, after checking that it can take such inputs."""
        if not self.built:
            self.compute_output_shape(input_shape)
            self.build(input_shape)
            self.build_shape = input_shape

    def prepare_inputs(self, inputs) -> np.ndarray:
        """Return ``inputs`` as kernels want them, or raise: the door through which all data comes.

        The array gets the layer's dtype and becomes contiguous, aligned and writeable (it is not copied if
        it is like that already). The layer is built if necessary, and the shape is checked. For a layer of
        several inputs this is a list of such arrays.
        """
        if not self.takes_list:
            inputs = self._as_array(inputs)
            shape = inputs.shape
        elif not isinstance(inputs, list | tuple):
            raise ValueError(
                f"Layer '{self.name}' expects a list of inputs. Received: {type(inputs).__name__}"
            )
        else:
            inputs = [self._as_array(array) for array in inputs]
            shape = [array.shape for array in inputs]
        self.build_once(shape)
        self.compute_output_shape(shape)
        return inputs

    def prepare_gradient(self, grad_outputs, output_shape: Shape) -> np.ndarray:
        """Return ``grad_outputs`` as kernels want them, or raise if the shape is not the outputs'."""
        grad_outputs = self._as_array(grad_outputs)
        check_gradient_shape(grad_outputs.shape, tuple(output_shape), "layer", self)
        return grad_outputs

    def _as_array(self, values) -> np.ndarray:
        if type(values) is np.ndarray and values.dtype == self.dtype and values.flags.carray:
            return values
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"Layer '{self.name}' expected an array of numbers. "
                f"Received: dtype={array.dtype}, shape={array.shape}"
            )
        return np.require(array, self.dtype, ("C_CONTIGUOUS", "ALIGNED", "WRITEABLE"))

    @property
    def output_penalty(self) -> regularizers.Regularizer | None:
        """The penalty on the outputs: ``activity_regularizer``, and that of a layer given as ``activation``.

        Both see the same numbers, because the activation is the last thing that a layer does.
        """
        of_activation = getattr(vars(self).get("activation"), "activity_regularizer", None)
        if self.activity_regularizer is None or of_activation is None:
            return self.activity_regularizer or of_activation
        return regularizers.Both(self.activity_regularizer, of_activation)

    def check_rank(self, input_shape: Shape, rank: int, or_more: bool = False) -> None:
        """Raise unless ``input_shape`` has ``rank`` axes (or more, if that is allowed)."""
        if len(input_shape) != rank and not (or_more and len(input_shape) > rank):
            wanted = f"min_ndim={rank}" if or_more else f"ndim={rank}"
            raise ValueError(
                f"Input of layer '{self.name}' is incompatible with the layer: expected {wanted}, "
                f"found ndim={len(input_shape)}. Received: shape {tuple(input_shape)}"
            )

    def check_axis(self, input_shape: Shape, size: int | None, expected: int | None) -> None:
        """Raise if the size of the channel axis is unknown, or is not what the layer was built for."""
        if size is None or (expected is not None and size != expected):
            wanted = "a known size" if expected is None else f"size {expected}"
            raise ValueError(
                f"Input of layer '{self.name}' is incompatible with the layer: expected the channel axis to "
                f"have {wanted}. Received: shape {tuple(input_shape)}"
            )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that would make this layer again, under Keras's keys."""
        policy = {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": self.dtype},
            "registered_name": None,
        }
        config = {"name": self.name, "trainable": self.trainable, "dtype": policy}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Layer":
        """Make a layer from what ``get_config`` returned, here or in Keras.

        Raises:
            ValueError: an argument that the layer does not have, or a quantized layer of Keras.
        """
        if config.get("quantization_config") is not None:
            raise ValueError(
                "cnn_scratch does not have quantized layers: expected quantization_config=None. "
                f"Received: {config['quantization_config']}"
            )
        # Keras writes ``autocast`` for user-defined classes; here inputs are always converted.
        left_out = {"quantization_config"} | ({"autocast"} if config.get("autocast") is True else set())
        return cls(**{key: value for key, value in config.items() if key not in left_out})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _standardize_dtype(dtype) -> str:
    """Return ``"float32"`` or ``"float64"`` from a name, a NumPy dtype or a Keras policy node."""
    if isinstance(dtype, dict):
        dtype = dtype.get("config", {}).get("name")
    try:
        name = np.dtype(dtype or "float32").name
    except TypeError:
        name = str(dtype)
    if name not in ("float32", "float64"):
        raise ValueError(f"The `dtype` argument must be 'float32' or 'float64'. Received: dtype={dtype!r}")
    return name
