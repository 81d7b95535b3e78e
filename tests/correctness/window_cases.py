"""Cases for layers that slide a window over an image, those on which other libraries stumbled among them."""

import numpy as np

from tests.correctness.case import KINDS, Case, Group, images, pick, two


def conv2d(shape=images, **fixed):
    """Return a function that draws a Conv2D and its inputs; ``fixed`` holds options, or functions of rng."""

    def draw(rng, number):
        inputs = shape(rng)
        options = {"filters": int(rng.integers(1, 5)), "kernel_size": two(rng, 1, 4), "use_bias": True}
        options |= {key: value(rng) if callable(value) else value for key, value in fixed.items()}
        groups = options.get("groups", 1)
        options["filters"] *= groups
        return Case(options, np.repeat(inputs, groups, axis=-1) * rng.normal(size=inputs.shape[-1] * groups))

    return draw


def pooling(shape=images, **fixed):
    """Return a function that draws a pooling layer and its inputs."""

    def draw(rng, number):
        options = {
            "pool_size": two(rng, 1, 4),
            "strides": two(rng, 1, 3),
            "padding": pick(rng, "valid", "same"),
        }
        options |= {key: value(rng) if callable(value) else value for key, value in fixed.items()}
        return Case(options, shape(rng))

    return draw


def of_sizes(remainder):
    """Return images whose height and width are odd (remainder 1) or even (0)."""

    def shape(rng):
        H, W = 2 * rng.integers(3, 6, 2) + remainder
        return rng.normal(size=(rng.integers(1, 4), H, W, rng.integers(1, 5)))

    return shape


def one_of_each(rng):
    """Return one image with one channel."""
    return images(rng, batch=(1, 1), channels=(1, 1))


def no_images(rng):
    """Return an empty batch."""
    return images(rng)[:0]


def large(rng):
    """Return images of more than one tile, and more of them than pieces."""
    return images(rng, 30, 44, batch=(2, 18), channels=(3, 8))


def negative(rng):
    """Return images without a positive number: padding with zeros would show."""
    return -np.abs(images(rng)) - 0.1


def with_ties(rng):
    """Return images of few different numbers, as after a ReLU."""
    return rng.integers(0, 3, images(rng).shape).astype(float)


def with_one_nan(rng):
    """Return images with NaN in one pixel."""
    inputs = images(rng)
    inputs[tuple(rng.integers(0, inputs.shape))] = np.nan
    return inputs


def channels_first(draw):
    """Return the same cases with the channels on axis 1."""

    def moved(rng, number):
        case = draw(rng, number)
        return Case(case.options | {"data_format": "channels_first"}, np.moveaxis(case.inputs, -1, 1))

    return moved


def other_kinds(draw):
    """Return the same cases, with small whole numbers handed over in every kind of array."""

    def changed(rng, number):
        case = draw(rng, number)
        return Case(case.options, np.round(np.abs(case.inputs) * 4) % 256, handed=KINDS[number % len(KINDS)])

    return changed


def square(low, high):
    return lambda rng: int(rng.integers(low, high + 1))


def uneven(low, high):
    return lambda rng: two(rng, low, high, different=True)


same = {"padding": "same"}
either = {"padding": lambda rng: pick(rng, "valid", "same")}
ONLY_NUMBERS = ("differences",)  # no derivative can be measured there
NOT_IN_KERAS = ("Keras",)  # TensorFlow cannot do it on a CPU

