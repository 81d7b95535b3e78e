"""What the parity tests of the layers that change images at random share.

The random numbers are others in Keras, so two things are compared: what both layers make of the same images
with the same *transformation* (Keras's name for the numbers of a batch), and how these are distributed.
"""

import json

import keras
import numpy as np
from hypothesis import strategies as st

from cnn_scratch import layers
from cnn_scratch.affine import FILL_MODES, INTERPOLATIONS
from tests.parity.compare import EPSILON, assert_close, compare_with_keras
from tests.random_images import check_uniform

fill_modes, interpolations = st.sampled_from(FILL_MODES), st.sampled_from(INTERPOLATIONS)
data_formats = st.sampled_from(["channels_last", "channels_first"])
seeds = st.integers(0, 2**20)


def pair(name, *arguments, **options):
    """Return our layer and Keras's of this name."""
    return tuple(getattr(place, name)(*arguments, **options) for place in (layers, keras.layers))


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


def compare_affine(name, options, draw, fill_mode, data_format, seed):
    """Compare the images of a layer that moves pixels, after the same transformation.

    In float32, in which Keras interpolates whatever the dtype. Other fill modes are in ``test_affine.py``.

    Args:
        draw: ``draw(N, H, W, rng)`` returns what Keras's layer draws, with other numbers.
    """
    images, _ = random_images(seed, data_format)
    H, W = images.shape[1:3] if data_format == "channels_last" else images.shape[2:]
    ours, theirs = pair(name, **options, fill_mode=fill_mode, data_format=data_format)
    transformation = draw(len(images), H, W, np.random.default_rng(seed))
    # a position is a sum of terms as large as the image, and an output has the slope of two neighbours
    compare_transforms(ours, theirs, images, transformation, terms=8 + 8 * (H + W))


def compare_affine_with_a_constant(name, options, draw, interpolation, fill_value):
    """The same, with a constant beyond the edge."""
    images = np.random.default_rng(0).normal(size=(2, 7, 8, 3))
    options = options | dict(fill_mode="constant", interpolation=interpolation, fill_value=fill_value)
    transformation = draw(2, 7, 8, np.random.default_rng(1))
    compare_transforms(*pair(name, **options), images, transformation, terms=128)


def compare_inference(name, options, seed, dtype):
    """Compare outputs and gradients at inference."""
    images, _ = random_images(seed)
    compare_with_keras(*pair(name, **options, dtype=dtype), images, 0, check_state=False)


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
