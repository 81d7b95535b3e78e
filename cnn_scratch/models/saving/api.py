"""The functions that a program calls: save and load models, weights and configurations."""

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cnn_scratch.models.saving import keras2, keras_file, legacy_h5, strict_json, weights
from cnn_scratch.models.saving.compilation import read_compilation
from cnn_scratch.models.saving.errors import ModelFileError, blaming
from cnn_scratch.models.saving.hdf5 import Hdf5File
from cnn_scratch.models.saving.models import MAX_NESTING
from cnn_scratch.models.saving.nodes import NodeReader
from cnn_scratch.models.saving.serialization import serialize
from cnn_scratch.models.saving.whole_file import whole_file
from cnn_scratch.models.saving.window import Window

WEIGHTS_SUFFIX = ".weights.h5"
LEGACY_SUFFIXES = (".h5", ".hdf5")
ORDERS = (weights.state_places, weights.early_state_places, keras2.state_order(is_old=False))


def save_model(model, filepath, overwrite: bool = True) -> None:
    """Write the whole model: configuration, weights, what ``compile`` was given, the optimizer's state.

    The class names and the preparation of images in ``model.metadata`` are written as well, and a
    self-test, which ``load_model`` makes.

    Args:
        model: built.
        filepath: ends in ``.keras``.
        overwrite: whether a file of that name may be replaced.

    Raises:
        ValueError: another name, or a model that is not built or has a part that no file can hold.
        FileExistsError: the file is there and ``overwrite`` is false.
    """
    path = Path(filepath)
    if path.suffix != ".keras":
        raise ValueError(
            f"The filename must end in `.keras`. Received: filepath={str(filepath)!r}. For the weights "
            "alone, call `save_weights` with a name that ends in `.weights.h5`"
        )
    _check_can_write(model, path, overwrite)
    keras_file.save(model, path)


def load_model(
    filepath, custom_objects: Mapping[str, Any] | None = None, compile: bool = True, safe_mode=True
):
    """Return the model of a file that this package or Keras wrote; the file may come from anybody.

    Args:
        filepath: a ``….keras`` file, or a whole model in a ``….h5`` file.
        custom_objects: name → class, for what a file may name besides the classes of this package.
        compile: whether to compile the model as it was, and to read the optimizer's state.
        safe_mode: there is no other mode here; ``False`` is refused.

    Returns:
        A model that predicts what the saved one did, and goes on training where it was.

    Raises:
        ModelFileError: the file is damaged, or asks for something that is never loaded. Its message
            names the place.
        FileNotFoundError: no such file.
    """
    if not safe_mode:
        raise ValueError(
            "cnn_scratch loads models in safe mode only: code is never loaded. Received: safe_mode=False"
        )
    path = Path(filepath)
    if not path.is_file():
        raise FileNotFoundError(f"No such model file: {path}")
    if path.name.endswith(WEIGHTS_SUFFIX):
        raise ValueError(
            f"Expected a whole model (`.keras`). Received: {path}, which holds weights only: make the "
            "model, and call `model.load_weights`"
        )
    if path.suffix in LEGACY_SUFFIXES:
        return legacy_h5.load(path, custom_objects, compile)
    if path.suffix != ".keras":
        raise ValueError(f"The filename must end in `.keras` or `.h5`. Received: filepath={str(filepath)!r}")
    return keras_file.load(path, custom_objects, compile)


def save_weights(model, filepath, overwrite: bool = True) -> None:
    """Write all weights of ``model``, and its optimizer's state if it has any.

    Raises:
        ValueError: the name does not end in ``.weights.h5``, or the model is not built.
        FileExistsError: the file is there and ``overwrite`` is false.
    """
    import h5py

    path = _check_weights_name(filepath)
    _check_can_write(model, path, overwrite)
    with whole_file(path) as partial, h5py.File(partial, "w") as file:
        weights.write_weights(model, file)


