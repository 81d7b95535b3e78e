"""The comparison of training finds errors: planted ones, in a network of a few layers."""

import keras
import numpy as np
import pytest

from cnn_scratch.layers import BatchNormalization, Conv2D, DepthwiseConv2D
from cnn_scratch.normalized_activation import NormalizedActivation
from tests.applications.training import Distance, Training, train


def network() -> keras.Model:
    """Return a convolution, a depthwise one and what stands between them in MobileNet."""
    inputs = x = keras.Input((9, 9, 3))
    for layer in (keras.layers.Conv2D(8, 3), keras.layers.DepthwiseConv2D(3), keras.layers.Conv2D(16, 3)):
        x = keras.layers.ReLU(6.0)(keras.layers.BatchNormalization()(layer(x)))
    outputs = keras.layers.Dense(5, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, outputs)


def change(monkeypatch, layer, method, how):
    """Let ``how`` change what a method of a layer returns."""
    right = getattr(layer, method)

    def wrong(self, *arguments, **options):
        return how(self, right(self, *arguments, **options))

    monkeypatch.setattr(layer, method, wrong)


def test_without_an_error_nothing_is_found(tmp_path):
    training, _ = train(network, tmp_path)
    training.assert_exact()
    training.assert_as_near_as_keras()


def kernel_gradient(layer, grad_inputs):
    layer.kernel.grad *= 1 + 1e-6
    return grad_inputs


def shifted_gradient(layer, grad_inputs):
    return grad_inputs + 1e-6 * np.abs(grad_inputs).mean()


WRONG_GRADIENTS = [
    (DepthwiseConv2D, kernel_gradient, "depthwise_conv2d.*kernel"),
    (Conv2D, kernel_gradient, "conv2d.*kernel"),
    (NormalizedActivation, shifted_gradient, "conv2d"),
]


@pytest.mark.parametrize(
    ("layer", "how", "where"), WRONG_GRADIENTS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_gradient_that_is_wrong_in_the_sixth_digit_is_found(layer, how, where, tmp_path, monkeypatch):
    change(monkeypatch, layer, "backward", how)
    training, _ = train(network, tmp_path)
    with pytest.raises(AssertionError, match=f"{where}.* from Keras in float64"):
        training.assert_exact()


def test_a_wrong_momentum_of_the_moving_averages_is_found(tmp_path, monkeypatch):
    wrong = property(lambda layer: 0.99 + 1e-6, lambda layer, value: None)
    monkeypatch.setattr(BatchNormalization, "momentum", wrong, raising=False)
    training, _ = train(network, tmp_path)
    with pytest.raises(AssertionError, match=r"moving_(mean|variance).* from Keras in float64"):
        training.assert_exact()


def test_float32_that_rounds_more_than_it_must_is_found(tmp_path, monkeypatch):
    def fewer_digits(layer, result):
        outputs, cache = result
        return (outputs if layer.dtype == "float64" else np.round(outputs * 2**13) / np.float32(2**13)), cache

    change(monkeypatch, Conv2D, "forward", fewer_digits)
    training, _ = train(network, tmp_path)
    training.assert_exact()
    with pytest.raises(AssertionError, match=r"from float64, Keras .*\(bound"):
        training.assert_as_near_as_keras()


def learned(ours, keras, moved):
    """Return a training of one kind with these distances."""
    one = [{"weights": Distance(distance, distance, "kernel")} for distance in (0.0, ours, keras, *moved)]
    return Training(*one[:3], iter(one[3:]))


@pytest.mark.parametrize(
    ("ours", "moved", "trials", "share"),
    [
        pytest.param(3.0, [], 0, 0.75, id="as near as Keras"),
        pytest.param(100.0, [1.0, 4.0, 120.0, 500.0], 3, 100 / 124, id="a jump as far in the third trial"),
        pytest.param(100.0, [97.0], 1, 100 / 101, id="a jump, and ordinary rounding on top of it"),
    ],
)
def test_what_lies_behind_a_jump_of_float64_is_no_error(ours, moved, trials, share):
    result = learned(ours, 1.0, moved).assert_as_near_as_keras()
    assert (result["trials"], result["share"]) == (trials, pytest.approx(share))


@pytest.mark.parametrize(
    "moved", [pytest.param([4.0] * 9, id="no trial jumps"), pytest.param([1.0, 50.0, 95.0], id="none so far")]
)
def test_what_no_trial_reaches_is_an_error(moved):
    with pytest.raises(AssertionError, match=r"weights: 1.0e\+02 from float64, Keras 1.0e\+00"):
        learned(100.0, 1.0, moved).assert_as_near_as_keras()
