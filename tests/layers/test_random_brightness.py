"""RandomBrightness: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import RandomBrightness
from cnn_scratch.reference.philox import uniform
from cnn_scratch.reference.random_brightness import random_brightness, random_brightness_gradient
from tests.contract import check_layer
from tests.random_images import check_random_transform, check_uniform

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, None, None, 3), (2, 4, 5, 1), (4, 5, 3)])
def test_output_shape(shape):
    assert RandomBrightness(0.2).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """51 more; what is cut off at 255 has no slope."""
    image = np.array([0, 100, 250], "float32").reshape(1, 1, 3, 1)
    layer = RandomBrightness(0.5)
    lighter = {"rgb_delta": np.full((1, 1, 1, 1), 51)}
    np.testing.assert_array_equal(layer.transform_images(image, lighter).reshape(-1), [51, 151, 255])
    grads = layer.pull_back(np.array([1, 2, 3], "float32").reshape(1, 1, 3, 1), image, lighter)
    np.testing.assert_array_equal(grads.reshape(-1), [1, 2, 0])


def test_each_image_has_its_number():
    """A share of the range, whose ends may come in any order."""
    images = np.zeros((10_000, 1, 1, 1))
    drawn = RandomBrightness((-0.1, 0.3), seed=1).get_random_transformation(images)["rgb_delta"]
    check_uniform(drawn, -25.5, 76.5)
    drawn = RandomBrightness(0.5, (3, 1), seed=1).get_random_transformation(images)["rgb_delta"]
    check_uniform(drawn, -1, 1)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value_range", [(0, 255), (-1, 1), (-9.0, 9.0)])
def test_contract(value_range):
    check_layer(RandomBrightness(0.9, value_range, seed=3), (3, 4, 5, 2))


def test_contract_channels_first():
    check_layer(
        RandomBrightness((0.1, 0.6), data_format="channels_first", seed=3), (3, 2, 4, 5), training=(True,)
    )


def test_modes_seeds_and_layouts():
    check_random_transform(lambda **options: RandomBrightness(0.5, **options))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value_range", [(-1, 1.5), (-9, 9)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(value_range, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 4, 5, 6, 2)).astype(dtype)
    layer = RandomBrightness((0.25, 0.75), value_range, seed=3, dtype=dtype)
    outputs, cache = layer.forward(inputs, training=True)
    numbers = np.float32(uniform((4,), (3, 0))) * np.float32(0.5) + np.float32(0.25)
    numbers = numbers * np.float32(value_range[1] - value_range[0])
    tolerance = dict(rtol=0, atol=16 * np.finfo(dtype).eps)
    expected = random_brightness(inputs.astype("float64"), numbers, *value_range)
    np.testing.assert_allclose(outputs, expected, **tolerance)
    expected = random_brightness_gradient(
        inputs.astype("float64"), upstream.astype("float64"), numbers, *value_range
    )
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, **tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [2, -1.5, (1.5, 2), (-3, -2), (0.1, 0.2, 0.3), None, "half", True])
def test_rejects_a_factor(factor):
    with pytest.raises(ValueError, match=r"or a list of two numbers.* Received: factor="):
        RandomBrightness(factor)


@pytest.mark.parametrize("value_range", [1, (0, 1, 2), None, ("low", "high")])
def test_rejects_a_value_range(value_range):
    with pytest.raises(ValueError, match=r"should be a list of two numbers. Received: value_range="):
        RandomBrightness(0.5, value_range)
