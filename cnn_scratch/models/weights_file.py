"""Reading and writing ``….weights.h5`` in Keras's layout.

Each layer is a group named by its class in snake case, counted per class in the order of the
layers; its arrays are the data sets 0, 1, 2, … of the group's ``vars``, trainable ones first::

    layers/conv2d/vars/0              kernel          (the attribute "name" of vars: the layer's own name)
    layers/conv2d/vars/1              bias
    layers/conv2d_1/vars/0
    layers/sequential/layers/dense/vars/0             a model inside the model
    optimizer/vars/0                  iterations, then the learning rate and the slots
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cnn_scratch.layers import Layer
from cnn_scratch.naming import to_snake_case

SUFFIX = ".weights.h5"


def groups(model) -> Iterator[tuple[str, Layer]]:
    """Yield (path of the group, layer) for every layer of a model, and of the models in it."""
    counts: Counter[str] = Counter()
    for layer in model.layers:
        kind = to_snake_case(type(layer).__name__)
        path = f"layers/{kind}_{counts[kind]}" if counts[kind] else f"layers/{kind}"
        counts[kind] += 1
        yield path, layer
        if hasattr(layer, "layers"):
            yield from ((f"{path}/{inner}", child) for inner, child in groups(layer))


def save_weights(model, filepath, overwrite: bool = True) -> None:
    """Write all weights of ``model``, and its optimizer's state if it has any.

    Raises:
        ValueError: the name does not end in ``.weights.h5``, or the model is not built.
        FileExistsError: the file is there and ``overwrite`` is false.
    """
    import h5py

    path = _check_path(filepath)
    if not model.built:
        raise ValueError(f"Model '{model.name}' has no weights to save: it is not built yet.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"The file exists already: {path}. Pass overwrite=True to replace it.")
    # A run that is interrupted while it saves must not leave half a file in the place of a whole one.
    partial = path.with_name(path.name + ".partial")
    with h5py.File(partial, "w") as file:
        for group, layer in groups(model):
            own = [] if hasattr(layer, "layers") else [p.value for p in layer.weights]
            _write(file, group, layer.name, own)
        _write(file, "", model.name, [])
        if _optimizer_state(model):
            _write(file, "optimizer", model.optimizer.name, _optimizer_state(model))
    partial.replace(path)


def _write(file, group: str, name: str, arrays: list[np.ndarray]) -> None:
    variables = file.create_group(f"{group}/vars")
    variables.attrs["name"] = name
    for number, array in enumerate(arrays):
        variables.create_dataset(str(number), data=np.asarray(array))


def _optimizer_state(model) -> list[Any]:
    trainer = model.trainer
    return trainer.optimizer.variables if trainer and trainer.parameters else []


def load_weights(model, filepath) -> None:
    """Read all weights of ``model``, and the optimizer's state if the file and the model have one.

    Every array is checked before the first one is copied, so a file that does not fit changes nothing.

    Raises:
        ValueError: not such a file, a layer that it does not have, or an array of another shape.
        FileNotFoundError: no such file.
    """
    import h5py

    path = _check_path(filepath)
    if not path.is_file():
        raise FileNotFoundError(f"No such weights file: {path}")
    if not model.built:
        raise ValueError(
            f"Model '{model.name}' must be built before weights can be loaded into it: begin it with an "
            "`Input`, call `build(input_shape)`, or call it on data."
        )
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"Expected an HDF5 file of weights. Received: {path} ({error})") from None
    with file:
        plan = []
        for group, layer in groups(model):
            if not hasattr(layer, "layers"):
                arrays = _read(file, f"{group}/vars", path) if layer.weights else []
                plan += _match(layer, arrays, f"layer '{layer.name}' ({group} in {path.name})")
        _refuse_extra_layers(file, model, path)
        state = _read(file, "optimizer/vars", path) if "optimizer" in file else []
    if state and model.trainer:
        model.trainer.flat_parameters()  # makes the optimizer's slots
        model.trainer.optimizer.set_weights(state)
    for parameter, array in plan:
        parameter.assign(array)


def _read(file, group: str, path: Path) -> list[np.ndarray]:
    if group not in file:
        raise ValueError(f"The file {path} has no group '{group}': it holds the weights of another model.")
    members = file[group]
    return [members[str(number)][()] for number in range(len(members))]


def _match(layer: Layer, arrays: list[np.ndarray], owner: str) -> list:
    if len(arrays) != len(layer.weights):
        raise ValueError(f"Expected {len(layer.weights)} arrays for {owner}. Received: {len(arrays)}")
    for parameter, array in zip(layer.weights, arrays, strict=True):
        if array.shape != parameter.shape:
            raise ValueError(
                f"Expected shape {parameter.shape} for '{parameter.name}' of {owner}. Received: {array.shape}"
            )
    return list(zip(layer.weights, arrays, strict=True))


def _refuse_extra_layers(file, model, path: Path) -> None:
    known = {group.split("/")[1] for group, _ in groups(model)}
    # Layers without weights may come and go; one with weights that nobody asks for is a mistake.
    extra = [
        name
        for name in file.get("layers", ())
        if name not in known and len(file[f"layers/{name}"].get("vars", ()))
    ]
    if extra:
        raise ValueError(f"The file {path} holds layers that model '{model.name}' does not have: {extra}")


def _check_path(filepath) -> Path:
    path = Path(filepath)
    if not path.name.endswith(SUFFIX):
        raise ValueError(f"The filename must end in `{SUFFIX}`. Received: filepath={str(filepath)!r}")
    return path
