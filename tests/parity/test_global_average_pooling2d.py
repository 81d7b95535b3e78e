import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images
from tests.parity.draws import data_formats


@given(inputs=images(), keepdims=st.booleans(), data_format=data_formats, dtype=dtypes)
def test_global_average_pooling2d(inputs, keepdims, data_format, dtype):
    options = dict(keepdims=keepdims, data_format=data_format, dtype=dtype)
    ours, theirs = layers.GlobalAveragePooling2D(**options), keras.layers.GlobalAveragePooling2D(**options)
    compare_with_keras(
        ours, theirs, inputs, max(inputs.shape[1] * inputs.shape[2], inputs.shape[2] * inputs.shape[3])
    )
