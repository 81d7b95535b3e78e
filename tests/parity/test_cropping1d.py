import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, pairs, sequences


@given(inputs=sequences(min_length=5), cropping=st.integers(0, 2) | pairs(0, 2), dtype=dtypes)
def test_cropping1d(inputs, cropping, dtype):
    options = dict(cropping=cropping, dtype=dtype)
    compare_with_keras(layers.Cropping1D(**options), keras.layers.Cropping1D(**options), inputs, 0)
