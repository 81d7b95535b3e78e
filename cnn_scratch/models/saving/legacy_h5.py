"""Whole models in ``….h5`` files, as Keras 2 wrote them and Keras 3 still can.

The configuration is the attribute ``model_config`` of the root, what ``compile`` was given is
``training_config``. Arrays are named: ``model_weights`` has the attribute ``layer_names``, each layer's
group has ``weight_names``, the paths of its arrays in order (trainable ones first).
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cnn_scratch.models.saving import keras2, strict_json, weights
from cnn_scratch.models.saving.compilation import read_compilation
from cnn_scratch.models.saving.errors import ModelFileError, blaming
from cnn_scratch.models.saving.hdf5 import Hdf5File
from cnn_scratch.models.saving.keras_file import build_model
from cnn_scratch.models.saving.nodes import NodeReader
from cnn_scratch.models.saving.window import Window
from cnn_scratch.parameter import Parameter, without_values


class LegacyFile:
    """An open ``….h5`` file."""

    def __init__(self, file, path: Path):
        self.path = path
        self._file = Hdf5File(Window(file, name=str(path)))
        self._attributes = self._file.attributes("")
        self.keras_version = self._text("keras_version")
        self.root = "model_weights/" if "model_weights" in self._file.groups else ""

    def _text(self, name: str) -> str | None:
        value = self._attributes.get(name)
        return value if isinstance(value, str) else None

    def json(self, name: str) -> dict | None:
        """Return an attribute of the root that holds JSON, ``None`` if it is not there."""
        text = self._text(name)
        if text is None:
            return None
        content = strict_json.loads(text.encode("utf-8"), f"{self.path}: {name}")
        if type(content) is not dict:
            raise ModelFileError(f"{self.path}: {name}: expected an object. Received: {str(content)[:80]}")
        return content

    def _names(self, group: str, name: str) -> list[str]:
        """Return a list of names; a long one is cut into ``name0``, ``name1``, …"""
        if group not in self._file.groups:
            raise ModelFileError(f"{self.path}: expected a group '{group}'. Received: none")
        attributes = self._file.attributes(group)
        if name in attributes:
            return list(attributes[name])
        names: list[str] = []
        part = 0
        while (more := attributes.get(f"{name}{part}")) is not None:
            names += more
            part += 1
        return names

    def arrays_of(self, group: str) -> list[weights.Stored]:
        """Return the arrays of a group in the order of its ``weight_names``."""
        arrays = []
        for name in self._names(group, "weight_names"):
            path = f"{group}/{name}"
            if path not in self._file.datasets:
                raise ModelFileError(f"{self.path}: expected an array '{path}'. Received: none")
            arrays.append(self._file.datasets[path])
        return arrays

    def layers(self) -> list[tuple[str, list[weights.Stored]]]:
        """Return (name, arrays) for every layer that has arrays."""
        names = self._names(self.root.rstrip("/"), "layer_names")
        if len(set(names)) < len(names):
            raise ModelFileError(f"{self.path}: expected every layer once. Received: {names[:5]} …")
        found = [(name, self.arrays_of(f"{self.root}{name}")) for name in names]
        return [(name, arrays) for name, arrays in found if arrays]

    def optimizer_state(self) -> list[weights.Stored]:
        """Return the arrays of the optimizer, none if there are none."""
        return self.arrays_of("optimizer_weights") if "optimizer_weights" in self._file.groups else []


def load(path: Path, custom_objects: Mapping[str, Any] | None, compile_it: bool):
    """Return the model of a file."""
    with open(path, "rb") as file, blaming(str(path)):
        opened = LegacyFile(file, path)
        node = opened.json("model_config")
        if node is None:
            raise ModelFileError(
                f"{path}: expected the attribute 'model_config': the file holds weights only. Make the "
                "model, and call `load_weights`"
            )
        reader = NodeReader(custom_objects, f"{path}: model_config", True, opened.keras_version)
        with without_values():
            model = build_model(reader, node)
        plan = plan_legacy_weights(model, opened, exact_dtype=True)
        settings = opened.json("training_config") if compile_it else None
        state: list[weights.Stored | None] = []
        if settings:
            settings = dict(settings)
            settings["optimizer"] = settings.pop("optimizer_config", None)
            reader.place = f"{path}: training_config"
            orders = [weights.state_places, weights.early_state_places]
            if reader.keras_2:
                settings = keras2.modern_training(settings, model.output_ports.names)
                is_old = keras2.is_old_optimizer(settings["optimizer"])
                orders = [keras2.state_order(is_old)]
            model.compile(**read_compilation(reader, settings))
            state = _plan_optimizer(model, opened, orders)
            if reader.keras_2 and is_old:
                keras2.warn_of_old_optimizer(settings["optimizer"], str(path), bool(state))
        weights.apply(model, plan, state)
    return model


def plan_legacy_weights(
    model, opened: LegacyFile, exact_dtype: bool, misfits: weights.Misfits | None = None
) -> weights.Plan:
    """Return which array belongs to which parameter: layers in order, whatever their names.

    With a list of ``misfits``, an array of another shape is left out, and said there.
    """
    layers = [layer for layer in model.layers if layer.weights]
    stored = opened.layers()
    if len(stored) != len(layers):
        raise ModelFileError(
            f"{opened.path}: expected arrays for {len(layers)} layers of model '{model.name}'. "
            f"Received: {len(stored)}"
        )
    plan: weights.Plan = []
    for layer, (name, arrays) in zip(layers, stored, strict=True):
        parameters, owner = _check_count(layer, name, arrays, opened)
        plan += _fitting(parameters, arrays, owner, exact_dtype, misfits)
    return plan


def plan_by_name(model, opened: LegacyFile, misfits: weights.Misfits | None = None) -> weights.Plan:
    """Return which array belongs to which parameter: layers by their names, as far as both have them.

    With a list of ``misfits``, a layer with another number of arrays, or an array of another shape, is
    left out, and said there.
    """
    layers = {layer.name: layer for layer in model.layers}
    plan: weights.Plan = []
    for name, arrays in opened.layers():
        if name in layers:
            with weights.noting(misfits):
                parameters, owner = _check_count(layers[name], name, arrays, opened)
                plan += _fitting(parameters, arrays, owner, False, misfits)
    return plan


def _check_count(layer, name: str, arrays: list, opened: LegacyFile) -> tuple[list[Parameter], str]:
    """Return a layer's parameters in the order of the file, and what to call it in messages."""
    parameters = layer.trainable_weights + layer.non_trainable_weights
    owner = f"layer '{layer.name}' ('{name}' in {opened.path})"
    if len(arrays) != len(parameters):
        raise ModelFileError(f"Expected {len(parameters)} arrays for {owner}. Received: {len(arrays)}")
    return parameters, owner


def _fitting(
    parameters: list[Parameter], arrays: list[weights.Stored], owner: str, exact_dtype: bool, misfits
) -> weights.Plan:
    plan: weights.Plan = []
    for parameter, array in zip(parameters, arrays, strict=True):
        with weights.noting(misfits):
            weights.check_fits(parameter, array, owner, exact_dtype)
            plan.append((parameter, array))
    return plan


def _plan_optimizer(
    model, opened: LegacyFile, orders: Sequence[weights.Order]
) -> list[weights.Stored | None]:
    state = opened.optimizer_state()
    planned = weights.in_order_of_variables(state, model, orders) if state else []
    if planned is None:
        expected = len(orders[0](model.optimizer, len(model.trainable_weights)))
        warnings.warn(
            f"{opened.path} holds the state of an optimizer that is kept otherwise here: "
            f"optimizer '{model.optimizer.name}' starts anew. "
            f"Expected: {expected} arrays. Received: {len(state)}",
            stacklevel=4,
        )
    return planned or []
