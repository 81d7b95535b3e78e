import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes


@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=4), dtype=dtypes)
def test_identity(shape, dtype):
    inputs = np.random.default_rng(sum(shape)).normal(size=shape)
    compare_with_keras(layers.Identity(dtype=dtype), keras.layers.Identity(dtype=dtype), inputs, 0)
