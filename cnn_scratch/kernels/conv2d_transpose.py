"""The choice of an algorithm for a transposed convolution: as the gradient of one, or as a plain one.

A transposed convolution is what ``conv2d.grad_inputs`` is, and its gradients are a convolution and the
gradient of a kernel. With strides (SH, SW) it can be something else, too. Every pixel of the inputs stands
for a block of SH·SW pixels of the outputs. *Folded*, a block is one pixel, with SH·SW·F channels; and if the
window of a pixel reaches no further than the blocks around its own, that is a plain convolution::

    folded[n, i, j, (a, b, f)] = outputs[n, i·SH + a, j·SW + b, f]
    folded = inputs ∗ square                  square (3, 3, C, SH·SW·F), stride 1, a border of one pixel

Its kernel holds the numbers of the given one. The pixel i − t gives to row a of block i through the place
kh = a + top + SH·t; so the given kernel, laid into zeros of size (3·SH, 3·SW) at the place (SH − top,
SW − left) and folded, is ``square`` turned by 180°. Some numbers of it are zeros, but Winograd's algorithm,
with 36 multiplications in the place of 9·16, is still ahead if at least FEWEST_PLACES numbers of the kernel
meet at each pixel. It is told where the zeros are, and leaves out what they make 0: for a 4×4 kernel with
strides of 2, whose four parts are 2×2 numbers in a corner, 11 of the 36. The gradients are those of the plain
convolution, of folded gradients.

Zero times infinity is NaN, and would reach pixels outside of the given kernel. So where a result is not
finite, all of it is computed again without folding.

Shapes: inputs (N, H, W, C), kernel (KH, KW, F, C), bias (F,), outputs (N, OH, OW, F), where a convolution
with ``window``, a ``cnn_scratch.shapes.Window``, has (H, W) outputs of images of (OH, OW).
"""

import dataclasses

import numpy as np

from cnn_scratch.kernels import conv2d, conv2d_direct, conv2d_winograd
from cnn_scratch.kernels.blocks import copy_blocks
from cnn_scratch.kernels.compile import one_thread_if
from cnn_scratch.kernels.memory import aligned_empty

FEWEST_PLACES = 4
# The geometry of the plain convolution.
SQUARE = (3, 3, 1, 1, 1, 1, 1, 1)


def forward(inputs, kernel, bias, window, output_shape) -> np.ndarray:
    """Return the outputs, of this shape."""
    if is_folded(window, inputs.shape, output_shape):
        (N, H, W, C), (SH, SW) = inputs.shape, window.strides
        square = conv2d_direct.turned(folded_kernel(kernel, window, output_shape))
        given = conv2d_direct.turned(given_places(window, output_shape))
        biases = np.tile(bias, SH * SW)
        outputs = aligned_empty((N, H, W, biases.size), inputs.dtype)
        with one_thread_if(conv2d.is_small(outputs.shape, 9 * C)):
            are_finite = conv2d_winograd.forward(inputs, square, biases, SQUARE, False, outputs, given)
        if are_finite:
            return unfolded(outputs, window)
    return conv2d.transposed(inputs, kernel, bias, window, output_shape)


