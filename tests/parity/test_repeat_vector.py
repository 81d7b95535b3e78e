import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes


@given(rows=st.integers(1, 5), columns=st.integers(1, 5), n=st.integers(1, 6), dtype=dtypes)
def test_repeat_vector(rows, columns, n, dtype):
    inputs = np.random.default_rng(n).normal(size=(rows, columns))
    options = dict(n=n, dtype=dtype)
    compare_with_keras(layers.RepeatVector(**options), keras.layers.RepeatVector(**options), inputs, n)
