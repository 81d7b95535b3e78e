"""The transposed convolution as a plain one of folded images: its definition's numbers, and its choice."""

import numpy as np
import pytest

from cnn_scratch.kernels import conv2d, conv2d_direct, conv2d_transpose, conv2d_winograd, winograd
from cnn_scratch.kernels.conv2d import set_algorithm
from cnn_scratch.reference.conv2d_transpose import conv2d_transpose as define
from cnn_scratch.reference.conv2d_transpose import conv2d_transpose_gradients as define_gradients
from cnn_scratch.shapes import Window
from tests.threads import assert_same_bits_for_any_number_of_threads

C, F = 26, 24
# Windows of a whole number of blocks, of a part of one, and that are not square.
FOLDED = {
    "4×4, strides 2": Window((4, 4), strides=(2, 2), padding="same"),
    "6×6, strides 2": Window((6, 6), strides=(2, 2), padding="same"),
    "5×4, strides 2 and 1": Window((5, 3), strides=(2, 1), padding="same"),
    "7×6, strides 3": Window((7, 6), strides=(3, 3), padding="same"),
}


@pytest.fixture(autouse=True)
def _automatic_choice():
    before = conv2d.get_algorithm()
    set_algorithm("auto")
    yield
    set_algorithm(before)


def arrays(window, dtype=np.float64, N=4, H=16, W=18):
    rng = np.random.default_rng(0)
    (KH, KW), (SH, SW) = window.size, window.strides
    inputs, kernel = rng.normal(size=(N, H, W, C)), rng.normal(size=(KH, KW, F, C))
    grads, bias = rng.normal(size=(N, SH * H, SW * W, F)), rng.normal(size=F)
    return [array.astype(dtype) for array in (inputs, kernel, bias, grads)]


@pytest.mark.parametrize("name", FOLDED)
@pytest.mark.parametrize(("dtype", "tolerance", "N"), [("float64", 1e-13, 4), ("float32", 6e-6, 2)])
def test_it_gives_the_numbers_of_the_definition(name, dtype, tolerance, N):
    window = FOLDED[name]
    inputs, kernel, bias, grads = arrays(window, dtype, N)
    assert conv2d_transpose.is_folded(window, inputs.shape, grads.shape)
    outputs = conv2d_transpose.forward(inputs, kernel, bias, window, grads.shape)
    gradients = conv2d_transpose.gradients(inputs, grads, kernel, window)
    alone = conv2d_transpose.grad_parameters(inputs, grads, window)

    inputs, kernel, bias, grads = arrays(window, N=N)
    grad_inputs, grad_kernel, grad_bias = define_gradients(inputs, kernel, grads, window)
    expected = [
        (outputs, define(inputs, kernel, bias, window, grads.shape[1:3])),
        *zip(gradients, (grad_kernel, grad_bias, grad_inputs), strict=True),
        *zip(alone, (grad_kernel, grad_bias), strict=True),
    ]
    for ours, theirs in expected:
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max())


@pytest.mark.parametrize("name", FOLDED)
def test_what_is_left_out_is_what_is_zero(name):
    window = FOLDED[name]
    _, kernel, _, grads = arrays(window)
    folded = conv2d_transpose.folded_kernel(kernel, window, grads.shape)
    given = conv2d_transpose.given_places(window, grads.shape)
    np.testing.assert_array_equal(given, (folded != 0).any(axis=3, keepdims=True))
    positions = winograd.positions_of(given)  # (P, SH·SW·F, 1)
    U = conv2d_winograd.transformed(folded)  # (blocks, P, SH·SW·F, WIDTH)
    np.testing.assert_array_equal((U != 0).any(axis=(0, 3)), positions[..., 0])
    # Of a block of filters all channels are multiplied, or none.
    U = conv2d_winograd.transformed(conv2d_direct.turned(folded))
    spans = conv2d_winograd.spans_of(conv2d_direct.turned(given), U.shape)
    np.testing.assert_array_equal(spans[..., 1] - spans[..., 0], C * (U != 0).any(axis=(2, 3)))


