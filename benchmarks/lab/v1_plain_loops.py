"""v1: the definition as seven loops, compiled.

What it is: the formula of a convolution, read from left to right: for every image, row, column and filter
one sum over the window. Every later version computes the same numbers in another order.

Why it is slow: the terms of a sum are added one after the other. ``total += a·b`` has to wait until the
addition before it is done, about 4 cycles. The compiler may not use vectors, because that would change the
order of the additions. And from one step to the next the kernel is read F numbers further on, often in
another cache line.

Prediction: one multiplication and one addition every 4 cycles, 1.5 GFLOP/s at 3 GHz. A core with AVX-512
can do 32 such operations per cycle, or 64 if it has two units for them. So 1 % of one core, or 0.5 % of two.

Measured (November 2026, 2 cores with AVX-512): 1 %, 2.0 GFLOP/s. ∂kernel 0.8 %, because it
reads both of its arrays in long jumps.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled

PREDICTED = 0.005


@compiled
def forward(inputs, kernel):
    """Return the convolution (N, OH, OW, F) of inputs (N, H, W, C) with a kernel (KH, KW, C, F)."""
    N, H, W, C = inputs.shape
    KH, KW, _, F = kernel.shape
    OH, OW = H - KH + 1, W - KW + 1
    outputs = np.empty((N, OH, OW, F), inputs.dtype)
    for n in range(N):
        for oh in range(OH):
            for ow in range(OW):
                for f in range(F):
                    total = inputs.dtype.type(0)
                    for kh in range(KH):
                        for kw in range(KW):
                            for c in range(C):
                                total += inputs[n, oh + kh, ow + kw, c] * kernel[kh, kw, c, f]
                    outputs[n, oh, ow, f] = total
    return outputs


@compiled
def grad_kernel(inputs, grad_outputs, KH, KW):
    """Return ∂loss/∂kernel (KH, KW, C, F): for each of its numbers one sum over all places it was used at."""
    N, OH, OW, F = grad_outputs.shape
    C = inputs.shape[3]
    grad = np.empty((KH, KW, C, F), inputs.dtype)
    for kh in range(KH):
        for kw in range(KW):
            for c in range(C):
                for f in range(F):
                    total = inputs.dtype.type(0)
                    for n in range(N):
                        for oh in range(OH):
                            for ow in range(OW):
                                total += inputs[n, oh + kh, ow + kw, c] * grad_outputs[n, oh, ow, f]
                    grad[kh, kw, c, f] = total
    return grad
