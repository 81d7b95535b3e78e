"""Vectors of the channels of a pixel: their instructions and their definitions give the same."""

import numpy as np
import pytest

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.vector import VECTOR_BYTES
from cnn_scratch.kernels.window_vectors import every_lane, keep_larger, load_part, store_part, where_place


def pool_two(x, start, count, outputs, places):
    """Write the larger of x[start …] and x[start + 40 …], and 5 or 200 for which one it was."""
    first = load_part(x, start, count)
    second = load_part(x, start + 40, count)
    largest, taken = keep_larger((first, every_lane(5, first)), (second, every_lane(200, second)))
    store_part(outputs, 3, count, largest)
    store_part(places, 3, count, taken)


def choose(x, start, count, places, place, outputs):
    """Write x[start …] where places[3 …] is ``place``, and 0 elsewhere."""
    store_part(outputs, 3, count, where_place(places, 3, count, place, load_part(x, start, count)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("place_dtype", ["uint8", "int32"])
@pytest.mark.parametrize("share", [1.0, 0.6, 0.1])
def test_instructions_equal_the_definition(dtype, place_dtype, share):
    x = np.random.default_rng(2).normal(size=80).astype(dtype)
    x[[0, 41, 2, 42]] = np.nan  # in one, in the other, in both
    x[3] = x[43]
    count = max(1, int(share * VECTOR_BYTES // x.itemsize))
    results = []
    for pool, pick in ((pool_two, choose), (compiled(pool_two), compiled(choose))):
        outputs, places, chosen = np.full(40, 7, dtype), np.full(40, 9, place_dtype), np.full(40, 7, dtype)
        pool(x, 0, count, outputs, places)
        pick(x, 1, count, places, 200, chosen)
        results.append((outputs, places, chosen))
    for expected, received in zip(*results, strict=True):
        np.testing.assert_array_equal(received, expected)
    outputs, places, chosen = results[1]
    # What lies around the lanes is left alone.
    for array, untouched in ((outputs, 7), (places, 9), (chosen, 7)):
        np.testing.assert_array_equal(array[:3], untouched)
        np.testing.assert_array_equal(array[3 + count :], untouched)


@pytest.mark.parametrize("function", [pool_two, compiled(pool_two)])
def test_by_hand(function):
    x = np.zeros(80)
    x[:4], x[40:44] = [1, 5, 2, np.nan], [3, 4, 2, 9]
    outputs, places = np.zeros(10), np.zeros(10, np.uint8)
    function(x, 0, 4, outputs, places)
    np.testing.assert_array_equal(outputs[3:7], [3, 5, 2, np.nan])  # equal: the first; NaN: kept
    np.testing.assert_array_equal(places[3:7], [200, 5, 5, 5])
