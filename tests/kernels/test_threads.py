"""How threads take turns: every piece is done, once, whatever the number of pieces and threads."""

import numpy as np
import pytest

from cnn_scratch.kernels.compile import compiled_parallel_products
from cnn_scratch.kernels.threads import RANGE, shared, shared_ranges
from tests.threads import each_number_of_threads


@compiled_parallel_products
def count_pieces(turns, pieces, counts):
    for piece in shared(turns, pieces):
        counts[piece] += 1


@compiled_parallel_products
def count_elements(turns, length, counts):
    for part in shared_ranges(turns, counts.size, length):
        for i in part:
            counts[i] += 1


@compiled_parallel_products
def count_elements_in_usual_ranges(turns, counts):
    for part in shared_ranges(turns, counts.size):
        for i in part:
            counts[i] += 1


@pytest.mark.parametrize("pieces", [0, 1, 2, 7, 10_000])
def test_each_piece_is_done_once(pieces):
    for _ in each_number_of_threads():
        counts = np.zeros(pieces + 1, np.int64)
        count_pieces(pieces, counts)
        np.testing.assert_array_equal(counts, [1] * pieces + [0])


@pytest.mark.parametrize(("size", "length"), [(0, 4), (1, 4), (4, 4), (5, 4), (100_003, 10)])
def test_each_element_is_done_once(size, length):
    for _ in each_number_of_threads():
        counts = np.zeros(size, np.int64)
        count_elements(length, counts)
        np.testing.assert_array_equal(counts, 1)


@pytest.mark.parametrize("size", [RANGE - 1, RANGE, 2 * RANGE + 3])
def test_each_element_is_done_once_in_ranges_of_the_usual_length(size):
    for _ in each_number_of_threads():
        counts = np.zeros(size, np.int64)
        count_elements_in_usual_ranges(counts)
        np.testing.assert_array_equal(counts, 1)
