"""RandomZoom: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.affine import FILL_MODES, INTERPOLATIONS
from cnn_scratch.layers import RandomZoom
from cnn_scratch.reference.philox import uniform
from cnn_scratch.reference.random_zoom import random_zoom, random_zoom_gradient
from tests.contract import check_layer
from tests.random_images import check_affine, check_random_transform, check_rejects_modes, check_uniform

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, None, None, 3), (2, 4, 5, 1), (4, 5, 3)])
def test_output_shape(shape):
    assert RandomZoom(0.5, 0.4).compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """Twice as large, from the middle: the pixels seen are at 1.5 ± ¼ and 1.5 ± ¾."""
    image = np.array([[0, 4, 8, 12]] * 4).reshape(1, 4, 4, 1)
    half = {"height_zoom": np.array([[1.0]]), "width_zoom": np.array([[0.5]])}
    outputs = RandomZoom(0.1).transform_images(image, half)[0, :, :, 0]
    np.testing.assert_array_equal(outputs, [[3, 5, 7, 9]] * 4)


def test_each_image_has_its_zoom():
    layer = RandomZoom((-0.5, 0.25), 0.1, seed=1)
    drawn = layer.get_random_transformation(np.zeros((10_000, 1, 1, 1)))
    check_uniform(drawn["height_zoom"], 0.5, 1.25)
    check_uniform(drawn["width_zoom"], 0.9, 1.1)
    assert abs(np.corrcoef(drawn["height_zoom"][:, 0], drawn["width_zoom"][:, 0])[0, 1]) < 0.05


def test_without_a_width_factor_the_proportions_stay():
    drawn = RandomZoom(0.3, seed=1).get_random_transformation(np.zeros((100, 1, 1, 1)))
    np.testing.assert_array_equal(drawn["height_zoom"], drawn["width_zoom"])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_contract(fill_mode, interpolation):
    options = dict(fill_mode=fill_mode, interpolation=interpolation, fill_value=0.5, seed=3)
    check_layer(RandomZoom(0.5, 0.4, **options), (3, 4, 5, 2), training=(True,))


def test_contract_channels_first():
    check_layer(RandomZoom((-0.5, 0.25), 0.5, data_format="channels_first", seed=3), (3, 2, 4, 5))


def test_modes_seeds_and_layouts():
    check_random_transform(lambda **options: RandomZoom(0.5, 0.4, **options))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(fill_mode, dtype):
    zy = np.float32(uniform((4,), (3, 0))) * np.float32(0.75) + np.float32(0.5)
    zx = np.float32(uniform((4,), (3, 1))) + np.float32(0.5)
    numbers = np.stack([zy, zx], axis=1)
    check_affine(
        lambda **options: RandomZoom((-0.5, 0.25), 0.5, **options),
        random_zoom,
        random_zoom_gradient,
        numbers,
        fill_mode,
        dtype,
    )


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [2, -1, (-1, 0.5), (0.5, 2), (0.1, 0.2, 0.3), None, "half", True])
def test_rejects_a_factor(factor):
    with pytest.raises(ValueError, match=r"(a|or a list of two) number.* Received: (height|width)_factor="):
        RandomZoom(factor)
    if factor is not None:  # which keeps the proportions
        with pytest.raises(ValueError, match=r"number.* Received: width_factor="):
            RandomZoom(0.1, factor)


def test_rejects_options():
    check_rejects_modes(lambda **options: RandomZoom(0.5, 0.4, **options))
