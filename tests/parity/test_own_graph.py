"""Your own classes that are graphs of layers, ``super().__init__(inputs=inputs, outputs=outputs)``."""

import copy
import json
import pickle
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch import saving


def own_classes(library):
    """Return the same classes for one of the two libraries."""
    layers = library.layers

    class Encoder(library.Model):
        """Makes its layers itself, and writes its own argument down."""

        def __init__(self, size=3, **options):
            self.size = size
            image = library.Input((6, 6, 1), name="image")
            x = layers.Conv2D(2, 3, activation="relu")(image)
            features = layers.Flatten(name="features")(x)
            super().__init__(inputs=image, outputs=layers.Dense(size)(features), **options)
            self.features = library.Model(self.inputs, features)

        def describe(self, x):
            return self.features.predict(x, verbose=0).shape, self.size

        def get_config(self):
            return super().get_config() | {"size": self.size}

    class Plain(library.Model):
        def doubled(self, x):
            return 2 * self.predict(x, verbose=0)

    class Anything(Plain):
        def __init__(self, *args, unit="m", **kwargs):
            super().__init__(*args, **kwargs)
            self.unit = unit

        def get_config(self):
            return super().get_config() | {"unit": self.unit}

    @library.saving.register_keras_serializable("animals")
    class Registered(Anything):
        pass

    class Stack(library.Sequential):
        pass

    found = {name: thing for name, thing in locals().items() if isinstance(thing, type)}
    for cls in found.values():
        cls.__module__ = "own"  # the same in both, for files
    return SimpleNamespace(**found)


OURS, THEIRS = own_classes(cnn_scratch), own_classes(keras)
MODULES = {cnn_scratch: OURS, keras: THEIRS}
X = np.random.default_rng(0).normal(size=(12, 6, 6, 1)).astype("float32")
Y = np.random.default_rng(1).normal(size=(12, 3)).astype("float32")


def make(library, name):
    """Return a model of one of the classes, the same in both libraries but for its weights."""
    cls = getattr(MODULES[library], name)
    if name == "Encoder":
        return cls(name="own")
    if name == "Stack":
        flatten, dense = library.layers.Flatten(name="flat"), library.layers.Dense(3, name="dense")
        return cls([library.Input((6, 6, 1), name="image"), flatten, dense], name="own")
    image = library.Input((6, 6, 1), name="image")
    x = library.layers.Flatten(name="flat")(image)
    options = {} if name == "Plain" else {"unit": "cm"}
    return cls(image, library.layers.Dense(3, name="dense")(x), name="own", **options)


NAMES = list(vars(OURS))


