"""Winograd's convolution along the rows gives the numbers of the definition, with its larger rounding."""

import numpy as np
import pytest

from cnn_scratch.kernels import (
    conv2d,
    conv2d_direct,
    conv2d_rows,
    conv2d_rows_pooled,
    conv2d_winograd,
    max_pooling2d,
)
from cnn_scratch.kernels.row_transforms import (
    SIZE,
    TAPS,
    M,
    kernel_matrix,
    transform_grads,
    transform_inputs,
    transform_products,
)
from cnn_scratch.reference import conv2d as reference
from cnn_scratch.shapes import Window
from tests.threads import assert_same_bits_for_any_number_of_threads

# Images smaller than a tile, tiles cut off at the border, several bands, more filters than a block has.
CASES = {
    "same": ((2, 9, 7, 3), 5, 20, "same"),
    "valid": ((3, 8, 13, 2), 5, 17, "valid"),
    "smaller than a window": ((2, 1, 2, 1), 5, 3, "same"),
    "one row of the kernel": ((2, 3, 9, 4), 1, 35, "same"),
    "three rows": ((1, 6, 12, 17), 3, 40, "valid"),
    "several bands": ((1, 37, 67, 2), 5, 5, "same"),
    "many images": ((19, 4, 8, 3), 5, 16, "same"),
    "many channels": ((2, 6, 9, 48), 5, 40, "same"),
}
# Errors in units of the last place of the largest number, for sums of up to 300 terms; they grow with the
# root of the number of terms. A direct sum of random signs errs by some 5.
BOUND, BOUND_OF_GRADIENT = 40, 100


def example(name, dtype):
    """Return inputs, kernel, bias, gradient of the outputs, and the window of a case."""
    shape, KH, F, padding = CASES[name]
    rng, window = np.random.default_rng(0), Window((KH, 5), padding=padding)
    shapes = shape, (KH, 5, shape[-1], F), (F,), (shape[0], *window.output_size(*shape[1:3]), F)
    return *(rng.normal(size=shape).astype(dtype) for shape in shapes), window


def assert_close(ours, exact, dtype, bound):
    assert ours.dtype == dtype
    unit = 2.0**-24 if dtype == "float32" else 2.0**-53
    np.testing.assert_allclose(ours, exact, rtol=0, atol=bound * unit * np.abs(exact).max())


def test_the_transforms_are_an_identity():
    rng = np.random.default_rng(0)
    kernel, window, grads = rng.normal(size=TAPS), rng.normal(size=SIZE), rng.normal(size=M)
    U, V = kernel_matrix(np.dtype("float64")) @ kernel, np.array(transform_inputs(*window))
    expected = [window[j : j + TAPS] @ kernel for j in range(M)]
    np.testing.assert_allclose(transform_products(*(U * V)), expected, rtol=0, atol=1e-13)
    expected = [window[k : k + M] @ grads for k in range(TAPS)]
    Y = np.array(transform_grads(*grads))
    np.testing.assert_allclose(kernel_matrix(np.dtype("float64")).T @ (V * Y), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_forward_and_gradients_are_the_reference(name, dtype):
    inputs, kernel, bias, grad, window = example(name, dtype)
    exact = [array.astype(np.float64) for array in (inputs, kernel, bias, grad)]
    geometry = window.arguments(*inputs.shape[1:3])
    expected = reference.conv2d(*exact[:3], window)
    outputs = np.empty(grad.shape, dtype)
    conv2d_rows.forward(inputs, kernel, bias, geometry, False, outputs)
    assert_close(outputs, expected, dtype, BOUND * max(1, kernel[..., 0].size / 300) ** 0.5)
    positive = np.empty_like(outputs)
    conv2d_rows.forward(inputs, kernel, bias, geometry, True, positive)
    np.testing.assert_array_equal(positive, np.maximum(outputs, 0))

    of_inputs, of_kernel, of_bias = reference.conv2d_gradients(exact[0], exact[1], exact[3], window)
    grad_kernel, grad_bias = conv2d_rows.grad_parameters(inputs, grad, geometry)
    assert_close(grad_kernel, of_kernel.reshape(grad_kernel.shape), dtype, BOUND_OF_GRADIENT)
    assert_close(grad_bias, of_bias, dtype, BOUND_OF_GRADIENT)
    grad_images = np.empty_like(inputs)
    conv2d_rows.grad_inputs(grad, kernel, geometry, grad_images)
    assert_close(grad_images, of_inputs, dtype, BOUND_OF_GRADIENT)


def test_the_kernel_takes_the_gradient_back_through_relu():
    inputs, _, _, grad, window = example("same", "float32")
    outputs = np.maximum(np.random.default_rng(1).normal(size=grad.shape), 0).astype("float32")
    outputs[1, 2, 3] = np.nan
    geometry = window.arguments(*inputs.shape[1:3])
    for ours, expected in zip(
        conv2d_rows.grad_parameters(inputs, grad, geometry, outputs),
        conv2d_rows.grad_parameters(inputs, np.where(outputs > 0, grad, 0), geometry),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_reaches_exactly_the_windows_that_hold_it(bad):
    inputs, kernel = np.ones((2, 12, 12, 3), "float32"), np.ones((5, 5, 3, 20), "float32")
    inputs[1, 5, 6, 0] = bad
    outputs, geometry = np.empty((2, 8, 8, 20), "float32"), Window((5, 5)).arguments(12, 12)
    conv2d_rows.forward(inputs, kernel, np.zeros(20, "float32"), geometry, False, outputs)
    expected = np.zeros(outputs.shape, bool)
    expected[1, 1:6, 2:7] = True
    np.testing.assert_array_equal(~np.isfinite(outputs), expected)
    np.testing.assert_allclose(outputs[~expected], 75, rtol=1e-5)

    matrix, _ = conv2d_rows.grad_parameters(inputs, np.ones_like(outputs), geometry)
    np.testing.assert_array_equal(
        np.isfinite(matrix.reshape(25, 3, 20)).all(axis=(0, 2)), [False, True, True]
    )
    grad = np.ones_like(outputs)
    grad[0, 2, 3, 4] = bad
    matrix, grad_bias = conv2d_rows.grad_parameters(np.ones_like(inputs), grad, geometry)
    np.testing.assert_array_equal(np.isfinite(matrix).all(axis=0), np.arange(20) != 4)
    np.testing.assert_array_equal(np.isfinite(grad_bias), np.arange(20) != 4)


POOLINGS = {
    "plain": Window((2, 2), (2, 2)),
    "same, odd": Window((2, 3), (2, 3), padding="same"),
    "overlapping": Window((3, 3), (2, 2)),
    "strides above the window": Window((1, 2), (3, 4)),
}


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("name", ["same", "valid", "several bands", "many images"])
def test_pooling_at_once_gives_the_same_bits(name, pooling):
    inputs, kernel, bias, grad, window = example(name, "float32")
    geometry, size = window.arguments(*inputs.shape[1:3]), grad.shape[1:3]
    outputs = np.empty_like(grad)
    conv2d_rows.forward(inputs, kernel, bias, geometry, True, outputs)
    for ours, expected in zip(
        conv2d_rows_pooled.forward(inputs, kernel, bias, geometry, True, size, POOLINGS[pooling]),
        max_pooling2d.forward(outputs, POOLINGS[pooling]),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, expected)
    if pooling == "overlapping":
        return
    signs = np.where(np.arange(bias.size) % 2, 1, -1).astype("float32")
    images, taken, places, (mean, variance) = conv2d_rows_pooled.forward_in_training(
        inputs, kernel, bias, geometry, True, size, POOLINGS[pooling], signs
    )
    np.testing.assert_array_equal(images, outputs)
    for ours, expected in zip(
        (taken, places), max_pooling2d.forward(signs * outputs, POOLINGS[pooling]), strict=True
    ):
        np.testing.assert_array_equal(ours, expected)
    exact = outputs.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=(0, 1, 2)), rtol=0, atol=2e-6 * exact.std())
    np.testing.assert_allclose(variance, exact.var(axis=(0, 1, 2)), rtol=4e-6)


