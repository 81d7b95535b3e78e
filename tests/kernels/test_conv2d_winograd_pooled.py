"""Winograd's convolution and the pooling behind it in one pass, and the products that it leaves out."""

import numpy as np
import pytest

from cnn_scratch.kernels import conv2d_pooled, conv2d_winograd, conv2d_winograd_pooled, max_pooling2d
from cnn_scratch.kernels.conv2d_winograd_pooled import lie_in_tiles
from cnn_scratch.kernels.winograd import SIZE, P
from cnn_scratch.kernels.winograd_pieces import KINDS, PIECE_NUMBERS, pieces_of_tiles, spans_of_kinds
from cnn_scratch.kernels.winograd_tiles import tiling_of
from cnn_scratch.shapes import Window
from tests.threads import assert_same_bits_for_any_number_of_threads

POOLING = Window((2, 2), (2, 2))
# Whole tiles, and tiles of which one, two or three rows or columns lie outside; blocks that are not full.
CASES = {
    "whole tiles": ((3, 8, 12, 16), 3, 32, "same"),
    "one row is left over": ((2, 11, 13, 5), 3, 20, "valid"),
    "two columns": ((5, 9, 10, 17), 3, 70, "same"),
    "three of both": ((3, 7, 7, 3), 3, 9, "same"),
    "smaller than a tile": ((4, 2, 3, 2), 3, 17, "same"),
    "5×5, odd": ((3, 9, 7, 4), 5, 33, "same"),
    "5×5, even": ((2, 10, 12, 4), 5, 16, "valid"),
    "no image": ((0, 9, 9, 3), 3, 4, "valid"),
}


def arrays(case, dtype, seed=0):
    """Return inputs, kernel, bias, the window and the size of the outputs."""
    shape, taps, F, padding = CASES[case]
    rng, window = np.random.default_rng(seed), Window((taps, taps), padding=padding)
    inputs, kernel = rng.normal(size=shape), rng.normal(size=(taps, taps, shape[3], F))
    return *(x.astype(dtype) for x in (inputs, kernel, rng.normal(size=F))), window


def two_passes(inputs, kernel, bias, window, relu, vectors=None):
    """Return outputs and places of the convolution and the pooling, one after the other."""
    images = np.empty((len(inputs), *window.output_size(*inputs.shape[1:3]), bias.size), inputs.dtype)
    conv2d_winograd.forward(inputs, kernel, bias, window.arguments(*inputs.shape[1:3]), relu, images)
    return max_pooling2d.forward(images, POOLING, vectors)


