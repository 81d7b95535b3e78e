import keras
import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, paddings, sequences
from tests.parity.draws import bias_is_misread


@given(
    inputs=sequences(max_channels=20),
    kernel_size=st.integers(1, 5),
    strides=st.integers(1, 3),
    dilation_rate=st.integers(1, 3),
    padding=paddings,
    depth_multiplier=st.integers(1, 3),
    activation=st.sampled_from([None, "relu", "tanh"]),
    use_bias=st.booleans(),
    data_format=st.sampled_from(["channels_last", "channels_last", "channels_first"]),
    dtype=dtypes,
)
def test_depthwise_conv1d(inputs, **options):
    extent = (options["kernel_size"] - 1) * options["dilation_rate"] + 1
    assume(options["padding"] == "same" or extent <= inputs.shape[1])
    terms = options["kernel_size"] * options["depth_multiplier"] + 4
    if options["data_format"] == "channels_first":
        inputs = np.moveaxis(inputs, -1, 1)
    ours, theirs = layers.DepthwiseConv1D(**options), keras.layers.DepthwiseConv1D(**options)
    assume(not bias_is_misread(ours.compute_output_shape(inputs.shape), ours.data_format))
    compare_with_keras(ours, theirs, inputs, terms)
