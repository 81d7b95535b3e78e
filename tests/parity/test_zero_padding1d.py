import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, pairs, sequences
from tests.parity.draws import data_formats


@given(inputs=sequences(), padding=st.integers(0, 3) | pairs(0, 3), data_format=data_formats, dtype=dtypes)
def test_zero_padding1d(inputs, padding, data_format, dtype):
    options = dict(padding=padding, data_format=data_format, dtype=dtype)
    compare_with_keras(layers.ZeroPadding1D(**options), keras.layers.ZeroPadding1D(**options), inputs, 0)
