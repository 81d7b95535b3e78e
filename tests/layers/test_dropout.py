"""Dropout: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.kernels.philox import PIECE
from cnn_scratch.layers.dropout import Dropout
from cnn_scratch.reference.dropout import dropout, dropout_gradient
from tests.contract import check_layer

CASES = {
    "plain": (dict(rate=0.4), (3, 4, 5, 2)),
    "rate 0": (dict(rate=0), (3, 4)),
    "rate 1": (dict(rate=1), (3, 4)),
    "integer rate in a float": (dict(rate=1.0), (3, 4)),
    "noise shape": (dict(rate=0.5, noise_shape=(None, 1, 1, None)), (3, 4, 5, 2)),
    "noise shape with sizes": (dict(rate=0.5, noise_shape=(3, 1, 5, 2)), (3, 4, 5, 2)),
    "shorter noise shape": (dict(rate=0.3, noise_shape=(5, 1)), (3, 4, 5, 2)),
    "one number": (dict(rate=0.3), (1, 1)),
    "rank 1": (dict(rate=0.3), (7,)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 7), (2, 3, 4, 5), (None, None, 3), (6,)])
def test_output_shape(shape):
    assert Dropout(0.5).compute_output_shape(shape) == shape


def test_output_shape_with_a_noise_shape():
    assert Dropout(0.5, noise_shape=(4, 1, None)).compute_output_shape((None, 2, 3)) == (None, 2, 3)


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """Seed 4 drops the first and the last of eight numbers; the rest is multiplied by 1 / (1 − 1/4)."""
    layer = Dropout(0.25, seed=4)
    outputs, cache = layer.forward(np.full((2, 4), 3), training=True)
    np.testing.assert_array_equal(outputs, [[0, 4, 4, 4], [4, 4, 4, 0]])
    grad_inputs = layer.backward(np.arange(0, 24, 3).reshape(2, 4), cache)
    np.testing.assert_array_equal(grad_inputs, [[0, 4, 8, 12], [16, 20, 24, 0]])


def test_inference_returns_the_very_inputs():
    inputs = np.ones((2, 3), np.float32)
    layer = Dropout(0.5)
    outputs, cache = layer.forward(inputs)
    assert outputs is inputs
    upstream = np.ones((2, 3), np.float32)
    assert layer.backward(upstream, cache) is upstream


def test_rate_1_drops_everything():
    layer = Dropout(1)
    outputs, cache = layer.forward(np.ones((2, 3)), training=True)
    np.testing.assert_array_equal(outputs, 0)
    np.testing.assert_array_equal(layer.backward(np.ones((2, 3)), cache), 0)


@pytest.mark.parametrize("noise_shape", [None, (None, 1)])
def test_what_is_dropped_is_zero_even_when_it_was_not_a_number(noise_shape):
    layer = Dropout(0.5, noise_shape=noise_shape, seed=1)
    outputs = layer(np.full((40, 3), np.nan), training=True)
    assert 0 < np.isnan(outputs).sum() < outputs.size
    np.testing.assert_array_equal(outputs[~np.isnan(outputs)], 0)


def test_every_step_draws_another_mask_and_the_seed_repeats_them():
    inputs = np.ones((10, 100), np.float32)
    layer, again = Dropout(0.5, seed=9), Dropout(0.5, seed=9)
    first, second = layer(inputs, training=True), layer(inputs, training=True)
    assert 0.4 < (first == second).mean() < 0.6
    layer(inputs, training=False)  # draws nothing
    np.testing.assert_array_equal(again(inputs, training=True), first)
    np.testing.assert_array_equal(again(inputs, training=True), second)
    np.testing.assert_array_equal(layer.seed_generator.state.value, again.seed_generator.state.value)


def test_a_noise_shape_of_all_sizes_is_the_plain_mask():
    inputs = np.random.default_rng(0).normal(size=(5, 6, 7))
    plain = Dropout(0.3, seed=2, dtype="float64")(inputs, training=True)
    np.testing.assert_array_equal(
        Dropout(0.3, noise_shape=(None, 6, None), seed=2, dtype="float64")(inputs, training=True), plain
    )
    # one axis more: the mask of a batch of one, read from the same numbers, by the broadcasting path
    one = Dropout(0.3, noise_shape=(1, 6, 7), seed=2, dtype="float64")(inputs, training=True)
    np.testing.assert_array_equal(one[0], plain[0])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    options, shape = CASES[case]
    if options.get("noise_shape", (None,))[0] == 3:  # a fixed batch size has no empty batch
        options = options | {"noise_shape": (1, *options["noise_shape"][1:])}
    check_layer(Dropout(**options, seed=3), shape)


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(case, dtype):
    options, shape = CASES[case]
    check_reference(Dropout(**options, seed=3, dtype=dtype), shape)


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 6])
@pytest.mark.parametrize("rate", [2**-24, 0.1, 0.999])
def test_more_than_one_piece_equals_reference(size, rate):
    check_reference(Dropout(rate, seed=3), (size,))


def check_reference(layer, shape):
    rng = np.random.default_rng(7)
    inputs, upstream = rng.normal(size=(2, *shape)).astype(layer.dtype)
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=True)
    noise_shape = None
    if layer.noise_shape is not None:
        sizes = layer.noise_shape
        noise_shape = [shape[i] if n is None else n for i, n in enumerate(sizes)]
    exact = [array.astype("float64") for array in (inputs, upstream)]
    expected = dropout(exact[0], layer.rate, (3, 1), noise_shape)
    grad = dropout_gradient(exact[1], layer.rate, (3, 1), noise_shape)
    tolerance = np.finfo(layer.dtype).eps  # the factor is rounded once, the product once
    np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=0)
    np.testing.assert_allclose(layer.backward(upstream, cache), grad, rtol=tolerance, atol=0)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan"), "half", None, True])
def test_rejects_a_rate(rate):
    with pytest.raises(ValueError, match=r"`rate`. Expected a float value between 0 and 1. Received: rate="):
        Dropout(rate)


@pytest.mark.parametrize("noise_shape", ["12", 3, (1, 0), (1, -2), (1.5, 2), (True, 1)])
def test_rejects_a_noise_shape(noise_shape):
    with pytest.raises(ValueError, match=r"`noise_shape`. Expected a tuple or list of positive integers"):
        Dropout(0.5, noise_shape=noise_shape)


@pytest.mark.parametrize("noise_shape", [(3, 1), (2, 2), (1, 2, 3), (4, 2, 3)])
def test_rejects_inputs_that_the_noise_shape_does_not_fit(noise_shape):
    layer = Dropout(0.5, noise_shape=noise_shape, name="drop")
    with pytest.raises(ValueError, match=r"'drop' must broadcast.*\(2, 3\). Received: noise_shape="):
        layer(np.zeros((2, 3)))


def test_rejects_a_seed_and_unknown_keywords():
    with pytest.raises(ValueError, match=r"`seed` argument to be an integer or None. Received: seed=1.5"):
        Dropout(0, seed=1.5)
    with pytest.raises(ValueError, match=r"Unrecognized keyword arguments passed to Dropout: .*colour"):
        Dropout(0.5, colour=1)
