"""RandomTranslation against Keras: the same numbers give the same images, and both draw them alike."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnn_scratch
from cnn_scratch.layers import RandomTranslation
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_images import (
    compare_modes,
    compare_transforms,
    data_formats,
    random_images,
    seeds,
)
from tests.random_images import check_uniform


@given(fill_mode=st.sampled_from(["reflect", "nearest"]), data_format=data_formats, seed=seeds)
def test_the_same_numbers(fill_mode, data_format, seed):
    """In float32, in which Keras interpolates whatever the dtype. Other modes are in ``test_affine.py``."""
    images, _ = random_images(seed, data_format)
    H, W = images.shape[1:3] if data_format == "channels_last" else images.shape[2:]
    options = dict(height_factor=0.5, width_factor=0.4, fill_mode=fill_mode, data_format=data_format)
    ours, theirs = RandomTranslation(**options), keras.layers.RandomTranslation(**options)
    transformation = steps(len(images), H, W, np.random.default_rng(seed))
    # a position is a sum of terms as large as the image, and an output has the slope of two neighbours
    compare_transforms(ours, theirs, images, transformation, terms=8 + 8 * (H + W))


def steps(N, H, W, rng):
    """Return what Keras's layer draws, with other numbers."""
    return {"translations": rng.uniform(-1, 1, (N, 2)).astype("float32") * np.float32([W, H])}


@given(interpolation=st.sampled_from(["nearest", "bilinear"]), fill_value=st.sampled_from([0.0, 0.5]))
def test_constant(interpolation, fill_value):
    images = np.random.default_rng(0).normal(size=(2, 7, 8, 3))
    options = dict(
        height_factor=0.5,
        width_factor=0.4,
        fill_mode="constant",
        interpolation=interpolation,
        fill_value=fill_value,
    )
    transformation = steps(2, 7, 8, np.random.default_rng(1))
    ours, theirs = RandomTranslation(**options), keras.layers.RandomTranslation(**options)
    compare_transforms(ours, theirs, images, transformation, terms=128)


def test_the_gradient_of_whole_pixels():
    """Elsewhere Keras's gradient is that of the opposite step, which is not the transposed sum."""
    images, upstream = np.random.default_rng(0).normal(size=(2, 3, 6, 7, 2))
    options = dict(height_factor=0.5, width_factor=0.4, fill_mode="constant")
    ours, theirs = RandomTranslation(**options), keras.layers.RandomTranslation(**options)
    steps = np.array([[2, -1], [0, 3], [-5, 4]], "float32")
    compare_transforms(ours, theirs, images, {"translations": steps}, upstream)


@given(seed=seeds, dtype=dtypes)
def test_inference(seed, dtype):
    options = dict(height_factor=0.5, width_factor=0.4, dtype=dtype)
    images, _ = random_images(seed)
    compare_with_keras(
        RandomTranslation(**options), keras.layers.RandomTranslation(**options), images, 0, check_state=False
    )


def test_modes():
    options = dict(height_factor=0.5, width_factor=0.4, seed=1)
    compare_modes(RandomTranslation(**options), keras.layers.RandomTranslation(**options))


@pytest.mark.parametrize(("height_factor", "width_factor"), [(0.5, (-0.2, 0.4)), ((0.1, 0.5), 1)])
def test_draws(height_factor, width_factor):
    """Widths first; heights are shares of 4 pixels, widths of 5."""
    for layers in (cnn_scratch.layers, keras.layers):
        layer = layers.RandomTranslation(height_factor, width_factor, seed=1)
        drawn = np.asarray(layer.get_random_transformation(np.zeros((10_000, 4, 5, 1)))["translations"])
        for numbers, factor, size in ((drawn[:, 0], width_factor, 5), (drawn[:, 1], height_factor, 4)):
            low, high = factor if isinstance(factor, tuple) else (-factor, factor)
            check_uniform(numbers, low * size, high * size)
