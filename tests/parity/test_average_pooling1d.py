import keras
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, paddings, sequences
from tests.parity.draws import data_formats


@given(
    inputs=sequences(),
    pool_size=st.integers(1, 4),
    strides=st.none() | st.integers(1, 3),
    padding=paddings,
    data_format=data_formats,
    dtype=dtypes,
)
def test_average_pooling1d(inputs, pool_size, strides, padding, data_format, dtype):
    length = inputs.shape[1 if data_format == "channels_last" else 2]
    assume(padding == "same" or pool_size <= length)
    options = dict(
        pool_size=pool_size, strides=strides, padding=padding, data_format=data_format, dtype=dtype
    )
    terms = 2 * pool_size  # a window has as many steps, and a step is in as many windows
    compare_with_keras(
        layers.AveragePooling1D(**options), keras.layers.AveragePooling1D(**options), inputs, terms
    )
