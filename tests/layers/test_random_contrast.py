"""RandomContrast: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import RandomContrast
from cnn_scratch.reference.philox import uniform
from cnn_scratch.reference.random_contrast import random_contrast, random_contrast_gradient
from tests.contract import check_layer
from tests.random_images import check_random_transform, check_uniform

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, None, None, 3), (2, 4, 5, 1), (4, 5, 3)])
def test_output_shape(shape):
    assert RandomContrast(0.2).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """Twice the contrast around the mean 4; −2 becomes 0, and its pixel has no slope of its own."""
    image = np.array([1, 3, 5, 7], "float32").reshape(1, 1, 4, 1)
    layer = RandomContrast(1)
    two = {"contrast_factor": np.full((1, 1, 1, 1), 2)}
    np.testing.assert_array_equal(layer.transform_images(image, two).reshape(-1), [0, 2, 6, 10])
    grads = layer.pull_back(np.array([100, 4, 8, 12], "float32").reshape(1, 1, 4, 1), image, two)
    # 2·G − mean(G), with G = 0, 4, 8, 12
    np.testing.assert_array_equal(grads.reshape(-1), [-6, 2, 10, 18])


def test_each_image_has_its_factor():
    """A pair (low, high) means 1 − low … 1 + high; a number f means (0, f), as in Keras."""
    images = np.zeros((10_000, 1, 1, 1))
    drawn = RandomContrast((0.1, 0.3), seed=1).get_random_transformation(images)["contrast_factor"]
    check_uniform(drawn, 0.9, 1.3)
    drawn = RandomContrast(0.5, seed=1).get_random_transformation(images)["contrast_factor"]
    check_uniform(drawn, 1, 1.5)


def test_the_mean_of_many_pixels_is_not_rounded_away():
    """16 million equal numbers: a sum of single precision would stop at 2²⁴."""
    images = np.full((1, 4097, 4097, 1), 1.5, np.float32)
    outputs = RandomContrast(0.5).transform_images(images, {"contrast_factor": 3})
    assert outputs.min() == outputs.max() == 1.5


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value_range", [(0, 255), (-1, 1), (-9.0, 9.0)])
def test_contract(value_range):
    check_layer(RandomContrast(0.9, value_range, seed=3), (3, 4, 5, 2))


def test_contract_channels_first():
    check_layer(
        RandomContrast((0.1, 0.6), data_format="channels_first", seed=3), (3, 2, 4, 5), training=(True,)
    )


def test_modes_seeds_and_layouts():
    check_random_transform(lambda **options: RandomContrast(0.5, **options))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value_range", [(-1, 1.5), (-9, 9)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(value_range, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 4, 5, 6, 2)).astype(dtype)
    layer = RandomContrast((0.25, 0.75), value_range, seed=3, dtype=dtype)
    outputs, cache = layer.forward(inputs, training=True)
    numbers = (np.float32(uniform((4,), (3, 0))) + np.float32(0.75)).astype("float64")
    tolerance = dict(rtol=0, atol=16 * np.finfo(dtype).eps)
    expected = random_contrast(inputs.astype("float64"), numbers, *value_range)
    np.testing.assert_allclose(outputs, expected, **tolerance)
    expected = random_contrast_gradient(
        inputs.astype("float64"), upstream.astype("float64"), numbers, *value_range
    )
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, **tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [2, -1.5, (1.5, 2), (-3, -2), (0.1, 0.2, 0.3), None, "half", True])
def test_rejects_a_factor(factor):
    with pytest.raises(ValueError, match=r"or a list of two numbers.* Received: factor="):
        RandomContrast(factor)


@pytest.mark.parametrize("value_range", [1, (0, 1, 2), None, ("low", "high")])
def test_rejects_a_value_range(value_range):
    with pytest.raises(ValueError, match=r"should be a list of two numbers. Received: value_range="):
        RandomContrast(0.5, value_range)
