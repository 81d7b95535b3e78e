import keras
import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images
from tests.parity.draws import data_formats


@given(
    inputs=images(min_size=2),
    data=st.data(),
    data_format=data_formats,
    dtype=dtypes,
    ties=st.booleans(),
)
def test_adaptive_max_pooling2d(inputs, data, data_format, dtype, ties):
    """No more windows than pixels: TensorFlow cannot do that."""
    _, H, W, _ = inputs.shape
    output_size = data.draw(st.tuples(st.integers(1, H), st.integers(1, W)))
    inputs = np.round(inputs) if ties else inputs
    if data_format == "channels_first":
        inputs = inputs.transpose(0, 3, 1, 2)
    # the windows of Keras have up to one pixel more than the longest: they must fit
    assume(all(-(-n // o) < n for n, o in zip((H, W), output_size, strict=True)))
    options = dict(output_size=output_size, data_format=data_format, dtype=dtype)
    ours, theirs = layers.AdaptiveMaxPooling2D(**options), keras.layers.AdaptiveMaxPooling2D(**options)
    terms = 4  # windows that a pixel can be the largest of
    compare_with_keras(ours, theirs, inputs, terms)
