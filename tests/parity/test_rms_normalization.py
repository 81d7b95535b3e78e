import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import RMSNormalization
from tests.parity.compare import compare_with_keras, dtypes


@given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    last=st.integers(1, 3),
    epsilon=st.sampled_from([1e-3, 0.1]),
    dtype=dtypes,
)
def test_rms_normalization(shape, last, epsilon, dtype):
    """The last axes only: elsewhere Keras multiplies by the scale along other axes than it normalizes."""
    axis = -1 if last == 1 else list(range(len(shape)))[1:][-last:]
    inputs = np.random.default_rng(sum(shape)).normal(size=shape)
    options = dict(axis=axis, epsilon=epsilon, dtype=dtype)
    ours, theirs = RMSNormalization(**options), keras.layers.RMSNormalization(**options)
    terms = int((inputs.size / len(inputs) + 8) * (1 + 1 / epsilon**0.5))
    compare_with_keras(ours, theirs, inputs, terms)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
