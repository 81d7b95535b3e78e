"""RandomBrightness against Keras: the same numbers give the same images; both draw them alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parity.compare import dtypes
from tests.parity.random_images import (
    compare_draws,
    compare_inference,
    compare_modes,
    compare_transforms,
    data_formats,
    pair,
    random_images,
    seeds,
)

ranges = st.sampled_from([(-9, 9), (-1.0, 0.75)])


@given(value_range=ranges, data_format=data_formats, seed=seeds, dtype=dtypes)
def test_the_same_numbers(value_range, data_format, seed, dtype):
    images, upstream = random_images(seed, data_format)
    numbers = np.random.default_rng(seed).uniform(-1, 1, (len(images), 1, 1, 1))
    options = dict(factor=0.5, value_range=value_range, data_format=data_format, dtype=dtype)
    ours, theirs = pair("RandomBrightness", **options)
    numbers = {"rgb_delta": numbers.astype(dtype)}
    compare_transforms(ours, theirs, images, numbers, upstream, terms=0)


@given(seed=seeds, dtype=dtypes)
def test_inference(seed, dtype):
    compare_inference("RandomBrightness", {"factor": 0.5}, seed, dtype)


def test_modes():
    compare_modes(*pair("RandomBrightness", factor=0.5, seed=1))


@pytest.mark.parametrize(
    ("factor", "value_range", "low", "high"),
    [
        (0.5, (0, 255), -127.5, 127.5),
        ((-0.1, 0.3), (1, 0), -0.1, 0.3),
        ((-3, 1), [0, 2.0], -6, 2),
    ],
)
def test_draws(factor, value_range, low, high):
    options = dict(factor=factor, value_range=value_range, seed=1)
    ours, theirs = pair("RandomBrightness", **options)
    compare_draws(ours, theirs, "rgb_delta", low, high)
