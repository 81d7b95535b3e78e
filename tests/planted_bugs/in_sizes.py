"""Bugs in the layers that change the size or the shape of images and sequences."""

from tests.planted_bugs.bug import Bug

RESAMPLING = "cnn_scratch/resampling.py"
RESIZING = "cnn_scratch/layers/resizing.py"
RESIZING_TESTS = ("tests/layers/test_resizing.py",)
UP_SAMPLING_TESTS = ("tests/layers/test_up_sampling2d.py",)

BUGS = [
    Bug(
        "resampling: corners aligned",
        RESAMPLING,
        "return (np.arange(target, dtype=np.float32) + np.float32(0.5)) * scale",
        "return np.arange(target, dtype=np.float32) * scale + np.float32(0.5)",
        "Pixels stand at their corners, not at their centres: everything moves to the top left.",
        UP_SAMPLING_TESTS,
    ),
    Bug(
        "resampling: weights of the border not made up",
        RESAMPLING,
        "weights = np.where(distances < radius, shape(distances), 0)\n"
        "    return weights / weights.sum(axis=1, keepdims=True)",
        "return np.where(distances < radius, shape(distances), 0)",
        "At the border, where a filter looks outside, the image gets darker.",
        UP_SAMPLING_TESTS,
    ),
    Bug(
        "resampling: the other cubic",
        RESAMPLING,
        "near = (1.5 * x - 2.5) * x * x + 1",
        "near = (1.25 * x - 2.25) * x * x + 1",
        "The inner piece of the cubic with a = −¾, as in some other libraries.",
        UP_SAMPLING_TESTS,
    ),
    Bug(
        "resampling: a filter that does not grow",
        RESAMPLING,
        "width = max(size / target, 1.0) if antialias else 1.0",
        "width = 1.0",
        "``antialias`` is ignored: a smaller image leaves pixels out.",
        RESIZING_TESTS,
    ),
    Bug(
        "resampling: the way back not in order",
        RESAMPLING,
        "return Taps(len(self.starts) - 1, starts, outputs[order], self.weights[order])",
        "return Taps(len(self.starts) - 1, starts, outputs[order], self.weights)",
        "Gradients go to the right pixels with the weights of others.",
        UP_SAMPLING_TESTS,
    ),
    Bug(
        "resampling: only the first tap",
        "cnn_scratch/kernels/resampling.py",
        "total[m] += weight * pixels[m]",
        "total[m] = weight * pixels[m]",
        "Each pixel of the sum replaces the one before.",
        UP_SAMPLING_TESTS,
    ),
    Bug(
        "resampling: rows and columns swapped in backward",
        "cnn_scratch/kernels/resampling.py",
        "return along_axis(along_axis(grad_outputs, columns.transposed, 2), rows.transposed, 1)",
        "return along_axis(along_axis(grad_outputs, rows.transposed, 1), rows.transposed, 2)",
        "The gradient goes back by the weights of the rows on both axes: right for square images.",
        UP_SAMPLING_TESTS,
    ),
    Bug(
        "resizing: crop at the corner",
        RESIZING,
        "top, left = (H - height) // 2, (W - width) // 2",
        "top, left = 0, 0",
        "The part that is kept lies at the top left, not in the middle.",
        RESIZING_TESTS,
    ),
    Bug(
        "adaptive pooling: windows that do not overlap",
        RESAMPLING,
        "-(-(o + 1) * size // target)",
        "(o + 1) * size // target",
        "Windows end too early where the size is no multiple of the output's.",
        ("tests/layers/test_adaptive_average_pooling2d.py",),
    ),
    Bug(
        "adaptive max pooling: overlapping windows",
        "cnn_scratch/layers/adaptive_max_pooling2d.py",
        "grad_images[i] += np.where(places[o] == i, grad[o], 0)",
        "grad_images[i] = np.where(places[o] == i, grad[o], grad_images[i])",
        "A pixel that is the largest of two windows gets the gradient of one.",
        ("tests/layers/test_adaptive_max_pooling2d.py",),
    ),
    Bug(
        "cropping: gradient at the corner",
        "cnn_scratch/layers/cropping2d.py",
        "slices[axis] = slice(before, input_shape[axis] - after)",
        "slices[axis] = slice(after, input_shape[axis] - before)",
        "What is cut off at the top is cut off at the bottom, and the other way round.",
        ("tests/layers/test_cropping2d.py",),
    ),
    Bug(
        "permute: the way back is the way there",
        "cnn_scratch/layers/permute.py",
        "grad_outputs.transpose(np.argsort((0, *self.dims)))",
        "grad_outputs.transpose((0, *self.dims)).reshape(input_shape)",
        "Right for two axes, which are their own inverse; three may not be.",
        ("tests/layers/test_permute.py",),
    ),
    Bug(
        "repeat vector: gradient of the first copy",
        "cnn_scratch/layers/repeat_vector.py",
        "return grad_outputs.sum(axis=1)",
        "return grad_outputs[:, 0]",
        "Only one of the copies sends its gradient back.",
        ("tests/layers/test_repeat_vector.py",),
    ),
    Bug(
        "sequences: the column where the channels are",
        "cnn_scratch/layers/sequence.py",
        'return 2 if self.data_format == "channels_last" else 3',
        "return 2",
        "With channels first, the steps become columns: windows, which have one column, see one step each.",
        ("tests/layers/test_max_pooling1d.py",),
    ),
]
