"""Vectors: the instructions and their definitions do the same."""

import numpy as np
import pytest

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.vector import lanes_of, load_some, store, transpose, where_positive


def keep_positive(conditions, numbers, start, count, results):
    vector = load_some(numbers, start, count)
    store(results, 1, where_positive(load_some(conditions, start, count), vector))


@pytest.mark.parametrize("keep", [keep_positive, compiled(keep_positive)], ids=["Python", "compiled"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("missing", [0, 1, 3])
def test_some_numbers_where_others_are_positive(keep, dtype, missing):
    lanes = lanes_of(np.dtype(dtype).itemsize)
    # The arrays end with the last number that may be read.
    conditions = np.resize([1, 0, -1, np.nan, np.inf], 2 + lanes - missing).astype(dtype)
    numbers = np.resize([5, 6, 7, 8, np.nan, np.inf], 2 + lanes - missing).astype(dtype)
    results = np.full(lanes + 2, 9, dtype)
    keep(conditions, numbers, 2, lanes - missing, results)
    expected = [number if condition > 0 else 0 for number, condition in zip(numbers, conditions, strict=True)]
    np.testing.assert_array_equal(results, [9, *expected[2:], *[0] * missing, 9])


def turn(numbers, target, step, stride):
    transpose(numbers, 3, step, target, 5, stride)


@pytest.mark.parametrize("turn", [turn, compiled(turn)], ids=["Python", "compiled"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_of_a_square_become_columns(turn, dtype):
    lanes = lanes_of(np.dtype(dtype).itemsize)
    step, stride = lanes + 2, lanes + 1
    # The arrays end with the last number of the square.
    numbers = np.arange(3 + (lanes - 1) * step + lanes, dtype=dtype)
    target = np.full(5 + (lanes - 1) * stride + lanes, -1, dtype)
    expected = target.copy()
    for i in range(lanes):
        for j in range(lanes):
            expected[5 + j * stride + i] = numbers[3 + i * step + j]
    turn(numbers, target, step, stride)
    np.testing.assert_array_equal(target, expected)
