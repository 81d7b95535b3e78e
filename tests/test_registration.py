"""Your own classes by name: registered, in a scope, or given; and what files say about them."""

import json
import zipfile

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch import Input, Sequential, initializers, layers, losses, saving, utils


@pytest.fixture(autouse=True)
def nothing_stays_registered():
    before = dict(saving.get_custom_objects())
    yield
    saving.get_custom_objects().clear()
    saving.get_custom_objects().update(before)


def squares():
    class Squares(losses.MeanSquaredError):
        """Under a name of its own."""

    return Squares


def test_names_are_keras_s():
    for library in (cnn_scratch, keras):
        cls = type("Thing", (library.layers.Dense,), {})
        assert library.saving.get_registered_name(cls) == "Thing"
        assert library.saving.register_keras_serializable()(cls) is cls
        assert library.saving.get_registered_name(cls) == "Custom>Thing"
        library.utils.register_keras_serializable("mine", "Other")(cls)
        assert library.saving.get_registered_name(cls) == "mine>Other"
        assert library.utils.get_registered_object("mine>Other") is cls
        assert library.utils.get_registered_object("Thing") is None
        assert library.saving.get_registered_object("Thing", {"Thing": cls}) is cls
        assert library.saving.get_registered_object("a", {}, {"a": 1}) == 1
        assert library.saving.get_custom_objects()["mine>Other"] is cls
        with pytest.raises(ValueError, match=r"Cannot register a class that does not have a get_config\(\)"):
            library.saving.register_keras_serializable()(type("Plain", (), {}))


def test_a_scope_ends_and_goes_before_what_is_registered():
    one, other = squares(), squares()
    saving.get_custom_objects()["squares_of_mine"] = one
    assert type(losses.get("squares_of_mine")) is one
    with utils.custom_object_scope({"squares_of_mine": other}):
        assert type(losses.get("squares_of_mine")) is other
    assert type(losses.get("squares_of_mine")) is one
    with pytest.raises(ValueError, match="a mistake"), utils.CustomObjectScope({"b": other}):
        raise ValueError("a mistake")
    with pytest.raises(ValueError, match="Unknown loss: 'b'"):
        losses.get("b")


def test_nodes_of_losses():
    node = losses.serialize(squares()())
    assert (node["module"], node["registered_name"]) == (__name__, "Squares")
    with pytest.raises(ValueError, match=r"only if they are registered with .*class_name='Squares'"):
        losses.get(node)
    cls = saving.register_keras_serializable("mine")(squares())
    node = losses.serialize(cls(reduction="sum"))
    assert node["registered_name"] == "mine>Squares"
    assert type(losses.get(node)) is cls
    assert losses.get(node).reduction == "sum"


def own_layer(library, base, **methods):
    cls = type("Doubled", (base,), {"__module__": "own", **methods})
    return library.saving.register_keras_serializable("mine")(cls)


@pytest.mark.parametrize("writer", ["ours", "Keras"])
def test_files_with_registered_layers_losses_and_initializers(writer, tmp_path):
    """What one library writes the other reads, and each makes its own classes of the names."""
    made = {}
    for name, library in (("ours", cnn_scratch), ("Keras", keras)):
        dense = own_layer(library, library.layers.Dense)
        ones = library.saving.register_keras_serializable("mine")(
            type("Halves", (library.initializers.Constant,), {"__module__": "own"})
        )
        loss = library.saving.register_keras_serializable("mine")(
            type("Squares", (library.losses.MeanSquaredError,), {"__module__": "own"})
        )
        model = library.Sequential([library.Input((3,)), dense(2, kernel_initializer=ones(0.5))])
        model.compile("sgd", loss())
        made[name] = model, dense, ones, loss
    path = tmp_path / "m.keras"
    made[writer][0].save(path)
    for name, library in (("ours", cnn_scratch), ("Keras", keras)):
        _, dense, ones, loss = made[name]
        again = library.saving.load_model(path)
        assert type(again.layers[0]) is dense
        assert type(again.layers[0].kernel_initializer) is ones
        assert type(again.loss) is loss
        np.testing.assert_array_equal(again.predict(np.ones((1, 3)), verbose=0), [[1.5, 1.5]])


def test_a_class_of_the_program_itself_has_no_module(tmp_path):
    cls = type("Doubled", (layers.Dense,), {"__module__": "__main__"})
    Sequential([Input((3,)), cls(2)]).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        node = json.loads(archive.read("config.json"))["config"]["layers"][1]
    assert (node["module"], node["class_name"], node["registered_name"]) == (None, "Doubled", "Doubled")
    again = saving.load_model(tmp_path / "m.keras", custom_objects={"Doubled": cls})
    assert type(again.layers[0]) is cls


def test_what_is_registered_is_found_by_its_name():
    cls = saving.register_keras_serializable("mine")(type("Halves", (initializers.Constant,), {}))
    assert type(layers.Dense(1, kernel_initializer="mine>Halves").kernel_initializer) is cls
