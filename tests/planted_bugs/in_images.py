"""Bugs in the layers that change images at random, and in how pixels are moved."""

from tests.planted_bugs.bug import Bug

AFFINE = "cnn_scratch/kernels/affine.py"
AFFINE_TESTS = ("tests/test_affine.py",)


def layer(name):
    return f"cnn_scratch/layers/{name}.py"


def tests_of(name):
    return (f"tests/layers/test_{name}.py",)


BUGS = [
    Bug(
        "affine: the edge seen twice missing",
        AFFINE,
        "min(position, period - np.float32(1) - position)",
        "min(position, period - position)",
        "``reflect`` is dcb|abcd instead of dcba|abcd: one pixel off on the other side.",
        AFFINE_TESTS,
    ),
    Bug(
        "affine: left and right of a tap exchanged",
        AFFINE,
        "above = (one - u[w]) * top[left + c] + u[w] * top[right + c]",
        "above = (one - u[w]) * top[right + c] + u[w] * top[left + c]",
        "The nearer of two pixels gets the smaller weight.",
        AFFINE_TESTS,
    ),
    Bug(
        "affine: gradient without the weights",
        AFFINE,
        "top[right + c] += u[w] * above",
        "top[right + c] += above",
        "The pixel to the right gets its gradient as if it were the only one.",
        AFFINE_TESTS,
    ),
    Bug(
        "affine: what wraps around is lost on the way back",
        AFFINE,
        "sums[h, BORDER * C + c] += sums[h, behind + c]",
        "sums[h, BORDER * C + c] += 0.0",
        "With ``wrap``, the first column gets no gradient of what was seen of it beyond the last one.",
        AFFINE_TESTS,
    ),
    Bug(
        "random transform: active at inference",
        layer("random_transform"),
        "if not training:\n            return None",
        "if training is None:\n            return None",
        "Images are changed in ``predict`` too.",
        tests_of("random_flip"),
    ),
    Bug(
        "random transform: a call without a mode does nothing",
        layer("random_transform"),
        "training is None or training",
        "bool(training)",
        "``augmentation(images)`` returns the images as they are.",
        tests_of("random_flip"),
    ),
    Bug(
        "random flip: one number for the batch",
        layer("random_flip"),
        "self.uniform((N, 1, 1, 1), 0, 1) <= 0.5",
        "np.repeat(self.uniform((1, 1, 1, 1), 0, 1), N, axis=0) <= 0.5",
        "All images of a batch are mirrored, or none.",
        tests_of("random_flip"),
    ),
    Bug(
        "center crop: the corner",
        layer("center_crop"),
        "(H - self.height) // 2, (W - self.width) // 2, self.height",
        "0, 0, self.height",
        "The top left of the image is kept, not the middle.",
        tests_of("center_crop"),
    ),
    Bug(
        "random translation: axes exchanged",
        layer("random_translation"),
        "dx, dy = np.transpose",
        "dy, dx = np.transpose",
        "Shares of the height move images to the side.",
        tests_of("random_translation"),
    ),
    Bug(
        "random rotation: about the corner",
        layer("random_rotation"),
        "cx, cy = np.float32(0.5 * (W - 1)), np.float32(0.5 * (H - 1))",
        "cx, cy = np.float32(0), np.float32(0)",
        "Images turn about their first pixel, and mostly out of sight.",
        tests_of("random_rotation"),
    ),
    Bug(
        "random rotation: the other way round",
        layer("random_rotation"),
        "cos, sin = np.cos(angle), np.sin(angle)",
        "cos, sin = np.cos(angle), -np.sin(angle)",
        "Positive angles turn clockwise.",
        tests_of("random_rotation"),
    ),
    Bug(
        "random zoom: middle half a pixel off",
        layer("random_zoom"),
        "cx, cy = np.float32(0.5 * (W - 1)), np.float32(0.5 * (H - 1))",
        "cx, cy = np.float32(0.5 * W), np.float32(0.5 * H)",
        "The middle of an image is not a place between its pixels.",
        tests_of("random_zoom"),
    ),
    Bug(
        "random contrast: the mean's gradient missing",
        layer("random_contrast"),
        "grads += from_mean",
        "grads += 0 * from_mean",
        "The mean is taken for a constant.",
        tests_of("random_contrast"),
    ),
    Bug(
        "random brightness: slope where there is none",
        layer("random_brightness"),
        "return grad_outputs * ((brightened >= low) & (brightened <= high))",
        "return grad_outputs",
        "Pixels that were cut off get a gradient.",
        tests_of("random_brightness"),
    ),
    Bug(
        "random crop: the last place never comes up",
        layer("random_crop"),
        "size - target + 1",
        "size - target",
        "The last row and the last column are never seen.",
        tests_of("random_crop"),
    ),
]
