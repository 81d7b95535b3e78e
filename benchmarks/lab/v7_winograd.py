"""v7: fewer multiplications: Winograd's algorithm.

What changed: the formula. For a 3×3 kernel with stride 1, a tile of 4×4 outputs can be had with 36 products
instead of 16·9 = 144, as the product of two polynomials can be had from their values at 6 points. The price
are additions before and after (the transforms). It is the library's ``kernels/conv2d_winograd.py``.

Why it should help: v6 uses the multipliers nearly all the time, so it cannot be made much faster. Only
multiplying less can.

Prediction: a quarter of the multiplications; the transforms take as long again as the products with 64
channels and filters, less with more (they are paid per channel *plus* filter, the products per channel
*times* filter). So about twice v6: 180 % of the peak, if one counts the multiplications of the definition.
The numbers are less exact: the transforms add numbers of different size. (A 5×5 kernel has tiles of 2×2
outputs: 36 products instead of 100.)

Measured: 288 % with 64 channels and filters, 268 % for ∂kernel. Its additions are done on numbers in
registers and caches, beside the products. The largest error is twice that of v6 forward, and less than it for
∂kernel: the points at which the polynomials are taken were chosen for that.
"""

import numpy as np

from benchmarks.lab.v6_registers import geometry
from cnn_scratch.kernels import conv2d_winograd
from cnn_scratch.kernels.memory import aligned_empty

PREDICTED = 1.80


def can(case) -> bool:
    """Return whether the algorithm is for such a convolution."""
    return case.kernel_size in (3, 5)


def forward(inputs, kernel):
    """Return the convolution (N, OH, OW, F) of inputs (N, H, W, C) with a kernel (KH, KW, C, F)."""
    N, H, W, _ = inputs.shape
    KH, KW, _, F = kernel.shape
    outputs = aligned_empty((N, H - KH + 1, W - KW + 1, F), inputs.dtype)
    conv2d_winograd.forward(inputs, kernel, np.zeros(F, inputs.dtype), geometry(KH, KW), False, outputs)
    return outputs


def grad_kernel(inputs, grad_outputs, KH, KW):
    """Return ∂loss/∂kernel (KH, KW, C, F)."""
    C, F = inputs.shape[3], grad_outputs.shape[3]
    matrix, _ = conv2d_winograd.grad_parameters(inputs, grad_outputs, geometry(KH, KW))
    return matrix.reshape(KH, KW, C, F)
