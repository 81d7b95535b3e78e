"""Every algorithm for a convolution gives the same numbers, and the setting chooses between them."""

import os
import subprocess
import sys

import numpy as np
import pytest

from cnn_scratch import config
from cnn_scratch.kernels import conv2d, conv2d_direct, conv2d_im2col, conv2d_pointwise, conv2d_winograd
from cnn_scratch.reference import conv2d as reference
from cnn_scratch.shapes import Window

MODULES = {"direct": conv2d_direct, "im2col": conv2d_im2col, "winograd": conv2d_winograd}
# Odd sizes: images smaller than a tile, tiles cut off at the border, channels that fill no vector.
SHAPES = [
    ((2, 9, 7, 5), 3, 3, "same"),
    ((1, 13, 14, 33), 3, 40, "valid"),
    ((3, 2, 3, 1), 3, 1, "same"),
    ((2, 9, 8, 5), 5, 35, "same"),
    ((3, 11, 13, 17), 5, 48, "valid"),
    ((2, 1, 2, 1), 5, 1, "same"),
    # Enough images for all gradients at once, in pieces of more than one image.
    ((9, 6, 8, 17), 3, 33, "valid"),
    ((17, 3, 5, 33), 3, 18, "same"),
    ((9, 5, 3, 18), 5, 17, "same"),
]


@pytest.fixture(params=conv2d.ALGORITHMS)
def algorithm(request):
    before = config.get_convolution_algorithm()
    config.set_convolution_algorithm(request.param)
    yield request.param
    config.set_convolution_algorithm(before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("shape", "size", "F", "padding"), SHAPES)
def test_forward_and_gradients_are_the_reference(algorithm, shape, size, F, padding, dtype):
    rng = np.random.default_rng(0)
    window = Window((size, size), padding=padding)
    N, H, W, C = shape
    inputs, kernel = rng.normal(size=shape).astype(dtype), rng.normal(size=(size, size, C, F)).astype(dtype)
    bias = rng.normal(size=F).astype(dtype)
    grad = rng.normal(size=(N, *window.output_size(H, W), F)).astype(dtype)
    unit = 2.0**-24 if dtype == "float32" else 2.0**-53
    # A direct sum of random signs errs by a few units of the largest, Winograd's by five times that;
    # both grow with the root of the number of terms.
    bound = (60 if algorithm in ("auto", "winograd") else 12) * size / 3

    exact = [array.astype(np.float64) for array in (inputs, kernel, bias, grad)]
    expected = reference.conv2d(exact[0], exact[1], exact[2], window)
    expected_inputs, expected_kernel, expected_bias = reference.conv2d_gradients(
        exact[0], exact[1], exact[3], window
    )
    grad_kernel, grad_bias = conv2d.grad_parameters(inputs, grad, window)
    for ours, theirs in (
        (conv2d.forward(inputs, kernel, bias, window), expected),
        (conv2d.grad_inputs(grad, kernel, window, shape), expected_inputs),
        (grad_kernel, expected_kernel),
        (grad_bias, expected_bias),
        *zip(
            conv2d.gradients(inputs, grad, kernel, window),
            (expected_kernel, expected_bias, expected_inputs),
            strict=True,
        ),
    ):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound * unit * np.abs(theirs).max())


