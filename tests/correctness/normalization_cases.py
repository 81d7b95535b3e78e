"""Cases for the layers that normalize places, groups or data, and for those of Keras's own networks."""

import numpy as np

from tests.correctness.case import Case, Group, images, pick
from tests.correctness.other_cases import any_shape, case, fraction, random_layer, units

EPSILON = 2**-10


def another_scale_each(rng) -> np.ndarray:
    """Return random numbers with another mean and scale for every sample."""
    inputs = any_shape(rng, (2, 4))
    each = (len(inputs), *[1] * (inputs.ndim - 1))
    return rng.normal(size=each) + rng.uniform(0.5, 2, each) * inputs


def some_axes(rng, number) -> Case:
    inputs = images(rng, 3, 6)
    axes = rng.choice([1, 2, 3], rng.integers(1, 4), replace=False)
    return Case({"axis": sorted(int(axis) for axis in axes), "epsilon": EPSILON}, inputs)


def last_axes(rng, number) -> Case:
    return Case({"axis": [[3], [2, 3], [1, 2, 3]][number % 3], "epsilon": EPSILON}, images(rng, 3, 6))


def layer_normalization(shape=another_scale_each, **options):
    return case(shape, epsilon=EPSILON, **options)


def many_places(rng) -> np.ndarray:
    """Return as many places and channels as in a block of ConvNeXt: several pieces and lanes."""
    return 0.1 * rng.normal(size=(2, 14, 14, 96)) + 1


def sequences(rng) -> np.ndarray:
    return any_shape(rng, (3, 3))


def grouped(axis, **options):
    def draw(rng, number):
        groups, each = (int(n) for n in rng.integers(1, 4, 2))
        inputs = images(rng, 3, 6)[..., :1] + rng.normal(size=groups * each)
        inputs = inputs * rng.uniform(0.5, 2, inputs.shape)
        groups = -1 if number % 5 == 0 else groups
        fixed = {"groups": groups, "axis": axis, "epsilon": EPSILON}
        return Case(fixed | options, np.moveaxis(inputs, -1, axis))

    return draw


def given_statistics(invert):
    def draw(rng, number):
        inputs = images(rng)
        # Multiples of 1/16, which float32 holds: Keras rounds what it is given to that.
        mean, variance = rng.integers(1, 60, (2, inputs.shape[-1])) / 16
        return Case({"mean": mean.tolist(), "variance": variance.tolist(), "invert": invert}, inputs)

    return draw


def adapted_layer(**options):
    """Return Keras's layer, made to take up weights that are set (loading a file does so)."""
    import keras

    class Adapted(keras.layers.Normalization):
        def set_weights(self, weights):
            super().set_weights(weights)
            self.finalize_state()

    return Adapted(**options)


def private(module, name):
    """Return a function that makes a layer which is private to a network of keras.applications."""

    def make(**options):
        import keras

        return getattr(getattr(keras.src.applications, module), name)(**options)

    return make


def scaled(rng, number) -> Case:
    inputs = images(rng)
    return Case({"init_values": 0.5, "projection_dim": inputs.shape[-1]}, inputs)


def two_inputs(rng, number) -> Case:
    return Case({"scale": pick(rng, 0.1, 0.17, 0.2, 1.0)}, list(rng.normal(size=(2, *images(rng).shape))))


NOT_KERAS = ("Keras", "PyTorch")
NORMALIZING = [
    Group("LayerNormalization", "axis=−1", layer_normalization()),
    Group("LayerNormalization", "several axes", some_axes),
    Group("LayerNormalization", "the last axes", last_axes),
    Group("LayerNormalization", "scale=False", layer_normalization(scale=False)),
    Group("LayerNormalization", "center=False", layer_normalization(center=False)),
    Group("LayerNormalization", "many places", layer_normalization(many_places), ("differences",)),
    Group("GroupNormalization", "axis=−1", grouped(-1)),
    Group("GroupNormalization", "axis=1", grouped(1)),
    Group("GroupNormalization", "center=False", grouped(-1, center=False)),
    Group("RMSNormalization", "axis=−1", case(another_scale_each, epsilon=EPSILON)),
    Group("RMSNormalization", "the last axes", last_axes),
    Group("UnitNormalization", "axis=−1", case(lambda rng: images(rng, channels=(2, 5)), axis=-1)),
    Group("UnitNormalization", "all of a sample", case(images, axis=[1, 2, 3])),
    Group("Normalization", "adapted", case(images), (), adapted_layer),
    Group("Normalization", "adapted, axis=1", case(images, axis=1), (), adapted_layer),
    Group("Normalization", "mean, variance", given_statistics(invert=False)),
    Group("Normalization", "invert=True", given_statistics(invert=True)),
    *random_layer("AlphaDropout", rate=fraction),
    Group("SpatialDropout1D", "inference", case(sequences, rate=fraction, seed=units)),
    Group(
        "SpatialDropout1D",
        "training",
        case(sequences, True, rate=fraction, seed=units),
        NOT_KERAS,
    ),
    Group("ActivityRegularization", "l1, l2", case(l1=fraction, l2=fraction)),
    Group("LayerScale", "C factors", scaled, (), private("convnext", "LayerScale")),
    Group(
        "StochasticDepth",
        "inference",
        case(drop_path_rate=fraction),
        (),
        private("convnext", "StochasticDepth"),
    ),
    Group("StochasticDepth", "training", case(training=True, drop_path_rate=fraction), NOT_KERAS),
    Group(
        "CustomScaleLayer", "two inputs", two_inputs, (), private("inception_resnet_v2", "CustomScaleLayer")
    ),
]
