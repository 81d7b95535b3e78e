import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images, pairs
from tests.parity.draws import data_formats


@given(inputs=images(), size=pairs(1, 4), data_format=data_formats, dtype=dtypes)
def test_nearest(inputs, size, data_format, dtype):
    options = dict(size=size, data_format=data_format, dtype=dtype)
    ours, theirs = layers.UpSampling2D(**options), keras.layers.UpSampling2D(**options)
    np.testing.assert_array_equal(ours(inputs), theirs(inputs.astype(dtype)))
    compare_with_keras(ours, theirs, inputs, size[0] * size[1])


@given(
    inputs=images(max_size=6),
    size=pairs(1, 4),
    data_format=data_formats,
    interpolation=st.sampled_from(["bilinear", "bicubic", "lanczos3", "lanczos5"]),
)
def test_interpolation(inputs, size, data_format, interpolation):
    """In float32 only: Keras's interpolation is float32 in any dtype.

    A position is below 32, so its rounding is 32 times that of a number; a weight changes up to three
    times as fast as the position, on both axes. A gradient is a sum over all output pixels at most.
    """
    options = dict(size=size, data_format=data_format, interpolation=interpolation)
    terms = 2 * 3 * 32 + size[0] * size[1] * 100
    compare_with_keras(layers.UpSampling2D(**options), keras.layers.UpSampling2D(**options), inputs, terms)


@given(inputs=images(max_size=6), size=pairs(1, 4))
def test_area(inputs, size):
    """Outputs only: TensorFlow has no gradient of this one."""
    options = dict(size=size, interpolation="area")
    outputs = layers.UpSampling2D(**options)(inputs)
    expected = keras.layers.UpSampling2D(**options)(inputs.astype("float32"))
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=2 * 64 * 2**-24 * np.abs(inputs).max())
