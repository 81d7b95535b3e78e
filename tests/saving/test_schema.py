"""The closed table of classes and the schema of their arguments are complete, and closed."""

import inspect
import json
import math

import pytest

from cnn_scratch import Input, Model, layers
from cnn_scratch.arithmetic import OPERATIONS
from cnn_scratch.layers import Layer
from cnn_scratch.models.saving import classes, settings
from cnn_scratch.models.saving.nodes import NodeReader
from cnn_scratch.models.saving.settings import settings_of
from cnn_scratch.naming import reset_names
from cnn_scratch.saving import ModelFileError, deserialize_keras_object, serialize_keras_object

KINDS = ("layer", "initializer", "regularizer", "constraint", "loss", "metric", "optimizer")
CLASSES = [
    (kind, module, name) for kind in KINDS for module, name in classes.table(kind) if name not in OPERATIONS
]
# Arguments that are Python objects: no file can hold them. `for_images` is given by the subclasses of
# a base class to itself.
NOT_IN_FILES = {("Normalization", "input_mean"), ("Normalization", "input_variance")}


@pytest.mark.parametrize(("kind", "module", "name"), CLASSES, ids=lambda value: str(value))
def test_every_argument_of_every_class_has_a_setting(kind, module, name):
    cls = classes.table(kind)[module, name]
    if cls in classes.models():
        return
    known = settings_of(cls)
    for owner in cls.__mro__[:-1]:
        if "__init__" not in vars(owner):
            continue
        parameters = inspect.signature(owner.__init__).parameters.values()
        missing = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        missing -= {
            "self",
            "for_images",
            *known,
            *(argument for cls_name, argument in NOT_IN_FILES if cls_name == name),
        }
        assert not missing, f"{name} has arguments that settings.py does not know: {sorted(missing)}"
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break


def test_every_public_layer_is_in_the_table_under_its_module_of_keras():
    public = {
        name
        for name in layers.__all__
        if isinstance(getattr(layers, name), type) and issubclass(getattr(layers, name), Layer)
    }
    assert {name for _, name in classes.table("layer")} >= public - {"Layer"}


@pytest.mark.parametrize("name", sorted(classes.PRIVATE_MODULES))
def test_keras_s_private_classes_are_where_the_table_says(name):
    keras = pytest.importorskip("keras", reason="Keras is the authority on its own modules")
    assert keras
    module = classes.PRIVATE_MODULES[name]
    source = __import__(module, fromlist=[name])
    assert getattr(source, name).__module__ == module


@pytest.mark.parametrize("kind", KINDS)
def test_no_class_that_carries_code_is_in_the_table(kind):
    assert not {name for _, name in classes.table(kind)} & classes.CARRY_CODE


@pytest.mark.parametrize(
    ("setting", "fit", "unfit"),
    [
        (settings.integer(1, 9), [1, 9], [0, 10, 1.0, True, "1", None]),
        (settings.number(0, 1), [0, 1, 0.5], [-0.1, 1.1, True, "0", None, math.nan, [0.5]]),
        (settings.NUMBER, [-1e300, 2**63], [math.nan, math.inf, -math.inf, 2**64, 1j]),
        (settings.BOOLEAN, [True, False], [0, 1, None, "true"]),
        (settings.one_of("a", "b"), ["a"], ["c", "", None, ["a"]]),
        (settings.list_of(settings.STEP, 2), [[1, 2]], [[1], [1, 2, 3], [0, 1], (1, 2), 1]),
        (
            settings.some_of(settings.STEP, "a", "b"),
            [{}, {"b": 1}],
            [None, [], {"c": 1}, {"a": 0}, {"a": None}],
        ),
        (settings.TEXT, ["", "x" * 500], ["x" * 501, None, b"x"]),
    ],
)
def test_settings(setting, fit, unfit):
    for value in fit:
        assert setting.read(value, None) == value
    for value in unfit:
        with pytest.raises(settings.Unfit):
            setting.read(value, None)


def test_objects_go_to_nodes_and_back():
    from cnn_scratch import initializers, losses, metrics, optimizers, regularizers

    for thing in (
        initializers.HeNormal(seed=7),
        regularizers.L1L2(0.1, 0.2),
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics.TopKCategoricalAccuracy(k=3),
        optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        layers.Conv2D(3, (1, 2), padding="same", activation="tanh", kernel_regularizer="l2"),
        layers.LeakyReLU(0.1),
    ):
        node = json.loads(json.dumps(serialize_keras_object(thing)))
        again = deserialize_keras_object(node)
        assert type(again) is type(thing)
        assert again.get_config() == thing.get_config()


class Twice(Layer):
    """outputs = 2 · inputs, a layer of the user's own."""

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def forward(self, inputs, training=False):
        return 2 * inputs, None

    def backward(self, grad_outputs, cache):
        return 2 * grad_outputs


