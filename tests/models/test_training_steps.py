"""Training of graphs: a normalization computed with what stands behind it gives what they give one by one."""

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers
from cnn_scratch.models import graph as graphs
from cnn_scratch.models.training_steps import steps_of_training
from cnn_scratch.normalized_activation import NormalizedActivation
from cnn_scratch.profiling import Profiler
from cnn_scratch.profiling.peak import Peak
from tests.contract import randomize
from tests.threads import assert_same_bits_for_any_number_of_threads

SHAPE = (7, 9, 5)
ACTIVATIONS = {
    "ReLU": lambda **options: layers.ReLU(**options),
    "ReLU6": lambda **options: layers.ReLU(max_value=6, **options),
    "Activation": lambda **options: layers.Activation("relu", **options),
    "relu6": lambda **options: layers.Activation("relu6", **options),
}
OPTIONS = {
    "plain": {},
    "another axis": dict(axis=1),
    "axis 3": dict(axis=3),
    "no gamma, no beta": dict(scale=False, center=False),
    "renormalized": dict(renorm=True),
    "frozen": dict(trainable=False),
}


def chain(activation="ReLU", adds=False, dtype="float32", mode=None, **options):
    """Return a model of a normalization, perhaps the sum with another input, and an activation."""
    inputs = [Input(SHAPE, dtype=dtype), Input(SHAPE, dtype=dtype)]
    normalization = layers.BatchNormalization(**options, dtype=dtype)
    x = normalization(inputs[0], training=mode)
    if adds:
        x = layers.Add(dtype=dtype)([inputs[1], x] if adds == "second" else [x, inputs[1]])
    model = Model(inputs if adds else inputs[:1], ACTIVATIONS[activation](dtype=dtype)(x))
    randomize(normalization)
    if normalization.scale:
        normalization.gamma.value[::2] *= -4  # both signs, and outputs beyond 6
    return model


def arrays(model, samples=6):
    """Return inputs and an upstream gradient."""
    rng = np.random.default_rng(1)
    shape = samples, *SHAPE
    draws = [rng.normal(3, 2, size=shape).astype(model.dtype) for _ in model.inputs]
    return draws if len(draws) > 1 else draws[0], rng.normal(size=shape).astype(model.dtype)


def step(model, inputs, upstream, training=True):
    """Return the outputs, the gradients and the weights after a pass forward and back."""
    trained = [weight for weight in model.weights if weight.grad is not None]
    for weight in trained:
        weight.grad[...] = 0
    before = model.get_weights()
    outputs, cache = model.forward(inputs, training=training)
    grad_inputs = model.backward(upstream, cache)
    results = [
        *np.atleast_1d(outputs)[None],
        *(grad_inputs if isinstance(grad_inputs, list) else [grad_inputs]),
    ]
    results += [weight.grad.copy() for weight in trained] + model.get_weights()
    model.set_weights(before)
    return results


def names(model):
    """Return the layers of the steps of training, in order."""
    return [node.layer.name for node in steps_of_training(model.graph.nodes, model.graph.outputs)]


def one_by_one(monkeypatch):
    monkeypatch.setattr(graphs, "steps_of_training", lambda nodes, outputs: list(nodes))


# Equal to the layers ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("training", [True, False])
def test_a_step_is_that_of_the_layers(activation, options, dtype, training, monkeypatch):
    model = chain(activation, dtype=dtype, **OPTIONS[options])
    inputs, upstream = arrays(model)
    assert len(names(model)) == 1
    ours = step(model, inputs, upstream, training)
    one_by_one(monkeypatch)
    assert_equal(ours, step(model, inputs, upstream, training))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("place", ["first", "second"])
def test_a_step_with_a_sum_is_that_of_the_layers(place, options, dtype, monkeypatch):
    model = chain("Activation", place, dtype, **OPTIONS[options])
    inputs, upstream = arrays(model)
    assert len(names(model)) == 1
    ours = step(model, inputs, upstream)
    one_by_one(monkeypatch)
    assert_equal(ours, step(model, inputs, upstream))


