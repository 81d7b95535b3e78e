"""Images of another size: every pixel is a weighted sum of some pixels, along columns and then along rows.

Shapes: images (N, H, W, C), resized (N, OH, OW, C). ``rows`` and ``columns`` are the
``cnn_scratch.resampling.Taps`` of the two axes.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled_parallel
from cnn_scratch.kernels.threads import shared


def forward(images, rows, columns) -> np.ndarray:
    """Return the images with OH rows and OW columns."""
    return along_axis(along_axis(images, rows, 1), columns, 2)


def grad_inputs(grad_outputs, rows, columns) -> np.ndarray:
    """Return ∂loss/∂images: each pixel gets what it gave, with the same weights."""
    # forward: outputs = along_axis(along_axis(images, rows, 1), columns, 2)
    return along_axis(along_axis(grad_outputs, columns.transposed, 2), rows.transposed, 1)


def along_axis(images, taps, axis) -> np.ndarray:
    """Return the images with one axis of another size."""
    before, after = images.shape[:axis], images.shape[axis + 1 :]
    outputs = np.empty((*before, len(taps.starts) - 1, *after), images.dtype)
    lines = images.reshape(int(np.prod(before)), images.shape[axis], int(np.prod(after)))  # (R, L, M)
    resized = outputs.reshape(lines.shape[0], outputs.shape[axis], lines.shape[2])
    resample(lines, taps.starts, taps.indices, taps.weights.astype(images.dtype), resized)
    return outputs


@compiled_parallel
def resample(turns, lines, starts, indices, weights, resized):
    """Write ``resized[r, o, m] = Σ_t weights[t] · lines[r, indices[t], m]`` for
    starts[o] ≤ t < starts[o + 1].

    Shapes: lines (R, L, M), resized (R, OL, M).
    """
    R, OL, M = resized.shape
    for r in shared(turns, R):
        for o in range(OL):
            total = resized[r, o]
            first, end = starts[o], starts[o + 1]
            if first == end:
                total[:] = 0
            else:
                pixels, weight = lines[r, indices[first]], weights[first]
                for m in range(M):
                    total[m] = weight * pixels[m]
            for t in range(first + 1, end):
                pixels, weight = lines[r, indices[t]], weights[t]
                for m in range(M):
                    total[m] += weight * pixels[m]