def pair(name):
    ours, theirs = make(cnn_scratch, name), make(keras, name)
    rng = np.random.default_rng(2)
    weights = [rng.normal(size=weight.shape).astype("float32") for weight in theirs.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def same_predictions(ours, theirs):
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X, verbose=0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_graphs_that_train_as_in_keras(name):
    ours, theirs = pair(name)
    assert type(ours).__name__ == type(theirs).__name__ == name
    if name != "Stack":
        assert isinstance(ours, cnn_scratch.models.Functional)
    histories = []
    for model in (ours, theirs):
        model.compile("sgd", "mse", metrics=["mae"])
        histories.append(model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history)
    assert list(histories[0]) == list(histories[1])
    for key, values in histories[1].items():
        np.testing.assert_allclose(histories[0][key], values, rtol=1e-4)
    same_predictions(ours, theirs)


def test_their_methods_and_attributes():
    ours, theirs = pair("Encoder")
    assert ours.describe(X) == theirs.describe(X) == ((12, 32), 3)
    assert ours.count_params() == theirs.count_params()
    assert [layer.name for layer in ours.layers][:1] == ["image"]
    ours, theirs = pair("Registered")
    np.testing.assert_allclose(ours.doubled(X), theirs.doubled(X), rtol=1e-5, atol=1e-5)
    assert ours.unit == theirs.unit == "cm"
    assert type(ours).__mro__[1:4] == (OURS.Anything, OURS.Plain, cnn_scratch.models.Functional)


@pytest.mark.parametrize("name", NAMES)
def test_their_configurations(name):
    ours, theirs = pair(name)
    for config in (ours.get_config(), theirs.get_config()):
        assert config["name"] == "own"
        again = getattr(OURS, name).from_config(config)
        assert type(again) is getattr(OURS, name)
        assert vars(again).get("unit") == vars(ours).get("unit")
        assert again.count_params() == ours.count_params()
    assert set(ours.get_config()) == set(theirs.get_config())
    node, expected = saving.serialize_keras_object(ours), keras.saving.serialize_keras_object(theirs)
    assert set(node) == set(expected)
    for key in ("module", "class_name", "registered_name", "build_config"):
        assert json.dumps(node[key]) == json.dumps(expected[key])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("writer", [keras, cnn_scratch])
def test_their_files(name, writer, tmp_path):
    ours, theirs = pair(name)
    for model in (ours, theirs):
        model.compile("adam", "mse")
        model.train_on_batch(X, Y)
    (ours if writer is cnn_scratch else theirs).save(tmp_path / "own.keras")
    for library in (cnn_scratch, keras):
        cls = getattr(MODULES[library], name)
        known = {} if name == "Registered" else {name: cls}
        again = library.saving.load_model(tmp_path / "own.keras", custom_objects=known)
        assert type(again) is cls
        assert int(again.optimizer.iterations) == 1
        assert getattr(again, "unit", "cm") == "cm"
        np.testing.assert_allclose(again.predict(X, verbose=0), theirs.predict(X, verbose=0), atol=1e-5)


def test_a_file_names_only_what_is_known(tmp_path):
    make(cnn_scratch, "Plain").save(tmp_path / "own.keras")
    with pytest.raises(
        saving.ModelFileError, match=r"gives in `custom_objects`. .*class 'Plain' of module 'own"
    ):
        saving.load_model(tmp_path / "own.keras")
    for inside in (saving.CustomObjectScope, saving.custom_object_scope):
        with inside({"Plain": OURS.Plain}):
            assert type(saving.load_model(tmp_path / "own.keras")) is OURS.Plain
            with inside({}):
                assert saving.get_registered_object("Plain") is OURS.Plain
        assert saving.get_registered_object("Plain") is None


@pytest.mark.parametrize("name", NAMES)
def test_inside_of_other_models(name, tmp_path):
    def around(library):
        inner = make(library, name)
        image = library.Input((6, 6, 1))
        outputs = library.layers.Add()([inner(image), inner(library.layers.Rescaling(0.5)(image))])
        return library.Sequential([library.Model(image, outputs), library.layers.Dense(2)])

    ours, theirs = around(cnn_scratch), around(keras)
    theirs.set_weights([np.full(weight.shape, 0.1) for weight in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    same_predictions(ours, theirs)
    theirs.save(tmp_path / "theirs.keras")
    ours.save(tmp_path / "ours.keras")
    for library in (cnn_scratch, keras):
        cls = getattr(MODULES[library], name)
        for path in (tmp_path / "theirs.keras", tmp_path / "ours.keras"):
            again = library.models.load_model(path, custom_objects={name: cls})
            assert type(again.layers[0].get_layer("own")) is cls
            same_predictions(ours, again)


@pytest.mark.parametrize("name", NAMES)
def test_clones_and_copies(name):
    ours, theirs = pair(name)
    clone, expected = cnn_scratch.models.clone_model(ours), keras.models.clone_model(theirs)
    assert type(clone).__name__ == type(expected).__name__
    assert [w.shape for w in clone.weights] == [tuple(w.shape) for w in expected.weights]
    twin = copy.deepcopy(ours)
    assert type(twin) is type(ours)
    assert {"features", "unit", "size"} & set(vars(twin)) == {"features", "unit", "size"} & set(vars(ours))
    np.testing.assert_array_equal(twin.predict(X), ours.predict(X))
    outer = cnn_scratch.Sequential([cnn_scratch.Input((6, 6, 1)), ours])
    if name != "Stack":
        assert type(cnn_scratch.models.clone_model(outer).layers[0]) is type(ours)


class Picklable(cnn_scratch.Model):
    """At the place where a pickle looks for it."""


def test_pickles():
    image = cnn_scratch.Input((6, 6, 1))
    model = Picklable(image, cnn_scratch.layers.Flatten()(image))
    model.note = "a"
    again = pickle.loads(pickle.dumps(model))
    assert type(again) is Picklable
    assert again.note == "a"
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("library", [cnn_scratch, keras])
def test_what_is_missing_is_said(library):
    class Fixed(library.Model):
        def __init__(self):
            image = library.Input((2,))
            super().__init__(inputs=image, outputs=library.layers.Flatten()(image))

    assert Fixed().output_shape == (None, 2)
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'outputs'"):
        MODULES[library].Anything(inputs=1)
    with pytest.raises(TypeError, match=r"(?s)Unable to revive model from config.*Error .*'name'"):
        Fixed.from_config({"name": "a"})
