import keras
import numpy as np
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
