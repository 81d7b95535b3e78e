"""Layers that are frozen and thawed between compilations and steps, beside Keras."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnn_scratch
from tests.parity.test_functional import compile_eagerly

PLACES = ["model", "base", "base/dense", "base/norm", "norm", "head"]
# What is done to a model: steps of training mostly, and a change of ``trainable`` at a place.
actions = st.one_of(
    st.sampled_from(["compile", "train", "train", "train", "evaluate"]),
    st.tuples(st.sampled_from(PLACES), st.booleans()),
)


pytestmark = pytest.mark.usefixtures("keras_computes_in_float64")


def make(library):
    """Return a model with a model in it, normalizations in both, and penalties on weights and outputs."""
    layers, regularizers = library.layers, library.regularizers
    options = {"dtype": "float64"}
    x = library.Input((5,), **options)
    penalties = {"kernel_regularizer": regularizers.L2(2**-5), "activity_regularizer": regularizers.L2(2**-6)}
    y = layers.Dense(4, name="dense", **penalties, **options)(x)
    y = layers.ReLU(name="relu", **options)(
        layers.BatchNormalization(momentum=0.5, name="norm", **options)(y)
    )
    base = library.Model(x, y, name="base")
    inputs = library.Input((5,), **options)
    y = layers.BatchNormalization(momentum=0.5, name="norm", **options)(base(inputs))
    y = layers.Dense(3, name="head", bias_regularizer=regularizers.L1(2**-5), **options)(y)
    return library.Model(inputs, y, name="model")


def place(model, path):
    """Return the layer at one of ``PLACES``."""
    for name in path.split("/") if path != "model" else ():
        model = model.get_layer(name)
    return model


def done(library, history, optimizer, weights):
    """Return what a model shows after each action: numbers of weights, results, and all weights."""
    library.utils.clear_session()
    model = make(library)
    model.set_weights(weights)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 5)), rng.normal(size=(6, 3))
    found = []
    for action in ["compile", *history]:
        results = 0.0
        if action == "compile":
            kind = {"sgd": "SGD", "adam": "Adam"}[optimizer]
            compile_eagerly(model, getattr(library.optimizers, kind)(2**-6), "mse", metrics=["mae"])
        elif action == "train":
            results = model.train_on_batch(x, y)
        elif action == "evaluate":
            results = model.evaluate(x, y, verbose=0)
        # Setting True where it is True does nothing in Keras, not even to the layers inside.
        elif place(model, action[0]).trainable != action[1]:
            place(model, action[0]).trainable = action[1]
        counts = [len(model.trainable_weights), len(model.non_trainable_weights)]
        found.append((action, counts, np.ravel(results), model.get_weights()))
    return found


def done_or_refused(*arguments):
    """Return what ``done`` returns, or the message of its error."""
    try:
        return done(*arguments)
    except ValueError as error:
        return str(error)


@pytest.mark.filterwarnings("ignore:.*not have any trainable weights")
@given(st.lists(actions, min_size=3, max_size=9), st.sampled_from(["sgd", "adam"]))
def test_freezing_between_steps(history, optimizer):
    rng = np.random.default_rng(3)
    weights = [rng.uniform(0.2, 0.9, weight.shape) for weight in make(cnn_scratch).weights]
    ours, theirs = (done_or_refused(library, history, optimizer, weights) for library in (cnn_scratch, keras))
    if isinstance(theirs, str):  # something was thawed that the optimizer does not know
        assert "Unknown variable" in theirs
        assert "The optimizer was not built for parameter" in ours
        return
    for (action, *our), (_, *their) in zip(ours, theirs, strict=True):
        assert our[0] == their[0], action
        np.testing.assert_allclose(
            our[1], their[1], rtol=1e-6, err_msg=str(action)
        )  # Keras's means are float32
        for one, other in zip(our[2], their[2], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10, err_msg=str(action))


def test_nothing_to_train():
    """A warning, as in Keras: what is measured is measured, and what moves in training moves."""
    results = []
    for library in (cnn_scratch, keras):
        library.utils.clear_session()
        options = {"dtype": "float64"}
        x = library.Input((5,), **options)
        norm = library.layers.BatchNormalization(momentum=0.5, center=False, scale=False, **options)
        head = library.layers.Dense(3, kernel_initializer="ones", trainable=False, **options)
        model = library.Model(x, head(norm(x)))
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 3))
        compile_eagerly(model, "adam", "mse", metrics=["mae"])
        with pytest.warns(UserWarning, match="does not have any trainable weights"):
            history = model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0).history
        head.trainable = True  # the optimizer has waited for it
        history |= {"trained": model.train_on_batch(x, y), "steps": int(model.optimizer.iterations)}
        results.append([history[name] for name in sorted(history)] + model.get_weights())
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def thawed(library):
    """Return a model in which the last layer of a frozen model learns again."""
    model = make(library)
    model.get_layer("base").trainable = False
    model.get_layer("base").get_layer("norm").trainable = True
    return model


def flags(model):
    """Return which layers of the outer model and of the inner one learn, and how many arrays they have."""
    base = model.get_layer("base")
    learn = [layer.trainable for layer in base.layers if layer.name != base.layers[0].name]
    return model.trainable, base.trainable, learn, len(model.trainable_weights), len(base.trainable_weights)


@pytest.mark.parametrize("write", [cnn_scratch, keras], ids=lambda library: library.__name__)
@pytest.mark.parametrize("read", [cnn_scratch, keras], ids=lambda library: library.__name__)
def test_a_file_of_a_frozen_model_with_a_layer_that_learns(write, read, tmp_path):
    model = thawed(write)
    compile_eagerly(model, "adam", "mse")
    x, y = np.ones((2, 5)), np.ones((2, 3))
    model.train_on_batch(x, y)
    model.save(tmp_path / "thawed.keras")
    again = read.saving.load_model(tmp_path / "thawed.keras")
    assert flags(again) == flags(model) == (True, False, [False, True, False], 6, 0)
    for one in (model, again):
        one.train_on_batch(x, y)
    for one, other in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("library", [cnn_scratch, keras], ids=lambda library: library.__name__)
def test_trainable_as_an_argument_of_a_model_is_its_own_affair(library):
    x = library.Input((5,))
    inner = library.Model(x, library.layers.Dense(2)(x), trainable=False)
    assert len(inner.trainable_weights) == 0
    assert inner.layers[-1].trainable
    x = library.Input((5,))
    assert len(library.Model(x, inner(x)).trainable_weights) == 2


def stack(library):
    """Return a ``Sequential`` with a graph in it."""
    layers = library.layers
    x = library.Input((4,))
    graph = library.Model(x, layers.BatchNormalization(name="norm")(layers.Dense(3, name="dense")(x)))
    graph.name = "base"
    return library.Sequential([library.Input((4,)), graph, layers.Dense(2, name="head")], name="model")


def freeze_all(model):
    model.trainable = False


def freeze_all_but_the_last(model):
    model.trainable = False
    model.layers[-1].trainable = True


def freeze_the_inner(model):
    model.get_layer("base").trainable = False


def freeze_a_layer(model):
    model.get_layer("base").get_layer("norm").trainable = False


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("make_one", [make, stack])
@pytest.mark.parametrize("freeze", [freeze_all, freeze_all_but_the_last, freeze_the_inner, freeze_a_layer])
def test_clones(freeze, make_one, recursive):
    """Of a frozen graph the layers are frozen, and the clone itself is not; a ``Sequential`` stays frozen."""
    found = []
    for library in (cnn_scratch, keras):
        model = make_one(library)
        freeze(model)
        for one in (model, model.get_layer("base")):
            compile_eagerly(one, "sgd", "mse")
        clone = library.models.clone_model(model, recursive=recursive)
        base = clone.get_layer("base")
        learn = {layer.name: layer.trainable for layer in clone.layers[-2:] + base.layers[1:]}
        arrays = [len(one.trainable_weights) for one in (clone, base)]
        found.append((clone.trainable, learn, arrays, clone.compiled, base.compiled))
    assert found[0] == found[1]
    assert clone.trainable == (make_one is make or model.trainable)


@pytest.mark.parametrize("library", [cnn_scratch, keras], ids=lambda library: library.__name__)
def test_a_file_of_a_model_with_nothing_to_train(library, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make(library)
        compile_eagerly(model, "adam", "mse")
        model.trainable = False
        model.fit(np.ones((2, 5)), np.ones((2, 3)), verbose=0)
    model.save(tmp_path / "frozen.keras")
    for reader in (cnn_scratch, keras):
        again = reader.saving.load_model(tmp_path / "frozen.keras")
        assert int(again.optimizer.iterations) == 0
        assert again.trainable_weights == []
        for one, other in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
