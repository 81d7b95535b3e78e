"""Cases for the layers without a window, and for the activation functions."""

import functools

import numpy as np

from cnn_scratch import activations
from tests.correctness.case import Case, Group, images, pick
from tests.correctness.window_cases import channels_first, large

RANDOM_IN_KERAS = ("Keras", "PyTorch")  # their random numbers are their own


def any_shape(rng, ranks=(2, 4)) -> np.ndarray:
    """Return random numbers of random shape."""
    return rng.normal(size=rng.integers(1, 7, rng.integers(*ranks, endpoint=True)))


def case(shape=any_shape, training=False, **fixed):
    """Return a function that draws inputs; ``fixed`` holds options, or functions of rng."""

    def draw(rng, number):
        options = {key: value(rng) if callable(value) else value for key, value in fixed.items()}
        return Case(options, shape(rng), training)

    return draw


def with_two_columns(inputs) -> np.ndarray:
    """Return the inputs twice, side by side: a softmax over one number would be 1 whatever it is."""
    return np.concatenate([inputs, inputs[..., ::-1]], axis=-1)


def away_from_corners(inputs) -> np.ndarray:
    """Move what lies next to a multiple of 1/8: where a function has a corner, no slope can be measured."""
    return inputs + 0.005 * (np.abs(8 * inputs - np.rint(8 * inputs)) < 0.01)


def units(rng):
    return int(rng.integers(2, 7))


def fraction(rng):
    return float(rng.integers(1, 8) / 8)


def a_matrix(rng):
    return any_shape(rng, (2, 2))


def a_large_matrix(rng):
    return rng.normal(size=rng.integers(150, 300, 2))


DENSE = [
    Group("Dense", "matrices", case(a_matrix, units=units)),
    Group("Dense", "any rank", case(lambda rng: any_shape(rng, (3, 5)), units=units)),
    Group("Dense", "use_bias=False", case(units=units, use_bias=False)),
    Group(
        "Dense", "activation=relu, tanh", case(units=units, activation=lambda rng: pick(rng, "relu", "tanh"))
    ),
    Group("Dense", "activation=softmax", case(units=units, activation="softmax")),
    Group("Dense", "many pieces", case(a_large_matrix, units=150), ("differences",)),
]


def shuffled_shape(rng, number):
    inputs = any_shape(rng, (3, 4))
    target = [int(n) for n in rng.permutation(inputs.shape[1:])]
    target[rng.integers(len(target))] = -1
    return Case({"target_shape": tuple(target)}, inputs)


def numbers_per_channel(rng, number):
    inputs = images(rng)
    scale, offset = rng.normal(size=(2, inputs.shape[-1]))
    return Case({"scale": scale.tolist(), "offset": offset.tolist()}, inputs)


SHAPES = [
    Group("Flatten", "any rank", case()),
    Group("Flatten", "channels_first", channels_first(case(images))),
    Group("Identity", "any rank", case()),
    Group("Reshape", "with −1", shuffled_shape),
    Group("Rescaling", "two numbers", case(scale=lambda rng: rng.normal(), offset=lambda rng: rng.normal())),
    Group("Rescaling", "numbers per channel", numbers_per_channel),
]


def batch_normalization(training, shape=None, **options):
    options = {"epsilon": 1e-3, "momentum": 0.9} | options
    return case(shape or (lambda rng: 2 * images(rng, 3, 6, batch=(3, 6)) + 3), training, **options)


def far_from_zero(rng):
    return 100 + images(rng, 3, 6, batch=(3, 6))


NORMALIZATION = [
    Group("BatchNormalization", "training", batch_normalization(True)),
    Group("BatchNormalization", "inference", batch_normalization(False)),
    Group("BatchNormalization", "axis=1, training", batch_normalization(True, axis=1)),
    Group("BatchNormalization", "scale=False", batch_normalization(True, scale=False)),
    Group("BatchNormalization", "center=False", batch_normalization(True, center=False)),
    Group("BatchNormalization", "trainable=False, training", batch_normalization(True, trainable=False)),
    Group(
        "BatchNormalization",
        "matrices, training",
        batch_normalization(True, lambda rng: rng.normal(size=(9, units(rng)))),
    ),
    Group("BatchNormalization", "mean 100, variance 1", batch_normalization(True, far_from_zero)),
    Group("BatchNormalization", "many pieces", batch_normalization(True, large), ("differences",)),
]


