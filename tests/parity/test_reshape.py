import math

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes


@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
    joined=st.integers(1, 4),
    unknown=st.booleans(),
    dtype=dtypes,
)
def test_reshape(shape, order, joined, unknown, dtype):
    """The target has the sizes of the input in another order, the first few joined into one."""
    sizes = list(shape)
    order.shuffle(sizes)
    target_shape = [-1 if unknown else math.prod(sizes[:joined]), *sizes[joined:]]
    inputs = np.random.default_rng(sum(shape)).normal(size=(3, *shape))
    ours, theirs = layers.Reshape(target_shape, dtype=dtype), keras.layers.Reshape(target_shape, dtype=dtype)
    compare_with_keras(ours, theirs, inputs, 0)
