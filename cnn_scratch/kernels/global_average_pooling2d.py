"""Global average pooling: the mean of each channel over the whole image.

Shapes: inputs (N, H, W, C), outputs (N, C).
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.threads import shared


def forward(inputs) -> np.ndarray:
    """Return the means, (N, C)."""
    N, H, W, C = inputs.shape
    outputs = np.empty((N, C), inputs.dtype)
    pool(inputs.reshape(N, H * W, C), outputs)
    return outputs


@compiled_parallel
def pool(turns, inputs, outputs):
    """Write ``outputs[n, c] = Σ_p inputs[n, p, c] / P`` for inputs (N, P, C).

    The sum is taken in float64: an image has tens of thousands of pixels, and a float32 sum of as
    many numbers is good to three or four digits only.
    """
    N, P, C = inputs.shape
    for n in shared(turns, N):
        total = np.zeros(C, np.float64)
        for p in range(P):
            for c in range(C):
                total[c] += inputs[n, p, c]
        for c in range(C):
            outputs[n, c] = total[c] / P
