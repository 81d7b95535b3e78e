"""Layers that are computed together give what they give one after the other."""

import json

import numpy as np
import pytest

from cnn_scratch import Sequential, layers, regularizers
from cnn_scratch.fusion import NormalizedMaxPooling2D, fused
from tests.contract import check_layer, randomize

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


def test_other_layers_stay_as_they_are():
    stack = [layers.MaxPooling2D(), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D()]
    assert fused(stack) == stack
    assert fused([]) == []
