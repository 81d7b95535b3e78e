"""The convolution of few pixels as one product: the reference's numbers, and where it is chosen."""

import numpy as np
import pytest

from cnn_scratch.kernels import conv2d, conv2d_direct, conv2d_product, conv2d_winograd
from cnn_scratch.reference import conv2d as reference
from cnn_scratch.shapes import Window

# Borders on every side; a stride that leaves out the last pixels; holes in the window; no images.
CASES = [
    ((2, 5, 7, 6), Window((3, 3), padding="same")),
    ((1, 4, 4, 3), Window((5, 2), padding="same")),
    ((3, 8, 9, 4), Window((3, 3), strides=(2, 3), padding="valid")),
    ((2, 7, 8, 4), Window((2, 3), strides=(2, 2), padding="same")),
    ((1, 9, 8, 5), Window((3, 2), padding="same", dilation=(2, 3))),
    ((2, 3, 4, 5), Window((1, 1), strides=(3, 3), padding="valid")),
    ((0, 5, 5, 2), Window((3, 3), padding="same")),
]


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(("shape", "window"), CASES)
def test_it_gives_the_numbers_of_the_reference(shape, window, relu):
    rng = np.random.default_rng(0)
    N, H, W, C = shape
    F = 7
    inputs, kernel, bias = rng.normal(size=shape), rng.normal(size=(*window.size, C, F)), rng.normal(size=F)
    outputs = np.full((N, *window.output_size(H, W), F), np.nan)
    grads, geometry = rng.normal(size=outputs.shape), window.arguments(H, W)

    conv2d_product.forward(inputs, kernel, bias, geometry, relu, outputs)
    expected = reference.conv2d(inputs, kernel, bias, window)
    expected = np.maximum(expected, 0) if relu else expected
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-13)

    grad_images = np.full(shape, np.nan)
    conv2d_product.grad_inputs(grads, kernel, geometry, grad_images)
    grad_kernel, grad_bias = conv2d_product.grad_parameters(inputs, grads, geometry)
    expected_inputs, expected_kernel, expected_bias = reference.conv2d_gradients(
        inputs, kernel, grads, window
    )
    np.testing.assert_allclose(grad_images, expected_inputs, rtol=0, atol=1e-13)
    np.testing.assert_allclose(grad_kernel.reshape(kernel.shape), expected_kernel, rtol=0, atol=1e-13)
    np.testing.assert_allclose(grad_bias, expected_bias, rtol=0, atol=1e-13)


def test_a_nan_reaches_only_the_windows_that_see_it():
    inputs, kernel = np.zeros((1, 5, 5, 2)), np.ones((3, 3, 2, 4))
    inputs[0, 1, 1, 0] = np.nan
    outputs = np.empty((1, 5, 5, 4))
    conv2d_product.forward(
        inputs, kernel, np.zeros(4), Window((3, 3), padding="same").arguments(5, 5), True, outputs
    )
    expected = np.zeros((1, 5, 5, 4))
    expected[0, :3, :3] = np.nan
    np.testing.assert_array_equal(outputs, expected)


def test_auto_takes_it_for_few_pixels_and_a_large_kernel(monkeypatch):
    monkeypatch.setattr(conv2d, "_wanted", "auto")
    window = Window((3, 3), padding="same")
    assert conv2d.choose(window, (1, 7, 7, 128), 64, 16) is conv2d_product
    assert conv2d.choose(window, (1, 7, 7, 64), 64, 16) is conv2d_direct  # a small kernel
    assert conv2d.choose(window, (8, 8, 8, 128), 64, 16) is conv2d_winograd  # many pixels
    assert conv2d.choose(window, (1, 7, 7, 8), 1024, 16) is conv2d_direct  # few filters
    monkeypatch.setattr(conv2d, "_wanted", "direct")
    assert conv2d.choose(window, (1, 7, 7, 128), 64, 16) is conv2d_direct
