import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, sequences


@given(inputs=sequences(), size=st.integers(1, 4), dtype=dtypes)
def test_up_sampling1d(inputs, size, dtype):
    options = dict(size=size, dtype=dtype)
    compare_with_keras(layers.UpSampling1D(**options), keras.layers.UpSampling1D(**options), inputs, size)
