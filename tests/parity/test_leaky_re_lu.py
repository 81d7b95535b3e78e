import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import small_numbers


@given(inputs=small_numbers(), negative_slope=st.integers(0, 64).map(lambda n: n / 32), dtype=dtypes)
def test_leaky_re_lu(inputs, negative_slope, dtype):
    """TensorFlow keeps a slope as a float32, so 0.3 in float64 would differ; these are exact."""
    ours = layers.LeakyReLU(negative_slope, dtype=dtype)
    theirs = keras.layers.LeakyReLU(negative_slope, dtype=dtype)
    compare_with_keras(ours, theirs, inputs, 0)
