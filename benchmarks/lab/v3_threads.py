"""v3: the images shared between threads.

What changed: in the loop over the images ``range(N)`` became ``shared(turns, N)``: all threads run the loop,
and each image is given to the one that is free (``cnn_scratch/kernels/threads.py``). Nothing else: every
image has its own part of the outputs, so the threads never write to the same place, and the bits do not
depend on how many threads there are.

Why it should help: each core works on images of its own.

Prediction: as many times v2 as there are cores: with two, 10 % of what they could do. (A thread changes how
much of the machine is at work, not how well it is used: one core was at a tenth of its speed and still is.)

There is no ∂kernel here: all images add to the *same* numbers. It needs a partial sum for every piece of
the batch, and an addition of these in a fixed order; v5 does that.

Measured: 29 %, 2.1 times v2. But 11 %, and no gain, where the outputs begin 16 bytes behind a cache line, as
an array of NumPy may: then each vector of the sums lies in two lines, and it takes long to load what was just
stored there. v2 makes its outputs in compiled code, where it has not happened. From here on
``kernels/memory.py`` sees to it.
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
