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
    dtype=dtypes,
)
def test_average_pooling2d(inputs, pool_size, strides, padding, data_format, dtype):
    size = inputs.shape[1:3] if data_format == "channels_last" else inputs.shape[2:4]
    assume(padding == "same" or (pool_size[0] <= size[0] and pool_size[1] <= size[1]))
    options = dict(
        pool_size=pool_size, strides=strides, padding=padding, data_format=data_format, dtype=dtype
    )
    terms = 2 * pool_size[0] * pool_size[1]  # each number of a sum is rounded, and divided
    compare_with_keras(
        layers.AveragePooling2D(**options), keras.layers.AveragePooling2D(**options), inputs, terms
    )


def test_the_pool_of_inception():
    """3×3 with stride 1 and `same`, where most windows at the border hold 6 pixels and some 4."""
    inputs = np.random.default_rng(1).normal(size=(2, 7, 5, 3))
    options = dict(pool_size=3, strides=1, padding="same")
    compare_with_keras(
        layers.AveragePooling2D(**options), keras.layers.AveragePooling2D(**options), inputs, 18
    )
