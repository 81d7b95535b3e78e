"""RandomRotation: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.affine import FILL_MODES, INTERPOLATIONS
from cnn_scratch.layers import RandomRotation
from cnn_scratch.reference.philox import uniform
from cnn_scratch.reference.random_rotation import random_rotation, random_rotation_gradient
from tests.contract import check_layer
from tests.random_images import check_affine, check_random_transform, check_rejects_modes, check_uniform

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, None, None, 3), (2, 4, 5, 1), (4, 5, 3)])
def test_output_shape(shape):
    assert RandomRotation(0.4).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """A quarter of a turn, counter-clockwise: the last column becomes the first row."""
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]).reshape(1, 3, 3, 1)
    layer = RandomRotation(0.1)
    outputs = layer.transform_images(image, {"angle": np.array([90.0])})[0, :, :, 0]
    np.testing.assert_allclose(outputs, [[3, 6, 9], [2, 5, 8], [1, 4, 7]], atol=1e-5)


def test_each_image_has_its_angle():
    drawn = RandomRotation((-0.1, 0.3), seed=1).get_random_transformation(np.zeros((10_000, 1, 1, 1)))
    check_uniform(drawn["angle"], -36, 108)
    assert RandomRotation(0.2).factor == (-0.2, 0.2)
    assert RandomRotation((0.3, -0.1)).factor == (-0.1, 0.3)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_contract(fill_mode, interpolation):
    options = dict(fill_mode=fill_mode, interpolation=interpolation, fill_value=0.5, seed=3)
    check_layer(RandomRotation(0.4, **options), (3, 4, 5, 2), training=(True,))


def test_contract_channels_first():
    check_layer(RandomRotation((-0.1, 0.3), data_format="channels_first", seed=3), (3, 2, 4, 5))


def test_modes_seeds_and_layouts():
    check_random_transform(lambda **options: RandomRotation(0.4, **options))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(fill_mode, dtype):
    numbers = np.float32(uniform((4,), (3, 0))) * np.float32(144) - np.float32(36)
    check_affine(
        lambda **options: RandomRotation((-0.1, 0.3), **options),
        random_rotation,
        random_rotation_gradient,
        numbers,
        fill_mode,
        dtype,
    )


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [2, -1.5, (1.5, 2), (0.1, 0.2, 0.3), None, "half", True])
def test_rejects_a_factor(factor):
    with pytest.raises(ValueError, match=r"(a|or a list of two) number.* Received: factor="):
        RandomRotation(factor)


def test_rejects_options():
    check_rejects_modes(lambda **options: RandomRotation(0.4, **options))