def random_layer(name, **options):
    """Return two groups: at inference, and in training, where only our own generator can be the oracle."""
    seeded = {"seed": units} | options
    return [
        Group(name, "inference", case(images, **seeded)),
        Group(name, "training", case(images, True, **seeded), RANDOM_IN_KERAS),
    ]


RANDOM = [
    *random_layer("Dropout", rate=fraction),
    Group(
        "Dropout",
        "noise_shape, training",
        case(images, True, rate=fraction, seed=units, noise_shape=(None, 1, 1, None)),
        RANDOM_IN_KERAS,
    ),
    *random_layer("SpatialDropout2D", rate=fraction),
    *random_layer("GaussianDropout", rate=fraction),
    *random_layer("GaussianNoise", stddev=fraction),
    Group("RReLU", "inference", case(), ("Keras",)),
    Group("RReLU", "training", case(any_shape, True, seed=units), RANDOM_IN_KERAS),
]

ACTIVATION_LAYERS = [
    Group("ReLU", "no options", case()),
    Group("ReLU", "max_value", case(max_value=fraction)),
    Group("ReLU", "negative_slope", case(negative_slope=fraction)),
    Group("ReLU", "threshold", case(threshold=fraction)),
    Group(
        "ReLU",
        "all three",
        case(max_value=lambda rng: 1 + fraction(rng), negative_slope=fraction, threshold=fraction),
    ),
    Group("LeakyReLU", "negative_slope", case(negative_slope=fraction)),
    Group("PReLU", "a slope for each place", case()),
    Group("PReLU", "shared_axes=[1, 2]", case(images, shared_axes=[1, 2])),
    Group("ELU", "alpha", case(alpha=fraction)),
    Group("Softmax", "axis=−1", case(lambda rng: with_two_columns(any_shape(rng)))),
    Group("Softmax", "axis=1 of images", case(images, axis=1)),
    Group("Softmax", "two axes", case(images, axis=(1, 2)), ("PyTorch",)),
]

# Every activation function, with options where it has any.
OPTIONS = {
    "relu": {"negative_slope": fraction, "threshold": fraction, "max_value": lambda rng: 1 + fraction(rng)},
    "leaky_relu": {"negative_slope": fraction},
    "elu": {"alpha": fraction},
    "celu": {"alpha": fraction},
    "soft_shrink": {"threshold": fraction},
    "hard_shrink": {"threshold": fraction},
    "threshold": {"threshold": fraction, "default_value": fraction},
    "squareplus": {"b": fraction},
}
PLAIN = (
    *(
        "linear",
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "gelu",
        "silu",
        "sigmoid",
        "hard_sigmoid",
    ),
    *("hard_silu", "tanh", "hard_tanh", "softtanh", "tanh_shrink", "soft_shrink", "hard_shrink", "softplus"),
    *("softsign", "softmax", "log_softmax", "log_sigmoid", "exponential", "mish", "squareplus"),
)
ONLY_HERE = ("softtanh",)


def function_group(name, option, **fixed):
    """Return the group of an activation function, measured through the layer that applies it."""

    def draw(rng, number):
        options = {key: value(rng) if callable(value) else value for key, value in fixed.items()}
        inputs = away_from_corners(any_shape(rng) * pick(rng, 0.01, 1.0, 4.0, 20.0))
        return Case({"activation": activations.get(name).with_options(**options)}, with_two_columns(inputs))

    def keras_layer(activation, dtype):
        import keras

        function = functools.partial(getattr(keras.activations, name), **changed_options(activation))
        return keras.layers.Activation(function, dtype=dtype)

    without = ("Keras",) if name in ONLY_HERE else ()
    return Group(f"`{name}`", option, draw, without, keras_layer)


def changed_options(activation) -> dict:
    """Return the options of an activation that are not the defaults."""
    return {key: value for key, value in activation.options.items() if value != activation.defaults[key]}


FUNCTIONS = [
    *(function_group(name, "no options") for name in PLAIN),
    *(function_group(name, ", ".join(options), **options) for name, options in OPTIONS.items()),
    function_group("gelu", "approximate=True", approximate=True),
]

OTHERS = DENSE + SHAPES + NORMALIZATION + RANDOM + ACTIVATION_LAYERS
