import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images
from tests.parity.draws import data_formats


@given(inputs=images(), keepdims=st.booleans(), data_format=data_formats, ties=st.booleans(), dtype=dtypes)
def test_global_max_pooling2d(inputs, keepdims, data_format, ties, dtype):
    inputs = np.round(inputs) if ties else inputs
    options = dict(keepdims=keepdims, data_format=data_format, dtype=dtype)
    compare_with_keras(
        layers.GlobalMaxPooling2D(**options), keras.layers.GlobalMaxPooling2D(**options), inputs, 0
    )


def test_a_nan_in_a_channel():
    """NaN outputs and NaN gradients, in that channel only."""
    inputs = np.random.default_rng(1).normal(size=(2, 3, 4, 3))
    inputs[1, 2, 3, 0] = np.nan
    compare_with_keras(layers.GlobalMaxPooling2D(), keras.layers.GlobalMaxPooling2D(), inputs, 0)
