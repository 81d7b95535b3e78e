import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import UnitNormalization
from tests.parity.compare import compare_with_keras, dtypes


@given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    number=st.integers(1, 2),
    dtype=dtypes,
)
def test_unit_normalization(shape, number, dtype):
    """Without zeros: the gradient that Keras gives there is NaN."""
    axis = -1 if number == 1 else [0, -1]
    inputs = np.random.default_rng(sum(shape)).normal(size=shape)
    ours, theirs = UnitNormalization(axis, dtype=dtype), keras.layers.UnitNormalization(axis, dtype=dtype)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    # The gradient is the small difference of two parts, each the upstream gradient over the length.
    shortest = np.sqrt((inputs**2).sum(-1)).min()
    compare_with_keras(ours, theirs, inputs, int((inputs.size + 8) * max(1, 1 / shortest)))


def test_a_short_vector_is_divided_by_a_constant():
    inputs = np.array([[3e-14, 4e-14], [3e-12, 4e-12]])
    ours, theirs = UnitNormalization(dtype="float64"), keras.layers.UnitNormalization(dtype="float64")
    compare_with_keras(ours, theirs, inputs, 8)
