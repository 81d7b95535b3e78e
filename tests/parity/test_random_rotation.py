"""RandomRotation against Keras: the same numbers give the same images, and both draw them alike."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import RandomRotation
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
    options = dict(factor=0.5, fill_mode=fill_mode, data_format=data_format)
    ours, theirs = RandomRotation(**options), keras.layers.RandomRotation(**options)
    transformation = turns(len(images), H, W, np.random.default_rng(seed))
    # a position is a sum of terms as large as the image, and an output has the slope of two neighbours
    compare_transforms(ours, theirs, images, transformation, terms=8 + 8 * (H + W))


def turns(N, H, W, rng):
    """Return what Keras's layer draws, with other numbers."""
    theirs = keras.layers.RandomRotation(0.5)
    angle = rng.uniform(-180, 180, N).astype("float32")
    zeros = np.zeros(N, "float32")
    matrix = theirs._compute_affine_matrix(
        0.5, 0.5, angle, zeros, zeros, zeros + 1, zeros, zeros, height=H, width=W
    )
    return {"angle": angle, "rotation_matrix": np.asarray(matrix)}


@given(interpolation=st.sampled_from(["nearest", "bilinear"]), fill_value=st.sampled_from([0.0, 0.5]))
def test_constant(interpolation, fill_value):
    images = np.random.default_rng(0).normal(size=(2, 7, 8, 3))
    options = dict(factor=0.5, fill_mode="constant", interpolation=interpolation, fill_value=fill_value)
    transformation = turns(2, 7, 8, np.random.default_rng(1))
    ours, theirs = RandomRotation(**options), keras.layers.RandomRotation(**options)
    compare_transforms(ours, theirs, images, transformation, terms=128)


@given(seed=seeds, dtype=dtypes)
def test_inference(seed, dtype):
    options = dict(factor=0.5, dtype=dtype)
    images, _ = random_images(seed)
    compare_with_keras(
        RandomRotation(**options), keras.layers.RandomRotation(**options), images, 0, check_state=False
    )


def test_modes():
    options = dict(factor=0.5, seed=1)
    compare_modes(RandomRotation(**options), keras.layers.RandomRotation(**options))


@pytest.mark.parametrize(("factor", "low", "high"), [(0.1, -36, 36), ((-0.1, 0.3), -36, 108)])
def test_draws(factor, low, high):
    options = dict(factor=factor, seed=1)
    ours, theirs = RandomRotation(**options), keras.layers.RandomRotation(**options)
    compare_draws(ours, theirs, "angle", low, high)