@pytest.mark.parametrize("N", [2, 9])
def test_all_gradients_at_once_are_taken_back_through_relu(algorithm, N):
    rng = np.random.default_rng(0)
    inputs, kernel = rng.normal(size=(N, 8, 9, 20)), rng.normal(size=(3, 3, 20, 18))
    grad, outputs = rng.normal(size=(2, N, 6, 7, 18))
    outputs[outputs < 0.3] = 0
    outputs[1, 2, 3] = np.nan
    window, masked = Window((3, 3)), np.where(outputs > 0, grad, 0)
    for ours, expected in zip(
        conv2d.gradients(inputs, grad, kernel, window, relu_outputs=outputs),
        conv2d.gradients(inputs, masked, kernel, window),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("size", [3, 5])
def test_a_gradient_that_is_not_finite_reaches_exactly_the_pixels_of_its_window(algorithm, size):
    """But what a ReLU stops reaches nothing."""
    inputs, kernel = np.ones((6, 14, 14, 24), "float32"), np.ones((size, size, 24, 32), "float32")
    window, top = Window((size, size)), 15 - size
    grad, outputs = np.ones((2, 6, top, top, 32), "float32")
    grad[2, 5, 6, 3], outputs[2, 0, 0] = np.nan, 0
    grad[4, 1, 1, 1], outputs[4, 1, 1, 1] = np.inf, 0
    *_, grad_images = conv2d.gradients(inputs, grad, kernel, window, relu_outputs=outputs)
    expected = np.zeros(inputs.shape, bool)
    expected[2, 5 : 5 + size, 6 : 6 + size] = True
    np.testing.assert_array_equal(~np.isfinite(grad_images), expected)
    np.testing.assert_array_equal(grad_images[2, 0, 0], 0)
    # A pixel in the middle is in size·size windows of 32 filters.
    np.testing.assert_allclose(grad_images[[0, 2], 4, 5:7], size * size * 32, rtol=1e-5)


@pytest.mark.parametrize(("groups", "F"), [(1, 21), (2, 34)])
def test_the_kernel_takes_the_gradient_back_through_relu(algorithm, groups, F):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(3, 8, 9, 4)).astype("float32")
    grad, outputs = rng.normal(size=(2, 3, 6, 7, F)).astype("float32")
    outputs[outputs < 0.3] = 0
    outputs[1, 2, 3] = np.nan
    masked = np.where(outputs > 0, grad, 0)
    for ours, expected in zip(
        conv2d.grad_parameters(inputs, grad, Window((3, 3)), groups, outputs),
        conv2d.grad_parameters(inputs, masked, Window((3, 3)), groups),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_reaches_exactly_the_windows_that_hold_it(algorithm, bad, size):
    inputs, kernel = np.ones((2, 12, 12, 16), "float32"), np.ones((size, size, 16, 32), "float32")
    inputs[1, 5, 6, 3] = bad
    outputs = conv2d.forward(inputs, kernel, np.zeros(32, "float32"), Window((size, size)))
    expected = np.zeros(outputs.shape, bool)
    expected[1, 6 - size : 6, 7 - size : 7] = True
    np.testing.assert_array_equal(~np.isfinite(outputs), expected)
    np.testing.assert_allclose(outputs[~expected], size * size * 16, rtol=1e-5)

    grad_kernel, _ = conv2d.grad_parameters(inputs, np.ones_like(outputs), Window((size, size)))
    np.testing.assert_array_equal(np.isfinite(grad_kernel).all(axis=(0, 1, 3)), np.arange(16) != 3)


def test_zeros_of_a_kernel_do_not_hide_what_is_not_finite(algorithm):
    inputs, kernel = np.ones((2, 12, 12, 16), "float32"), np.ones((3, 3, 16, 32), "float32")
    kernel[0], kernel[:, 2], inputs[1, 5, 6, 3] = 0, 0, np.inf
    outputs = conv2d.forward(inputs, kernel, np.zeros(32, "float32"), Window((3, 3)))
    expected = np.zeros(outputs.shape, bool)
    expected[1, 3:6, 4:7] = True  # 0·∞ is NaN
    np.testing.assert_array_equal(~np.isfinite(outputs), expected)


@pytest.mark.parametrize("name", MODULES)
def test_the_setting_chooses_wherever_the_algorithm_can(name, monkeypatch):
    monkeypatch.setattr(conv2d, "_wanted", name)
    outputs = (64, 8, 8, 64)
    assert conv2d.choose(Window((3, 3)), outputs, 64, 16) is MODULES[name]
    with_stride = conv2d.choose(Window((3, 3), strides=(2, 2)), outputs, 64, 16)
    assert with_stride is (conv2d_direct if name == "winograd" else MODULES[name])


def test_auto_takes_winograd_where_it_pays(monkeypatch):
    monkeypatch.setattr(conv2d, "_wanted", "auto")
    window, large = Window((3, 3)), (64, 8, 8, 64)
    assert conv2d.choose(window, large, 64, 16) is conv2d_winograd
    assert conv2d.choose(window, large, 3, 16) is conv2d_direct  # few channels
    assert conv2d.choose(window, (1, 8, 8, 64), 64, 16) is conv2d_direct  # few tiles
    assert conv2d.choose(window, (64, 3, 8, 64), 64, 16) is conv2d_direct  # smaller than a tile
    assert conv2d.choose(Window((5, 5)), large, 64, 16) is conv2d_winograd
    assert conv2d.choose(Window((3, 4)), large, 64, 16) is conv2d_direct
    assert conv2d.choose(Window((4, 4)), large, 64, 16) is conv2d_direct
    assert conv2d.choose(Window((1, 1), strides=(2, 2)), large, 64, 16) is conv2d_pointwise


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ValueError, match=r"one of \('auto', .*\)\. Received: 'fft'"):
        config.set_convolution_algorithm("fft")


def test_the_environment_gives_the_first_setting():
    code = "from cnn_scratch import config; print(config.get_convolution_algorithm())"
    environment = os.environ | {"CNN_SCRATCH_CONVOLUTION": "im2col"}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.stdout.strip() == "im2col", run.stderr
