"""Cases for the layers that change images at random, and for ``CenterCrop``."""

from tests.correctness.case import Case, Group, images
from tests.correctness.other_cases import RANDOM_IN_KERAS, case, fraction, units
from tests.correctness.spatial_cases import FLOAT32_IN_KERAS, number

OTHER_AT_INFERENCE = ("Keras", "PyTorch")  # Keras returns the images as they are; see differences.md


def pair(rng):
    """Return the two ends of a range around 0."""
    return -fraction(rng), fraction(rng)


def fixed(option, low=1, high=7, **others):
    """Return a function that draws cases in training with a range of one number, so nothing is random."""

    def draw(rng, number):
        value = int(rng.integers(low, high + 1)) / 8
        return Case({option: (value, value)} | others, images(rng), training=True)

    return draw


def both(layer, without=RANDOM_IN_KERAS, **options):
    """Return the groups of a random layer: at inference, and in training with the key of its seed."""
    return [
        Group(layer, "inference", case(images, seed=units, **options)),
        Group(layer, "training", case(images, True, seed=units, **options), without),
    ]


def clipping(layer, **options):
    """Return the groups of a layer that clips; no difference holds where a pixel begins to be clipped."""
    return [
        *both(layer, value_range=(-100, 100), **options),
        Group(
            layer,
            "training, clipped",
            case(images, True, seed=units, value_range=(-1, 1), **options),
            (*RANDOM_IN_KERAS, "differences"),
        ),
    ]


def affine(layer, **options):
    """Return the groups of a layer that moves pixels: what is beyond the edges, and between pixels."""
    return [
        *both(layer, fill_mode="nearest", **options),
        *(
            Group(
                layer, f"training, {what}", case(images, True, seed=units, **more, **options), RANDOM_IN_KERAS
            )
            for what, more in (
                ("constant", {"fill_mode": "constant", "fill_value": fraction}),
                ("interpolation=nearest", {"fill_mode": "wrap", "interpolation": "nearest"}),
            )
        ),
    ]


def crop(low, high):
    return {"height": number(low, high), "width": number(low, high)}


IMAGES = [
    *both("RandomFlip"),
    Group(
        "RandomFlip", "training, vertical", case(images, True, seed=units, mode="vertical"), RANDOM_IN_KERAS
    ),
    Group("CenterCrop", "crop", case(images, **crop(1, 6))),
    Group("CenterCrop", "resized", case(images, **crop(12, 14)), FLOAT32_IN_KERAS),
    *affine("RandomTranslation", height_factor=pair, width_factor=fraction),
    *affine("RandomRotation", factor=pair),
    *affine("RandomZoom", height_factor=pair, width_factor=fraction),
    *clipping("RandomContrast", factor=fraction),
    *clipping("RandomBrightness", factor=pair),
    Group("RandomBrightness", "one number", fixed("factor", -7, 7, value_range=(-1, 1))),
    Group("RandomCrop", "inference", case(images, seed=units, **crop(2, 5)), OTHER_AT_INFERENCE),
    Group("RandomCrop", "training", case(images, True, seed=units, **crop(2, 5)), RANDOM_IN_KERAS),
]
