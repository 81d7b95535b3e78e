"""Cases for the convolutions beside Conv2D: depthwise, separable, transposed, and those of sequences."""

from tests.correctness.case import Case, Group, images, pick, two
from tests.correctness.window_cases import (
    NOT_IN_KERAS,
    ONLY_NUMBERS,
    channels_first,
    either,
    large,
    no_images,
    of_sizes,
    one_of_each,
    other_kinds,
    same,
    square,
    uneven,
    with_one_nan,
)


def drawn(shape, **fixed):
    """Return a function that draws a layer and its inputs; ``fixed`` holds options, or functions of rng."""

    def draw(rng, number):
        inputs = shape(rng)
        return Case({key: value(rng) if callable(value) else value for key, value in fixed.items()}, inputs)

    return draw


def of_images(shape=images, **fixed):
    return drawn(shape, **{"kernel_size": lambda rng: two(rng, 1, 4)} | fixed)


def sequences(rng):
    """Return random sequences (N, L, C)."""
    return rng.normal(size=(rng.integers(1, 4), rng.integers(8, 20), rng.integers(1, 5)))


def of_sequences(shape=sequences, **fixed):
    return drawn(shape, **{"kernel_size": square(1, 5)} | fixed)


def no_sequences(rng):
    return sequences(rng)[:0]


def wide_images(rng):
    """Return images whose outputs are wider than they have channels, for Keras's sake: see differences.md."""
    return images(rng, low=9)


def filters(rng):
    return int(rng.integers(1, 5))


def depthwise_groups(layer, **options) -> list[Group]:
    """Return the groups that the depthwise and the separable convolution of images have."""

    def of(shape=images, **more):
        return of_images(shape, **options | more)

    return [
        Group(layer, "square kernel, valid", of(kernel_size=square(1, 4))),
        Group(layer, "strides not square", of(strides=uneven(1, 3)), NOT_IN_KERAS),
        Group(layer, "same, strides 2, even sizes", of(of_sizes(0), strides=2, **same)),
        Group(layer, "same, strides 2, odd sizes", of(of_sizes(1), strides=2, **same)),
        Group(layer, "strides > kernel", of(kernel_size=square(1, 2), strides=square(3, 4), **either)),
        Group(layer, "dilation_rate", of(kernel_size=square(2, 3), dilation_rate=uneven(1, 2), **either)),
        Group(layer, "depth_multiplier", of(depth_multiplier=square(2, 3), **either)),
        Group(layer, "use_bias=False", of(use_bias=False, **either)),
        Group(layer, "activation=relu, tanh", of(activation=lambda rng: pick(rng, "relu", "tanh"))),
        Group(layer, "channels_first", channels_first(of(wide_images, **either))),
        Group(layer, "one image, one channel", of(one_of_each, **either)),
        Group(layer, "many bands and pieces", of(large, kernel_size=square(3, 5), **same)),
        Group(layer, "NaN in one pixel", of(with_one_nan, **either), ONLY_NUMBERS),
        Group(layer, "inputs of every kind", other_kinds(of(**either)), ONLY_NUMBERS),
        Group(layer, "empty batch", of(no_images, **either), ("Keras", *ONLY_NUMBERS)),
    ]


def sequence_groups(layer, **options) -> list[Group]:
    """Return the groups that all convolutions of sequences have."""

    def of(shape=sequences, **more):
        return of_sequences(shape, **options | more)

    return [
        Group(layer, "valid", of()),
        Group(layer, "same, strides", of(strides=square(1, 3), **same)),
        Group(layer, "use_bias=False, activation", of(use_bias=False, activation="tanh")),
        Group(layer, "inputs of every kind", other_kinds(of(**same)), ONLY_NUMBERS),
        Group(layer, "empty batch", of(no_sequences), ("Keras", *ONLY_NUMBERS)),
    ]


TRANSPOSED = [
    Group("Conv2DTranspose", "valid", of_images(filters=filters, strides=square(1, 3))),
    Group(
        "Conv2DTranspose", "strides not square", of_images(filters=filters, strides=uneven(1, 3), **either)
    ),
    Group("Conv2DTranspose", "same", of_images(filters=filters, strides=square(1, 3), **same)),
    Group(
        "Conv2DTranspose", "strides > kernel", of_images(filters=filters, kernel_size=1, strides=3, **either)
    ),
    Group(
        "Conv2DTranspose",
        "output_padding",
        of_images(filters=filters, kernel_size=3, strides=3, output_padding=square(0, 2), **either),
    ),
    Group("Conv2DTranspose", "dilation_rate", of_images(filters=filters, dilation_rate=2), NOT_IN_KERAS),
    Group("Conv2DTranspose", "activation=relu", of_images(filters=filters, activation="relu")),
    Group("Conv2DTranspose", "channels_first", channels_first(of_images(filters=filters)), NOT_IN_KERAS),
    Group("Conv2DTranspose", "inputs of every kind", other_kinds(of_images(filters=filters)), ONLY_NUMBERS),
    Group("Conv2DTranspose", "empty batch", of_images(no_images, filters=filters), ("Keras", *ONLY_NUMBERS)),
]

CONVOLUTIONS = [
    *depthwise_groups("DepthwiseConv2D"),
    *depthwise_groups("SeparableConv2D", filters=filters),
    *TRANSPOSED,
    *sequence_groups("Conv1D", filters=filters),
    Group("Conv1D", "causal", of_sequences(filters=filters, padding="causal", dilation_rate=square(1, 3))),
    Group("Conv1D", "dilation_rate", of_sequences(filters=filters, dilation_rate=2, kernel_size=3, **either)),
    *sequence_groups("DepthwiseConv1D"),
    Group("DepthwiseConv1D", "depth_multiplier", of_sequences(depth_multiplier=square(2, 3))),
    *sequence_groups("SeparableConv1D", filters=filters),
    Group("SeparableConv1D", "depth_multiplier", of_sequences(filters=filters, depth_multiplier=2)),
    *sequence_groups("Conv1DTranspose", filters=filters),
    Group(
        "Conv1DTranspose",
        "output_padding",
        of_sequences(filters=filters, kernel_size=3, strides=3, output_padding=square(0, 2), **either),
    ),
]
