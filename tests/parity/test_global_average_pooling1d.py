import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, sequences
from tests.parity.draws import data_formats


@given(inputs=sequences(), keepdims=st.booleans(), data_format=data_formats, dtype=dtypes)
def test_global_average_pooling1d(inputs, keepdims, data_format, dtype):
    options = dict(keepdims=keepdims, data_format=data_format, dtype=dtype)
    terms = 2 * inputs.shape[1 if data_format == "channels_last" else 2]
    compare_with_keras(
        layers.GlobalAveragePooling1D(**options),
        keras.layers.GlobalAveragePooling1D(**options),
        inputs,
        terms,
    )
