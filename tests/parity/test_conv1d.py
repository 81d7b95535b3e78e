import keras
import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, sequences


@given(
    inputs=sequences(),
    filters=st.integers(1, 4),
    kernel_size=st.integers(1, 5),
    strides=st.integers(1, 3),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same", "causal"]),
    groups=st.sampled_from([1, 1, 2, 3]),
    activation=st.sampled_from([None, "relu", "tanh"]),
    use_bias=st.booleans(),
    dtype=dtypes,
)
def test_conv1d(inputs, filters, kernel_size, strides, dilation, padding, groups, **options):
    if strides > 1:
        dilation = 1  # neither library allows both
    assume(padding != "valid" or (kernel_size - 1) * dilation < inputs.shape[1])
    inputs = np.tile(inputs, groups)
    options |= dict(filters=filters * groups, kernel_size=kernel_size, strides=strides, groups=groups)
    options |= dict(dilation_rate=dilation, padding=padding)
    terms = kernel_size * max(inputs.shape[-1] // groups, filters) + 4
    compare_with_keras(layers.Conv1D(**options), keras.layers.Conv1D(**options), inputs, terms)
