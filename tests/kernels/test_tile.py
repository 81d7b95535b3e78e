"""The innermost loop: its instructions and its definition give the same tile."""

import numpy as np
import pytest

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import ROWS, packed_blocks, tile_product, tile_width


@compiled
def run(a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile):
    tile_product(a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("outer", "inner"), [(1, 1), (3, 7), (4, 0), (0, 5), (2, 64)])
def test_instructions_equal_the_definition(dtype, outer, inner):
    rng = np.random.default_rng(outer + inner)
    a = rng.normal(size=1000).astype(dtype)
    width = tile_width(a.itemsize)
    b = rng.normal(size=5 + 200 * width).astype(dtype)
    rows = rng.integers(0, 300, ROWS)
    steps = rng.integers(0, 200, outer)
    arguments = (a, rows, steps, inner, 3, b, 5, inner * width, width)
    tile, expected = (np.full((ROWS, width), np.nan, dtype) for _ in range(2))
    run(*arguments, tile)
    tile_product(*arguments, expected)
    # a fused multiply-add rounds once where the definition rounds twice
    bound = max(1, outer * inner) * np.finfo(dtype).eps * max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(tile, expected, rtol=0, atol=bound)


def test_the_definition_by_hand():
    a = np.array([1.0, 10, 100, 1000])
    width = tile_width(a.itemsize)
    b = np.repeat([2.0, 3.0], width)
    tile = np.empty((ROWS, width))
    tile_product(a, np.arange(ROWS) % 2, np.array([0, 2]), 1, 1, b, 0, width, width, tile)
    # row 0: 1·2 + 100·3, row 1: 10·2 + 1000·3
    np.testing.assert_array_equal(tile[:, 0], np.where(np.arange(ROWS) % 2, 3020, 302))


@pytest.mark.parametrize("columns", [1, 5, 16, 33])
def test_packed_blocks_hold_the_matrix_and_zeros(columns):
    matrix = np.random.default_rng(0).normal(size=(4, columns))
    blocks = packed_blocks(matrix)
    flat = np.concatenate(list(blocks), axis=1)
    np.testing.assert_array_equal(flat[:, :columns], matrix)
    np.testing.assert_array_equal(flat[:, columns:], 0)
