"""Cases for the layers that change the size or the shape of images and sequences."""

from cnn_scratch.resampling import METHODS
from tests.correctness.case import Case, Group, images, pick, two
from tests.correctness.window_cases import channels_first

ONLY_NUMBERS = ("differences",)  # no derivative can be measured there
OTHER_TIES = ("PyTorch", *ONLY_NUMBERS)  # PyTorch takes the first in reading order, Keras column by column
FLOAT32_IN_KERAS = ("Keras float64",)  # its interpolation is float32 in any dtype
NO_GRADIENT_IN_KERAS = ("Keras",)


def of(shape, **fixed):
    """Return a function that draws inputs; ``fixed`` holds options, or functions of rng."""

    def draw(rng, number):
        options = {key: value(rng) if callable(value) else value for key, value in fixed.items()}
        return Case(options, shape(rng))

    return draw


def sequences(rng, low=6, high=11):
    """Return random sequences (N, L, C) of random shape."""
    return images(rng, low, high)[:, :, 0]


def with_ties(shape):
    """Return inputs of few different numbers, as after a ReLU."""
    return lambda rng: rng.integers(0, 3, shape(rng).shape).astype(float)


def number(low, high):
    return lambda rng: int(rng.integers(low, high + 1))


def pair(low, high):
    return lambda rng: two(rng, low, high)


def sides(rng):
    return two(rng, 0, 2), two(rng, 0, 2)


def permutation(rng):
    return tuple(int(axis) + 1 for axis in rng.permutation(3))


def groups_of_resampling():
    """Return the groups of both layers that interpolate."""
    size = {"height": number(2, 13), "width": number(2, 13)}
    groups = [Group("UpSampling2D", "nearest", of(images, size=pair(1, 3)))]
    for method in METHODS[:1] + METHODS[2:]:
        without = NO_GRADIENT_IN_KERAS if method == "area" else FLOAT32_IN_KERAS
        groups.append(
            Group("UpSampling2D", method, of(images, size=pair(1, 3), interpolation=method), without)
        )
    for method in METHODS:
        without = NO_GRADIENT_IN_KERAS if method == "area" else FLOAT32_IN_KERAS
        groups.append(Group("Resizing", method, of(images, interpolation=method, **size), without))
    for method in ("bilinear", "bicubic", "lanczos3"):
        options = dict(interpolation=method, antialias=True, **size)
        groups.append(Group("Resizing", f"{method}, antialias=True", of(images, **options), FLOAT32_IN_KERAS))
    return groups


def adaptive(layer):
    """Return the groups that both adaptive layers have."""
    return [
        Group(layer, "output_size", of(images, output_size=pair(2, 5))),
        Group(layer, "channels_first", channels_first(of(images, output_size=pair(2, 5)))),
    ]


def pooling(rng_padding="valid", shape=sequences):
    return of(shape, pool_size=number(1, 4), strides=number(1, 3), padding=rng_padding)


SPATIAL = [
    Group("Cropping2D", "four sides", of(images, cropping=sides)),
    Group("Cropping2D", "channels_first", channels_first(of(images, cropping=sides))),
    *groups_of_resampling(),
    *adaptive("AdaptiveAveragePooling2D"),
    *adaptive("AdaptiveMaxPooling2D"),
    Group("AdaptiveMaxPooling2D", "ties", of(with_ties(images), output_size=pair(2, 5)), OTHER_TIES),
    Group("Permute", "three axes", of(images, dims=permutation)),
    Group("RepeatVector", "n", of(lambda rng: rng.normal(size=(3, 4)), n=number(1, 5))),
    *(
        Group(layer, padding, pooling(padding))
        for layer in ("MaxPooling1D", "AveragePooling1D")
        for padding in ("valid", "same")
    ),
    Group("MaxPooling1D", "ties", pooling(shape=with_ties(sequences)), ONLY_NUMBERS),
    *(
        Group(layer, "keepdims", of(sequences, keepdims=lambda rng: pick(rng, False, True)))
        for layer in ("GlobalMaxPooling1D", "GlobalAveragePooling1D")
    ),
    Group("ZeroPadding1D", "two ends", of(sequences, padding=pair(0, 3))),
    Group("Cropping1D", "two ends", of(sequences, cropping=pair(0, 2))),
    Group("UpSampling1D", "size", of(sequences, size=number(1, 4))),
]
