"""v4: one large matrix product (im2col).

What changed: all windows of all images are copied into the rows of one matrix, and its product with the
kernel is the whole convolution. That is three lines of NumPy, and the way it is usually taught.

    columns (N·OH·OW, KH·KW·C)  @  kernel (KH·KW·C, F)  =  outputs (N·OH·OW, F)

Why it should help: somebody else has made the product fast. BLAS keeps a block of the outputs in registers,
adds some hundred products to it before it stores anything, and takes both factors from the cache.

Prediction: the product alone would reach 90 % or more. But the matrix is KH·KW = 9 times as large as the
images and fits into no cache: it is written once and read once at the speed of the memory. That should take
twice as long as the product. 30 %.

Measured (November 2026, 2 cores with AVX-512): 60 %, but 16 % with ``malloc`` as it is by default.
Moving the numbers costs less than predicted, and getting the memory costs more: after every call the matrix
is given back to the system, which has to clear each page of the next one, and that takes longer than all the
arithmetic. The lab therefore keeps freed memory, as the library does in training (``kernels/memory.py``).
"""

import numpy as np

PREDICTED = 0.30


def im2col(inputs, KH, KW):
    """Return the windows of inputs (N, H, W, C) as rows (N·OH·OW, KH·KW·C)."""
    windows = np.lib.stride_tricks.sliding_window_view(
        inputs, (KH, KW), axis=(1, 2)
    )  # (N, OH, OW, C, KH, KW)
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, KH * KW * inputs.shape[3])


def forward(inputs, kernel):
    """Return the convolution (N, OH, OW, F) of inputs (N, H, W, C) with a kernel (KH, KW, C, F)."""
    N, H, W, _ = inputs.shape
    KH, KW, _, F = kernel.shape
    outputs = im2col(inputs, KH, KW) @ kernel.reshape(-1, F)
    return outputs.reshape(N, H - KH + 1, W - KW + 1, F)


def grad_kernel(inputs, grad_outputs, KH, KW):
    """Return ∂loss/∂kernel (KH, KW, C, F): forward was columns @ kernel, so this is columnsᵀ @ ∂outputs."""
    C, F = inputs.shape[3], grad_outputs.shape[3]
    return (im2col(inputs, KH, KW).T @ grad_outputs.reshape(-1, F)).reshape(KH, KW, C, F)
