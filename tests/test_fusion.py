"""Layers that are computed together give what they give one after the other."""

import json

import numpy as np
import pytest

from cnn_scratch import Sequential, layers, regularizers
from cnn_scratch.fusion import NormalizedMaxPooling2D, NormalizedPooledConv2D, PooledConv2D, fused
from tests.contract import check_layer, randomize
from tests.threads import assert_same_bits_for_any_number_of_threads

WINDOWS = {
    "plain": (dict(pool_size=2), (3, 6, 8, 20)),
    "a row and a column are left over": (dict(pool_size=2), (2, 7, 5, 3)),
    "same, odd": (dict(pool_size=(2, 3), padding="same"), (2, 5, 7, 17)),
    "stride > window": (dict(pool_size=(1, 2), strides=(3, 4)), (2, 8, 9, 33)),
    "stride > window, same": (dict(pool_size=2, strides=3, padding="same"), (1, 7, 7, 1)),
    "one pixel": (dict(pool_size=1), (40, 1, 1, 16)),
    "many rows": (dict(pool_size=2), (11, 8, 4, 5)),
}
MODES = {
    "training": ({}, True),
    "inference": ({}, False),
    "frozen": (dict(trainable=False), True),
    "renormalized": (dict(renorm=True, renorm_clipping=dict(rmax=1.1, dmax=0.1)), True),
    "no gamma, no beta": (dict(scale=False, center=False), True),
}


def both(pooling_options, shape, normalization_options, dtype):
    """Return two equal pairs of layers, with random weights; gamma has both signs."""
    pairs = []
    for _ in range(2):
        normalization = layers.BatchNormalization(**normalization_options, dtype=dtype)
        normalization.build(shape)
        randomize(normalization)
        if normalization.scale:
            normalization.gamma.value[::2] *= -1
        pairs.append((normalization, layers.MaxPooling2D(**pooling_options, dtype=dtype)))
    return pairs


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("window", WINDOWS)
def test_the_pair_equals_its_layers(window, mode, dtype):
    pooling_options, shape = WINDOWS[window]
    options, training = MODES[mode]
    rng = np.random.default_rng(1)
    inputs = np.maximum(rng.normal(size=shape), 0).astype(dtype)  # ties are common
    (normalization, pooling), pair = both(pooling_options, shape, options, dtype)
    together = NormalizedMaxPooling2D(*pair)

    normalized, cache_1 = normalization.forward(inputs, training=training)
    expected, cache_2 = pooling.forward(normalized)
    outputs, cache = together.forward(inputs, training=training)
    np.testing.assert_array_equal(outputs, expected)
    for ours, theirs in zip(together.normalization.weights, normalization.weights, strict=True):
        np.testing.assert_array_equal(ours.value, theirs.value)
    np.testing.assert_array_equal(together.infer(inputs), pooling(normalization(inputs)))

    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = normalization.backward(pooling.backward(upstream, cache_2), cache_1)
    grad_inputs = together.backward(upstream, cache)
    terms = inputs.size // shape[-1] + 4
    bound = terms * np.finfo(dtype).eps / 2
    np.testing.assert_allclose(grad_inputs, expected, rtol=0, atol=bound * max(1, np.abs(expected).max()))
    for ours, theirs in zip(together.trainable_weights, normalization.trainable_weights, strict=True):
        np.testing.assert_allclose(ours.grad, theirs.grad, rtol=0, atol=bound * np.abs(upstream).sum())


def test_one_nan_reaches_what_it_reaches_in_the_layers():
    inputs = np.random.default_rng(3).normal(size=(2, 5, 6, 18)).astype(np.float32)
    inputs[1, 2, 3, 4] = np.nan
    (normalization, pooling), pair = both(dict(pool_size=2), inputs.shape, {}, "float32")
    np.testing.assert_array_equal(NormalizedMaxPooling2D(*pair).infer(inputs), pooling(normalization(inputs)))


