import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import (
    assert_close,
    compare_with_keras,
    dtypes,
    images,
    paddings,
    pairs,
    run_keras,
    run_ours,
)
from tests.parity.draws import bias_is_misread

channels_last_or_first = st.sampled_from(["channels_last", "channels_last", "channels_first"])


@given(
    inputs=images(max_channels=20),
    kernel_size=pairs(1, 4),
    strides=st.integers(1, 3),
    dilation=pairs(1, 2),
    padding=paddings,
    depth_multiplier=st.integers(1, 3),
    activation=st.sampled_from([None, "relu", "tanh"]),
    use_bias=st.booleans(),
    data_format=channels_last_or_first,
    dtype=dtypes,
)
def test_depthwise_conv2d(inputs, kernel_size, strides, dilation, padding, data_format, **options):
    extent = [(k - 1) * d + 1 for k, d in zip(kernel_size, dilation, strict=True)]
    assume(padding == "same" or (extent[0] <= inputs.shape[1] and extent[1] <= inputs.shape[2]))
    options |= dict(kernel_size=kernel_size, strides=strides, dilation_rate=dilation, padding=padding)
    options |= dict(data_format=data_format)
    if data_format == "channels_first":
        inputs = np.moveaxis(inputs, -1, 1)
    terms = kernel_size[0] * kernel_size[1] * options["depth_multiplier"] + 4
    ours, theirs = layers.DepthwiseConv2D(**options), keras.layers.DepthwiseConv2D(**options)
    assume(not bias_is_misread(ours.compute_output_shape(inputs.shape), data_format))
    compare_with_keras(ours, theirs, inputs, terms)


@pytest.mark.parametrize("strides", [(2, 1), (1, 3), (3, 2)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_strides_that_are_not_square(strides, padding):
    """TensorFlow has no such depthwise convolution; but it has a convolution with one group per channel."""
    options = dict(kernel_size=(2, 3), strides=strides, padding=padding, dtype="float64")
    inputs = np.random.default_rng(1).normal(size=(2, 7, 8, 3))
    layer = layers.DepthwiseConv2D(**options, depth_multiplier=2)
    as_groups = keras.layers.Conv2D(6, **options, groups=3)
    upstream = np.random.default_rng(2).normal(size=layer.compute_output_shape(inputs.shape))
    layer.build(inputs.shape)
    ours = run_ours(layer, inputs, upstream)
    kernel, bias = layer.get_weights()
    theirs = run_keras(as_groups, [kernel.reshape(2, 3, 1, 6), bias], inputs, upstream)
    assert_close("outputs", ours.outputs, theirs.outputs, 1e-13)
    assert_close("grad inputs", ours.grad_inputs, theirs.grad_inputs, 1e-13)
    assert_close("grad kernel", ours.grad_weights[0].reshape(2, 3, 1, 6), theirs.grad_weights[0], 1e-13)
    assert_close("grad bias", ours.grad_weights[1], theirs.grad_weights[1], 1e-13)