def test_the_parts_of_a_4x4_kernel_need_25_of_36_products():
    given = conv2d_transpose.given_places(FOLDED["4×4, strides 2"], (1, 32, 36, 64))
    assert (winograd.positions_of(given).sum(axis=(0, 2)) == 25).all()
    spans = conv2d_winograd.spans_of(given, (1, winograd.P, 4 * 64, 16))
    # Parts 0 and 2 lie in the same columns, and what lies between them is multiplied, too.
    assert (spans[..., 1] - spans[..., 0]).mean() == 0.75 * 4 * 64
    needed = conv2d_winograd.needed_of(conv2d_direct.turned(given), 4, 64, 32)
    assert needed.shape == (4, winograd.P, 2)
    assert (needed.sum(axis=1) == 25).all()
    assert conv2d_winograd.needed_of(None, 3, 16, 32).shape == (3, winograd.P, 1)


@pytest.mark.parametrize("N", [3, 4])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_not_finite_reaches_only_its_window(number, N):
    window = Window((4, 4), strides=(2, 2), padding="same")
    inputs, kernel, bias, grads = arrays(window, np.float32, N)
    inputs[1, 5, 6, 3] = grads[2, 9, 8, 1] = number
    outputs = conv2d_transpose.forward(inputs, kernel, bias, window, grads.shape)
    expected = np.ones(outputs.shape, bool)
    expected[1, 9:13, 11:15] = False
    np.testing.assert_array_equal(np.isfinite(outputs), expected)
    grad_kernel, grad_bias, grad_inputs = conv2d_transpose.gradients(inputs, grads, kernel, window)
    expected = np.ones(inputs.shape, bool)
    expected[2, 4:6, 3:5] = False
    np.testing.assert_array_equal(np.isfinite(grad_inputs), expected)
    expected = np.ones(kernel.shape, bool)
    expected[..., 3] = False
    expected[0::2, 1::2, 1] = False  # the places that meet the pixel at 9, 8
    for of_kernel in (grad_kernel, conv2d_transpose.grad_parameters(inputs, grads, window)[0]):
        np.testing.assert_array_equal(np.isfinite(of_kernel), expected)
    np.testing.assert_array_equal(np.isfinite(grad_bias), np.arange(F) != 1)


@pytest.mark.parametrize(
    ("window", "output_shape"),
    [
        (Window((3, 3), padding="same"), (4, 16, 18, F)),  # no strides
        (Window((3, 3), strides=(2, 2), padding="same"), (4, 32, 36, F)),  # too many zeros
        (Window((8, 8), strides=(2, 2), padding="same"), (4, 32, 36, F)),  # it reaches beyond the neighbours
        (Window((4, 4), strides=(2, 2)), (4, 34, 38, F)),  # no whole number of blocks
    ],
)
def test_others_are_not_folded(window, output_shape):
    assert not conv2d_transpose.is_folded(window, (4, 16, 18, C), output_shape)


def test_another_algorithm_does_not_fold():
    window = FOLDED["4×4, strides 2"]
    assert conv2d_transpose.is_folded(window, (4, 16, 18, C), (4, 32, 36, F))
    set_algorithm("direct")
    assert not conv2d_transpose.is_folded(window, (4, 16, 18, C), (4, 32, 36, F))


def test_folding_and_unfolding():
    window, images = Window((4, 4), (2, 3), "same"), np.arange(2 * 4 * 6 * 5.0).reshape(2, 4, 6, 5)
    folded = conv2d_transpose.folded(images, window)
    assert folded.shape == (2, 2, 2, 2 * 3 * 5)
    np.testing.assert_array_equal(folded[1, 0, 1].reshape(2, 3, 5), images[1, 0:2, 3:6])
    np.testing.assert_array_equal(conv2d_transpose.unfolded(folded, window), images)


def test_same_bits_for_any_number_of_threads():
    window = FOLDED["4×4, strides 2"]
    inputs, kernel, bias, grads = arrays(window, np.float32)
    assert_same_bits_for_any_number_of_threads(
        lambda: (
            conv2d_transpose.forward(inputs, kernel, bias, window, grads.shape),
            *conv2d_transpose.gradients(inputs, grads, kernel, window),
        )
    )
