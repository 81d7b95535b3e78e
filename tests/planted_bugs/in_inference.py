"""Bugs in predictions of graph models, where layers are computed together."""

from tests.planted_bugs.bug import Bug

FINISHED = "cnn_scratch/finished_convolution.py"
STEPS = "cnn_scratch/models/inference_steps.py"
POINTWISE = "cnn_scratch/kernels/conv2d_pointwise.py"

TESTS = ("tests/models/test_inference_steps.py",)

BUGS = [
    Bug(
        "prediction: the mean is not scaled",
        FINISHED,
        "scale, shift = scale * factor, (shift - mean) * factor + beta",
        "scale, shift = scale * factor, shift * factor - mean + beta",
        "What normalization subtracts is subtracted after its scale.",
        TESTS,
    ),
    Bug(
        "prediction: what others read is not made",
        STEPS,
        "if len(readers[tensor]) == 1 and tensor in maker",
        "if tensor in maker",
        "A tensor with two readers is left out.",
        TESTS,
    ),
    Bug(
        "prediction: the mode of a call is forgotten",
        STEPS,
        "if first.training or second.training:",
        "if first.training:",
        "A normalization that was called with training=True uses its moving statistics behind a convolution.",
        TESTS,
    ),
    Bug(
        "prediction: the mode of the first of two calls is forgotten",
        STEPS,
        "if first.training or second.training:",
        "if second.training:",
        "A normalization that was called with training=True uses its moving statistics before a ReLU.",
        TESTS,
    ),
    Bug(
        "prediction: bounds before the sum",
        "cnn_scratch/finish.py",
        "ceiling_at_once = ceiling if other is None else np.inf",
        "ceiling_at_once = ceiling",
        "The sum of a residual block can be above 6 after its ReLU6.",
        TESTS,
    ),
    Bug(
        "prediction: an activation that has changed",
        STEPS,
        "same = self.settings(self.layer) == self.settings(self.first)",
        "same = True",
        "Two different activations of a tensor give the same.",
        TESTS,
    ),
    Bug(
        "prediction: pooled once for all windows",
        STEPS,
        "return type(layer), layer.window, layer.data_format, layer.dtype",
        "return type(layer), layer.data_format, layer.dtype",
        "Poolings of the same tensor with other windows give what the first one gives.",
        TESTS,
    ),
    Bug(
        "prediction: moved the other way",
        "cnn_scratch/picked_pixels.py",
        "cut[0] - added[0]",
        "added[0] - cut[0]",
        "What a cropping cuts off is added, and zeros that a padding adds are cut off.",
        TESTS,
    ),
    Bug(
        "pointwise: the sum of another piece",
        POINTWISE,
        "other = others[begin + r]",
        "other = others[r]",
        "Each piece of a product adds the first rows of a residual block.",
        TESTS,
    ),
]
