"""Copies and pickles: of models in the middle of a training, of layers, of what compile was given."""

import copy
import inspect
import pickle

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch import Input, Model, Sequential, activations, layers, optimizers
from cnn_scratch.models import clone_model
from cnn_scratch.models.saving import classes
from tests.parity.test_config import CASES
from tests.saving import test_with_keras as with_keras
from tests.saving.test_with_keras import OPTIMIZERS, Ours, same_weights, train, trained

WAYS = {"deepcopy": copy.deepcopy, "pickle": lambda thing: pickle.loads(pickle.dumps(thing))}


@pytest.fixture(params=WAYS)
def again(request):
    return WAYS[request.param]


@pytest.mark.parametrize("make", with_keras.MODELS)
def test_a_model_in_the_middle_of_its_training(make, again):
    """The copy predicts and learns the same, and neither knows of the other."""
    model = trained(Ours, make)
    twin = again(model)
    assert twin.to_json() == model.to_json()
    np.testing.assert_array_equal(with_keras.predict(twin), with_keras.predict(model))
    before = model.get_weights()
    train(twin, 3)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    train(model, 3)
    same_weights(twin, model, rtol=0)
    assert twin.optimizer.iterations == model.optimizer.iterations == 5
    assert twin.optimizer is not model.optimizer
    assert twin.get_metrics_result() == model.get_metrics_result()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on(optimizer, again):
    model = trained(Ours, with_keras.stack, optimizer)
    twin = again(model)
    for one in (model, twin):
        train(one, 4)
    same_weights(twin, model, rtol=0)


def test_an_optimizer_alone(again):
    optimizer = again(optimizers.Adam(0.25, beta_1=0.5))
    assert optimizer.get_config() == optimizers.Adam(0.25, beta_1=0.5).get_config()


def test_a_deep_network(again):
    """A copy along the references of a graph would need more nested calls than Python allows."""
    inputs = Input((4,))
    x = inputs
    for _ in range(600):
        x = layers.Rescaling(1.0)(x) + inputs
    model = Model(inputs, x)
    twin = again(model)
    np.testing.assert_array_equal(twin.predict(np.ones((2, 4))), np.full((2, 4), 601.0))
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
    assert twin.layers[1] is not model.layers[1]


def test_a_graph_of_everything(again):
    """Shared layers and models, several inputs and outputs, parts of tensors, modes, what is frozen."""
    a, b = Input((6, 6, 2), name="a"), Input((3,), name="b")
    shared = layers.Conv2D(2, 3, padding="same", name="shared")
    block = Sequential([Input((6, 6, 2)), shared, layers.BatchNormalization()], name="block")
    h = block(block(a, training=False) * 2.0)
    h = layers.Dropout(0.5, seed=3)(h, training=False)
    flat = layers.Flatten()(h[..., :1])
    same = layers.Identity()({"one": layers.Dense(3)(flat), "other": b})
    model = Model({"a": a, "b": b}, {"sum": layers.Add()([same["one"], same["other"]]), "flat": flat})
    block.layers[0].trainable = False
    model.compile("adam", {"sum": "mse", "flat": "mae"}, metrics={"sum": ["mae"]})
    rng = np.random.default_rng(0)
    x = {"a": rng.normal(size=(5, 6, 6, 2)), "b": rng.normal(size=(5, 3))}
    y = {"sum": rng.normal(size=(5, 3)), "flat": rng.normal(size=(5, 36))}
    model.fit(x, y, epochs=2, verbose=0)
    twin = again(model)
    assert twin.get_config() == model.get_config()
    assert twin.get_layer("block").layers[0] is not shared
    assert [w.path for w in twin.trainable_weights] == [w.path for w in model.trainable_weights]
    assert twin.history.history == model.history.history
    results = [one.fit(x, y, epochs=2, shuffle=False, verbose=0).history for one in (model, twin)]
    assert results[0] == results[1]
    same_weights(twin, model, rtol=0)


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_every_layer(name, options, again):
    layer = getattr(layers, name)(**options)
    twin = again(layer)
    assert twin.get_config() == layer.get_config()
    assert len(twin.inbound_nodes) == (name == "InputLayer")


@pytest.mark.parametrize("k", [cnn_scratch, keras], ids=lambda k: k.__name__)
def test_an_input_layer_alone(k, again):
    """The copy is an input of its own, from which another model can begin."""
    layer = k.layers.InputLayer((3,), batch_size=2, dtype="float64", name="data")
    twin = again(layer)
    assert twin.output is not layer.output
    assert (tuple(twin.output.shape), twin.output.dtype) == ((2, 3), "float64")
    models = [k.Model(one.output, k.layers.Activation("relu")(one.output)) for one in (layer, twin)]
    x = np.array([[1.0, -1.0, 2.0], [0.0, 3.0, -4.0]])
    for model in models:
        np.testing.assert_array_equal(np.asarray(model(x)), [[1, 0, 2], [0, 3, 0]])
    assert models[1].layers[0] is twin


def test_the_input_of_a_copied_model_is_its_layer_s(again):
    inputs = Input((3,))
    for model in (Model(inputs, layers.Dense(2)(inputs)), Sequential([Input((3,)), layers.Dense(2)])):
        twin = again(model)
        first = twin.inputs[0].layer
        assert first.output is twin.inputs[0]
        assert len(first.inbound_nodes) == 1
        assert Model(twin.inputs, twin.outputs).layers[0] is first


