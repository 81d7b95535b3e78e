"""The choice of an algorithm for a convolution, and the arrays that it works on.

* ``conv2d_direct`` reads every window where it lies and keeps its results in registers. It is the
  rule; all others are exceptions, each for the reason that is given here.
* ``conv2d_pointwise`` is for 1×1 kernels, with any stride: a window is a pixel, and there is one product of
  matrices.
* ``conv2d_winograd`` needs a quarter of the multiplications for a 3×3 kernel with stride 1, a third for a 5×5
  one, and two transforms. It is chosen where these are worth their while: see ``winograd_pays``.
* ``conv2d_rows`` needs two fifths of the multiplications for a kernel of five columns with stride 1, and
  transforms along the rows only, which suits fewer channels: see ``rows_pay``.
* ``conv2d_product`` takes few pixels with many channels, such as a single image late in a network, as one
  product of matrices: see ``product_pays``.
* ``conv2d_im2col`` copies the windows into a matrix, tile by tile, and leaves the product to BLAS. It
  is chosen for the gradient of the inputs with a stride above 1. That is no plain convolution (most
  of its products would be with zeros that the stride left out); im2col multiplies first and adds
  the columns back afterwards.
* ``conv2d_phases`` makes several plain convolutions of that gradient, which pays for long sums: see
  ``phases_pay``.

With as many groups as channels there is nothing to add up over channels: that is ``depthwise_conv2d``.

``set_algorithm`` asks for one of them; it is then used wherever it can do the work.

Shapes: inputs (N, H, W, C), kernel (KH, KW, C // groups, F), bias (F,), outputs (N, OH, OW, F).
``window`` is a ``cnn_scratch.shapes.Window``. The layer has checked every shape.
"""

import math
import os

import numpy as np

from cnn_scratch.kernels import (
    activations,
    conv2d_direct,
    conv2d_im2col,
    conv2d_phases,
    conv2d_pointwise,
    conv2d_product,
    conv2d_rows,
    conv2d_winograd,
    depthwise_conv2d,
    row_transforms,
)
from cnn_scratch.kernels.compile import SMALL_PRODUCT, one_thread_if
from cnn_scratch.kernels.finish import finish_inplace
from cnn_scratch.kernels.memory import aligned_empty

ALGORITHMS = ("auto", "direct", "im2col", "winograd")

# Winograd's algorithm needs at least this many channels and filters: the time of its transforms grows with
# their sum, the multiplications that it saves with their product.
FEWEST_CHANNELS = 16
# For the kernel's gradient it pays later, because that adds to 36 matrices instead of to 9 or 25.
FEWEST_CHANNELS_OF_GRADIENT = 24
# The kernel is transformed once for all tiles of 4×4 outputs. With this many tiles that is a small part.
FEWEST_TILES = 32
# Winograd's algorithm along the rows pays if KH times the channels (or filters) is at least FEWEST_NUMBERS,
# and the convolution has at least FEWEST_PRODUCTS multiplications.
FEWEST_NUMBERS, FEWEST_PRODUCTS = 15, 2**24
# For a 5×5 kernel, transforms in both directions save more multiplications. But up to this many pairs of a
# channel and a filter, it counts more that transforms along the rows alone are cheaper.
MOST_PAIRS_OF_ROWS = 2**11
# With fewer pixels than FEWEST_TILES tiles have, a kernel of this many numbers is used in one matrix product.
LARGE_KERNEL = 2**16


def set_algorithm(name: str) -> None:
    """Use one algorithm for every convolution that it can do; ``"auto"`` chooses the fastest each time.

    Args:
        name: one of ``ALGORITHMS``. The environment variable ``CNN_SCRATCH_CONVOLUTION`` gives the first.

    Raises:
        ValueError: another name.
    """
    global _wanted
    if name not in ALGORITHMS:
        raise ValueError(f"Expected a convolution algorithm, one of {ALGORITHMS}. Received: {name!r}")
    _wanted = name


def get_algorithm() -> str:
    """Return the name that ``set_algorithm`` was given."""
    return _wanted


set_algorithm(os.environ.get("CNN_SCRATCH_CONVOLUTION", "auto"))


