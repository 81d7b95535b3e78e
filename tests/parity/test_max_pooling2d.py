import keras
import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images, paddings, pairs
from tests.parity.draws import data_formats


@given(
    inputs=images(),
    pool_size=pairs(1, 4),
    strides=st.none() | pairs(1, 3),
    padding=paddings,
    data_format=data_formats,
    ties=st.booleans(),
    shift=st.sampled_from([0, -9]),
    dtype=dtypes,
)
def test_max_pooling2d(inputs, pool_size, strides, padding, data_format, ties, shift, dtype):
    size = inputs.shape[1:3] if data_format == "channels_last" else inputs.shape[2:4]
    assume(padding == "same" or (pool_size[0] <= size[0] and pool_size[1] <= size[1]))
    inputs = (np.round(inputs) if ties else inputs) + shift
    options = dict(
        pool_size=pool_size, strides=strides, padding=padding, data_format=data_format, dtype=dtype
    )
    ours, theirs = layers.MaxPooling2D(**options), keras.layers.MaxPooling2D(**options)
    np.testing.assert_array_equal(ours(inputs), theirs(inputs.astype(dtype)))
    # a pixel's gradient is a sum over the windows that see it; without overlap it is exact
    overlaps = [-(-k // s) for k, s in zip(ours.pool_size, ours.strides, strict=True)]
    terms = 0 if overlaps == [1, 1] else overlaps[0] * overlaps[1]
    compare_with_keras(ours, theirs, inputs, terms)
