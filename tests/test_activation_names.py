"""Activations by name and with options, as layers, in configurations, of one's own; and what is refused."""

import math

import numpy as np
import pytest

from cnn_scratch import activations, layers
from cnn_scratch.activation import Activation
from tests.activation_cases import CASES, both_ways, case_id, make


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.get("silu") is activations.silu
    assert activations.get("hard_swish") is activations.hard_silu
    assert activations.get(activations.mish) is activations.mish
    node = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert activations.get(node) is activations.deserialize(node) is activations.relu


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("rellu", "Unknown activation function: 'rellu'. Did you mean 'relu'?"),
        ("ReLU", "Did you mean 'relu'"),
        ("glu", "Keras has an activation 'glu', but cnn_scratch does not"),
        ("sparsemax", "Keras has an activation 'sparsemax', but cnn_scratch does not"),
        (np.tanh, "needs its derivative.*`forward.*`backward"),
        (7, "Could not interpret activation function identifier: 7"),
        ({"config": 3}, "Expected a serialized activation"),
        ({"class_name": "relu", "config": {"alpha": 1}}, "options that it does not have.*'alpha'"),
    ],
    ids=str,
)
def test_get_rejects(identifier, message):
    with pytest.raises(ValueError, match=message):
        activations.get(identifier)


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_serialize_round_trip(case):
    activation = make(case)
    config = activations.serialize(activation)
    if activation is activations.get(case[0]):
        assert config == case[0]
    again = activations.deserialize(config)
    assert (again.name, again.options) == (activation.name, activation.options)


def test_serialize():
    assert activations.serialize(activations.swish) == "silu"
    assert activations.serialize(activations.hard_swish) == "hard_silu"
    assert activations.serialize(activations.threshold) == "threshold"
    assert activations.serialize(activations.elu.with_options(alpha=0.5)) == {
        "module": "keras.layers",
        "class_name": "ELU",
        "config": {"alpha": 0.5},
        "registered_name": None,
    }
    assert activations.serialize(activations.celu.with_options(alpha=0.5)) == {
        "module": "cnn_scratch.activations",
        "class_name": "celu",
        "config": {"alpha": 0.5},
        "registered_name": None,
    }


def test_a_layer_as_an_activation():
    """Four layers of Keras are no more than a function with options."""
    for layer, name, options in (
        (layers.LeakyReLU(0.1), "leaky_relu", {"negative_slope": 0.1}),
        (layers.ReLU(6.0), "relu", {"negative_slope": 0.0, "max_value": 6.0, "threshold": 0.0}),
        (layers.ELU(0.5), "elu", {"alpha": 0.5}),
        (layers.Softmax(axis=1), "softmax", {"axis": 1}),
    ):
        activation = layers.Dense(2, activation=layer).activation
        assert (activation.name, activation.options) == (name, options)
    node = {"module": "keras.layers", "class_name": "LeakyReLU", "config": {"name": "a"}}
    assert activations.get(node).options == {"negative_slope": 0.3}  # the layer's default, not the function's
    node["config"] = {"name": "a", "trainable": True, "dtype": "float32", "alpha": 0.1}  # as Keras 2 wrote it
    assert activations.get(node).options == {"negative_slope": 0.1}
    node["config"] = None
    assert activations.get(node).options == {"negative_slope": 0.3}
    node["config"] = {"slope": 0.1}
    with pytest.raises(ValueError, match=r"options that it does not have.*'slope'"):
        activations.get(node)
    for other in (layers.PReLU(), layers.Dropout(0.5)):
        with pytest.raises(ValueError, match=f"Received: <{type(other).__name__}"):
            layers.Dense(2, activation=other)


class Cube(Activation):
    def forward(self, x):
        return x**3, x

    def backward(self, grad, cache):
        return 3 * cache**2 * grad


def test_an_activation_of_ones_own():
    cube = activations.get(Cube())
    outputs, grad_x = both_ways(cube, np.array([2.0]), np.array([10.0]))
    assert (outputs, grad_x, cube([2])) == (8, 120, 8)
    assert cube.name == "cube"
    assert repr(cube) == "<Activation cube>"
    with pytest.raises(ValueError, match="Only built-in activations can be serialized"):
        activations.serialize(cube)


def test_options():
    assert activations.relu([-2.0, 9.0], 0.5, 6.0).tolist() == [-1, 6]
    assert activations.relu([-2.0, 9.0], max_value=6.0).tolist() == [0, 6]
    assert activations.threshold([0.0, 2.0], 1.0, default_value=-5.0).tolist() == [-5, 2]
    halved = activations.elu.with_options(alpha=0.5)
    assert halved.options == {"alpha": 0.5}
    assert activations.elu.options == {"alpha": 1.0}
    assert repr(halved) == "<Activation elu, alpha=0.5>"
    assert repr(activations.elu) == "<Activation elu>"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: activations.relu(1.0, alpha=2),
            r"Expected: \['negative_slope', 'max_value', 'threshold'\].*alpha",
        ),
        (lambda: activations.sigmoid(1.0, 2.0), "options that it does not have.*Expected: no options"),
        (lambda: activations.elu(1.0, 0.5, alpha=0.5), "or one of them twice"),
        (lambda: activations.relu(1.0, negative_slope=None), "`negative_slope`.*must be a number. Received"),
        (
            lambda: activations.relu(1.0, max_value="6"),
            "`max_value`.*must be a number. Received: max_value='6'",
        ),
        (lambda: activations.relu(1.0, threshold=math.nan), "`threshold`.*must be a number"),
        (
            lambda: activations.elu(1.0, alpha=-1.0),
            "`alpha` of activation 'elu' must be a number ≥ 0. Received",
        ),
        (
            lambda: activations.celu(1.0, alpha=0.0),
            "`alpha` of activation 'celu' must be a number > 0. Received",
        ),
        (lambda: activations.squareplus(1.0, b=-1), "`b`.*must be a number ≥ 0"),
        (lambda: activations.soft_shrink(1.0, -1), "`threshold`.*must be a number ≥ 0"),
        (lambda: activations.gelu(1.0, approximate="tanh"), "`approximate`.*must be a bool"),
        (lambda: activations.softmax([1.0], axis=1.5), "`axis`.*must be an integer or several"),
        (lambda: activations.softmax([1.0], axis=()), "`axis`.*must be an integer or several"),
        (lambda: activations.softmax([1.0], axis=1), r"must name axes of its input.*axis=1, x.shape=\(1,\)"),
        (lambda: activations.softmax([[1.0]], axis=(1, -1)), "each once"),
        (lambda: activations.softmax(1.0), r"must name axes of its input.*x.shape=\(\)"),
        (lambda: activations.threshold(1.0), r"these options are given: \['threshold', 'default_value'\]"),
        (lambda: activations.threshold.forward(np.ones(1)), "cannot be used before"),
        (lambda: activations.relu("word"), "expected an array of numbers. Received: dtype=<U4"),
        (lambda: activations.relu(1j), "expected an array of numbers. Received: dtype=complex"),
        (lambda: activations.relu.backward(np.ones(3), np.ones(2)), r"Expected: \(2,\). Received: \(3,\)"),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()