def test_the_variance_is_exact_where_the_mean_is_large():
    inputs = np.random.default_rng(0).normal(size=(2, 9, 8, 3)).astype("float32")
    kernel, bias = np.ones((5, 5, 3, 4), "float32") / 64, np.full(4, 4096, "float32")
    window, pooling = Window((5, 5)), Window((2, 2), (2, 2))
    images, _, _, (mean, variance) = conv2d_rows_pooled.forward_in_training(
        inputs, kernel, bias, window.arguments(9, 8), True, (5, 4), pooling, np.ones(4, "float32")
    )
    exact = images.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=(0, 1, 2)), rtol=1e-9)
    np.testing.assert_allclose(variance, exact.var(axis=(0, 1, 2)), rtol=1e-5)


def test_same_bits_for_any_number_of_threads():
    inputs, kernel, bias, grad, window = example("many images", "float32")
    geometry, size, pooling = window.arguments(4, 8), (4, 8), Window((2, 2), (2, 2))
    signs = np.ones(bias.size, "float32")

    def run():
        outputs = np.empty_like(grad)
        conv2d_rows.forward(inputs, kernel, bias, geometry, True, outputs)
        images, taken, places, moments = conv2d_rows_pooled.forward_in_training(
            inputs, kernel, bias, geometry, True, size, pooling, signs
        )
        mean = np.zeros(bias.size)
        gradients = conv2d_rows_pooled.grad_parameters(
            inputs, geometry, True, images, taken, places, (mean, mean + 1, mean + 0.1, mean - 0.2), pooling
        )
        return [outputs, images, *moments, *gradients, *conv2d_rows.grad_parameters(inputs, grad, geometry)]

    assert_same_bits_for_any_number_of_threads(run)


def test_auto_takes_it_where_it_pays(monkeypatch):
    monkeypatch.setattr(conv2d, "_wanted", "auto")
    window, large = Window((5, 5)), (128, 32, 32, 20)
    assert conv2d.choose(window, large, 3, 16) is conv2d_rows
    assert conv2d.choose(Window((3, 5)), large, 5, 16) is conv2d_rows
    assert conv2d.choose(window, (128, 32, 32, 3), 20, 16) is conv2d_rows  # the gradient of the inputs
    assert conv2d.choose(window, (128, 32, 32, 32), 64, 16) is conv2d_rows
    assert conv2d.choose(window, (128, 32, 32, 64), 64, 16) is conv2d_winograd  # fewer multiplications
    assert (
        conv2d.choose(Window((3, 5)), (128, 32, 32, 64), 64, 16) is conv2d_rows
    )  # Winograd's is for squares
    assert conv2d.choose(window, large, 1, 16) is conv2d_direct  # a short sum
    assert conv2d.choose(window, (1, 32, 32, 20), 3, 16) is conv2d_direct  # one image
    assert conv2d.choose(window, (1280, 32, 4, 20), 3, 16) is conv2d_direct  # rows of one tile
    assert conv2d.choose(Window((5, 5), strides=(1, 2)), large, 3, 16) is conv2d_direct
    assert conv2d.choose(Window((5, 5), dilation=(2, 2)), large, 3, 16) is conv2d_direct
    monkeypatch.setattr(conv2d, "_wanted", "direct")
    assert conv2d.choose(window, large, 3, 16) is conv2d_direct
