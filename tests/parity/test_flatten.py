import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import data_formats


@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=5), data_format=data_formats, dtype=dtypes)
def test_flatten(shape, data_format, dtype):
    inputs = np.random.default_rng(sum(shape)).normal(size=shape)
    options = dict(data_format=data_format, dtype=dtype)
    compare_with_keras(layers.Flatten(**options), keras.layers.Flatten(**options), inputs, 0)
