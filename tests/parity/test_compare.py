"""The comparison itself: behind a smooth activation it has the bound of the sums, and finds what is off."""

import keras
import numpy as np
import pytest

from cnn_scratch import activations, layers
from cnn_scratch.activation import Activation
from tests.parity.compare import compare_with_keras, slope_times


class Tanh(Activation):
    """tanh, with gradients that are wrong by a part of themselves."""

    def __init__(self, wrong=0.0):
        self.wrong = wrong

    def forward(self, x):
        return activations.tanh.forward(x)

    def backward(self, grad, cache):
        return activations.tanh.backward(grad, cache) * grad.dtype.type(1 + self.wrong)


INPUTS = np.random.default_rng(0).normal(size=(3, 6, 5, 4))
TERMS = 2 * 2 * 4


def pair(activation, dtype="float32"):
    # Not 3×3: where Winograd's algorithm is set, its own rounding would be compared.
    options = dict(filters=3, kernel_size=2, dtype=dtype)
    theirs = keras.layers.Conv2D(activation="tanh", **options)
    return layers.Conv2D(activation=activation, **options), theirs


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_right_slope_passes_and_one_that_is_wrong_by_a_few_roundings_does_not(dtype):
    epsilon = np.finfo(dtype).eps
    compare_with_keras(*pair(Tanh(), dtype), INPUTS, TERMS)
    with pytest.raises(AssertionError, match="slopes"):
        compare_with_keras(*pair(Tanh(64 * epsilon), dtype), INPUTS, TERMS)


@pytest.mark.parametrize("name", ["kernel", "bias"])
def test_a_gradient_that_is_wrong_behind_a_right_slope_is_found(name, monkeypatch):
    right = layers.Conv2D.add_gradients

    def wrong(layer, grad_kernel, grad_bias):
        factors = {"kernel": (1 + 1e-4, 1), "bias": (1, 1 + 1e-4)}[name]
        right(
            layer, *(np.float32(f) * grad for f, grad in zip(factors, (grad_kernel, grad_bias), strict=True))
        )

    monkeypatch.setattr(layers.Conv2D, "add_gradients", wrong)
    with pytest.raises(AssertionError, match=f"grad {name}"):
        compare_with_keras(*pair("tanh"), INPUTS, TERMS)


@pytest.mark.parametrize(("name", "steepest"), [("tanh", 4 / 27**0.5), ("sigmoid", 1 / 108**0.5)])
def test_how_much_a_slope_differs_at_another_sum(name, steepest):
    """By max |φ″| times the distance: (1 − y²)′ = −2·y·(1 − y²) is largest at y² = 1/3."""
    sums = np.linspace(-4, 4, 100_001)
    other = sums + 1e-5
    ones = np.ones_like(sums)
    activation = activations.get(name)
    difference = np.abs(slope_times(activation, other, ones) - slope_times(activation, sums, ones)) / 1e-5
    assert 0.999 * steepest < difference.max() < 1.001 * steepest
