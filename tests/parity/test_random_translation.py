"""RandomTranslation against Keras: the same numbers give the same images, and both draw them alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parity.compare import dtypes
from tests.parity.random_images import (
    compare_affine,
    compare_affine_with_a_constant,
    compare_inference,
    compare_modes,
    compare_transforms,
    data_formats,
    interpolations,
    pair,
    seeds,
)
from tests.random_images import check_uniform

OPTIONS = dict(height_factor=0.5, width_factor=0.4)


@given(fill_mode=st.sampled_from(["reflect", "nearest"]), data_format=data_formats, seed=seeds)
def test_the_same_numbers(fill_mode, data_format, seed):
    compare_affine("RandomTranslation", OPTIONS, steps, fill_mode, data_format, seed)


def steps(N, H, W, rng):
    """Return what Keras's layer draws, with other numbers."""
    return {"translations": rng.uniform(-1, 1, (N, 2)).astype("float32") * np.float32([W, H])}


@given(interpolation=interpolations, fill_value=st.sampled_from([0.0, 0.5]))
def test_constant(interpolation, fill_value):
    compare_affine_with_a_constant("RandomTranslation", OPTIONS, steps, interpolation, fill_value)


def test_the_gradient_of_whole_pixels():
    """Elsewhere Keras's gradient is that of the opposite step, which is not the transposed sum."""
    images, upstream = np.random.default_rng(0).normal(size=(2, 3, 6, 7, 2))
    ours, theirs = pair("RandomTranslation", **OPTIONS, fill_mode="constant")
    steps = np.array([[2, -1], [0, 3], [-5, 4]], "float32")
    compare_transforms(ours, theirs, images, {"translations": steps}, upstream)


@given(seed=seeds, dtype=dtypes)
def test_inference(seed, dtype):
    compare_inference("RandomTranslation", OPTIONS, seed, dtype)


def test_modes():
    compare_modes(*pair("RandomTranslation", **OPTIONS, seed=1))


@pytest.mark.parametrize(("height_factor", "width_factor"), [(0.5, (-0.2, 0.4)), ((0.1, 0.5), 1)])
def test_draws(height_factor, width_factor):
    """Widths first; heights are shares of 4 pixels, widths of 5."""
    for layer in pair("RandomTranslation", height_factor, width_factor, seed=1):
        drawn = np.asarray(layer.get_random_transformation(np.zeros((10_000, 4, 5, 1)))["translations"])
        for numbers, factor, size in ((drawn[:, 0], width_factor, 5), (drawn[:, 1], height_factor, 4)):
            low, high = factor if isinstance(factor, tuple) else (-factor, factor)
            check_uniform(numbers, low * size, high * size)