CONV2D = [
    Group("Conv2D", "square kernel, valid", conv2d(kernel_size=square(1, 4))),
    Group("Conv2D", "kernel and strides not square", conv2d(kernel_size=uneven(1, 4), strides=uneven(1, 3))),
    Group("Conv2D", "same", conv2d(**same)),
    Group("Conv2D", "same, strides 2, even sizes", conv2d(of_sizes(0), strides=2, **same)),
    Group("Conv2D", "same, strides 2, odd sizes", conv2d(of_sizes(1), strides=2, **same)),
    Group("Conv2D", "strides > kernel", conv2d(kernel_size=square(1, 2), strides=uneven(3, 4), **either)),
    Group("Conv2D", "dilation_rate", conv2d(kernel_size=square(2, 3), dilation_rate=uneven(1, 2), **either)),
    Group("Conv2D", "groups", conv2d(groups=lambda rng: pick(rng, 2, 3), **either)),
    Group("Conv2D", "use_bias=False", conv2d(use_bias=False, **either)),
    Group("Conv2D", "activation=relu", conv2d(activation="relu", **either)),
    Group("Conv2D", "activation=tanh, sigmoid", conv2d(activation=lambda rng: pick(rng, "tanh", "sigmoid"))),
    Group("Conv2D", "channels_first", channels_first(conv2d(**either)), NOT_IN_KERAS),
    Group("Conv2D", "one image, one channel, one filter", conv2d(one_of_each, filters=1, **either)),
    Group("Conv2D", "many tiles and pieces", conv2d(large, kernel_size=square(3, 5), **same)),
    Group("Conv2D", "NaN in one pixel", conv2d(with_one_nan, **either), ONLY_NUMBERS),
    Group("Conv2D", "inputs of every kind", other_kinds(conv2d(**either)), ONLY_NUMBERS),
    Group("Conv2D", "empty batch", conv2d(no_images, **either), ("Keras", *ONLY_NUMBERS)),
]


def groups_of_pooling(layer):
    """Return the groups that both pooling layers have."""
    return [
        Group(layer, "square pool, strides=None", pooling(pool_size=square(1, 4), strides=None)),
        Group(layer, "pool and strides not square", pooling(pool_size=uneven(1, 4), strides=uneven(1, 3))),
        Group(layer, "same, strides 2, even sizes", pooling(of_sizes(0), strides=2, **same)),
        Group(layer, "same, strides 2, odd sizes", pooling(of_sizes(1), strides=2, **same)),
        Group(layer, "strides > pool", pooling(pool_size=square(1, 2), strides=uneven(3, 4))),
        Group(layer, "windows that overlap", pooling(pool_size=square(3, 4), strides=square(1, 2))),
        Group(layer, "all numbers negative, same", pooling(negative, **same)),
        Group(layer, "channels_first", channels_first(pooling())),
        Group(layer, "one image, one channel", pooling(one_of_each)),
        Group(layer, "inputs of every kind", other_kinds(pooling()), ONLY_NUMBERS),
        Group(layer, "empty batch", pooling(no_images), ONLY_NUMBERS),
    ]


POOLING = [
    *groups_of_pooling("MaxPooling2D"),
    Group("MaxPooling2D", "ties", pooling(with_ties), ONLY_NUMBERS),
    Group("MaxPooling2D", "NaN in one pixel", pooling(with_one_nan), ("Keras", "differences")),
    *groups_of_pooling("AveragePooling2D"),
    Group("AveragePooling2D", "NaN in one pixel", pooling(with_one_nan), ("differences",)),
]


def global_pooling(shape=images, **options):
    def draw(rng, number):
        return Case(dict(options), shape(rng))

    return draw


GLOBAL_POOLING = [
    Group("GlobalAveragePooling2D", "keepdims=False", global_pooling()),
    Group("GlobalAveragePooling2D", "keepdims=True", global_pooling(keepdims=True)),
    Group("GlobalAveragePooling2D", "channels_first", channels_first(global_pooling(keepdims=True))),
    Group("GlobalAveragePooling2D", "large images", global_pooling(large)),
    Group("GlobalMaxPooling2D", "keepdims=False", global_pooling()),
    Group("GlobalMaxPooling2D", "keepdims=True", global_pooling(keepdims=True)),
    Group("GlobalMaxPooling2D", "channels_first", channels_first(global_pooling(keepdims=True))),
    Group("GlobalMaxPooling2D", "ties", global_pooling(with_ties), ONLY_NUMBERS),
]


def zero_padding(kind):
    def draw(rng, number):
        sides = tuple(two(rng, 0, 3) for _ in range(2))
        padding = {"one number": int(rng.integers(0, 4)), "rows and columns": sides[0], "four sides": sides}[
            kind
        ]
        return Case({"padding": padding}, images(rng))

    return draw


PADDING = [
    *(
        Group("ZeroPadding2D", kind, zero_padding(kind))
        for kind in ("one number", "rows and columns", "four sides")
    ),
    Group("ZeroPadding2D", "channels_first", channels_first(zero_padding("four sides"))),
]

WINDOWS = CONV2D + POOLING + GLOBAL_POOLING + PADDING