def gradients(inputs, grad_outputs, kernel, window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel, ∂loss/∂bias and ∂loss/∂inputs, of the shapes of these."""
    output_shape, (N, *_, C) = grad_outputs.shape, inputs.shape
    no_bias = np.zeros(C, kernel.dtype)
    if is_folded(window, inputs.shape, output_shape):
        grads, turned = folded(grad_outputs, window), folded_kernel(kernel, window, output_shape)
        given, grad_inputs = given_places(window, output_shape), aligned_empty(inputs.shape, inputs.dtype)
        of_filters = conv2d_direct.turned(given)
        with one_thread_if(conv2d.is_small(grads.shape, 9 * C)):
            if conv2d_winograd.gives_all_gradients(N, C, grads.shape[3]):
                arrays = inputs, grads, conv2d_direct.turned(turned), SQUARE, grad_inputs
                of_square = conv2d_winograd.gradients(*arrays, given=of_filters)
                are_finite = True  # as far as the gradients are, and of these the bias is the sum
            else:
                of_square = conv2d_winograd.grad_parameters(inputs, grads, SQUARE, given=of_filters)
                convolution = grads, turned, no_bias, SQUARE
                are_finite = conv2d_winograd.forward(*convolution, False, grad_inputs, given)
        results = of_parameters(*of_square, window, output_shape)
        if are_finite and all_finite(results):
            return *results, grad_inputs
    # forward: every pixel gave to its window; so it collects from that window
    grad_inputs = conv2d.forward(grad_outputs, kernel, no_bias, window)
    return *unfolded_gradients(inputs, grad_outputs, window), grad_inputs


def grad_parameters(inputs, grad_outputs, window) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel and ∂loss/∂bias."""
    output_shape = grad_outputs.shape
    if is_folded(window, inputs.shape, output_shape):
        grads, given = folded(grad_outputs, window), conv2d_direct.turned(given_places(window, output_shape))
        with one_thread_if(conv2d.is_small(grads.shape, 9 * inputs.shape[3])):
            of_square = conv2d_winograd.grad_parameters(inputs, grads, SQUARE, given=given)
        results = of_parameters(*of_square, window, output_shape)
        if all_finite(results):
            return results
    return unfolded_gradients(inputs, grad_outputs, window)


def unfolded_gradients(inputs, grad_outputs, window) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel and ∂loss/∂bias, as gradients of a convolution."""
    # forward: outputs = (the backward pass of a convolution)(inputs) + bias, added to every pixel
    grad_kernel, _ = conv2d.grad_parameters(grad_outputs, inputs, window)
    with np.errstate(all="ignore"):  # an infinity or NaN passes without a warning, as in every kernel
        return grad_kernel, grad_outputs.sum(axis=(0, 1, 2))


# Folding --------------------------------------------------------------------------------------------


def is_folded(window, input_shape, output_shape) -> bool:
    """Return whether the outputs can be folded, and are then done sooner, by Winograd's algorithm."""
    (KH, KW), (SH, SW) = window.size, window.strides
    (N, H, W, C), F = input_shape, output_shape[3]
    row, column = place_of_kernel(window, output_shape)
    fits = 0 <= row <= 3 * SH - KH and 0 <= column <= 3 * SW - KW
    if not fits or tuple(output_shape[1:3]) != (SH * H, SW * W) or window.dilation != (1, 1):
        return False
    if SH * SW == 1 or KH * KW < FEWEST_PLACES * SH * SW:
        return False
    folded_shape, fewest = (N, H, W, SH * SW * F), conv2d.FEWEST_CHANNELS_OF_GRADIENT
    return conv2d.choose(square_window(window), folded_shape, C, fewest) is conv2d_winograd


def all_finite(arrays) -> bool:
    """Return whether there is no infinity and no NaN in the arrays, nor in the sum of one."""
    with np.errstate(all="ignore"):
        return all(np.isfinite(array.sum()) for array in arrays)


def square_window(window):
    """Return the window of the plain convolution."""
    return dataclasses.replace(window, size=(3, 3), strides=(1, 1), padding="same")


def of_parameters(grad_square, grad_biases, window, output_shape) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of the kernel and the bias from those of the plain convolution."""
    # forward: every pixel of a block had the same bias
    return kernel_of(grad_square, window, output_shape), grad_biases.reshape(-1, output_shape[3]).sum(axis=0)


def place_of_kernel(window, output_shape) -> tuple[int, int]:
    """Return where the kernel lies in the zeros around it."""
    (SH, SW), (top, left) = window.strides, window.arguments(*output_shape[1:3])[6:]
    return SH - top, SW - left


def folded_kernel(kernel, window, output_shape) -> np.ndarray:
    """Return the kernel, laid into zeros and folded, (3, 3, SH·SW·F, C): ``square`` turned by 180°."""
    (KH, KW, F, C), (SH, SW) = kernel.shape, window.strides
    row, column = place_of_kernel(window, output_shape)
    zeros = np.zeros((3 * SH, 3 * SW, F, C), kernel.dtype)
    zeros[row : row + KH, column : column + KW] = kernel
    blocks = zeros.reshape(3, SH, 3, SW, F, C).transpose(0, 2, 1, 3, 4, 5)
    return blocks.reshape(3, 3, SH * SW * F, C)


def given_places(window, output_shape) -> np.ndarray:
    """Return which numbers of a folded kernel are those of the kernel, (3, 3, SH·SW·F, 1)."""
    return folded_kernel(np.ones((*window.size, output_shape[3], 1), np.bool_), window, output_shape)


def kernel_of(square, window, output_shape) -> np.ndarray:
    """Return the kernel (KH, KW, F, C) that lies in ``square``, turned: the reverse of ``folded_kernel``."""
    (KH, KW), (SH, SW), F = window.size, window.strides, output_shape[3]
    C = square.size // (9 * SH * SW * F)
    row, column = place_of_kernel(window, output_shape)
    blocks = square.reshape(3, 3, C, SH, SW, F).transpose(0, 3, 1, 4, 5, 2)[::-1, :, ::-1]
    return blocks.reshape(3 * SH, 3 * SW, F, C)[row : row + KH, column : column + KW]


def folded(images, window) -> np.ndarray:
    """Return images (N, SH·H, SW·W, F) folded, (N, H, W, SH·SW·F)."""
    (N, OH, OW, F), (SH, SW) = images.shape, window.strides
    H, W, width = OH // SH, OW // SW, SW * F
    blocks = aligned_empty((N * H, W, SH * width), images.dtype)
    for a in range(SH):  # row a of every block
        copy_blocks(images.reshape(N * H, SH * W, width), (a * W, 0), blocks, (0, a * width), (W, width))
    return blocks.reshape(N, H, W, SH * width)


def unfolded(images, window) -> np.ndarray:
    """Return what is ``images`` when folded."""
    (N, H, W, channels), (SH, SW) = images.shape, window.strides
    width, blocks = channels // SH, images.reshape(N * H, W, channels)
    rows = aligned_empty((N * H, SH * W, width), images.dtype)
    for a in range(SH):
        copy_blocks(blocks, (0, a * width), rows, (a * W, 0), (W, width))
    return rows.reshape(N, SH * H, SW * W, width // SW)
