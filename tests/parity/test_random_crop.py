"""RandomCrop against Keras: the same place gives the same bits, and both draw it alike."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import RandomCrop
from tests.parity.compare import dtypes
from tests.parity.random_images import compare_transforms, data_formats

sizes = st.tuples(st.integers(1, 4), st.integers(1, 5))


@given(size=sizes, data_format=data_formats, dtype=dtypes, seed=st.integers(0, 100))
def test_the_same_place(size, data_format, dtype, seed):
    rng = np.random.default_rng(seed)
    images, upstream = rng.normal(size=(3, 5, 6, 2)), rng.normal(size=(3, *size, 2))
    if data_format == "channels_first":
        images, upstream = np.moveaxis(images, -1, 1), np.moveaxis(upstream, -1, 1)
    place = int(rng.integers(0, 6 - size[0])), int(rng.integers(0, 7 - size[1]))
    options = dict(data_format=data_format, dtype=dtype)
    ours, theirs = RandomCrop(*size, **options), keras.layers.RandomCrop(*size, **options)
    compare_transforms(ours, theirs, images, place, upstream)


def test_draws():
    """All places, about equally often, and the same one for a whole batch."""
    images = np.repeat(np.arange(12, dtype="float32").reshape(1, 3, 4, 1), 2, axis=0)
    for layer in (RandomCrop(2, 2, seed=1), keras.layers.RandomCrop(2, 2, seed=1)):
        outputs = np.array([np.asarray(layer(images)) for _ in range(300)])  # no mode: training
        assert np.ptp(outputs, axis=1).max() == 0
        places, counts = np.unique(outputs[:, 0, 0, 0, 0], return_counts=True)
        assert places.tolist() == [0, 1, 2, 4, 5, 6]
        assert abs(counts - 50).max() < 5 * np.sqrt(300 * 5 / 36)


@pytest.mark.parametrize("shape", [(2, 3, 9, 1), (2, 8, 4, 2), (2, 3, 4, 1)])
def test_an_image_with_one_side_of_the_right_size(shape):
    """In training it is cut in the middle."""
    images = np.random.default_rng(0).normal(size=shape).astype("float32")
    expected = np.asarray(keras.layers.RandomCrop(3, 4)(images, training=True))
    np.testing.assert_array_equal(RandomCrop(3, 4)(images, training=True), expected)


def test_inference_is_what_keras_documents():
    """Its code returns the images as they are, whatever ``compute_output_shape`` says."""
    images = np.random.default_rng(0).normal(size=(2, 5, 9, 1)).astype("float32")
    theirs = keras.layers.RandomCrop(3, 4)
    assert theirs(images, training=False).shape == images.shape
    assert theirs.compute_output_shape(images.shape) == (2, 3, 4, 1)
    expected = keras.layers.Resizing(3, 4, crop_to_aspect_ratio=True)(images)
    outputs = RandomCrop(3, 4)(images, training=False)
    np.testing.assert_allclose(outputs, np.asarray(expected), rtol=0, atol=1e-6)
