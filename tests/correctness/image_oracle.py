"""The definitions' words for the layers of ``image_cases.py``: the numbers of a key, and what they do."""

import numpy as np

from cnn_scratch.reference import (
    center_crop,
    random_brightness,
    random_contrast,
    random_crop,
    random_flip,
    random_rotation,
    random_translation,
    random_zoom,
)
from cnn_scratch.reference.philox import uniform
from tests.parity.compare import Pass


def numbers_between(low, high, shape, key, draw=0):
    """Return the numbers of the draw after so many others of a key; they are single precision."""
    seed, count = (int(number) for number in key)
    return uniform(shape, (seed, count + draw)).astype("float32") * np.float32(high - low) + np.float32(low)


def ends(factor):
    return factor if isinstance(factor, tuple | list) else (-factor, factor)


def of_random_flip(layer, x, g, weights, training, key):
    mirrored = random_flip.flips(len(x), key) if training else np.zeros(len(x), bool)
    return Pass(
        random_flip.random_flip(x, layer.mode, mirrored),
        random_flip.random_flip_gradient(g, layer.mode, mirrored),
    )


def of_affine(forward, backward, draw):
    """Return the oracle of a layer that moves pixels; ``draw`` makes its numbers from the key."""

    def oracle(layer, x, g, weights, training, key):
        if not training:
            return Pass(x, g)
        numbers = draw(layer, x.shape, key)
        options = numbers, layer.interpolation, layer.fill_mode
        return Pass(forward(x, *options, layer.fill_value), backward(g, *options))

    return oracle


def steps(layer, shape, key):
    N, H, W, _ = shape
    down = numbers_between(*ends(layer.height_factor), (N,), key) * np.float32(H)
    right = numbers_between(*ends(layer.width_factor), (N,), key, 1) * np.float32(W)
    return np.stack([right, down], axis=1)


def angles(layer, shape, key):
    low, high = layer.factor
    return numbers_between(360 * low, 360 * high, shape[:1], key)


def zooms(layer, shape, key):
    ranges = [ends(factor) for factor in (layer.height_factor, layer.width_factor)]
    drawn = [
        numbers_between(1 + low, 1 + high, shape[:1], key, draw) for draw, (low, high) in enumerate(ranges)
    ]
    return np.stack(drawn, axis=1)


def of_random_contrast(layer, x, g, weights, training, key):
    if not training:
        return Pass(x, g)
    low, high = layer.factor
    options = numbers_between(1 - low, 1 + high, (len(x),), key).astype("float64"), *layer.value_range
    return Pass(
        random_contrast.random_contrast(x, *options),
        random_contrast.random_contrast_gradient(x, g, *options),
    )


def of_random_brightness(layer, x, g, weights, training, key):
    if not training:
        return Pass(x, g)
    low, high = layer.value_range
    deltas = numbers_between(*layer.factor, (len(x),), key) * np.float32(high - low)
    options = deltas.astype("float64"), low, high
    return Pass(
        random_brightness.random_brightness(x, *options),
        random_brightness.random_brightness_gradient(x, g, *options),
    )


def of_random_crop(layer, x, g, weights, training, key):
    size, place = (layer.height, layer.width), None
    if training and all(n > target for n, target in zip(x.shape[1:3], size, strict=True)):
        counts = [n - target + 1 for n, target in zip(x.shape[1:3], size, strict=True)]
        place = [int(numbers_between(0, count, (), key, draw)) for draw, count in enumerate(counts)]
    return Pass(
        random_crop.random_crop(x, *size, place), random_crop.random_crop_gradient(x, g, *size, place)
    )


REFERENCE = {
    "random_flip": of_random_flip,
    "center_crop": lambda layer, x, g, *_: Pass(
        center_crop.center_crop(x, layer.height, layer.width),
        center_crop.center_crop_gradient(x, g, layer.height, layer.width),
    ),
    "random_translation": of_affine(
        random_translation.random_translation, random_translation.random_translation_gradient, steps
    ),
    "random_rotation": of_affine(
        random_rotation.random_rotation, random_rotation.random_rotation_gradient, angles
    ),
    "random_zoom": of_affine(random_zoom.random_zoom, random_zoom.random_zoom_gradient, zooms),
    "random_contrast": of_random_contrast,
    "random_brightness": of_random_brightness,
    "random_crop": of_random_crop,
}