def forward(inputs, kernel, bias, window, groups=1, relu=False, other=None, ceiling=np.inf) -> np.ndarray:
    """Return the convolution of ``inputs`` with ``kernel``, plus ``bias``; with ReLU applied if asked to.

    ``other``, an array of the outputs' shape, is added before the ReLU if it is given; no output is above
    ``ceiling``.
    """
    N, H, W, C = inputs.shape
    F = kernel.shape[-1]
    outputs = aligned_empty((N, *window.output_size(H, W), F), inputs.dtype)
    algorithm = choose(window, outputs.shape, C, FEWEST_CHANNELS)
    geometry, relu_at_once = window.arguments(H, W), relu and other is None
    if groups > 1:
        outputs = grouped(inputs, kernel, bias, window, groups, relu_at_once)
    else:
        with one_thread_if(is_small(outputs.shape, kernel.size // F)):
            if algorithm in (conv2d_pointwise, conv2d_direct):
                algorithm.forward(inputs, kernel, bias, geometry, relu, outputs, other, ceiling)
                return outputs
            algorithm.forward(inputs, kernel, bias, geometry, relu_at_once, outputs)
    if other is not None or ceiling < np.inf:
        finish(outputs, relu, other, ceiling)
    return outputs


def grouped(inputs, kernel, bias, window, groups, relu) -> np.ndarray:
    """Return the convolution in which each filter sees the channels of one group."""
    C = inputs.shape[-1]
    if is_depthwise(C, groups):
        return depthwise_conv2d.forward(inputs, kernel.reshape(*window.size, C, -1), bias, window, relu)
    parts = zip(
        split_channels(inputs, groups),
        split_channels(kernel, groups),
        np.split(bias, groups),
        strict=True,
    )
    return np.concatenate([forward(x, k, b, window, 1, relu) for x, k, b in parts], axis=-1)


def finish(results, relu=False, other=None, ceiling=np.inf) -> None:
    """Add ``other`` to the results, if it is given, and keep them between the bounds."""
    dtype = results.dtype.type
    others = np.empty(0, dtype) if other is None else other.reshape(-1)
    finish_inplace(results.reshape(-1), others, dtype(0 if relu else -np.inf), dtype(ceiling))


def gradients(
    inputs, grad_outputs, kernel, window, groups=1, relu_outputs=None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel, ∂loss/∂bias and ∂loss/∂inputs, of the shapes of these.

    Given the outputs of a ReLU, ``grad_outputs`` is ∂loss/∂(those), and is taken back through it first.
    """
    N, H, W, C = inputs.shape
    F = grad_outputs.shape[-1]
    algorithm = choose(window, grad_outputs.shape, C, FEWEST_CHANNELS_OF_GRADIENT)
    if groups == 1 and algorithm is conv2d_winograd and algorithm.gives_all_gradients(N, C, F):
        geometry, grad_images = window.arguments(H, W), aligned_empty(inputs.shape, inputs.dtype)
        with one_thread_if(is_small(grad_outputs.shape, kernel.size // F)):
            matrix, grad_bias = algorithm.gradients(
                inputs, grad_outputs, kernel, geometry, grad_images, relu_outputs
            )
        return matrix.reshape(kernel.shape), grad_bias, grad_images
    if relu_outputs is not None:
        grad_outputs = before_relu(grad_outputs, relu_outputs)
    parameters = grad_parameters(inputs, grad_outputs, window, groups)
    return *parameters, grad_inputs(grad_outputs, kernel, window, inputs.shape, groups)


def before_relu(grad_outputs, relu_outputs) -> np.ndarray:
    """Return the gradient where the outputs of the ReLU are positive, and 0 elsewhere."""
    grads = aligned_empty(grad_outputs.shape, grad_outputs.dtype)
    activations.relu_backward(relu_outputs.reshape(-1), grad_outputs.reshape(-1), grads.reshape(-1))
    return grads


# The algorithms whose gradient of the kernel takes back a ReLU by itself.
TAKE_RELU_BACK = (conv2d_direct, conv2d_rows, conv2d_winograd)


def grad_parameters(
    inputs, grad_outputs, window, groups=1, relu_outputs=None
) -> tuple[np.ndarray, np.ndarray]:
    """Return ∂loss/∂kernel (KH, KW, C // groups, F) and ∂loss/∂bias (F,).

    Given the outputs of a ReLU, ``grad_outputs`` is ∂loss/∂(those), and is taken back through it first.
    """
    _, H, W, C = inputs.shape
    F = grad_outputs.shape[-1]
    algorithm = choose(window, grad_outputs.shape, C, FEWEST_CHANNELS_OF_GRADIENT)
    if relu_outputs is not None and (groups > 1 or algorithm not in TAKE_RELU_BACK):
        grad_outputs, relu_outputs = before_relu(grad_outputs, relu_outputs), None
    if groups > 1:
        if is_depthwise(C, groups):
            grad_kernel, grad_bias = depthwise_conv2d.grad_parameters(inputs, grad_outputs, window)
            return grad_kernel.reshape(*window.size, 1, F), grad_bias
        parts = zip(split_channels(inputs, groups), split_channels(grad_outputs, groups), strict=True)
        kernels, biases = zip(*(grad_parameters(x, g, window) for x, g in parts), strict=True)
        return np.concatenate(kernels, axis=-1), np.concatenate(biases)
    KH, KW = window.size
    options = () if relu_outputs is None else (relu_outputs,)
    with one_thread_if(is_small(grad_outputs.shape, KH * KW * C)):
        matrix, grad_bias = algorithm.grad_parameters(inputs, grad_outputs, window.arguments(H, W), *options)
    return matrix.reshape(KH, KW, C, F), grad_bias


def grad_inputs(grad_outputs, kernel, window, input_shape, groups=1) -> np.ndarray:
    """Return ∂loss/∂inputs, of shape ``input_shape``."""
    N, H, W, C = input_shape
    if groups > 1:
        if is_depthwise(C, groups):
            kernel = kernel.reshape(*window.size, C, -1)
            return depthwise_conv2d.grad_inputs(grad_outputs, kernel, window, input_shape)
        parts = zip(split_channels(grad_outputs, groups), split_channels(kernel, groups), strict=True)
        group_shape = (N, H, W, C // groups)
        return np.concatenate([grad_inputs(g, k, window, group_shape) for g, k in parts], axis=-1)
    algorithm = algorithm_of_grad_inputs(window, grad_outputs.shape, C, kernel.shape[-1])
    grad_images = aligned_empty(input_shape, grad_outputs.dtype)
    with one_thread_if(is_small(grad_outputs.shape, kernel.size // kernel.shape[-1])):
        algorithm.grad_inputs(grad_outputs, kernel, window.arguments(H, W), grad_images)
    return grad_images


def transposed(inputs, kernel, bias, window, output_shape) -> np.ndarray:
    """Return the transposed convolution plus ``bias``: what ``grad_inputs`` of an image of this shape is."""
    _, H, W, F = output_shape
    algorithm = algorithm_of_grad_inputs(window, inputs.shape, F, kernel.shape[-1])
    if algorithm is not conv2d_phases:
        outputs = grad_inputs(inputs, kernel, window, output_shape)
        outputs += bias
        return outputs
    outputs = aligned_empty(output_shape, inputs.dtype)
    with one_thread_if(is_small(inputs.shape, kernel.size // kernel.shape[-1])):
        conv2d_phases.grad_inputs(inputs, kernel, window.arguments(H, W), outputs, bias)
    return outputs


def algorithm_of_grad_inputs(window, output_shape, C, F):
    """Return the module that computes ∂loss/∂inputs, of C channels."""
    algorithm = choose(window, output_shape, C, FEWEST_CHANNELS)
    if window.strides == (1, 1) or algorithm is conv2d_pointwise:
        return algorithm
    can = algorithm is not conv2d_im2col and window.dilation == (1, 1)
    return conv2d_phases if can and phases_pay(window, C, F) else conv2d_im2col


def choose(window, output_shape, C, fewest_channels):
    """Return the module that does a convolution of C channels with outputs (N, OH, OW, F)."""
    if _wanted == "im2col":
        return conv2d_im2col
    if _wanted == "auto" and window.size == (1, 1):
        return conv2d_pointwise
    if _wanted == "auto" and product_pays(window, output_shape, C):
        return conv2d_product
    if _wanted == "auto" and rows_pay(window, output_shape, C, fewest_channels):
        return conv2d_rows
    can = window.size in ((3, 3), (5, 5)) and window.strides == (1, 1) and window.dilation == (1, 1)
    pays = _wanted == "winograd" or (_wanted == "auto" and winograd_pays(output_shape, C, fewest_channels))
    return conv2d_winograd if can and pays else conv2d_direct


def product_pays(window, output_shape, C) -> bool:
    """Return whether the pixels are so few, and the kernel so large, that it is best read in place."""
    (N, OH, OW, F), (KH, KW) = output_shape, window.size
    return N * OH * OW < 16 * FEWEST_TILES and KH * KW * C * F >= LARGE_KERNEL and F >= FEWEST_CHANNELS


def phases_pay(window, C, F) -> bool:
    """Return whether phases are faster than columns: their results are copied, but not added up."""
    (KH, KW), (SH, SW) = window.size, window.strides
    return C >= 32 and KH * KW * F >= 256 * SH * SW


def is_depthwise(C, groups) -> bool:
    """Return whether every channel is a group of its own, and no other algorithm is asked for."""
    return groups == C and _wanted in ("auto", "direct")


def winograd_pays(output_shape, C, fewest_channels) -> bool:
    """Return whether Winograd's algorithm is faster than the direct sums: see the numbers above."""
    N, OH, OW, F = output_shape
    return min(C, F) >= fewest_channels and min(OH, OW) >= 4 and N * OH * OW >= 16 * FEWEST_TILES


def rows_pay(window, output_shape, C, fewest_channels) -> bool:
    """Return whether Winograd's algorithm along the rows is faster than all others."""
    (KH, KW), (*_, OW, F) = window.size, output_shape
    if KW != row_transforms.TAPS or window.strides != (1, 1) or window.dilation != (1, 1):
        return False
    large = KH * min(C, F) >= FEWEST_NUMBERS and math.prod(output_shape) * KH * KW * C >= FEWEST_PRODUCTS
    if not large or OW < 2 * row_transforms.M:
        return False
    return KH != KW or min(C, F) < fewest_channels or C * F <= MOST_PAIRS_OF_ROWS


def is_small(output_shape, patch_size) -> bool:
    """Return whether a convolution has so few multiplications that one thread is faster than several."""
    return math.prod(output_shape) * patch_size < SMALL_PRODUCT


def split_channels(array, groups) -> list[np.ndarray]:
    """Return the last axis in ``groups`` equal parts, each contiguous."""
    return [np.ascontiguousarray(part) for part in np.split(array, groups, axis=-1)]
