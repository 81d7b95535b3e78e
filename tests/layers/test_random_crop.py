"""RandomCrop: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import RandomCrop
from cnn_scratch.random import set_random_seed
from cnn_scratch.reference.philox import uniform
from cnn_scratch.reference.random_crop import random_crop, random_crop_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


def test_output_shape():
    assert RandomCrop(3, 4).compute_output_shape((None, None, 9, 2)) == (None, 3, 4, 2)
    assert RandomCrop(3, 4).compute_output_shape((7, 9, 2)) == (3, 4, 2)
    first = RandomCrop(3, 4, data_format="channels_first")
    assert first.compute_output_shape((2, 5, 7, 9)) == (2, 5, 3, 4)


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.arange(12).reshape(1, 3, 4, 1)
    layer = RandomCrop(2, 2)
    np.testing.assert_array_equal(layer.transform_images(image, (1, 2))[0, :, :, 0], [[6, 7], [10, 11]])
    grads = layer.pull_back(np.ones((1, 2, 2, 1), "float32"), image.astype("float32"), (1, 2))
    np.testing.assert_array_equal(grads[0, :, :, 0], [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])


def test_every_place_comes_up_equally_often():
    layer = RandomCrop(2, 2, seed=1)
    drawn = [layer.get_random_transformation(np.zeros((1, 4, 3, 1))) for _ in range(1200)]
    places, counts = np.unique(drawn, axis=0, return_counts=True)
    assert places.tolist() == [[top, left] for top in range(3) for left in range(2)]
    assert abs(counts - 200).max() < 5 * np.sqrt(1200 * 5 / 36)


def test_all_images_of_a_batch_are_cut_at_one_place():
    image = np.arange(20.0).reshape(1, 5, 4, 1)
    outputs = RandomCrop(2, 2)(np.repeat(image, 6, axis=0))
    assert np.ptp(outputs, axis=0).max() == 0


@pytest.mark.parametrize("shape", [(2, 3, 9, 1), (2, 2, 9, 1), (2, 9, 4, 1)])
def test_an_image_that_is_not_larger_is_resized(shape):
    """In training too: then nothing is random."""
    images = np.random.default_rng(0).normal(size=shape)
    layer = RandomCrop(3, 4, seed=1)
    np.testing.assert_array_equal(layer(images, training=True), layer(images, training=False))
    assert layer.seed_generator.state.numpy().tolist() == [1, 0]


def test_seeds():
    images = np.random.default_rng(0).normal(size=(1, 60, 70, 1))
    outputs = []
    for seed in (1, 1, 2):
        set_random_seed(seed)
        outputs.append(RandomCrop(3, 4)(images))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert (outputs[0] != outputs[2]).any()
    np.testing.assert_array_equal(RandomCrop(3, 4, seed=9)(images), RandomCrop(3, 4, seed=9)(images))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(3, 4), (7, 2)])
def test_contract(size):
    check_layer(RandomCrop(*size, seed=3), (2, 5, 6, 3))
    check_layer(RandomCrop(*size, seed=3, data_format="channels_first"), (2, 3, 5, 6), training=(True,))


def test_contract_of_one_image():
    layer = RandomCrop(3, 4, seed=3)
    image = np.random.default_rng(0).normal(size=(5, 6, 2)).astype("float32")
    for training in (False, True):
        outputs, cache = layer.forward(image, training=training)
        assert outputs.shape == (3, 4, 2)
        assert layer.backward(outputs, cache).shape == image.shape


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(training, dtype):
    rng = np.random.default_rng(7)
    inputs, upstream = rng.normal(size=(2, 8, 9, 3)), rng.normal(size=(2, 3, 4, 3))
    inputs, upstream = inputs.astype(dtype), upstream.astype(dtype)
    layer = RandomCrop(3, 4, seed=3, dtype=dtype)
    outputs, cache = layer.forward(inputs, training=training)
    place = [int(6 * uniform((), (3, 0)).item()), int(6 * uniform((), (3, 1)).item())] if training else None
    tolerance = dict(rtol=0, atol=16 * np.finfo(dtype).eps)
    np.testing.assert_allclose(outputs, random_crop(inputs.astype("float64"), 3, 4, place), **tolerance)
    expected = random_crop_gradient(inputs, upstream.astype("float64"), 3, 4, place)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, **tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [dict(height=0, width=1), dict(height=1, width=1.5)])
def test_rejects_sizes(options):
    with pytest.raises(ValueError, match=r"Received: (height|width)="):
        RandomCrop(**options)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"expected an image .* Received: shape \(2, 3\)"):
        RandomCrop(1, 1)(np.zeros((2, 3)))
