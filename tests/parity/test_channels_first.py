"""``data_format="channels_first"`` wherever Keras has it: the same layer on the same images, transposed.

Keras on TensorFlow cannot run all of these on a CPU, so the oracle is the layer with the channels last, which
other tests hold to Keras.
"""

import inspect

import keras
import numpy as np
import pytest

from cnn_scratch import layers
from tests.parity.compare import run_ours

IMAGES, SEQUENCES = (2, 6, 7, 4), (2, 9, 4)
CONVOLUTION = dict(filters=6, kernel_size=3, padding="same", activation="softplus")
OPTIONS = {
    "AdaptiveAveragePooling2D": dict(output_size=(4, 3)),
    "AdaptiveMaxPooling2D": dict(output_size=(4, 3)),
    "AveragePooling1D": dict(pool_size=2, padding="same"),
    "AveragePooling2D": dict(pool_size=(2, 3), padding="same"),
    "CenterCrop": dict(height=3, width=5),
    "Conv1D": CONVOLUTION | dict(groups=2),
    "Conv1DTranspose": CONVOLUTION | dict(strides=2),
    "Conv2D": CONVOLUTION | dict(kernel_size=(3, 2), groups=2),
    "Conv2DTranspose": CONVOLUTION | dict(strides=(2, 1)),
    "Cropping2D": dict(cropping=((1, 0), (2, 1))),
    "DepthwiseConv1D": dict(kernel_size=3, depth_multiplier=2),
    "DepthwiseConv2D": dict(kernel_size=(3, 2), depth_multiplier=2),
    "Flatten": {},
    "GlobalAveragePooling1D": dict(keepdims=True),
    "GlobalAveragePooling2D": dict(keepdims=True),
    "GlobalMaxPooling1D": dict(keepdims=True),
    "GlobalMaxPooling2D": dict(keepdims=True),
    "MaxPooling1D": dict(pool_size=2, padding="same"),
    "MaxPooling2D": dict(pool_size=(2, 3), padding="same"),
    "Resizing": dict(height=4, width=9, crop_to_aspect_ratio=True),
    "SeparableConv1D": CONVOLUTION,
    "SeparableConv2D": CONVOLUTION | dict(kernel_size=(3, 2)),
    "SpatialDropout2D": dict(rate=0.5, seed=3),
    "UpSampling2D": dict(size=(2, 3), interpolation="bilinear"),
    "ZeroPadding1D": dict(padding=(1, 2)),
    "ZeroPadding2D": dict(padding=((1, 0), (2, 3))),
}
# The layers that change images at random draw their data format in ``test_random_….py``.
RANDOM = {name for name in layers.__all__ if name.startswith("Random")}


def takes_data_format(name):
    layer = getattr(keras.layers, name, None)
    return isinstance(layer, type) and "data_format" in inspect.signature(layer.__init__).parameters


def test_every_layer_that_has_it_in_keras_is_here():
    assert {name for name in layers.__all__ if takes_data_format(name)} - RANDOM == set(OPTIONS)


def channels_first(array):
    return np.ascontiguousarray(np.moveaxis(array, -1, 1))


@pytest.mark.parametrize("name", OPTIONS)
def test_it_is_a_transposition(name):
    shape = SEQUENCES if name.endswith("1D") or name == "Conv1DTranspose" else IMAGES
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=shape)
    training = name == "SpatialDropout2D"
    last, first = (
        getattr(layers, name)(**OPTIONS[name], data_format=data_format, dtype="float64")
        for data_format in ("channels_last", "channels_first")
    )
    last.build_once(inputs.shape)
    first.build_once(channels_first(inputs).shape)
    weights = [rng.normal(size=weight.shape) for weight in last.weights]
    last.set_weights(weights)
    first.set_weights(weights)
    upstream = rng.normal(size=last.compute_output_shape(inputs.shape))
    transposed = upstream if name == "Flatten" else channels_first(upstream)
    expected = run_ours(last, inputs, upstream, training)
    found = run_ours(first, channels_first(inputs), transposed, training)
    outputs = expected.outputs if name == "Flatten" else channels_first(expected.outputs)
    np.testing.assert_allclose(found.outputs, outputs, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.grad_inputs, channels_first(expected.grad_inputs), rtol=0, atol=1e-13)
    for ours, theirs in zip(found.grad_weights, expected.grad_weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
