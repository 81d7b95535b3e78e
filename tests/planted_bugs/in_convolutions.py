"""Bugs in the convolutions beside Conv2D: depthwise, separable, transposed, pointwise, of sequences."""

from tests.planted_bugs.bug import Bug

DEPTHWISE = "cnn_scratch/kernels/depthwise_conv2d.py"
SUMS = "cnn_scratch/kernels/depthwise_sums.py"
REFERENCE_OF_DEPTHWISE = ("tests/layers/test_depthwise_conv2d.py", "-k", "reference")

BUGS = [
    Bug(
        "depthwise: window over the last column",
        DEPTHWISE,
        "holds = (met >= 0) & (met < inputs)",
        "holds = (met >= 0) & (met <= inputs)",
        "Off by one: a window that hangs over the right border reads the first pixel of the next row.",
        REFERENCE_OF_DEPTHWISE,
    ),
    Bug(
        "depthwise: stride forgotten in backward",
        DEPTHWISE,
        "holds = (rest == 0) & (met >= 0)",
        "holds = met >= 0",
        "With a stride, pixels get gradients from windows that never saw them.",
        REFERENCE_OF_DEPTHWISE,
    ),
    Bug(
        "depthwise: neighbours at the border go together",
        DEPTHWISE,
        "(four == four[0]).all()",
        "True",
        "Four pixels are summed as one group although the border hides other places from each of them.",
        REFERENCE_OF_DEPTHWISE,
    ),
    Bug(
        "depthwise: a vector is loaded twice",
        SUMS,
        "            u0, u1, u2 = u1, u2, u3\n            factor, v3",
        "            u0, u1, u2 = u1, u2, u2\n            factor, v3",
        "Of four neighbours, the last but one reads the pixel of the one before from the third place on.",
        REFERENCE_OF_DEPTHWISE,
    ),
    Bug(
        "depthwise: channels of the multiplier interleaved",
        DEPTHWISE,
        "np.repeat(inputs, multiplier, axis=-1)",
        "np.tile(inputs, multiplier)",
        "Output channel c·M + m is made of channel (c·M + m) mod C.",
        REFERENCE_OF_DEPTHWISE,
    ),
    Bug(
        "depthwise: last image of a piece lost",
        SUMS,
        "if row == OH - 1 or image_row == end - 1:",
        "if row == OH - 1:",
        "The kernel's gradient leaves out the rows of an image that is divided between two pieces.",
        REFERENCE_OF_DEPTHWISE,
    ),
    Bug(
        "depthwise: pieces follow the threads",
        DEPTHWISE,
        "    pieces = min(N * OH, MOST_PIECES)",
        "    from numba import get_num_threads\n\n    pieces = min(N * OH, get_num_threads())",
        "The kernel's gradient is added up in an order that depends on the number of threads.",
        ("tests/layers/test_depthwise_conv2d.py", "-k", "threads"),
    ),
    Bug(
        "pointwise: stride swapped",
        "cnn_scratch/kernels/conv2d_pointwise.py",
        "if h % SH == 0 and w % SW == 0:",
        "if h % SW == 0 and w % SH == 0:",
        "The gradients go to the pixels of the other stride: right as long as both are the same.",
        ("tests/kernels/test_conv2d.py",),
    ),
    Bug(
        "phases: border of the other phase",
        "cnn_scratch/kernels/conv2d_phases.py",
        "JH - 1 - (row + top) // SH",
        "JH - 1 - row // SH",
        "With padding, a phase begins one output too late.",
        ("tests/kernels/test_conv2d.py", "-k", "phases"),
    ),
    Bug(
        "phases: no bias where no place is met",
        "cnn_scratch/kernels/conv2d_phases.py",
        "target[...] = bias",
        "target[...] = 0",
        "Pixels of a transposed convolution that no window reaches have no bias.",
        ("tests/kernels/test_conv2d.py", "-k", "transposed"),
    ),
    Bug(
        "pointwise: the rows of another step",
        "cnn_scratch/kernels/conv2d_pointwise.py",
        "pixels, grads = pixels_of(inputs, geometry),",
        "pixels, grads = inputs[:, :OH, :OW].reshape(-1, inputs.shape[-1]),",
        "With a stride, the gradient of the kernel is made of the first pixels, not of those that were read.",
        ("tests/kernels/test_conv2d.py", "-k", "pointwise"),
    ),
    Bug(
        "separable: pointwise gradient of the inputs",
        "cnn_scratch/layers/separable_conv2d.py",
        "grad_depthwise, _ = depthwise_conv2d.grad_parameters(images, grad_spread, self.window)",
        "grad_depthwise, _ = depthwise_conv2d.grad_parameters(images, spread, self.window)",
        "The depthwise kernel's gradient is made of the outputs of its step, not of their gradient.",
        ("tests/layers/test_separable_conv2d.py",),
    ),
    Bug(
        "transposed: output_padding on the wrong side",
        "cnn_scratch/shapes.py",
        "(places - 1) * stride + extent % 2 + output_padding",
        "(places - 1) * stride + 1 - extent % 2 + output_padding",
        "Odd and even windows are exchanged in the size of the outputs.",
        ("tests/layers/test_conv2d_transpose.py",),
    ),
    Bug(
        "causal: padding on both sides",
        "cnn_scratch/shapes.py",
        "            return EH - 1, 0, EW - 1, 0",
        "            return (EH - 1) // 2, EH // 2, (EW - 1) // 2, EW // 2",
        "A causal convolution sees what comes later.",
        ("tests/layers/test_conv1d.py",),
    ),
]
