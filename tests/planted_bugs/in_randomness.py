"""Bugs in random layers, in the generator behind them, in seeds and in initializers."""

from tests.planted_bugs.bug import Bug

PHILOX = "cnn_scratch/kernels/philox.py"
DROPOUT = "cnn_scratch/kernels/dropout.py"
VARIANCE_SCALING = "cnn_scratch/initializers/variance_scaling.py"

PHILOX_TESTS = ("tests/test_philox.py",)
DROPOUT_TESTS = ("tests/layers/test_dropout.py",)
INITIALIZER_TESTS = ("tests/test_initializers.py",)

BUGS = [
    Bug(
        "dropout: kept numbers not scaled",
        DROPOUT,
        "scale = values.dtype.type(1 / (1 - rate))",
        "scale = values.dtype.type(1)",
        "The factor 1/(1 − rate) is missing: training and inference differ in size.",
        DROPOUT_TESTS,
    ),
    Bug(
        "dropout: rate is what is kept",
        DROPOUT,
        "if (words[i] >> np.uint32(8)) >= threshold else zero",
        "if (words[i] >> np.uint32(8)) < threshold else zero",
        "The share that should be dropped is kept.",
        DROPOUT_TESTS,
    ),
    Bug(
        "dropout: another mask in backward",
        "cnn_scratch/layers/dropout.py",
        "return grad_outputs if key is None else self._drop(grad_outputs, key)",
        "return grad_outputs if key is None else self._drop(grad_outputs, self.seed_generator.next())",
        "Backward draws a new mask instead of making that of its forward again.",
        DROPOUT_TESTS,
    ),
    Bug(
        "dropout: active at inference",
        "cnn_scratch/layers/dropout.py",
        "if not training or self.rate == 0:",
        "if self.rate == 0:",
        "Predictions are random.",
        DROPOUT_TESTS,
    ),
    Bug(
        "spatial dropout: one mask for the batch",
        "cnn_scratch/layers/spatial_dropout2d.py",
        "return from_channels_last((N, 1, 1, C), self.data_format)",
        "return from_channels_last((1, 1, 1, C), self.data_format)",
        "All images of a batch lose the same maps.",
        ("tests/layers/test_spatial_dropout2d.py",),
    ),
    Bug(
        "gaussian dropout: standard deviation",
        "cnn_scratch/layers/gaussian_dropout.py",
        "math.sqrt(self.rate / (1 - self.rate))",
        "math.sqrt(self.rate)",
        "The noise is too weak for the rate.",
        ("tests/layers/test_gaussian_dropout.py",),
    ),
    Bug(
        "gaussian noise: variance for deviation",
        "cnn_scratch/layers/gaussian_noise.py",
        "noise *= self.stddev",
        "noise *= self.stddev**2",
        "The standard deviation is taken for the root of itself.",
        ("tests/layers/test_gaussian_noise.py",),
    ),
    Bug(
        "r_re_lu: slope at inference",
        "cnn_scratch/layers/r_re_lu.py",
        "mean_slope = (self.lower + self.upper) / 2",
        "mean_slope = self.lower",
        "At inference the mean slope counts, not the smallest.",
        ("tests/layers/test_r_re_lu.py",),
    ),
    Bug(
        "r_re_lu: other slopes in backward",
        "cnn_scratch/layers/r_re_lu.py",
        "return self._scale_negatives(inputs, grad_outputs, key)",
        "return self._scale_negatives(inputs, grad_outputs, None)",
        "Backward takes the mean slope, forward took random ones.",
        ("tests/layers/test_r_re_lu.py",),
    ),
    Bug(
        "philox: one round too few",
        PHILOX,
        "ROUNDS = 10",
        "ROUNDS = 9",
        "The numbers look random, but they are not Philox's.",
        PHILOX_TESTS,
    ),
    Bug(
        "philox: every piece alike",
        PHILOX,
        "words = random_words(key, piece * PIECE, part.size)\n        for i in range(part.size):",
        "words = random_words(key, 0, part.size)\n        for i in range(part.size):",
        "Uniform numbers repeat after 4,096.",
        PHILOX_TESTS,
    ),
    Bug(
        "philox: the same numbers in every step",
        PHILOX,
        "seed, draw, zero = np.uint64(key[0]), np.uint64(key[1]), np.uint64(0)",
        "seed, draw, zero = np.uint64(key[0]), np.uint64(0), np.uint64(0)",
        "The number of the draw is ignored, so the mask never changes.",
        PHILOX_TESTS,
    ),
    Bug(
        "seed generator: does not count",
        "cnn_scratch/seed_generator.py",
        "self.state.value += np.array([0, 1], np.uint32)",
        "self.state.value += np.array([0, 0], np.uint32)",
        "Every draw has the same key.",
        ("tests/test_seed_generator.py",),
    ),
    Bug(
        "seed ignored",
        "cnn_scratch/random.py",
        "_Global.generator = make_generator(seed)",
        "_Global.generator = make_generator(0)",
        "set_random_seed starts the same run whatever the seed.",
        ("tests/test_random.py",),
    ),
    Bug(
        "seed not taken",
        "cnn_scratch/random.py",
        "    _Global.generator = make_generator(seed)",
        "    make_generator(seed)",
        "set_random_seed does not make a run repeatable.",
        ("tests/test_random.py",),
    ),
    Bug(
        "initializer: limit of a uniform distribution",
        VARIANCE_SCALING,
        "limit = math.sqrt(3 * variance)",
        "limit = math.sqrt(variance)",
        "A missing 3: the variance is a third of what was asked for.",
        INITIALIZER_TESTS,
    ),
    Bug(
        "initializer: fans swapped",
        VARIANCE_SCALING,
        "return shape[-2] * window, shape[-1] * window",
        "return shape[-1] * window, shape[-2] * window",
        "fan_in and fan_out change places.",
        INITIALIZER_TESTS,
    ),
    Bug(
        "initializer: window not in the fans",
        VARIANCE_SCALING,
        "window = math.prod(shape[:-2])",
        "window = 1",
        "The kernel's size is left out: convolutions start far too large.",
        INITIALIZER_TESTS,
    ),
    Bug(
        "initializer: truncation not made up for",
        VARIANCE_SCALING,
        "math.sqrt(variance) / _TRUNCATED_STDDEV",
        "math.sqrt(variance)",
        "A truncated normal distribution has a smaller variance than the one it is cut from.",
        INITIALIZER_TESTS,
    ),
    Bug(
        "initializer: orthogonal, but not uniform",
        "cnn_scratch/initializers/random_initializers.py",
        "        q *= np.sign(np.diag(r))",
        "        _ = np.sign(np.diag(r))",
        "The signs of QR are left as they are: some matrices never come out.",
        INITIALIZER_TESTS,
    ),
]
