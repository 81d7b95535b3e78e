import keras
import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images, paddings, pairs
from tests.parity.draws import bias_is_misread


@given(
    inputs=images(max_channels=20),
    filters=st.integers(1, 5),
    kernel_size=pairs(1, 4),
    strides=st.integers(1, 3),
    dilation=pairs(1, 2),
    padding=paddings,
    depth_multiplier=st.integers(1, 3),
    activation=st.sampled_from([None, "relu", "tanh"]),
    use_bias=st.booleans(),
    data_format=st.sampled_from(["channels_last", "channels_last", "channels_first"]),
    dtype=dtypes,
)
def test_separable_conv2d(inputs, kernel_size, strides, dilation, padding, data_format, **options):
    extent = [(k - 1) * d + 1 for k, d in zip(kernel_size, dilation, strict=True)]
    assume(padding == "same" or (extent[0] <= inputs.shape[1] and extent[1] <= inputs.shape[2]))
    options |= dict(kernel_size=kernel_size, strides=strides, dilation_rate=dilation, padding=padding)
    options |= dict(data_format=data_format)
    spread = inputs.shape[-1] * options["depth_multiplier"]
    terms = kernel_size[0] * kernel_size[1] + spread + options["filters"] + 8
    if data_format == "channels_first":
        inputs = np.moveaxis(inputs, -1, 1)
    ours, theirs = layers.SeparableConv2D(**options), keras.layers.SeparableConv2D(**options)
    assume(not bias_is_misread(ours.compute_output_shape(inputs.shape), data_format))
    compare_with_keras(ours, theirs, inputs, terms)
