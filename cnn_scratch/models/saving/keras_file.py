"""Whole models in ``….keras`` files, as Keras 3 writes them.

A ZIP archive of three members that are stored as they are: ``metadata.json``, ``config.json`` (the
model as nodes) and ``model.weights.h5``. What this package keeps besides (the names of the classes,
the preparation of images, a self-test, the counters of random layers) stands in ``metadata.json``
under the key ``"cnn_scratch"``: Keras never reads that file when it loads, whereas a fourth member
would make it unpack the whole archive into a temporary folder.
"""

import json
import os
import shutil
import tempfile
import time
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnn_scratch.models.saving import keras2, npz, self_test, strict_json, weights
from cnn_scratch.models.saving.archive import Archive
from cnn_scratch.models.saving.compilation import read_compilation
from cnn_scratch.models.saving.errors import ModelFileError, blaming
from cnn_scratch.models.saving.hdf5 import Hdf5File
from cnn_scratch.models.saving.metadata import read_metadata
from cnn_scratch.models.saving.nodes import NodeReader
from cnn_scratch.models.saving.random_state import random_state, read_random_state
from cnn_scratch.models.saving.serialization import serialize
from cnn_scratch.models.saving.whole_file import whole_file
from cnn_scratch.models.saving.window import Window
from cnn_scratch.parameter import without_values
from cnn_scratch.version import __version__

KERAS_VERSION = "3.15.1"  # whose layout is written
NOTES_VERSION = 1
METADATA, CONFIG, HDF5, NPZ = "metadata.json", "config.json", "model.weights.h5", "model.weights.npz"
LIMITS = {METADATA: strict_json.MAX_BYTES, CONFIG: strict_json.MAX_BYTES, HDF5: None, NPZ: None}
_NOTES = {"version", "written_by", "class_names", "preparation", "self_test", "random_state"}


# Writing ------------------------------------------------------------------------------------------


def save(model, path: Path) -> None:
    """Write a model; a file of that name is replaced at the end, when the new one is whole."""
    import h5py

    config = json.dumps(serialize(model))
    metadata = json.dumps(
        {
            "keras_version": KERAS_VERSION,
            "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
            "cnn_scratch": _notes(model),
        }
    )
    with whole_file(path) as partial, tempfile.TemporaryFile(dir=partial.parent) as arrays:
        with h5py.File(arrays, "w") as file:
            weights.write_weights(model, file)
        arrays.seek(0)
        with zipfile.ZipFile(partial, "w") as archive:
            archive.writestr(zipfile.ZipInfo(METADATA), metadata)
            archive.writestr(zipfile.ZipInfo(CONFIG), config)
            info = zipfile.ZipInfo(HDF5)
            info.file_size = os.fstat(arrays.fileno()).st_size
            with archive.open(info, "w") as target:
                shutil.copyfileobj(arrays, target, 1 << 20)


def _notes(model) -> dict[str, Any]:
    return {
        "version": NOTES_VERSION,
        "written_by": __version__,
        **model.metadata.to_json(),
        "self_test": self_test.record(model),
        "random_state": random_state(model),
    }


# Reading ------------------------------------------------------------------------------------------


