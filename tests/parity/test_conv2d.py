import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images, paddings, pairs


@given(
    inputs=images(),
    kernel_size=pairs(1, 4),
    strides=pairs(1, 3),
    dilation=pairs(1, 2),
    padding=paddings,
    filters=st.integers(1, 4),
    groups=st.sampled_from([1, 1, 2, 3]),
    activation=st.sampled_from([None, "relu", "tanh"]),
    use_bias=st.booleans(),
    dtype=dtypes,
)
def test_conv2d(
    inputs, kernel_size, strides, dilation, padding, filters, groups, activation, use_bias, dtype
):
    if max(strides) > 1:
        dilation = (1, 1)  # neither library allows both
    extent = [(k - 1) * d + 1 for k, d in zip(kernel_size, dilation, strict=True)]
    assume(padding == "same" or (extent[0] <= inputs.shape[1] and extent[1] <= inputs.shape[2]))
    inputs = np.tile(inputs, groups)
    options = dict(
        filters=filters * groups,
        kernel_size=kernel_size,
        strides=strides,
        dilation_rate=dilation,
        padding=padding,
        groups=groups,
        activation=activation,
        use_bias=use_bias,
        dtype=dtype,
    )
    terms = kernel_size[0] * kernel_size[1] * max(inputs.shape[-1] // groups, filters) + 4
    compare_with_keras(layers.Conv2D(**options), keras.layers.Conv2D(**options), inputs, terms)


@pytest.mark.parametrize("name", ["DepthwiseConv2D", "SeparableConv2D"])  # TensorFlow trains no others so
def test_softmax_goes_along_the_last_axis_of_channels_first(name):
    """It is no axis of channels: an activation sees the outputs as they are returned."""
    options = dict(kernel_size=(2, 1), activation="softmax", data_format="channels_first")
    if name == "SeparableConv2D":
        options["filters"] = 5
    inputs = np.random.default_rng(3).normal(size=(2, 3, 4, 6))
    compare_with_keras(getattr(layers, name)(**options), getattr(keras.layers, name)(**options), inputs, 30)
