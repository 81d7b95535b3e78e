"""RandomRotation against Keras: the same numbers give the same images, and both draw them alike."""

import keras
import numpy as np
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

OPTIONS = dict(factor=0.5)


@given(fill_mode=st.sampled_from(["reflect", "nearest"]), data_format=data_formats, seed=seeds)
def test_the_same_numbers(fill_mode, data_format, seed):
    compare_affine("RandomRotation", OPTIONS, turns, fill_mode, data_format, seed)


def turns(N, H, W, rng):
    """Return what Keras's layer draws, with other numbers."""
    theirs = keras.layers.RandomRotation(0.5)
    angle = rng.uniform(-180, 180, N).astype("float32")
    zeros = np.zeros(N, "float32")
    matrix = theirs._compute_affine_matrix(
        0.5, 0.5, angle, zeros, zeros, zeros + 1, zeros, zeros, height=H, width=W
    )
    return {"angle": angle, "rotation_matrix": np.asarray(matrix)}


@given(interpolation=interpolations, fill_value=st.sampled_from([0.0, 0.5]))
def test_constant(interpolation, fill_value):
    compare_affine_with_a_constant("RandomRotation", OPTIONS, turns, interpolation, fill_value)


@given(seed=seeds, dtype=dtypes)
def test_inference(seed, dtype):
    compare_inference("RandomRotation", OPTIONS, seed, dtype)


def test_modes():
    compare_modes(*pair("RandomRotation", **OPTIONS, seed=1))


@pytest.mark.parametrize(("factor", "low", "high"), [(0.1, -36, 36), ((-0.1, 0.3), -36, 108)])
def test_draws(factor, low, high):
    options = dict(factor=factor, seed=1)
    ours, theirs = pair("RandomRotation", **options)
    compare_draws(ours, theirs, "angle", low, high)
