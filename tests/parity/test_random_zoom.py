"""RandomZoom against Keras: the same numbers give the same images, and both draw them alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parity.compare import dtypes
from tests.parity.random_images import (
    compare_affine,
    compare_affine_with_a_constant,
    compare_draws,
    compare_inference,
    compare_modes,
    data_formats,
    interpolations,
    pair,
    seeds,
)

OPTIONS = dict(height_factor=0.5, width_factor=0.4)


@given(fill_mode=st.sampled_from(["reflect", "nearest"]), data_format=data_formats, seed=seeds)
def test_the_same_numbers(fill_mode, data_format, seed):
    compare_affine("RandomZoom", OPTIONS, zooms, fill_mode, data_format, seed)


def zooms(N, H, W, rng):
    """Return what Keras's layer draws, with other numbers."""
    zooms = rng.uniform(0.4, 1.6, (2, N, 1)).astype("float32")
    return {"height_zoom": zooms[0], "width_zoom": zooms[1]}


@given(interpolation=interpolations, fill_value=st.sampled_from([0.0, 0.5]))
def test_constant(interpolation, fill_value):
    compare_affine_with_a_constant("RandomZoom", OPTIONS, zooms, interpolation, fill_value)


@given(seed=seeds, dtype=dtypes)
def test_inference(seed, dtype):
    compare_inference("RandomZoom", OPTIONS, seed, dtype)


def test_modes():
    compare_modes(*pair("RandomZoom", **OPTIONS, seed=1))


@pytest.mark.parametrize(("factor", "low", "high"), [(0.1, 0.9, 1.1), ((-0.5, 0.25), 0.5, 1.25)])
def test_draws(factor, low, high):
    for key in ("height_zoom", "width_zoom"):
        compare_draws(*pair("RandomZoom", factor, seed=1), key, low, high)
    compare_draws(*pair("RandomZoom", 0.9, factor, seed=1), "width_zoom", low, high)
