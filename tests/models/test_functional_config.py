"""The configurations of graphs: written and read, and refused if they are broken."""

import json

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers
from cnn_scratch.models import Functional, clone_model, model_from_json
from tests.models.graphs import residual, two


@pytest.mark.parametrize("make", [residual, two])
def test_config_round_trip(make):
    model = make()
    for twin in (
        clone_model(model),
        model_from_json(model.to_json()),
        Functional.from_config(model.get_config()),
    ):
        assert twin.to_json() == model.to_json()
        assert not {id(layer) for layer in twin.layers} & {id(layer) for layer in model.layers}
        twin.set_weights(model.get_weights())
        x = [np.random.default_rng(2).normal(size=(3, *shape.shape[1:])) for shape in model.inputs]
        x = x[0] if len(x) == 1 else x
        first, again = model.predict(x), twin.predict(x)
        for ours, theirs in zip(*(o if isinstance(o, list) else [o] for o in (first, again)), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_config_of_layers_that_other_models_use_too():
    x, other = Input((3,), name="x"), Input((3,))
    dense = layers.Dense(3, name="dense")
    dense(other)  # a call that is no part of the model
    model = Model(x, dense(dense(x)))
    assert model_from_json(model.to_json()).to_json() == model.to_json()
    calls = model.get_config()["layers"][1]["inbound_nodes"]
    assert [call["args"][0]["config"]["keras_history"] for call in calls] == [["x", 0, 0], ["dense", 0, 0]]
    assert model.get_config()["output_layers"] == ["dense", 1, 0]


def broken(change):
    config = json.loads(two().to_json())
    change(config["config"])
    return json.dumps(config)


def entry(config, name):
    return next(node for node in config["layers"] if node["name"] == name)


def history(config, name):
    call = entry(config, name)["inbound_nodes"][0]["args"][0]
    return (call[0] if isinstance(call, list) else call)["config"]["keras_history"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: history(c, "shared").__setitem__(slice(None), ["inner", 0, 0]), "loops or disconnected"),
        (lambda c: history(c, "kind").__setitem__(0, "nobody"), "Unknown layer: 'nobody'"),
        (lambda c: history(c, "kind").__setitem__(1, 7), "loops or disconnected nodes.*'kind'"),
        (lambda c: history(c, "kind").__setitem__(2, 7), "'inner' has no output 7 of call 0"),
        (lambda c: history(c, "kind").__setitem__(1, -1), r"Expected the address of a tensor .* -1"),
        (lambda c: c.pop("layers"), "Functional 'two': expected layers"),
        (lambda c: c["output_layers"].__setitem__(0, "kind"), "Expected the address of a tensor"),
        (lambda c: c["layers"].append(c["layers"][0]), "unique names. Received a second 'a'"),
        (
            lambda c: entry(c, "kind").__setitem__("class_name", "Exec"),
            "expected a layer that cnn_scratch has.*'Exec'",
        ),
        (
            lambda c: entry(c, "kind").__setitem__("module", "os"),
            "expected a layer that cnn_scratch has.*'os'",
        ),
        (lambda c: entry(c, "kind")["inbound_nodes"][0].__setitem__("args", []), "expects one argument"),
        (lambda c: entry(c, "kind")["inbound_nodes"][0]["kwargs"].update(mask=3), "cannot be called with"),
        (lambda c: entry(c, "kind").pop("inbound_nodes"), "expected .* a list of inbound_nodes"),
    ],
    ids=range(13),
)
def test_rejects_broken_configurations(change, message):
    with pytest.raises(ValueError, match=message):
        model_from_json(broken(change))


def test_rejects_what_is_no_model():
    for text, message in (
        ("{", "expected JSON"),
        ('{"class_name": "\ud800"}', "The JSON text: expected JSON. Received: 'utf-8' codec can't decode"),
        ("[" * 100_000, "expected JSON at most 100 levels deep"),
        (json.dumps({"class_name": "Dense", "config": {}}), "expected a layer that cnn_scratch has"),
    ):
        with pytest.raises(ValueError, match=message):
            model_from_json(text)


def test_models_in_models_have_an_end():
    config = {"name": "endless", "layers": []}
    config["layers"].append({"class_name": "Sequential", "config": config})
    with pytest.raises(ValueError, match="expected an end of the models inside each other"):
        Sequential.from_config(config)