CONVOLUTIONS = {
    "one channel, relu": (dict(filters=32, kernel_size=3, activation="relu"), (3, 14, 12, 1)),
    "same, five pixels": (dict(filters=20, kernel_size=5, padding="same", activation="relu"), (2, 9, 8, 3)),
    "no activation, no bias": (dict(filters=17, kernel_size=(2, 3), use_bias=False), (2, 8, 9, 4)),
    "strides": (dict(filters=5, kernel_size=3, strides=(2, 1), activation="relu"), (1, 11, 9, 2)),
    "dilation": (dict(filters=6, kernel_size=3, dilation_rate=2, activation="relu"), (2, 12, 11, 3)),
    "groups": (dict(filters=6, kernel_size=3, groups=2, activation="relu"), (2, 8, 9, 4)),
    "one pixel": (dict(filters=9, kernel_size=1, activation="relu"), (2, 6, 7, 5)),
    "winograd": (dict(filters=20, kernel_size=3, activation="relu"), (9, 12, 11, 17)),
    "several bands": (dict(filters=4, kernel_size=3, padding="same", activation="relu"), (1, 50, 61, 2)),
    "many small images": (dict(filters=5, kernel_size=3, activation="relu"), (40, 6, 7, 2)),
    "no image": (dict(filters=4, kernel_size=3, activation="relu"), (0, 8, 8, 2)),
}
POOLINGS = {
    "plain": dict(pool_size=2),
    "same": dict(pool_size=(2, 3), padding="same"),
    "overlapping": dict(pool_size=3, strides=2),
    "overlapping, same": dict(pool_size=(3, 2), strides=(2, 1), padding="same"),
    "stride > window": dict(pool_size=(1, 2), strides=(3, 4)),
    "one pixel": dict(pool_size=1),
}


def both_stacks(convolution_options, shape, normalized, pooling_options, dtype):
    """Return two equal lists of layers, with random weights."""
    stacks = []
    for _ in range(2):
        stack = [layers.Conv2D(**convolution_options, dtype=dtype)]
        stack += [layers.BatchNormalization(dtype=dtype)] if normalized else []
        shape_here = shape
        for layer in stack:
            layer.build(shape_here)
            randomize(layer)
            shape_here = layer.compute_output_shape(shape_here)
        if normalized:
            stack[1].gamma.value[::2] *= -1
        stacks.append([*stack, layers.MaxPooling2D(**pooling_options, dtype=dtype)])
    return stacks