@pytest.mark.parametrize("channels", [1, 3, 16, 20, 200, 1030])
def test_any_number_of_channels(channels, monkeypatch):
    """Wide rows and pieces of all kinds, the last ones short."""
    x = Input((13, channels))
    model = Model(x, layers.ReLU()(layers.BatchNormalization()(x)))
    rng = np.random.default_rng(1)
    inputs, upstream = rng.normal(size=(2, 60_000 // (13 * channels), 13, channels)).astype(np.float32)
    ours = step(model, inputs, upstream)
    one_by_one(monkeypatch)
    assert_equal(ours, step(model, inputs, upstream))


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_is_that_of_the_call_of_the_normalization(mode, monkeypatch):
    model = chain(mode=mode)
    inputs, upstream = arrays(model)
    ours = step(model, inputs, upstream, training=not mode)
    one_by_one(monkeypatch)
    assert_equal(ours, step(model, inputs, upstream, training=not mode))


def test_a_residual_network_learns_what_it_learns_one_by_one(monkeypatch):
    def trained():
        wide = {"dtype": "float64"}
        x = inputs = Input((8, 8, 3), **wide)
        shared = layers.BatchNormalization(name="shared", **wide)
        for _ in range(2):
            branch = layers.Conv2D(3, 3, padding="same", kernel_initializer="ones", **wide)(x)
            branch = layers.ReLU(**wide)(shared(branch))  # two nodes of one layer
            branch = layers.Conv2D(3, 1, kernel_initializer="ones", **wide)(branch)
            branch = layers.BatchNormalization(**wide)(branch)
            x = layers.Activation("relu", **wide)(layers.Add(**wide)([x, branch]))
        outputs = layers.Dense(4, "softmax", **wide)(layers.GlobalAveragePooling2D(**wide)(x))
        model = Model(inputs, outputs)
        rng = np.random.default_rng(1)
        for weight in model.trainable_weights:
            weight.assign(rng.normal(size=weight.shape))
        model.compile("sgd", "sparse_categorical_crossentropy")
        losses = [model.train_on_batch(rng.normal(size=(5, 8, 8, 3)), np.arange(5) % 4) for _ in range(3)]
        return [np.array(losses), *model.get_weights()], len(names(model))

    ours, steps = trained()
    one_by_one(monkeypatch)
    expected, _ = trained()
    assert steps == 2 * 4 + 2
    for array, theirs in zip(ours, expected, strict=True):
        np.testing.assert_allclose(array, theirs, rtol=0, atol=1e-11 * np.abs(theirs).max())


def test_a_sequential_computes_them_together_too():
    model = chain(dtype="float64")
    inputs, upstream = arrays(model)
    expected = step(model, inputs, upstream)
    stack = Sequential(model.layers[1:])
    outputs, cache = stack.forward(inputs, training=True)
    assert [type(layer) for layer, _, _ in cache] == [NormalizedActivation]
    np.testing.assert_array_equal(outputs, expected[0])
    np.testing.assert_array_equal(stack.backward(upstream, cache), expected[1])


def test_an_empty_batch(monkeypatch):
    model = chain()
    inputs, upstream = arrays(model, samples=0)
    ours = step(model, inputs, upstream)
    one_by_one(monkeypatch)
    assert_equal(ours, step(model, inputs, upstream))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["input", "gradient"])
@pytest.mark.parametrize("adds", [False, "second"])
def test_what_is_not_finite_reaches_what_it_reaches_in_the_layers(where, bad, adds, monkeypatch):
    model = chain(adds=adds)
    inputs, upstream = arrays(model)
    first = inputs[0] if adds else inputs
    (first if where == "input" else upstream)[2, 3, 4, 1] = bad
    with np.errstate(all="ignore"):
        ours = step(model, inputs, upstream)
        one_by_one(monkeypatch)
        expected = step(model, inputs, upstream)
    for array, theirs in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(np.isfinite(array), np.isfinite(theirs))


def test_same_bits_for_any_number_of_threads():
    model = chain(adds="second")
    inputs, upstream = arrays(model, samples=300)
    assert_same_bits_for_any_number_of_threads(lambda: step(model, inputs, upstream))


def assert_equal(ours, expected):
    for array, theirs in zip(ours, expected, strict=True):
        size = np.abs(theirs).max(initial=0)
        np.testing.assert_allclose(array, theirs, rtol=0, atol=64 * np.finfo(theirs.dtype).eps * size)


# What is computed together ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "activation",
    [
        layers.ReLU(max_value=4),  # at 4 its derivative is 1
        layers.ReLU(negative_slope=0.1),
        layers.ReLU(threshold=1.0),
        layers.Activation("tanh"),
        layers.ReLU(dtype="float64"),
        layers.ReLU(activity_regularizer="l2"),
        layers.Dense(2, activation="relu"),
    ],
    ids=lambda layer: f"{layer.name}",
)
def test_another_layer_behind_a_normalization_is_left_alone(activation):
    x = Input(SHAPE)
    model = Model(x, activation(layers.BatchNormalization()(x)))
    assert len(names(model)) == 2


def test_what_others_read_or_want_is_made():
    x = Input(SHAPE)
    normalized = layers.BatchNormalization()(x)
    activated = layers.ReLU()(normalized)
    assert len(names(Model(x, activated))) == 1
    assert len(names(Model(x, [activated, normalized]))) == 2
    assert len(names(Model(x, layers.Concatenate()([activated, normalized])))) == 3
    assert len(names(Model(normalized, activated))) == 1  # it begins in the middle


def test_a_penalty_on_the_normalized_numbers_is_counted():
    x = Input(SHAPE)
    model = Model(x, layers.ReLU()(layers.BatchNormalization(activity_regularizer="l2")(x)))
    assert len(names(model)) == 2


@pytest.mark.parametrize("kind", ["three", "broadcast", "itself", "ReLU6", "penalty"])
def test_another_sum_is_left_alone(kind):
    x, y, small = Input(SHAPE), Input(SHAPE), Input((1, 1, 5))
    normalized = layers.BatchNormalization()(x)
    terms = {
        "three": [normalized, x, y],
        "broadcast": [normalized, small],
        "itself": [normalized, normalized],
    }
    add = layers.Add(activity_regularizer="l2" if kind == "penalty" else None)
    activation = layers.ReLU(max_value=6 if kind == "ReLU6" else None)
    model = Model([x, y, small], activation(add(terms.get(kind, [normalized, y]))))
    assert len(names(model)) == 3


def test_a_layer_that_was_changed_is_looked_at_again():
    model = chain(dtype="float64")
    inputs, upstream = arrays(model)
    step(model, inputs, upstream)
    model.layers[-1].activation = layers.Activation("tanh").activation
    outputs, _ = model.forward(inputs, training=True)
    assert -1 <= outputs.min() < 0


def test_the_profile_shows_what_is_computed_together():
    model = chain(adds="second")
    inputs, upstream = arrays(model)
    with Profiler(model) as profiler:
        step(model, inputs, upstream)
        profiler.end_step()
    part, *_ = profiler.profile(Peak(flops=1e11, bandwidth=1e10, threads=2)).parts
    normalization, add, activation = (layer.name for layer in model.layers[2:])
    assert part.label == f"{normalization}+{add}+{activation}"
