"""Every convolution algorithm equals the definition, wherever it can be chosen."""

import numpy as np
import pytest

from cnn_scratch.kernels import conv2d, conv2d_direct, conv2d_im2col, conv2d_phases, conv2d_pointwise
from cnn_scratch.reference.conv2d import conv2d as reference
from cnn_scratch.reference.conv2d import conv2d_gradients
from cnn_scratch.shapes import Window
from tests.threads import assert_same_bits_for_any_number_of_threads

WINDOWS = {
    "3×3": Window((3, 3)),
    "3×3 same": Window((3, 3), padding="same"),
    "2×4 same": Window((2, 4), padding="same"),
    "stride": Window((3, 2), (2, 3), "same"),
    "dilation": Window((2, 3), (1, 1), "same", (3, 2)),
    "1×1": Window((1, 1)),
    "1×1, stride": Window((1, 1), (2, 3)),
    "stride > kernel": Window((1, 2), (3, 4)),
}
ALGORITHMS = {"direct": conv2d_direct, "im2col": conv2d_im2col, "pointwise": conv2d_pointwise}
PAIRS = [(a, w) for a in ALGORITHMS for w in WINDOWS if a != "pointwise" or WINDOWS[w].size == (1, 1)]


@pytest.mark.parametrize(("algorithm", "name"), PAIRS)
@pytest.mark.parametrize(("N", "C", "F"), [(1, 1, 1), (3, 2, 5), (19, 3, 40)])
@pytest.mark.parametrize(("dtype", "terms"), [("float64", 2.0**-53), ("float32", 2.0**-24)])
def test_equals_the_definition(algorithm, name, N, C, F, dtype, terms):
    window, algorithm = WINDOWS[name], ALGORITHMS[algorithm]
    rng = np.random.default_rng(N)
    inputs = rng.normal(size=(N, 9, 8, C)).astype(dtype)
    kernel = rng.normal(size=(*window.size, C, F)).astype(dtype)
    bias = rng.normal(size=F).astype(dtype)
    exact = [array.astype("float64") for array in (inputs, kernel, bias)]
    expected = reference(*exact, window)
    geometry = window.arguments(9, 8)
    bound = terms * (kernel.size + 4)

    outputs = np.empty(expected.shape, dtype)
    algorithm.forward(inputs, kernel, bias, geometry, False, outputs)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=bound * np.abs(expected).max())
    positive = np.empty(expected.shape, dtype)
    algorithm.forward(inputs, kernel, bias, geometry, True, positive)
    np.testing.assert_array_equal(positive, np.maximum(outputs, 0))

    upstream = rng.normal(size=expected.shape).astype(dtype)
    gradients = conv2d_gradients(exact[0], exact[1], upstream.astype("float64"), window)
    matrix, grad_bias = algorithm.grad_parameters(inputs, upstream, geometry)
    bound = terms * (upstream.size / F + kernel.size + 4)
    np.testing.assert_allclose(
        matrix.reshape(kernel.shape), gradients[1], rtol=0, atol=bound * np.abs(gradients[1]).max()
    )
    np.testing.assert_allclose(grad_bias, gradients[2], rtol=0, atol=bound * np.abs(gradients[2]).max())
    if algorithm is not conv2d_direct or window.strides == (1, 1):
        grad_images = np.empty(inputs.shape, dtype)
        algorithm.grad_inputs(upstream, kernel, geometry, grad_images)
        np.testing.assert_allclose(grad_images, gradients[0], rtol=0, atol=bound * np.abs(gradients[0]).max())


def test_images_of_several_bands():
    """More output pixels than a band and more terms than a tile of im2col holds."""
    rng = np.random.default_rng(2)
    window = Window((5, 5), padding="same")
    inputs, kernel = rng.normal(size=(2, 70, 44, 8)), rng.normal(size=(5, 5, 8, 3))
    expected = reference(inputs, kernel, 0.0, window)
    for algorithm in (conv2d_direct, conv2d_im2col):
        outputs = np.empty(expected.shape)
        algorithm.forward(inputs, kernel, np.zeros(3), window.arguments(70, 44), False, outputs)
        np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("shape", "F"), [((9, 20, 31, 3), 5), ((3, 20, 20, 300), 270)])
