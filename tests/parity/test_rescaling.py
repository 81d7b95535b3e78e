import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes

numbers = st.integers(-4000, 4000).map(lambda n: n / 16) | st.sampled_from(
    [float(np.float32(1 / 255)), 0, -1]
)
numbers_or_lists = numbers | st.lists(numbers, min_size=3, max_size=3)


@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    scale=numbers_or_lists,
    offset=numbers_or_lists,
    dtype=dtypes,
)
def test_rescaling(shape, scale, offset, dtype):
    """Keras makes a float32 of each number first, so 1/255 in float64 would differ.

    No number is tiny, because TensorFlow makes 0 of anything below 1.2e-38.
    """
    inputs = np.random.default_rng(sum(shape)).normal(size=(*shape, 3)) * 100
    options = dict(scale=scale, offset=offset, dtype=dtype)
    compare_with_keras(layers.Rescaling(**options), keras.layers.Rescaling(**options), inputs, 0)
