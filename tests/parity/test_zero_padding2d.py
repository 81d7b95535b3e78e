import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images, pairs
from tests.parity.draws import data_formats

paddings = st.integers(0, 3) | pairs(0, 3) | st.tuples(pairs(0, 3), pairs(0, 3))


@given(inputs=images(), padding=paddings, data_format=data_formats, dtype=dtypes)
def test_zero_padding2d(inputs, padding, data_format, dtype):
    options = dict(padding=padding, data_format=data_format, dtype=dtype)
    compare_with_keras(layers.ZeroPadding2D(**options), keras.layers.ZeroPadding2D(**options), inputs, 0)