def one_pass(inputs, kernel, bias, window, relu, vectors=None):
    """Return the same, computed at once."""
    size, geometry = window.output_size(*inputs.shape[1:3]), window.arguments(*inputs.shape[1:3])
    return conv2d_winograd_pooled.forward(inputs, kernel, bias, geometry, relu, size, POOLING, vectors)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_one_pass_gives_the_bits_of_two(case, relu, dtype):
    given = arrays(case, dtype)
    F, rng = given[2].size, np.random.default_rng(1)
    vectors = tuple(rng.normal(size=F).astype(dtype) for _ in range(3))  # a scale may be negative
    for normalization in (None, vectors):
        expected = two_passes(*given, relu, normalization)
        for ours, theirs in zip(one_pass(*given, relu, normalization), expected, strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("case", ["one row is left over", "5×5, odd"])
def test_an_image_that_is_not_finite_is_pooled_from_direct_sums(case, bad):
    inputs, kernel, bias, window = arrays(case, "float32")
    expected = one_pass(inputs, kernel, bias, window, True)
    inputs[-1, 3, 4, 1] = bad
    size, geometry = window.output_size(*inputs.shape[1:3]), window.arguments(*inputs.shape[1:3])
    direct = conv2d_pooled.forward(inputs[-1:], kernel, bias, geometry, True, size, POOLING)
    for ours, of_others, of_last in zip(
        one_pass(inputs, kernel, bias, window, True), expected, direct, strict=True
    ):
        np.testing.assert_array_equal(ours[:-1], of_others[:-1])
        np.testing.assert_array_equal(ours[-1:], of_last)


def test_a_row_that_no_window_of_the_pooling_sees_decides_too():
    """Or the image would be computed in another way than by the convolution alone."""
    inputs, kernel, bias, window = arrays("one row is left over", "float32")
    inputs[1, -1, 0, 0] = (
        np.inf
    )  # only the last row of outputs sees it, the ninth, which has tiles of its own
    for ours, theirs in zip(
        one_pass(inputs, kernel, bias, window, False),
        two_passes(inputs, kernel, bias, window, False),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("H", "W", "padding"), [(9, 9, "valid"), (9, 13, "same"), (8, 12, "same"), (12, 8, "same")]
)
def test_what_is_read_beyond_an_image_is_not_multiplied(H, W, padding):
    """Windows of the last rows and columns may reach into the next image; what is there does not count."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(3, H, W, 16)).astype("float32")
    kernel, bias, window = rng.normal(size=(3, 3, 16, 16)), np.zeros(16), Window((3, 3), padding=padding)
    arguments = kernel.astype("float32"), bias.astype("float32"), window.arguments(H, W), False
    size = window.output_size(H, W)
    outputs, expected = (np.empty((3, *size, 16), "float32") for _ in range(2))
    conv2d_winograd.forward(inputs, *arguments, expected)
    inputs[1] = np.nan
    finite = conv2d_winograd.run(conv2d_winograd.forward_pieces, inputs, arguments, size, outputs)
    np.testing.assert_array_equal(finite, [True, False, True])
    np.testing.assert_array_equal(outputs[::2], expected[::2])


@pytest.mark.parametrize("taps", [3, 5])
def test_threads_and_numpy_transform_a_kernel_alike(taps, monkeypatch):
    inputs, kernel, bias, window = arrays("two columns" if taps == 3 else "5×5, odd", "float64")
    results = [one_pass(inputs, kernel, bias, window, False)]
    factors, shape = conv2d_winograd.factors_of(kernel)
    assert factors[2].size == 0
    assert factors[1].size == kernel[..., :1].size * shape[0] * shape[3]
    monkeypatch.setattr(conv2d_winograd, "OWN_NUMBERS", 0)
    factors, same_shape = conv2d_winograd.factors_of(kernel)
    assert factors[2].shape == shape == same_shape
    results.append(one_pass(inputs, kernel, bias, window, False))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=0, atol=1e-13 * np.abs(results[0][0]).max())


def test_each_tile_belongs_to_one_piece_with_tiles_of_its_kind():
    tiling = tiling_of((11, 8), (3, 3, 1, 1, 1, 1, 0, 0))
    order, pieces = pieces_of_tiles(70, tiling, PIECE_NUMBERS // (P * 40))
    np.testing.assert_array_equal(np.sort(order), np.arange(70 * 6))
    np.testing.assert_array_equal(pieces[:, 0], np.cumsum(pieces[:, 1]) - pieces[:, 1])
    assert pieces[:, 1].sum() == order.size
    assert len(pieces) > KINDS
    for first, count, kind in pieces:
        # Of three rows of tiles the last one has rows 8 to 11, and 11 lies outside; no column does.
        np.testing.assert_array_equal(order[first : first + count] // 2 % 3 == 2, kind == 1)


def test_a_tile_with_a_row_and_a_column_outside_needs_25_of_36_products():
    spans = np.zeros((2, P, 2), np.int64) + (0, 7)
    products = (spans_of_kinds(spans)[..., 1] > 0).reshape(KINDS, 2, SIZE, SIZE)
    assert products.sum(axis=(2, 3)).tolist() == [[36, 36], [30, 30], [30, 30], [25, 25]]
    assert not products[1, :, -1].any()
    assert not products[2, :, :, -1].any()


@pytest.mark.parametrize(
    ("window", "size", "expected"),
    [
        (POOLING, (11, 8), True),
        (Window((2, 2), (2, 2), "same"), (12, 8), True),
        (Window((2, 2), (2, 2), "same"), (11, 8), False),
        (Window((2, 2), (1, 2)), (12, 8), False),
        (Window((3, 2), (3, 2)), (12, 8), False),
    ],
)
def test_which_windows_lie_in_tiles(window, size, expected):
    assert lie_in_tiles(window, size) is expected


def test_same_bits_for_any_number_of_threads():
    given = arrays("two columns", "float32")
    assert_same_bits_for_any_number_of_threads(lambda: one_pass(*given, True))