def test_pointwise_products_of_many_pieces_and_blocks(shape, F):
    rng = np.random.default_rng(3)
    inputs, kernel, bias = rng.normal(size=shape), rng.normal(size=(1, 1, shape[-1], F)), rng.normal(size=F)
    window = Window((1, 1))
    geometry = window.arguments(*shape[1:3])
    outputs, grad_images = np.empty((*shape[:3], F)), np.empty(shape)
    conv2d_pointwise.forward(inputs, kernel, bias, geometry, False, outputs)
    np.testing.assert_allclose(outputs, inputs @ kernel[0, 0] + bias, rtol=0, atol=1e-12)
    upstream = rng.normal(size=outputs.shape)
    conv2d_pointwise.grad_inputs(upstream, kernel, geometry, grad_images)
    np.testing.assert_allclose(grad_images, upstream @ kernel[0, 0].T, rtol=0, atol=1e-12)
    grad_kernel, grad_bias = conv2d_pointwise.grad_parameters(inputs, upstream, geometry)
    expected = np.tensordot(inputs, upstream, axes=((0, 1, 2), (0, 1, 2)))
    np.testing.assert_allclose(grad_kernel, expected, rtol=0, atol=1e-11)
    np.testing.assert_allclose(grad_bias, upstream.sum(axis=(0, 1, 2)), rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("shape", "strides"), [((1, 40, 50, 7), (1, 1)), ((3, 61, 50, 7), (2, 3)), ((4, 16, 15, 90), (1, 1))]
)
def test_pointwise_gradients_of_few_and_many_pixels(shape, strides):
    """A single image of many rows, every second row of three images, and fewer rows than windows pay for."""
    rng = np.random.default_rng(5)
    window = Window((1, 1), strides)
    inputs, geometry = rng.normal(size=shape), window.arguments(*shape[1:3])
    upstream = rng.normal(size=(shape[0], *window.output_size(*shape[1:3]), 200))
    pixels = inputs[:, :: strides[0], :: strides[1]]
    expected = np.tensordot(pixels, upstream, axes=((0, 1, 2), (0, 1, 2)))

    def gradients():
        return conv2d_pointwise.grad_parameters(inputs, upstream, geometry)

    grad_kernel, grad_bias = gradients()
    np.testing.assert_allclose(grad_kernel, expected, rtol=0, atol=1e-11)
    np.testing.assert_allclose(grad_bias, upstream.sum(axis=(0, 1, 2)), rtol=0, atol=1e-11)
    assert_same_bits_for_any_number_of_threads(gradients)


@pytest.mark.parametrize(
    ("size", "strides", "C", "F"),
    [((3, 3), (2, 2), 32, 128), ((1, 3), (2, 2), 32, 342), ((3, 2), (2, 1), 3, 5), ((3, 3), (1, 1), 4, 3)],
)
def test_transposed_adds_its_bias_to_every_pixel(size, strides, C, F):
    rng = np.random.default_rng(6)
    window = Window(size, strides, "same")
    kernel, bias = rng.normal(size=(*size, C, F)), rng.normal(size=C)
    inputs = rng.normal(size=(2, *window.output_size(7, 8), F))
    expected = conv2d_gradients(np.zeros((2, 7, 8, C)), kernel, inputs, window)[0] + bias
    outputs = conv2d.transposed(inputs, kernel, bias, window, (2, 7, 8, C))
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("strides", [(2, 2), (2, 3), (1, 4), (5, 1)])
@pytest.mark.parametrize("size", [(3, 2), (1, 4), (7, 7)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_phases_of_a_stride_equal_the_definition(strides, size, padding):
    rng = np.random.default_rng(4)
    window = Window(size, strides, padding)
    inputs, kernel = rng.normal(size=(2, 11, 10, 3)), rng.normal(size=(*size, 3, 5))
    upstream = rng.normal(size=(2, *window.output_size(11, 10), 5))
    grad_images = np.full(inputs.shape, np.nan)
    conv2d_phases.grad_inputs(upstream, kernel, window.arguments(11, 10), grad_images)
    expected = conv2d_gradients(inputs, kernel, upstream, window)[0]
    np.testing.assert_allclose(grad_images, expected, rtol=0, atol=1e-12)


def test_phases_are_taken_for_long_sums(monkeypatch):
    monkeypatch.setattr(conv2d, "_wanted", "auto")  # whatever algorithm the tests are run with
    taken = []
    for module in (conv2d_phases, conv2d_im2col):
        monkeypatch.setattr(module, "grad_inputs", lambda *a, name=module.__name__: taken.append(name))
    for strides, C, F in (((2, 2), 32, 128), ((2, 2), 32, 64), ((2, 2), 3, 512), ((3, 2), 64, 171)):
        window = Window((3, 3), strides, "same")
        grads = np.empty((1, *window.output_size(9, 9), F), "float32")
        conv2d.grad_inputs(grads, np.empty((3, 3, C, F), "float32"), window, (1, 9, 9, C))
    assert [name.rpartition("_")[2] for name in taken] == ["phases", "im2col", "im2col", "phases"]
