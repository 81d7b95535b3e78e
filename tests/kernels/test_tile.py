"""The innermost loop: its instructions and its definition give the same tile."""

import numpy as np
import pytest

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import (
    ROWS,
    TALL_ROWS,
    add_tall_tile,
    add_tile,
    packed_blocks,
    tile_width,
    write_sums,
    write_tile,
)
from cnn_scratch.kernels.tile_code import PART_TERMS


@compiled
def compiled_write(left, terms, right, target, bias, floor):
    write_tile(left, terms, right, target, bias, floor)


@compiled
def compiled_write_sums(left, terms, right, target):
    write_sums(left, terms, right, target)


@compiled
def compiled_add(left, terms, right, target):
    add_tile(left, terms, right, target)


@compiled
def compiled_add_tall(left, terms, right, target):
    add_tall_tile(left, terms, right, target)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("outer", "inner"), [(1, 1), (3, 7), (4, 0), (0, 5), (2, 64), (1, 400), (7, 55), (2, 200)]
)
@pytest.mark.parametrize("share", [1.0, 0.9, 0.7, 0.5, 0.1])
def test_instructions_equal_the_definition(dtype, outer, inner, share):
    rng = np.random.default_rng(outer + inner)
    a = rng.normal(size=1800).astype(dtype)
    width = int(tile_width(a.itemsize))
    columns = max(1, int(share * width))
    b, bias = rng.normal(size=5 + 400 * width).astype(dtype), rng.normal(size=3 + width).astype(dtype)
    left = (a, rng.integers(0, 300, TALL_ROWS + 2), 2, 7)
    terms, right = (rng.integers(0, 200, outer), inner, 3), (b, 5, inner * width, width)
    places = np.concatenate([[0], rng.permutation(TALL_ROWS) * 70])
    out = rng.normal(size=TALL_ROWS * 70).astype(dtype)
    target = (places, 1, columns)
    # a fused multiply-add rounds once where the definition rounds twice
    bound = 40 * max(1, outer * inner) * np.finfo(dtype).eps

    for floor in (0, -np.inf):
        written, expected = out.copy(), out.copy()
        floor = a.dtype.type(floor)
        compiled_write(left, terms, right, (written, *target), (bias, 3), floor)
        write_tile(left, terms, right, (expected, *target), (bias, 3), floor)
        np.testing.assert_allclose(written, expected, rtol=0, atol=bound)
        assert np.count_nonzero(written != out) <= ROWS * columns
    for compiled_form, definition, rows in (
        (compiled_add, add_tile, ROWS),
        (compiled_add_tall, add_tall_tile, TALL_ROWS),
    ):
        added, expected = out.copy(), out.copy()
        compiled_form(left, terms, right, (added, *target))
        definition(left, terms, right, (expected, *target))
        np.testing.assert_allclose(added, expected, rtol=0, atol=bound)
        # The numbers between the rows are left alone.
        inside = (places[1 : 1 + rows, np.newaxis] + np.arange(columns)).ravel()
        np.testing.assert_array_equal(np.delete(added, inside), np.delete(out, inside))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_are_written_as_they_are_and_what_is_left_out_changes_nothing(dtype):
    rng = np.random.default_rng(0)
    a = rng.normal(size=500).astype(dtype)
    width, inner = int(tile_width(a.itemsize)), 9
    b, zeros = rng.normal(size=5 + inner * width).astype(dtype), np.zeros(width, dtype)
    left, places = (a, rng.integers(0, 300, ROWS + 2), 2, 7), rng.permutation(ROWS) * width
    out = rng.normal(size=ROWS * width).astype(dtype)
    for columns in (width, width // 2 - 1):
        expected = out.copy()
        write_tile(
            left, (np.zeros(1, np.int64), inner, 3), (b, 5, 0, width), (expected, places, 0, columns),
            (zeros, 0), a.dtype.type(-np.inf),
        )  # fmt: skip
        target = (places, 0, columns) if columns < width else (places, 0)
        for write in (compiled_write_sums, write_sums):
            written = out.copy()
            write(left, (inner, 3), (b, 5, width), (written, *target))
            np.testing.assert_allclose(written, expected, rtol=0, atol=40 * inner * np.finfo(dtype).eps)


@pytest.mark.parametrize("write", [write_tile, compiled_write])
def test_a_tile_by_hand(write):
    a = np.array([1.0, 10, 100, 1000])
    width = int(tile_width(a.itemsize))
    b = np.repeat([2.0, 3.0], width)
    left, terms = (a, np.arange(ROWS) % 2, 0, 0), (np.array([0, 2]), 1, 1)
    out, bias = np.zeros(ROWS * width), np.full(width, -1000.0)
    write(left, terms, (b, 0, width, width), (out, np.arange(ROWS) * width, 0, width), (bias, 0), 0.0)
    # row 0: 1·2 + 100·3 − 1000, which is below the floor; row 1: 10·2 + 1000·3 − 1000
    np.testing.assert_array_equal(out.reshape(ROWS, -1)[:, 0], np.where(np.arange(ROWS) % 2, 2020, 0))


@pytest.mark.parametrize("write", [write_tile, compiled_write])
@pytest.mark.parametrize(("outer", "inner"), [(1, 4), (4, 1), (2, 2), (3, 1.5)])
def test_a_long_sum_is_added_up_in_parts(write, outer, inner):
    """One after the other, none of the ones would count: 2²⁴ + 1 is 2²⁴ in float32."""
    inner = int(inner * PART_TERMS)
    width = int(tile_width(4))
    b = np.ones((outer * inner, width), np.float32)
    b[0], b[1:PART_TERMS] = 2**24, 0
    if inner > PART_TERMS and inner % PART_TERMS:  # the parts end where a run does, or within it
        b[PART_TERMS:inner] = 0
    left = (np.ones(1, np.float32), np.zeros(ROWS, np.int64), 0, 0)
    out, no_bias = np.zeros(ROWS * width, np.float32), np.zeros(width, np.float32)
    target = (out, np.arange(ROWS) * width, 0, width)
    terms, right = (np.zeros(outer, np.int64), inner, 0), (b.reshape(-1), 0, inner * width, width)
    write(left, terms, right, target, (no_bias, 0), np.float32(-np.inf))
    np.testing.assert_array_equal(out, b.sum(dtype=np.float64) / width)


@pytest.mark.parametrize("write", [write_tile, compiled_write])
def test_nan_is_not_below_the_floor(write):
    width = int(tile_width(8))
    left, terms = (np.array([np.nan]), np.zeros(ROWS, np.int64), 0, 0), (np.zeros(1, np.int64), 1, 1)
    out = np.zeros(ROWS * width)
    target = (out, np.arange(ROWS) * width, 0, width)
    write(left, terms, (np.ones(width), 0, 0, 0), target, (np.zeros(width), 0), 0.0)
    assert np.isnan(out).all()


@pytest.mark.parametrize("columns", [1, 5, 16, 33])
def test_packed_blocks_hold_the_matrix_and_zeros(columns):
    matrix = np.random.default_rng(0).normal(size=(4, columns))
    blocks = packed_blocks(matrix)
    flat = np.concatenate(list(blocks), axis=1)
    np.testing.assert_array_equal(flat[:, :columns], matrix)
    np.testing.assert_array_equal(flat[:, columns:], 0)
