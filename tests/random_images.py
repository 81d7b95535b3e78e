"""What the tests of the layers that change images at random share."""

import numpy as np
import pytest

from cnn_scratch import Sequential
from cnn_scratch.random import set_random_seed


def check_random_transform(make, images=None):
    """Check everything about a layer but what it computes: modes, seeds, batches, kinds of images.

    Args:
        make: returns the layer, given ``seed``, ``data_format`` or ``name``; it must change some images.
        images: (N, H, W, C); those of the test by default.
    """
    if images is None:
        images = np.random.default_rng(0).uniform(0, 255, (8, 5, 6, 3)).astype("float32")
    check_modes(make, images)
    check_seeds(make, images)
    check_layouts(make, images)
    with pytest.raises(ValueError, match=r"Layer 'me' expected an image .* Received: shape \(4, 4\)"):
        make(name="me")(np.zeros((4, 4)))
    with pytest.raises(ValueError, match="`seed` argument to be an integer or None"):
        make(seed=1.5)


def check_affine(make, definition, gradient, numbers, fill_mode, dtype):
    """Check images (4, 5, 6, 2) and gradients of a layer that moves pixels against its definition.

    Args:
        make: returns the layer, given the options.
        definition, gradient: from ``cnn_scratch/reference``.
        numbers: what the layer draws with the seed 3, as the definition takes it.
    """
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 4, 5, 6, 2)).astype(dtype)
    layer = make(fill_mode=fill_mode, seed=3, fill_value=0.5, dtype=dtype)
    outputs, cache = layer.forward(inputs, training=True)
    tolerance = dict(rtol=0, atol=2**-18)  # positions of single precision
    expected = definition(inputs.astype("float64"), numbers, "bilinear", fill_mode, 0.5)
    np.testing.assert_allclose(outputs, expected, **tolerance)
    expected = gradient(upstream.astype("float64"), numbers, "bilinear", fill_mode)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, **tolerance)


def check_rejects_modes(make):
    """Check that a layer that moves pixels refuses unknown modes."""
    for option in ("fill_mode", "interpolation"):
        with pytest.raises(
            ValueError, match=rf"Unknown `{option}`. Expected one of .* Received: {option}='mirror'"
        ):
            make(**{option: "mirror"})


def check_modes(make, images):
    """Only at inference nothing happens; without a mode, something does, in a model too."""
    layer = make(seed=1)
    before = layer.seed_generator.state.numpy()
    assert layer(images, training=False) is images
    np.testing.assert_array_equal(layer.seed_generator.state.value, before)
    outputs, cache = layer.forward(images, training=False)
    assert outputs is images
    assert layer.backward(outputs, cache) is outputs
    model = Sequential([layer])
    np.testing.assert_array_equal(model.predict(images, verbose=0), images)
    for call in (layer, model):
        assert (call(images) != images).any()
        assert (call(images, training=True) != images).any()
        np.testing.assert_array_equal(call(images, training=False), images)


def check_seeds(make, images):
    """The same seed gives the same numbers; each step and each image has others."""
    first, second = make(seed=5), make(seed=5)
    outputs = [first(images, training=True) for _ in range(3)]
    for expected in outputs:
        np.testing.assert_array_equal(second(images, training=True), expected)
    assert (outputs[0] != outputs[1]).any()
    assert (make(seed=6)(images, training=True) != outputs[0]).any()
    unseeded = []
    for seed in (1, 1, 2):
        set_random_seed(seed)
        unseeded.append(make()(images, training=True))
    np.testing.assert_array_equal(unseeded[0], unseeded[1])
    assert (unseeded[0] != unseeded[2]).any()


def check_layouts(make, images):
    """Channels first, one image, and bytes give the same."""
    expected = make(seed=5)(images, training=True)
    first = make(seed=5, data_format="channels_first")
    moved = first(np.moveaxis(images, -1, 1), training=True)
    np.testing.assert_array_equal(np.moveaxis(moved, 1, -1), expected)

    alone, cache = make(seed=5).forward(images[0], training=True)
    np.testing.assert_array_equal(alone, make(seed=5)(images[:1], training=True)[0])
    assert make(seed=5).backward(alone, cache).shape == images[0].shape

    whole = images.astype("uint8")
    outputs = make(seed=5)(whole, training=True)
    assert outputs.dtype == "float32"
    np.testing.assert_array_equal(outputs, make(seed=5)(whole.astype("float32"), training=True))


def check_uniform(numbers, low, high):
    """Check that many numbers have the bounds, the mean and the variance of a uniform distribution."""
    numbers = np.asarray(numbers, np.float64).reshape(-1)
    width = high - low
    assert low - 1e-5 <= numbers.min() < low + 0.01 * width
    assert high - 0.01 * width < numbers.max() <= high + 1e-5
    assert abs(numbers.mean() - (low + high) / 2) < 5 * width / np.sqrt(12 * numbers.size)
    assert abs(numbers.var() / width**2 - 1 / 12) < 5 * np.sqrt(1 / 180 / numbers.size)
