"""RandomZoom against Keras: the same numbers give the same images, and both draw them alike."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import RandomZoom
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.random_images import (
    compare_draws,
    compare_modes,
    compare_transforms,
    data_formats,
    random_images,
    seeds,
)


@given(fill_mode=st.sampled_from(["reflect", "nearest"]), data_format=data_formats, seed=seeds)
def test_the_same_numbers(fill_mode, data_format, seed):
    """In float32, in which Keras interpolates whatever the dtype. Other modes are in ``test_affine.py``."""
    images, _ = random_images(seed, data_format)
    H, W = images.shape[1:3] if data_format == "channels_last" else images.shape[2:]
    options = dict(height_factor=0.5, width_factor=0.4, fill_mode=fill_mode, data_format=data_format)
    ours, theirs = RandomZoom(**options), keras.layers.RandomZoom(**options)
    transformation = zooms(len(images), H, W, np.random.default_rng(seed))
    # a position is a sum of terms as large as the image, and an output has the slope of two neighbours
    compare_transforms(ours, theirs, images, transformation, terms=8 + 8 * (H + W))


def zooms(N, H, W, rng):
    """Return what Keras's layer draws, with other numbers."""
    zooms = rng.uniform(0.4, 1.6, (2, N, 1)).astype("float32")
    return {"height_zoom": zooms[0], "width_zoom": zooms[1]}


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
    transformation = zooms(2, 7, 8, np.random.default_rng(1))
    ours, theirs = RandomZoom(**options), keras.layers.RandomZoom(**options)
    compare_transforms(ours, theirs, images, transformation, terms=128)


@given(seed=seeds, dtype=dtypes)
def test_inference(seed, dtype):
    options = dict(height_factor=0.5, width_factor=0.4, dtype=dtype)
    images, _ = random_images(seed)
    compare_with_keras(
        RandomZoom(**options), keras.layers.RandomZoom(**options), images, 0, check_state=False
    )


def test_modes():
    options = dict(height_factor=0.5, width_factor=0.4, seed=1)
    compare_modes(RandomZoom(**options), keras.layers.RandomZoom(**options))


@pytest.mark.parametrize(("factor", "low", "high"), [(0.1, 0.9, 1.1), ((-0.5, 0.25), 0.5, 1.25)])
def test_draws(factor, low, high):
    for options, key in (
        ({"height_factor": factor}, "width_zoom"),
        ({"height_factor": factor}, "height_zoom"),
    ):
        compare_draws(
            RandomZoom(**options, seed=1), keras.layers.RandomZoom(**options, seed=1), key, low, high
        )
    options = dict(height_factor=0.9, width_factor=factor, seed=1)
    compare_draws(RandomZoom(**options), keras.layers.RandomZoom(**options), "width_zoom", low, high)
