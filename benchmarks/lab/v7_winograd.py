"""v7: fewer multiplications: Winograd's algorithm.

What changed: the formula. For a 3×3 kernel with stride 1, a tile of 4×4 outputs can be computed with 36
multiplications instead of 16·9 = 144, in the way the product of two polynomials can be computed from their
values at 6 points. The price is additions before and after (the transforms). It is the library's
``kernels/conv2d_winograd.py``.

Why it should help: v6 uses the multipliers nearly all the time, so it cannot be made much faster. Only
multiplying less can.

Prediction: a quarter of the multiplications. With 64 channels and filters the transforms take about as long
as what is left of them; with more it is less, for the transforms grow with channels *plus* filters and the
products with channels *times* filters. So about twice v6: 180 % of the peak, counting the multiplications of
the definition. The results are less exact, because the transforms add numbers of different size. (For a
5×5 kernel the tiles are 2×2 outputs: 36 multiplications instead of 100.)

Measured (November 2026, 2 cores with AVX-512): 288 %, and 268 % for ∂kernel. The additions work on
numbers in registers and caches, while the products run. The largest error is twice that of v6 in the forward
pass and smaller than that of v6 for ∂kernel; the points of the polynomials were chosen for small errors.
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
