import keras
import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes


@given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    units=st.integers(1, 5),
    activation=st.sampled_from([None, "relu", "sigmoid", "softmax"]),
    use_bias=st.booleans(),
    dtype=dtypes,
)
def test_dense(shape, units, activation, use_bias, dtype):
    assume(
        units > 1 or activation != "softmax"
    )  # Keras warns of a softmax over one number, which is always 1
    options = dict(units=units, activation=activation, use_bias=use_bias, dtype=dtype)
    inputs = np.random.default_rng(sum(shape)).normal(size=shape)
    compare_with_keras(
        layers.Dense(**options), keras.layers.Dense(**options), inputs, max(shape[-1], units) + 8
    )
