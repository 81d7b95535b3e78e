"""RandomFlip against Keras: the same flips give the same bits, and both draw them alike."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import RandomFlip
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_images import compare_modes, compare_transforms, data_formats, random_images, seeds

modes = st.sampled_from(["horizontal", "vertical", "horizontal_and_vertical"])


@given(mode=modes, data_format=data_formats, seed=seeds, dtype=dtypes)
def test_the_same_flips(mode, data_format, seed, dtype):
    images, upstream = random_images(seed, data_format)
    flips = np.random.default_rng(seed).random((len(images), 1, 1, 1)) < 0.5
    options = dict(mode=mode, data_format=data_format, dtype=dtype)
    ours, theirs = RandomFlip(**options), keras.layers.RandomFlip(**options)
    compare_transforms(ours, theirs, images, {"flips": flips}, upstream)
    compare_with_keras(ours, theirs, images, terms=0, training=False, check_state=False)


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_modes(mode):
    compare_modes(RandomFlip(mode, seed=1), keras.layers.RandomFlip(mode, seed=1))


def test_half_of_the_images_in_both():
    images = np.zeros((10_000, 2, 3, 1), "float32")
    for layer in (RandomFlip(seed=1), keras.layers.RandomFlip(seed=1)):
        flips = np.asarray(layer.get_random_transformation(images)["flips"])
        assert flips.shape == (10_000, 1, 1, 1)
        assert abs(flips.mean() - 0.5) < 5 * np.sqrt(0.25 / flips.size)