def test_a_layer_with_weights(again):
    layer = layers.Dense(3, activation=layers.LeakyReLU(0.5))
    outputs = layer(Input((4,)))
    twin = again(layer)
    assert layer.output is outputs
    x = np.random.default_rng(0).normal(size=(2, 4))
    np.testing.assert_array_equal(twin(x), layer(x))
    twin.kernel.assign(np.zeros((4, 3)))
    assert not np.array_equal(twin(x), layer(x))
    assert twin.activation.options == {"negative_slope": 0.5}


@pytest.mark.parametrize("name", activations._TABLE)
def test_activations_stay_the_same_objects(name, again):
    """A kernel takes part in them where a layer has the very object."""
    assert again(activations.get(name)) is activations.get(name)
    assert again(layers.Dense(3, activation=name)).activation is activations.get(name)


def test_a_shallow_copy_shares_all():
    model = trained(Ours, with_keras.graph)
    twin = copy.copy(model)
    train(twin, 1)
    same_weights(twin, model, rtol=0)
    assert twin.graph is model.graph


@pytest.mark.parametrize("module", ["losses", "metrics", "initializers", "regularizers", "constraints"])
def test_what_models_are_made_of(module, again):
    namespace = getattr(cnn_scratch, module)
    kind = {"losses": "loss"}.get(module, module.removesuffix("s"))
    needs = {"num_classes": 3, "target_class_ids": [0], "max_value": 1.0}
    for cls in dict.fromkeys(classes.table(kind).values()):
        required = [p.name for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
        thing = cls(**{key: needs[key] for key in required if key in needs})
        assert namespace.serialize(again(thing)) == namespace.serialize(thing), cls.__name__


# clone_model --------------------------------------------------------------------------------------


def as_double(layer):
    return type(layer).from_config(layer.get_config() | {"dtype": "float64"})


@pytest.mark.parametrize("make", with_keras.MODELS)
def test_a_clone_has_weights_of_its_own(make):
    model = make(Ours)
    clone = clone_model(model)
    assert clone.to_json() == model.to_json()
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(with_keras.predict(clone), with_keras.predict(model))
    assert not {id(w) for w in clone.weights} & {id(w) for w in model.weights}


def test_clone_function():
    """It is given every layer but the inputs: models inside as they are, or their layers."""
    model = with_keras.nested(Ours)
    names = []

    def noted(layer):
        names.append(type(layer).__name__)
        return type(layer).from_config(layer.get_config())

    clone_model(model, clone_function=noted)
    assert sorted(names) == ["Concatenate", "Dense", "Functional", "Sequential"]
    clone = clone_model(model, clone_function=as_double, recursive=True)
    assert {w.dtype for w in clone.weights} == {"float64"}
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(with_keras.predict(clone), with_keras.predict(model), rtol=1e-5)


def test_other_layers_and_layers_of_one_s_own():
    class Twice(layers.Layer):
        def compute_output_shape(self, input_shape):
            return input_shape

        def forward(self, inputs, training=False):
            return inputs * 2, None

        def backward(self, grad_outputs, cache):
            return grad_outputs * 2

    inputs = Input((4,))
    model = Model(inputs, layers.Dense(2, name="out")(Twice()(inputs)) + 1.0)
    clone = clone_model(model)
    assert type(clone.layers[1]).__name__ == "Twice"

    def wider(layer):
        return layers.Dense(5) if layer.name == "out" else type(layer).from_config(layer.get_config())

    assert clone_model(model, None, wider).output_shape == (None, 5)
    config = model.get_config()
    again = Model.from_config(config, custom_objects={"Twice": Twice})
    assert type(again.layers[1]) is Twice
    with pytest.raises(cnn_scratch.saving.ModelFileError, match="class 'Twice'"):
        Model.from_config(config)


def test_a_stack_that_was_built_by_a_call():
    model = Sequential([layers.Dense(2), layers.Dense(3)])
    assert not clone_model(model).built
    model(np.ones((1, 4)))
    assert clone_model(model).output_shape == (None, 3)
    for wrong in (layers.Dense(2), None):
        with pytest.raises(ValueError, match="Expected `model` to be a Sequential or a graph"):
            clone_model(wrong)


def test_a_clone_is_compiled_as_its_model():
    """The optimizer has its settings and has made no step; the model's own goes on."""
    model = trained(Ours, with_keras.stack, "adam")
    clone = clone_model(model)
    assert clone.compiled
    assert clone.optimizer.get_config() == model.optimizer.get_config()
    assert (clone.optimizer.iterations, model.optimizer.iterations) == (0, 2)
    assert clone.get_metrics_result()["loss"] == 0
    train(clone, 1)
    assert list(clone.get_metrics_result()) == list(model.get_metrics_result())
    assert (clone.optimizer.iterations, model.optimizer.iterations) == (1, 2)


def test_a_layer_that_a_model_shares_with_the_one_around_it():
    """With ``recursive`` it is one layer in the clone, too."""
    shared, x, y = layers.Dense(3), Input((3,)), Input((3,))
    model = Model(y, shared(Model(x, shared(x))(y)))
    assert len(clone_model(model, recursive=True).weights) == len(model.weights) == 2


def test_what_clone_model_refuses():
    model = Sequential([Input((3,)), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"expected input_tensors=None. Received: input_tensors=\["):
        clone_model(model, [Input((3,))])
    with pytest.raises(ValueError, match=r"expected call_function=None. Received: call_function=<"):
        clone_model(model, call_function=print)
    for one in (model, Model(model.inputs, model.outputs)):
        with pytest.raises(ValueError, match=r"return a layer for <Dense name=dense.*>. Received: None"):
            clone_model(one, clone_function=lambda layer: None)