def one_by_one(stack, inputs, upstream, training):
    """Return the outputs, ∂loss/∂inputs, and the gradients of all parameters."""
    caches = []
    for layer in stack:
        inputs, cache = layer.forward(inputs, training=training)
        caches.append(cache)
    gradient = upstream(inputs)
    for layer in reversed(stack):
        gradient = layer.backward(gradient, caches.pop())
    return inputs, gradient, *(weight.grad for layer in stack for weight in layer.trainable_weights)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_a_convolution_and_its_pooling_give_the_same_bits(convolution, pooling, dtype):
    options, shape = CONVOLUTIONS[convolution]
    stack, other = both_stacks(options, shape, False, POOLINGS[pooling], dtype)
    (together,) = fused(other)
    assert isinstance(together, PooledConv2D)
    rng = np.random.default_rng(1)
    inputs = rng.integers(-3, 4, shape).astype(dtype)  # ties are common

    def upstream(outputs):
        return np.random.default_rng(2).normal(size=outputs.shape).astype(dtype)

    expected = one_by_one(stack, inputs, upstream, True)
    for ours, theirs in zip(one_by_one([together], inputs, upstream, True), expected, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(together.infer(inputs), expected[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_the_first_layers_of_a_model_give_their_parameters_the_same_bits(convolution, pooling, dtype):
    options, shape = CONVOLUTIONS[convolution]
    (layer, pool), other = both_stacks(options, shape, False, POOLINGS[pooling], dtype)
    (together,) = fused(other)
    inputs = np.random.default_rng(1).integers(-3, 4, shape).astype(dtype)
    convolved, cache = layer.forward(inputs)
    outputs, cache_of_pool = pool.forward(convolved)
    upstream = np.random.default_rng(2).normal(size=outputs.shape).astype(dtype)
    layer.backward_parameters(pool.backward(upstream, cache_of_pool), cache)
    together.backward_parameters(upstream, together.forward(inputs)[1])
    for ours, theirs in zip(together.trainable_weights, layer.trainable_weights, strict=True):
        np.testing.assert_array_equal(ours.grad, theirs.grad)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_a_convolution_normalized_and_pooled_gives_the_same_bits(convolution, dtype, training):
    options, shape = CONVOLUTIONS[convolution]
    stack, other = both_stacks(options, shape, True, dict(pool_size=2), dtype)
    (together,) = fused(other)
    assert isinstance(together, NormalizedPooledConv2D)
    inputs = np.random.default_rng(1).integers(-3, 4, shape).astype(dtype)
    expected = inputs
    for layer in fused(stack[:1]) + fused(stack[1:]):
        expected = layer.infer(expected, training)
    np.testing.assert_array_equal(together.infer(inputs, training), expected)
    stack, other = both_stacks(options, shape, True, dict(pool_size=2), dtype)

    def upstream(outputs):
        return np.random.default_rng(2).normal(size=outputs.shape).astype(dtype)

    expected = one_by_one(fused(stack[:1]) + fused(stack[1:]), inputs, upstream, training)
    for ours, theirs in zip(one_by_one(fused(other), inputs, upstream, training), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("convolution", ["several bands", "many small images"])
def test_same_bits_for_any_number_of_threads(convolution, normalized):
    options, shape = CONVOLUTIONS[convolution]
    inputs = np.random.default_rng(1).normal(size=shape).astype("float32")
    (together,) = fused(both_stacks(options, shape, normalized, dict(pool_size=2), "float32")[0])

    def run():
        outputs, cache = together.forward(inputs)
        for weight in together.trainable_weights:
            weight.grad[...] = 0
        together.backward_parameters(outputs, cache)
        return [together.infer(inputs), outputs, *(weight.grad for weight in together.trainable_weights)]

    assert_same_bits_for_any_number_of_threads(run)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("convolution", ["one channel, relu", "winograd", "no activation, no bias"])
def test_what_is_not_finite_reaches_what_it_reaches_in_the_layers(convolution, normalized, bad):
    options, shape = CONVOLUTIONS[convolution]
    stack, other = both_stacks(options, shape, normalized, dict(pool_size=2), "float32")
    inputs = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    inputs[-1, 2, 3, 0] = bad
    expected = inputs
    with np.errstate(invalid="ignore"):
        for layer in stack:
            expected = layer.infer(expected)
    np.testing.assert_array_equal(fused(other)[0].infer(inputs), expected)


def test_a_model_with_frozen_layers_trains_the_others():
    inputs = np.random.default_rng(3).normal(size=(4, 8, 8, 2)).astype(np.float32)
    upstream = np.random.default_rng(4).normal(size=(4, 3, 3, 5)).astype(np.float32)
    stack = [layers.Conv2D(5, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D()]
    model = Sequential([layers.Input((8, 8, 2)), *stack])
    model.layers[0].trainable = False
    outputs, cache = model.forward(inputs, training=True)
    assert outputs.shape == upstream.shape
    model.backward_parameters(upstream, cache)
    assert not stack[0].kernel.grad.any()
    assert stack[1].gamma.grad.all()


class Block(Sequential):
    """A Sequential of fixed dtype, so that the harness can copy it through its config."""

    @classmethod
    def from_config(cls, config):
        config = json.loads(json.dumps(config))
        if isinstance(config["dtype"], str):
            for node in config["layers"]:
                node["config"]["dtype"] = config["dtype"]
        return super().from_config(config)


def test_contract_in_a_model():
    block = Block([layers.BatchNormalization(), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(2)])
    assert len(fused(block.layers)) == 3
    check_layer(block, (3, 5, 4, 2))


@pytest.mark.parametrize("between", [[], [layers.BatchNormalization]])
def test_contract_of_a_model_that_begins_with_a_convolution(between):
    stack = [layers.Conv2D(4, 3, activation="relu"), *(kind() for kind in between), layers.MaxPooling2D(2)]
    block = Block([*stack, layers.Flatten(), layers.Dense(2)])
    assert len(fused(block.layers)) == 3
    check_layer(block, (3, 7, 6, 2))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (dict(axis=1), {}),
        ({}, dict(pool_size=3, strides=2)),
        ({}, dict(data_format="channels_first")),
        (dict(dtype="float64"), {}),
        (dict(activity_regularizer=regularizers.L2(0.1)), {}),
        ({}, dict(activity_regularizer=regularizers.L2(0.1))),
    ],
)
def test_what_is_not_computed_together(first, second):
    pair = [layers.BatchNormalization(**first), layers.MaxPooling2D(**second)]
    assert fused(pair) == pair


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (dict(activation="tanh"), {}),
        (dict(data_format="channels_first"), {}),
        ({}, dict(data_format="channels_first")),
        (dict(dtype="float64"), {}),
        (dict(activity_regularizer=regularizers.L2(0.1)), {}),
        ({}, dict(activity_regularizer=regularizers.L2(0.1))),
    ],
)
def test_what_a_convolution_is_not_computed_together_with(first, second):
    pair = [layers.Conv2D(4, 3, **first), layers.MaxPooling2D(**second)]
    assert fused(pair) == pair
    between = layers.BatchNormalization()
    if not second:
        assert [type(layer) for layer in fused([pair[0], between, pair[1]])] in (
            [layers.Conv2D, NormalizedMaxPooling2D],
            [layers.Conv2D, layers.BatchNormalization, layers.MaxPooling2D],
        )


def test_other_layers_stay_as_they_are():
    stack = [layers.MaxPooling2D(), layers.BatchNormalization(), layers.ELU(), layers.MaxPooling2D()]
    assert fused(stack) == stack
    assert fused([]) == []
