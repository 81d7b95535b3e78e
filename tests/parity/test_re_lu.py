import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import small_numbers


@given(
    inputs=small_numbers(),
    max_value=st.none() | st.sampled_from([0, 1, 2.0, 6, 6.0, 7]),
    negative_slope=st.sampled_from([0.0, 0, 0.125, 0.5, 1.5]),
    threshold=st.sampled_from([0.0, 0, 1, 2.5, 5]),
    dtype=dtypes,
)
def test_re_lu(inputs, max_value, negative_slope, threshold, dtype):
    """TensorFlow keeps a slope as a float32, so 0.1 in float64 would differ."""
    options = dict(max_value=max_value, negative_slope=negative_slope, threshold=threshold, dtype=dtype)
    compare_with_keras(layers.ReLU(**options), keras.layers.ReLU(**options), inputs, 0)
