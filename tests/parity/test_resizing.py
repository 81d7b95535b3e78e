import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images
from tests.parity.draws import data_formats

methods = st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])


@given(
    inputs=images(max_size=12),
    height=st.integers(1, 15),
    width=st.integers(1, 15),
    interpolation=methods,
    antialias=st.booleans(),
    ratio=st.sampled_from(
        [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 0.5}]
    ),
    data_format=data_formats,
)
def test_resizing(inputs, height, width, interpolation, antialias, ratio, data_format):
    """In float32 only: Keras's interpolation is float32 in any dtype.

    A position is below 32 (a border can make the image larger, but then it is resized to fewer pixels), so
    its rounding is 32 times that of a number; a weight changes up to three times as fast as the position,
    on both axes. A gradient is a sum over all output pixels at most.
    """
    if data_format == "channels_first":
        inputs = inputs.transpose(0, 3, 1, 2)
    options = dict(height=height, width=width, interpolation=interpolation, antialias=antialias, **ratio)
    options |= dict(data_format=data_format)
    terms = 2 * 3 * 32 + height * width
    compare_with_keras(layers.Resizing(**options), keras.layers.Resizing(**options), inputs, terms)


@given(inputs=images(max_size=12), height=st.integers(1, 15), width=st.integers(1, 15))
def test_area(inputs, height, width):
    """Outputs only: TensorFlow has no gradient of this one."""
    options = dict(height=height, width=width, interpolation="area")
    outputs = layers.Resizing(**options)(inputs)
    expected = keras.layers.Resizing(**options)(inputs.astype("float32"))
    # edges of pixels are rounded at 16, and what lies between two of them may be a fifteenth
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=2 * 16 * 15 * 2**-24 * np.abs(inputs).max())


def test_usual_sizes():
    """The way down to the input of a network, in whole and in broken proportions."""
    rng = np.random.default_rng(1)
    for size in (64, 75, 100):
        inputs = rng.normal(size=(1, size, size, 3)).astype("float32")
        for options in (
            {},
            dict(antialias=True),
            dict(interpolation="nearest"),
            dict(interpolation="bicubic"),
        ):
            outputs = layers.Resizing(32, 32, **options)(inputs)
            expected = keras.layers.Resizing(32, 32, **options)(inputs)
            np.testing.assert_allclose(outputs, expected, rtol=0, atol=2 * 3 * 128 * 2**-24 * 5)


@given(inputs=images(), height=st.integers(1, 9), width=st.integers(1, 9), dtype=dtypes)
def test_one_image(inputs, height, width, dtype):
    options = dict(height=height, width=width, interpolation="nearest", dtype=dtype)
    outputs = layers.Resizing(**options)(inputs[0])
    np.testing.assert_array_equal(outputs, keras.layers.Resizing(**options)(inputs[0].astype(dtype)))
