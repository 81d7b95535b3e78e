"""The gradient of a convolution's inputs with a stride above 1, as SH·SW convolutions with stride 1.

Pixels of the inputs that lie SH rows and SW columns apart were met by the same numbers of the kernel:
pixel h = phase + SH·i by the places kh ≡ phase + top (mod SH), every SH-th. So each *phase* is a plain
convolution of ∂loss/∂outputs with its own part of the kernel, turned by 180°, and nothing is multiplied
with the zeros that the stride left out::

    ∂inputs[n, phase + SH·i, …] = Σ_j  ∂outputs[n, i + ⌊(phase + top) / SH⌋ − j, …] · kernel[first + SH·j, …]

Shapes: kernel (KH, KW, C, F), grad_outputs (N, OH, OW, F), grad_images (N, H, W, C); ``geometry`` is
(KH, KW, SH, SW, DH, DW, top, left) as in ``conv2d_im2col``, with DH = DW = 1.
"""

import numpy as np

from cnn_scratch.kernels import conv2d_direct
from cnn_scratch.kernels.memory import aligned_empty


def grad_inputs(grad_outputs, kernel, geometry, grad_images, bias=None) -> None:
    """Write ∂loss/∂inputs, phase after phase; plus ``bias`` (C,) if it is given."""
    _, _, SH, SW, _, _, top, left = geometry
    bias = np.zeros(kernel.shape[2], kernel.dtype) if bias is None else bias
    for row in range(SH):
        for column in range(SW):
            target = grad_images[:, row::SH, column::SW]  # (N, rows of this phase, its columns, C)
            part = kernel[(row + top) % SH :: SH, (column + left) % SW :: SW]
            if part.size == 0 or target.size == 0:
                target[...] = bias
                continue
            JH, JW = part.shape[:2]
            border = JH - 1 - (row + top) // SH, JW - 1 - (column + left) // SW
            grads = aligned_empty(target.shape, grad_images.dtype)
            step = (JH, JW, 1, 1, 1, 1, *border)
            conv2d_direct.forward(grad_outputs, conv2d_direct.turned(part), bias, step, False, grads)
            target[...] = grads
