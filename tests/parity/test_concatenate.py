import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes


@given(
    shape=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    data=st.data(),
    dtype=dtypes,
)
def test_concatenate(shape, sizes, data, dtype):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1).filter(lambda axis: axis % len(shape) != 0))
    inputs = []
    for seed, size in enumerate(sizes):
        shape[axis] = size
        inputs.append(np.random.default_rng(seed).normal(size=shape))
    options = dict(axis=axis, dtype=dtype)
    compare_with_keras(layers.Concatenate(**options), keras.layers.Concatenate(**options), inputs, 0)