def load_weights(model, filepath, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Read all weights of ``model``, and the optimizer's state if the file and the model have one.

    Every array is checked before the first one is copied, so a file that does not fit changes nothing.

    Args:
        model: built.
        filepath: a ``….weights.h5`` or ``….keras`` file, or an ``….h5`` file in the older layout.
        skip_mismatch: whether to leave a layer as it is if its arrays are missing or of other shapes. One
            warning names all of them. In the older layout only the array of another shape is left out,
            as in Keras.
        by_name: whether layers are found by their names instead of their order, and those that the model
            or the file does not have are passed over; in the older layout only.

    Raises:
        ModelFileError: not such a file, a layer that it does not have, or an array of another shape.
        FileNotFoundError: no such file.
        ValueError: a model that is not built, or ``by_name`` for another kind of file.
    """
    path = Path(filepath)
    legacy = path.suffix in LEGACY_SUFFIXES and not path.name.endswith(WEIGHTS_SUFFIX)
    if path.suffix != ".keras" and not legacy:
        _check_weights_name(path)
    if by_name and not legacy:
        raise ValueError(f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {path}")
    if not path.is_file():
        raise FileNotFoundError(f"No such weights file: {path}")
    if not model.built:
        raise ValueError(
            f"Model '{model.name}' must be built before weights can be loaded into it: begin it with an "
            "`Input`, call `build(input_shape)`, or call it on data."
        )
    misfits: weights.Misfits | None = [] if skip_mismatch else None
    with open(path, "rb") as file, blaming(str(path)):
        if legacy:
            opened = legacy_h5.LegacyFile(file, path)
            if by_name:
                plan = legacy_h5.plan_by_name(model, opened, misfits)
            else:
                plan = legacy_h5.plan_legacy_weights(model, opened, False, misfits)
            weights.apply(model, plan, [])
        elif path.suffix == ".keras":
            with keras_file.KerasFile(file, path) as opened:
                _apply_weights(model, opened.arrays, path, misfits)
        else:
            arrays = Hdf5File(Window(file, name=str(path))).datasets
            _apply_weights(model, arrays, path, misfits)
    if misfits:
        listed = "\n".join(misfits)
        warnings.warn(
            f"Skipped the parts of {path} that do not fit model '{model.name}':\n{listed}",
            stacklevel=3,
        )


def _apply_weights(model, arrays: Mapping[str, weights.Stored], path: Path, misfits) -> None:
    plan = weights.plan_weights(model, arrays, path.name, False, misfits)
    state: list[weights.Stored | None] = []
    with weights.noting(misfits):
        state = weights.plan_optimizer(model, arrays, path.name, ORDERS)
    weights.apply(model, plan, state)


def _check_weights_name(filepath) -> Path:
    path = Path(filepath)
    if not path.name.endswith(WEIGHTS_SUFFIX):
        raise ValueError(f"The filename must end in `{WEIGHTS_SUFFIX}`. Received: filepath={str(filepath)!r}")
    return path


def _check_can_write(model, path: Path, overwrite: bool) -> None:
    if not model.built:
        raise ValueError(f"Model '{model.name}' has no weights to save: it is not built yet.")
    places = Counter(layers_inside(model))
    if twice := [layer.name for layer, times in places.items() if times > 1]:
        raise ValueError(
            f"Layer '{twice[0]}' stands in two models inside model '{model.name}', which no Keras "
            "file can hold. Save the inner models, or make the layer part of one of them only"
        )
    if nesting(model) > MAX_NESTING:
        raise ValueError(
            f"Expected at most {MAX_NESTING} models inside each other, for no more are read from a file. "
            f"Received: model '{model.name}' with {nesting(model)}"
        )
    if path.exists() and not overwrite:
        raise FileExistsError(f"The file exists already: {path}. Pass overwrite=True to replace it.")


def layers_inside(model) -> Iterator[Any]:
    """Yield every layer of a model, and of the models in it, once for each model that lists it."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from layers_inside(layer)


def nesting(model) -> int:
    """Return how many models stand inside each other: 1 for a model of plain layers."""
    return 1 + max((nesting(layer) for layer in model.layers if hasattr(layer, "layers")), default=0)


def model_to_json(model, **kwargs) -> str:
    """Return the model without its weights as JSON; ``kwargs`` as for ``json.dumps``."""
    return json.dumps(serialize(model), **kwargs)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None):
    """Return a model, with new weights, from what ``model.to_json()`` of this package or Keras returned.

    Raises:
        ModelFileError: the text describes no model that this package can make.
    """
    place = "The JSON text"
    # Half a character, which no UTF-8 is, goes on to where it is refused.
    node = strict_json.loads(json_string.encode("utf-8", "surrogatepass"), place)
    with blaming(place):
        node, version = keras2.without_version(node)
        reader = NodeReader(custom_objects, place, legacy=version is not None, keras_version=version)
        model = reader.layer(node)
        if node.get("compile_config") and hasattr(model, "compile"):
            model.compile(**read_compilation(reader, node["compile_config"]))
    return model


def serialize_keras_object(obj: Any) -> Any:
    """Return a layer, model, initializer, regularizer, constraint, loss, metric or optimizer as a node."""
    from cnn_scratch import constraints, initializers, losses, metrics, optimizers, regularizers
    from cnn_scratch.layers import Layer

    if isinstance(obj, Layer):
        return serialize(obj)
    for module, base in (
        (initializers, initializers.Initializer),
        (regularizers, regularizers.Regularizer),
        (constraints, constraints.Constraint),
        (losses, losses.Loss),
        (metrics, metrics.Metric),
        (optimizers, optimizers.Optimizer),
    ):
        if isinstance(obj, base):
            return module.serialize(obj)
    raise ValueError(f"Cannot serialize an object of this kind. Received: {obj!r}")


def deserialize_keras_object(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the object that a node of Keras's describes; the reverse of ``serialize_keras_object``.

    Raises:
        ModelFileError: the node is none, or names a class that is not in the table.
    """
    from cnn_scratch.models.saving import classes

    reader = NodeReader(custom_objects, "The configuration")
    with blaming("The configuration"):
        node = strict_json.loads(json.dumps(config).encode("utf-8"), "The configuration")
        key = (node.get("module"), node.get("class_name")) if isinstance(node, dict) else None
        kinds = ("layer", "initializer", "regularizer", "constraint", "loss", "metric", "optimizer")
        kind = next((kind for kind in kinds if key in classes.table(kind)), "layer")
        if not isinstance(node, dict):
            raise ModelFileError(f"expected a node. Received: {str(config)[:80]}")
        return reader.read(node, kind)
