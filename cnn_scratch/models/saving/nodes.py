"""Reading the nodes of a configuration: from JSON to objects of a closed table of classes.

A node names a class by its module and its name. Both must be, letter by letter, an entry of the
table in ``classes.py``; nothing is ever imported or looked up for a file. The arguments are checked
one by one (``settings.py``) before the class is called.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnn_scratch import activations
from cnn_scratch.activation import options_of_layer
from cnn_scratch.models.saving import classes, keras2
from cnn_scratch.models.saving.errors import ModelFileError, shorten
from cnn_scratch.models.saving.models import ModelReader
from cnn_scratch.models.saving.settings import OFF, TEXT, Setting, Unfit, settings_of
from cnn_scratch.registration import CustomObjectScope, known_objects
from cnn_scratch.serialization import array_of, is_array

MAX_LAYERS = 5000  # the largest model of Keras's applications has 1039
MIXED = ("mixed_float16", "mixed_bfloat16")
NODE_KEYS = {
    "module", "class_name", "config", "registered_name", "build_config", "compile_config",
    "shared_object_id", "name", "inbound_nodes",
}  # fmt: skip


class NodeReader:
    """Makes objects from nodes.

    Args:
        custom_objects: name → class or object, from the **caller**: what a file may name besides. What the
            program has registered is known, too.
        place: of the configuration, for messages.
        legacy: whether nodes come without a module, as ``.h5`` files have them.
        keras_version: of the file, if it says so.
    """

    def __init__(
        self,
        custom_objects: Mapping[str, Any] | None,
        place: str,
        legacy: bool = False,
        keras_version: str | None = None,
    ):
        self.custom_objects = known_objects(custom_objects)
        self.place = place
        self.legacy = legacy
        self.keras_2 = keras2.is_version_2(keras_version)
        self._layers_read = 0
        self._models = ModelReader(self)
        self._shared: dict[int, tuple[dict, Any]] = {}

    # Nodes ------------------------------------------------------------------------------------

    def read(self, node: Any, kind: str) -> Any:
        """Return the object that a node describes; ``kind`` is ``"layer"``, ``"initializer"``, …

        Raises:
            ModelFileError: an unknown class, or arguments that it does not take.
        """
        name, cls = self.find_class(node, kind)
        config = node["config"]
        if kind == "layer" and "shared_object_id" in node:
            return self._read_shared(node, cls)
        return self._make(cls, name, config)

    def find_class(self, node: Any, kind: str) -> tuple[str, Any]:
        """Return the class name of a node and the class, after checking the node's form."""
        if type(node) is not dict or not self._is_node(node):
            self.fail(
                f"expected {_a(kind)} as an object with a 'class_name' (a string) and a 'config' (an object)",
                node,
            )
        if unknown := set(node) - NODE_KEYS:
            self.fail(f"expected {_a(kind)} with the keys {', '.join(sorted(NODE_KEYS))}", sorted(unknown))
        name, registered = node["class_name"], node.get("registered_name")
        module = node.get("module")
        if self.legacy and module is None:
            name = name.removeprefix("Custom>")  # of what was registered under a name, also by Keras itself
            module = classes.default_module(name, kind, node["config"])
        table = classes.table(kind)
        if (module, name) in table:
            if registered not in (None, name, f"Custom>{name}"):
                self.fail(f"expected the class '{name}' under its own name", registered)
            return name, table[module, name]
        for custom in (registered, name):
            if type(custom) is str and custom in self.custom_objects:
                return name, self.custom_objects[custom]
        return self._refuse_class(module, name, kind)

    def _is_node(self, node: dict) -> bool:
        return (
            type(node.get("class_name")) is str
            and type(node.get("config")) in (dict, str)
            and type(node.get("module")) in (str, type(None))
            and type(node.get("registered_name")) in (str, type(None))
            and type(node.get("shared_object_id", 0)) is int
        )

    def _refuse_class(self, module, name: str, kind: str):
        if name in classes.CARRY_CODE:
            self.fail(
                f"'{shorten(name, 80)}' carries code or a path, which is never loaded from a file: "
                f"expected {_a(kind)} that consists of settings",
                f"module {shorten(str(module), 80)!r}",
            )
        known = [m for m, n in classes.table(kind) if n == name]
        hint = f" (there is one in '{known[0]}')" if known else ""
        self.fail(
            f"expected {_a(kind)} that cnn_scratch has, or one that the caller gives in "
            f"`custom_objects`{hint}",
            f"class '{shorten(name, 80)}' of module {shorten(str(module), 80)!r}",
        )

    def _read_shared(self, node: dict, cls: type) -> Any:
        """Return one object for all nodes that carry one number: a layer that two models share."""
        number = node["shared_object_id"]
        essence = {key: value for key, value in node.items() if key in ("module", "class_name", "config")}
        if number not in self._shared:
            self._shared[number] = (essence, self._make(cls, node["class_name"], node["config"]))
        known, shared = self._shared[number]
        if known != essence:
            self.fail(
                f"expected one {known['class_name']} under shared_object_id {number}",
                f"a {node['class_name']} with other settings",
            )
        return shared

    def _make(self, cls: Any, name: str, config: Any) -> Any:
        is_own = cls in self.custom_objects.values()
        if is_own and not hasattr(cls, "from_config"):
            return cls  # a function
        if type(config) is not dict:
            self.fail(f"expected the config of {name} as an object", config)
        label = f"{name} '{shorten(config['name'], 80)}'" if type(config.get("name")) is str else name
        if cls in classes.models() or (is_own and classes.holds_layers(cls, config)):
            return self.model(cls, config, label)
        if is_own:  # the caller vouches for it
            with CustomObjectScope(self.custom_objects):
                return cls.from_config(config)
        config = self.settings(settings_of(cls), keras2.modernize(name, config, self.keras_2), label)
        try:
            return cls.from_config(config)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise ModelFileError(f"{self.place}: {label}: {shorten(str(error))}") from error

    def settings(self, known: Mapping[str, Setting], config: dict, owner: str) -> dict[str, Any]:
        """Return the arguments in ``config``, checked and with objects in place of nodes."""
        values = {}
        for key, value in config.items():
            setting = known.get(key) or OFF.get(key)
            if setting is None:
                self.fail(
                    f"{owner}: expected only {', '.join(sorted(known))}", f"{key}={shorten(repr(value), 80)}"
                )
            array = self._array(value)
            try:
                checked = setting.read(value if array is None else array.tolist(), self)
            except Unfit:
                self.fail(f"{owner}: expected `{key}` to be {setting.wanted}", value)
            if key in known:
                values[key] = checked if array is None else array
        return values

    def _array(self, value: Any) -> np.ndarray | None:
        """Return the array in Keras's node for one, or ``None`` if it is no such node."""
        if not is_array(value):
            return None
        try:
            return array_of(value)
        except ValueError:
            self.fail("expected an array of numbers with its dtype", value)

    def fail(self, expected: str, received: Any):
        """Raise a ``ModelFileError`` with the usual words."""
        raise ModelFileError(f"{self.place}: {expected}. Received: {shorten(repr(received), 200)}")

    # Objects inside nodes ---------------------------------------------------------------------

    def layer(self, node: Any) -> Any:
        """Return a layer or a model."""
        self._layers_read += 1
        if self._layers_read > MAX_LAYERS:
            raise ModelFileError(f"{self.place}: expected at most {MAX_LAYERS} layers")
        return self.read(node, "layer")

    def model(self, cls: type, config: dict, label: str) -> Any:
        """Return a model: its layers are made first, then it is put together."""
        return self._models.read(cls, config, label)

    def initializer(self, value: Any) -> Any:
        """Return an initializer; a name as older files have it is one, too."""
        return self._object(value, "initializer")

    def regularizer(self, value: Any) -> Any:
        """Return a regularizer, or ``None``."""
        return self._object(value, "regularizer")

    def constraint(self, value: Any) -> Any:
        """Return a constraint, or ``None``."""
        return self._object(value, "constraint")

    def schedule(self, value: Any) -> Any:
        """Return a schedule of the learning rate."""
        if type(value) is not dict:
            raise Unfit
        return self.read(value, "schedule")

    def _object(self, value: Any, kind: str) -> Any:
        if value is None:
            return None
        if type(value) is str:
            if value in self.custom_objects:
                return self.custom_objects[value]
            return classes.by_name(value, kind, self)
        return self.read(value, kind)

    def activation(self, value: Any) -> Any:
        """Return an activation: a name; or a node with options, as this package writes it."""
        if value is None:
            return None
        if type(value) is dict:
            value = self._activation_node(value)
            if type(value) is dict:
                return activations.get(value)
        if type(value) is not str:
            raise Unfit
        if value in self.custom_objects:
            return self.custom_objects[value]
        if self.keras_2 and value == "hard_sigmoid":
            return activations.hard_sigmoid.with_options(slope=keras2.HARD_SIGMOID_SLOPE)
        try:
            return activations.get(value)
        except ValueError as error:
            raise ModelFileError(f"{self.place}: {shorten(str(error), 300)}") from None

    def _activation_node(self, node: dict) -> Any:
        """Return the name in a node of a function, or a checked node of an activation with options."""
        module, name, config = (node.get(key) for key in ("module", "class_name", "config"))
        if set(node) <= NODE_KEYS and name == "function" and module == "builtins" and type(config) is str:
            return config  # what Keras writes for a function; its name is looked up among the activations
        required = {"module", "class_name", "config", "registered_name"}
        fits = required <= set(node) <= NODE_KEYS and type(config) is dict and node["registered_name"] is None
        if fits and module == "keras.layers" and type(name) is str and name in activations.LAYERS:
            config = self._options_of_layer(name, config)
            node = {key: node[key] for key in required} | {"config": config}
            config = {key: config[key] for key in config if key not in ("activation", "activity_regularizer")}
        else:
            fits = fits and module == "cnn_scratch.activations" and set(node) == required
        if not fits or type(name) is not str or not all(map(_is_plain, config, config.values())):
            self.fail("expected an activation by its name", node)
        return node

    def _options_of_layer(self, name: str, config: dict) -> dict:
        """Return the options of an activation that is a layer, with objects in place of nodes."""
        options = options_of_layer(name, config)
        if name == "Activation" and "activation" in options:
            options["activation"] = self.activation(options["activation"])
        if "activity_regularizer" in options:
            options["activity_regularizer"] = self.regularizer(options["activity_regularizer"])
        return options

    def dtype(self, value: Any) -> str | None:
        """Return the name of a dtype from itself or a node of a policy."""
        if type(value) is dict:
            policies = {("keras", "DTypePolicy"), ("keras.mixed_precision", "Policy"), (None, "Policy")}
            fits = (value.get("module"), value.get("class_name")) in policies and set(value) <= NODE_KEYS
            config = value.get("config")
            if not fits or type(config) is not dict or not set(config) <= {"name", "source_name"}:
                self.fail("expected a dtype, or a DTypePolicy of module 'keras'", value)
            value = config.get("name")
        if value is None:
            return None
        TEXT.read(value, self)
        if value in MIXED:  # its parameters are float32, and it can be computed in that, too
            return "float32"
        try:
            np.dtype(value)
        except TypeError:
            self.fail("expected a dtype such as 'float32'", value)
        return value


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _is_plain(key: str, option: Any) -> bool:
    """Return whether an option of an activation is a number or null, or a list of axes."""
    if key == "axis" and type(option) is list:
        return all(type(axis) is int for axis in option)
    return type(option) in (int, float, bool, type(None))


def as_json(value: Any) -> Any:
    """Return a configuration as JSON would have it: tuples become lists, NumPy's numbers Python's own."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
