"""v3: the images shared between threads.

What changed: in the loop over the images ``range(N)`` became ``shared(turns, N)``. All threads run the loop,
and each image goes to a thread that is free (``cnn_scratch/kernels/threads.py``). That is all: every image
has its own part of the outputs, so the threads never write to the same place, and the bits do not depend on
how many threads there are.

Why it should help: each core works on images of its own.

Prediction: as many times v2 as there are cores. With two, that is 10 % of what they could do. (Threads change
how much of the machine is at work, not how well it is used: a core was at a tenth of its speed and still is.)

There is no ∂kernel here, because all images add to the *same* numbers. That needs a partial sum for each
piece of the batch, and these must be added in a fixed order; v5 does so.

Measured (November 2026, 2 cores with AVX-512): 29 %, 2.1 times v2. But only 11 %, no gain at all, if
the outputs begin 16 bytes behind the start of a cache line, as a NumPy array may. Each vector of the sums
then lies in two lines, and loading what was just stored there takes long. v2 makes its outputs in compiled
code, where this has not happened. From here on ``kernels/memory.py`` aligns them.
"""

import math

from benchmarks.lab.v2_loop_order import convolve_image
from cnn_scratch.kernels.compile import compiled_parallel_products
from cnn_scratch.kernels.memory import aligned_zeros
from cnn_scratch.kernels.threads import shared

PREDICTED = 0.10


def forward(inputs, kernel):
    """Return the convolution (N, OH, OW, F) of inputs (N, H, W, C) with a kernel (KH, KW, C, F)."""
    N, H, W, _ = inputs.shape
    KH, KW, _, F = kernel.shape
    shape = N, H - KH + 1, W - KW + 1, F
    outputs = aligned_zeros(math.prod(shape), inputs.dtype).reshape(shape)
    forward_images(inputs, kernel, outputs)
    return outputs


@compiled_parallel_products
def forward_images(turns, inputs, kernel, outputs):
    for n in shared(turns, inputs.shape[0]):
        convolve_image(inputs[n], kernel, outputs[n])
