"""What the parity tests of the layers that change images at random share.

The random numbers are others in Keras, so two things are compared: what both layers make of the same images
with the same *transformation* (Keras's name for the numbers of a batch), and how these are distributed.
"""

import json

import numpy as np
from hypothesis import strategies as st

from cnn_scratch.affine import FILL_MODES, INTERPOLATIONS
from tests.parity.compare import EPSILON, assert_close
from tests.random_images import check_uniform

fill_modes, interpolations = st.sampled_from(FILL_MODES), st.sampled_from(INTERPOLATIONS)
data_formats = st.sampled_from(["channels_last", "channels_first"])
seeds = st.integers(0, 2**20)


def random_images(seed, data_format="channels_last"):
    """Return images and an upstream gradient of random shape, in float64."""
    rng = np.random.default_rng(seed)
    shape = (*rng.integers(1, [4, 12, 12], endpoint=True), rng.integers(1, 4, endpoint=True))
    images, upstream = rng.normal(size=(2, *shape))
    if data_format == "channels_first":
        images, upstream = np.moveaxis(images, -1, 1), np.moveaxis(upstream, -1, 1)
    return np.ascontiguousarray(images), np.ascontiguousarray(upstream)


def compare_transforms(ours, theirs, images, transformation, upstream=None, terms=0):
    """Compare the images after the same transformation, and the gradient if there is an upstream one.

    Args:
        transformation: as Keras's layer takes it, with NumPy arrays.
        terms: see ``compare_with_keras``.
    """
    import tensorflow as tf

    images = images.astype(ours.dtype)
    bound = terms * EPSILON[ours.dtype]
    tensor = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        expected = theirs.transform_images(tensor, transformation)
    assert_close("outputs", ours.transform_images(images, transformation), expected.numpy(), bound)
    if upstream is not None:
        upstream = upstream.astype(ours.dtype)
        expected = tape.gradient(expected, tensor, output_gradients=tf.constant(upstream)).numpy()
        grads = ours.backward(upstream, (images, transformation))
        assert_close("grad inputs", grads, expected, bound)


def compare_draws(ours, theirs, key, low, high, shape=(10_000, 4, 5, 1)):
    """Check that both layers draw numbers of the same shape, uniform between the same bounds."""
    images = np.zeros(shape, "float32")
    drawn = ours.get_random_transformation(images)[key]
    expected = np.asarray(theirs.get_random_transformation(images)[key])
    assert drawn.shape == expected.shape
    for numbers in (drawn, expected):
        check_uniform(numbers, low, high)


def compare_modes(ours, theirs):
    """Check in which modes both layers act, that shape and dtype stay, and that the configs are equal."""
    images = np.random.default_rng(0).uniform(0, 255, (8, 6, 7, 3)).astype("float32")
    for mode in ({}, {"training": True}, {"training": False}):
        outputs = [np.asarray(layer(images, **mode)) for layer in (ours, theirs)]
        changed = [not np.array_equal(one, images) for one in outputs]
        assert changed == [mode.get("training", True) is not False] * 2, mode
        assert [(one.shape, one.dtype) for one in outputs] == [(images.shape, images.dtype)] * 2
    assert json.dumps(ours.get_config() | {"name": ""}, sort_keys=True) == json.dumps(
        theirs.get_config() | {"name": ""}, sort_keys=True
    )
