import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import small_numbers


@given(inputs=small_numbers(), alpha=st.floats(0, 3), dtype=dtypes)
def test_elu(inputs, alpha, dtype):
    """An exponential is good to a few units in the last place, on both sides."""
    compare_with_keras(layers.ELU(alpha, dtype=dtype), keras.layers.ELU(alpha, dtype=dtype), inputs, 16)