class KerasFile:
    """An open ``….keras`` file (a context manager): its members, and what its JSON says.

    Attributes:
        keras_version, date_saved: as the file has them, or ``None``.
        notes: what this package wrote besides, ``{}`` if Keras wrote the file.
        arrays: path → array.
    """

    def __init__(self, file, path: Path):
        self.path = path
        self._archive = Archive(Window(file, name=str(path)), LIMITS)
        try:
            self._open()
        except BaseException:
            self._archive.__exit__()
            raise

    def __enter__(self) -> "KerasFile":
        return self

    def __exit__(self, *_) -> None:
        self._archive.__exit__()

    def _open(self) -> None:
        if CONFIG not in self._archive or (HDF5 in self._archive) == (NPZ in self._archive):
            raise ModelFileError(f"{self.path}: expected the members {CONFIG} and {HDF5} (or {NPZ})")
        self.metadata = self._json(METADATA) if METADATA in self._archive else {}
        self.keras_version = self._text("keras_version")
        self.date_saved = self._text("date_saved")
        self.notes = self._read_notes()
        self.arrays = self._read_arrays()

    def _json(self, name: str) -> dict:
        content = strict_json.loads(self._archive.read(name), f"{self.path}: {name}")
        if type(content) is not dict:
            raise ModelFileError(f"{self.path}: {name}: expected an object. Received: {str(content)[:80]}")
        return content

    def _text(self, key: str) -> str | None:
        value = self.metadata.get(key)
        return value[:100] if type(value) is str else None

    def _read_notes(self) -> dict:
        notes = self.metadata.get("cnn_scratch", {})
        place = f"{self.path}: {METADATA}: cnn_scratch"
        if type(notes) is not dict or type(notes.get("version", 1)) is not int:
            raise ModelFileError(f"{place}: expected an object with a version. Received: {str(notes)[:80]}")
        if notes.get("version", 1) > NOTES_VERSION:
            return {}  # of a later version of this package; the model itself is Keras's
        if unknown := set(notes) - _NOTES:
            raise ModelFileError(f"{place}: expected {sorted(_NOTES)}. Received: {sorted(unknown)[:5]}")
        return notes

    def _read_arrays(self) -> Mapping[str, weights.Stored]:
        if NPZ in self._archive:
            return npz.read_arrays(self._archive.window(NPZ))
        return Hdf5File(self._archive.window(HDF5), self._archive.packed_size(HDF5)).datasets

    def config(self) -> dict:
        """Return the model's node."""
        return self._json(CONFIG)

    def reader(self, name: str, custom_objects: Mapping[str, Any] | None = None) -> NodeReader:
        """Return a reader of nodes for one of the JSON members."""
        return NodeReader(custom_objects, f"{self.path}: {name}", keras_version=self.keras_version)

    def model_metadata(self):
        """Return class names and preparation."""
        notes = {key: self.notes[key] for key in ("class_names", "preparation") if key in self.notes}
        return read_metadata(notes, self.reader(METADATA))

    def self_test(self) -> dict | None:
        """Return the self-test, or ``None`` if there is none."""
        return self_test.read_test(self.notes.get("self_test"), self.reader(METADATA))


def load(path: Path, custom_objects: Mapping[str, Any] | None, compile_it: bool):
    """Return the model of a file. It is put together without memory, and filled when all fits."""
    with open(path, "rb") as file, blaming(str(path)), KerasFile(file, path) as opened:
        reader = opened.reader(CONFIG, custom_objects)
        node = opened.config()
        with without_values():
            model = build_model(reader, node)
        model.metadata = opened.model_metadata()
        test = opened.self_test()
        state = read_random_state(opened.notes.get("random_state"), model, opened.reader(METADATA))
        plan = weights.plan_weights(model, opened.arrays, str(path), exact_dtype=True)
        settings = node.get("compile_config") if compile_it else None
        optimizer_state = []
        if settings:
            model.compile(**read_compilation(reader, settings))
            orders = [weights.state_places, weights.early_state_places]
            if reader.keras_2:
                orders = [keras2.state_order(is_old=False)]
            if settings.get("optimizer") is None:
                _warn_of_no_optimizer(model, path)
            else:
                optimizer_state = weights.plan_optimizer(model, opened.arrays, str(path), orders)
            if reader.keras_2 and keras2.is_old_optimizer(settings.get("optimizer")):
                keras2.warn_of_old_optimizer(settings["optimizer"], str(path), bool(optimizer_state))
        weights.apply(model, plan, optimizer_state)
        for generator, value in state:
            generator.state.assign(value)
        if test is not None:
            self_test.check(model, test, str(path))
    return model


def _warn_of_no_optimizer(model, path: Path) -> None:
    """Keras forgets the optimizer of a model that it has saved as ``.h5``, in every later ``.keras`` file."""
    warnings.warn(
        f"{path} does not say which optimizer the model was trained with; it is compiled with "
        f"'{model.optimizer.name}', which starts anew. To train on, call `compile` with the right one",
        stacklevel=4,
    )


def build_model(reader: NodeReader, node: Any):
    """Return the model of a node, built; an error if it is a layer only, or cannot be built."""
    from cnn_scratch.models.model import Model

    model = reader.layer(node)
    if not isinstance(model, Model):
        reader.fail("expected a model", node.get("class_name"))
    if not model.built:
        reader.fail("expected a model whose input shape is known", f"'{model.name}', which has none")
    return model
