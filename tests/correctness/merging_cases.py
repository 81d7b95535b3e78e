"""Cases for the layers with several inputs."""

import numpy as np

from tests.correctness.case import Case, Group, images, pick
from tests.parity.draws import adds_along_another_axis

ONLY_NUMBERS = ("differences",)  # no derivative can be measured there
ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")


def merged(shapes, low=2, high=4, values=None):
    """Return a function that draws ``low`` to ``high`` inputs, whose shapes come from ``shapes``."""

    def draw(rng, number):
        given = shapes(rng, rng.integers(low, high, endpoint=True))
        while adds_along_another_axis(given):
            given = shapes(rng, rng.integers(low, high, endpoint=True))
        inputs = [rng.normal(size=shape) for shape in given]
        return Case({}, inputs if values is None else [values(array) for array in inputs])

    return draw


def equal(rng, number):
    """Return the same shape of an image ``number`` times."""
    return [images(rng).shape] * number


def that_broadcast(rng, number):
    """Return shapes some of whose sizes are 1: a number per channel, a mask, …"""
    N, *sizes = images(rng).shape
    return [(N, *(pick(rng, 1, size) for size in sizes)) for _ in range(number)]


def of_other_ranks(rng, number):
    """Return shapes with fewer axes than the first."""
    N, *sizes = images(rng).shape
    return [(N, *sizes), *((N, *sizes[rng.integers(1, 3) :]) for _ in range(number - 1))]


def elementwise(layer):
    """Return the groups that these layers have in common."""
    most = 2 if layer == "Subtract" else 4
    groups = [
        Group(layer, "equal shapes", merged(equal, high=most)),
        Group(layer, "shapes that broadcast", merged(that_broadcast, high=most)),
        Group(layer, "other ranks", merged(of_other_ranks, high=most)),
    ]
    if layer in ("Maximum", "Minimum"):
        groups.append(Group(layer, "ties", merged(equal, values=np.round), ONLY_NUMBERS))
    return groups


def side_by_side(axis):
    def draw(rng, number):
        shape = list(images(rng).shape)
        inputs = []
        for _ in range(rng.integers(2, 5)):
            shape[axis] = rng.integers(1, 6)
            inputs.append(rng.normal(size=shape))
        return Case({"axis": axis}, inputs)

    return draw


def scalar_products(normalize):
    def draw(rng, number):
        shapes = [rng.integers(2, 5, rng.integers(2, 5)) for _ in range(2)]
        axes = [int(rng.integers(1, len(shape))) for shape in shapes]
        shapes[1][0] = shapes[0][0]
        shapes[1][axes[1]] = shapes[0][axes[0]]
        return Case({"axes": axes, "normalize": normalize}, [rng.normal(size=shape) for shape in shapes])

    return draw


MERGING = [
    *(group for layer in ELEMENTWISE for group in elementwise(layer)),
    Group("Concatenate", "axis=−1", side_by_side(-1)),
    Group("Concatenate", "axis=1", side_by_side(1)),
    Group("Dot", "one axis of each", scalar_products(False)),
    Group("Dot", "normalize=True", scalar_products(True)),
]
