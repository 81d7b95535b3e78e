import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import GroupNormalization
from tests.parity.compare import compare_with_keras, dtypes


@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    groups=st.sampled_from([1, 2, 3, -1]),
    each=st.integers(1, 3),
    axis=st.sampled_from([-1, 1]),
    epsilon=st.sampled_from([1e-3, 0.1]),
    center=st.booleans(),
    scale=st.booleans(),
    dtype=dtypes,
)
def test_group_normalization(shape, groups, each, axis, epsilon, center, scale, dtype):
    rng = np.random.default_rng(sum(shape))
    channels = abs(groups) * each
    inputs = rng.normal(size=(*shape, channels)) + rng.normal(size=(shape[0], *[1] * len(shape)))
    options = dict(groups=groups, axis=axis, epsilon=epsilon, center=center, scale=scale, dtype=dtype)
    ours, theirs = GroupNormalization(**options), keras.layers.GroupNormalization(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    # The rounding of the mean over a group meets 1/√ε twice at most.
    terms = int((inputs.size / len(inputs) + 8) * (1 + 1 / epsilon))
    compare_with_keras(ours, theirs, np.moveaxis(inputs, -1, axis), terms)
    assert ours.get_config()["groups"] == theirs.get_config()["groups"]
