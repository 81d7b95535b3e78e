"""CenterCrop against Keras: crops to the bit, and the resizing of what is too small."""

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import CenterCrop
from tests.parity.compare import compare_with_keras
from tests.parity.random_images import data_formats, random_images, seeds

sizes = st.integers(1, 14)


@given(height=sizes, width=sizes, data_format=data_formats, seed=seeds)
def test_center_crop(height, width, data_format, seed):
    """In float32: Keras interpolates in float32 whatever the dtype."""
    images, _ = random_images(seed, data_format)
    options = dict(height=height, width=width, data_format=data_format)
    ours, theirs = CenterCrop(**options), keras.layers.CenterCrop(**options)
    H, W = images.shape[1:3] if data_format == "channels_last" else images.shape[2:]
    terms = 0 if height <= H and width <= W else 4 + 4 * (height + width)
    compare_with_keras(ours, theirs, images, terms)


@given(height=st.integers(1, 5), width=st.integers(1, 6))
def test_float64_and_one_image(height, width):
    image = np.random.default_rng(0).normal(size=(5, 6, 2))
    options = dict(height=height, width=width, dtype="float64")
    compare_with_keras(CenterCrop(**options), keras.layers.CenterCrop(**options), image, 0)
