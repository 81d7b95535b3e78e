"""RandomTranslation: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.affine import FILL_MODES, INTERPOLATIONS
from cnn_scratch.layers import RandomTranslation
from cnn_scratch.reference.philox import uniform
from cnn_scratch.reference.random_translation import random_translation, random_translation_gradient
from tests.contract import check_layer
from tests.random_images import check_affine, check_random_transform, check_rejects_modes, check_uniform

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, None, None, 3), (2, 4, 5, 1), (4, 5, 3)])
def test_output_shape(shape):
    assert RandomTranslation(0.5, 0.5).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """One down, two to the left; beyond the edge are zeros."""
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]).reshape(1, 3, 3, 1)
    layer = RandomTranslation(0.1, 0.1, fill_mode="constant")
    outputs = layer.transform_images(image, {"translations": np.array([[-2.0, 1.0]])})[0, :, :, 0]
    np.testing.assert_array_equal(outputs, [[0, 0, 0], [3, 0, 0], [6, 0, 0]])


def test_each_image_has_its_step():
    """Shares of the height and of the width, for a number and for a pair."""
    layer = RandomTranslation((-0.5, 0.25), 0.1, seed=1)
    drawn = layer.get_random_transformation(np.zeros((10_000, 4, 10, 1)))["translations"]
    check_uniform(drawn[:, 0], -1, 1)
    check_uniform(drawn[:, 1], -2, 1)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.05


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_contract(fill_mode, interpolation):
    options = dict(fill_mode=fill_mode, interpolation=interpolation, fill_value=0.5, seed=3)
    check_layer(RandomTranslation(0.5, 0.5, **options), (3, 4, 5, 2), training=(True,))


def test_contract_channels_first():
    check_layer(RandomTranslation((-0.5, 0.25), 0.5, data_format="channels_first", seed=3), (3, 2, 4, 5))


def test_modes_seeds_and_layouts():
    check_random_transform(lambda **options: RandomTranslation(0.5, 0.5, **options))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(fill_mode, dtype):
    down = (np.float32(uniform((4,), (3, 0))) * np.float32(0.75) - np.float32(0.5)) * np.float32(5)
    right = (np.float32(uniform((4,), (3, 1))) - np.float32(0.5)) * np.float32(6)
    numbers = np.stack([right, down], axis=1)
    check_affine(
        lambda **options: RandomTranslation((-0.5, 0.25), 0.5, **options),
        random_translation,
        random_translation_gradient,
        numbers,
        fill_mode,
        dtype,
    )


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [2, -1.5, (0.5, 2), (0.1, 0.2, 0.3), None, "half", True])
def test_rejects_a_factor(factor):
    with pytest.raises(ValueError, match=r"(a|or a list of two) number.* Received: (height|width)_factor="):
        RandomTranslation(factor, 0.1)
    with pytest.raises(ValueError, match=r"Received: width_factor="):
        RandomTranslation(0.1, factor)


def test_rejects_options():
    check_rejects_modes(lambda **options: RandomTranslation(0.5, 0.5, **options))