def test_custom_objects_come_from_the_caller_only():
    node = serialize_keras_object(Twice(name="twice")) | {"module": "mine", "registered_name": "mine>Twice"}
    with pytest.raises(ModelFileError, match="gives in `custom_objects`"):
        deserialize_keras_object(node)
    assert isinstance(deserialize_keras_object(node, custom_objects={"Twice": Twice}), Twice)
    assert isinstance(deserialize_keras_object(node, custom_objects={"mine>Twice": Twice}), Twice)
    # A class of the table is not replaced: a file means Keras's Dense when it says so.
    dense = serialize_keras_object(layers.Dense(3))
    assert isinstance(deserialize_keras_object(dense, custom_objects={"Dense": Twice}), layers.Dense)


def graph_node(change=lambda config: None):
    reset_names()
    a = Input((4,), name="a")
    dense = layers.Dense(4, name="dense")
    model = Model(a, layers.Add(name="add")([dense(dense(a)), a]) * 2.0, name="graph")
    node = json.loads(json.dumps(serialize_keras_object(model)))
    change(node["config"])
    return node


def entry(config, name):
    return next(one for one in config["layers"] if one["name"] == name)


def tensor(layer, call=0, output=0):
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [layer, call, output]}}


def read_itself(config):
    entry(config, "dense")["inbound_nodes"][0]["args"] = [tensor("dense", 1)]


def read_each_other(config):
    entry(config, "dense")["inbound_nodes"] = [{"args": [tensor("add")], "kwargs": {}}]


OBJECTS = {"class_name": "__numpy__", "config": {"value": ["x"], "dtype": "O"}}
GRAPHS = {
    "calls in a circle": (read_each_other, "loops or disconnected nodes"),
    "a call that reads itself": (read_itself, "loops or disconnected nodes"),
    "an unknown layer": (
        lambda c: entry(c, "dense")["inbound_nodes"][0].update(args=[tensor("os")]),
        "Unknown layer: 'os'",
    ),
    "a call that does not exist": (
        lambda c: entry(c, "dense")["inbound_nodes"][0].update(args=[tensor("a", 7)]),
        "loops or disconnected",
    ),
    "an output that does not exist": (
        lambda c: entry(c, "dense")["inbound_nodes"][0].update(args=[tensor("a", 0, 7)]),
        "has no output 7",
    ),
    "a negative call": (
        lambda c: entry(c, "dense")["inbound_nodes"][0].update(args=[tensor("a", -1)]),
        "Expected the address of a tensor",
    ),
    "an address that is a string": (
        lambda c: c.update(output_layers="dense"),
        "expected `output_layers` to be",
    ),
    "no outputs": (lambda c: c.pop("output_layers"), "expected output_layers"),
    "an unknown keyword": (
        lambda c: entry(c, "dense")["inbound_nodes"][0].update(kwargs={"shell": "true"}),
        "cannot be called with",
    ),
    "calls that are a string": (
        lambda c: entry(c, "dense").update(inbound_nodes="x"),
        "a list of inbound_nodes",
    ),
    "a call that is a number": (lambda c: entry(c, "dense").update(inbound_nodes=[3]), "."),
    "arguments that are nested": (
        lambda c: entry(c, "dense")["inbound_nodes"][0].update(args=[[[[tensor("a")]]]]),
        ".",
    ),
    "a layer of one input with two": (
        lambda c: entry(c, "dense")["inbound_nodes"][0].update(args=[tensor("a"), tensor("a")]),
        "expects one argument",
    ),
    "a name twice": (lambda c: c["layers"].append(c["layers"][0]), "unique names"),
    "an array of objects": (
        lambda c: entry(c, "multiply")["inbound_nodes"][0].update(args=[tensor("add"), OBJECTS]),
        "Expected an array of numbers",
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_hostile_graphs(name):
    change, message = GRAPHS[name]
    with pytest.raises(ModelFileError, match=message):
        NodeReader(None, "here").layer(graph_node(change))


def test_an_honest_graph():
    model = NodeReader(None, "here").layer(graph_node())
    assert [layer.name for layer in model.layers] == ["a", "dense", "add"]


def test_models_in_models_that_multiply():
    """Ten calls of a model of ten calls of a model …: a kilobyte that asks for a billion layers."""
    node = None
    for depth in range(9):
        inside = Input((2,), name="a") if node is None else None
        if inside is not None:
            layer = layers.Activation("relu", name="relu")
            x = inside
            for _ in range(10):
                x = layer(x)
            node = json.loads(json.dumps(serialize_keras_object(Model(inside, x, name="m0"))))
            continue
        first = json.loads(json.dumps(serialize_keras_object(layers.InputLayer((2,), name="a"))))
        name = f"m{depth - 1}"
        calls = [{"args": [tensor("a")], "kwargs": {}}]
        calls += [{"args": [tensor(name, number)], "kwargs": {}} for number in range(9)]
        config = {
            "name": f"m{depth}",
            "trainable": True,
            "layers": [
                first | {"name": "a", "inbound_nodes": []},
                node | {"name": name, "inbound_nodes": calls},
            ],
            "input_layers": [["a", 0, 0]],
            "output_layers": [[name, 10, 0]],
        }
        node = {**node, "config": config}
        node = {key: value for key, value in node.items() if key not in ("name", "inbound_nodes")}
    with pytest.raises(ModelFileError, match="at most 30000 calls of layers"):
        NodeReader(None, "here").layer(node)
