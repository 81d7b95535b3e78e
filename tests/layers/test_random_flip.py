"""RandomFlip: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import RandomFlip
from cnn_scratch.reference.random_flip import flips, random_flip, random_flip_gradient
from tests.contract import check_layer
from tests.random_images import check_random_transform

MODES = ("horizontal", "vertical", "horizontal_and_vertical")

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, None, None, 3), (2, 4, 5, 1), (4, 5, 3)])
def test_output_shape(shape):
    assert RandomFlip().compute_output_shape(shape) == shape


# Worked example -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("horizontal", [[3, 2, 1], [6, 5, 4]]),
        ("vertical", [[4, 5, 6], [1, 2, 3]]),
        ("horizontal_and_vertical", [[6, 5, 4], [3, 2, 1]]),
    ],
)
def test_worked_example(mode, expected):
    images = np.array([[[1, 2, 3], [4, 5, 6]]] * 2).reshape(2, 2, 3, 1)
    outputs = RandomFlip(mode).transform_images(images, {"flips": np.array([False, True])})
    np.testing.assert_array_equal(outputs[0], images[0])
    np.testing.assert_array_equal(outputs[1, :, :, 0], expected)


def test_about_half_of_the_images_are_mirrored():
    drawn = RandomFlip(seed=1).get_random_transformation(np.zeros((10_000, 1, 1, 1)))["flips"]
    assert abs(drawn.mean() - 0.5) < 5 * np.sqrt(0.25 / drawn.size)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_contract(mode):
    check_layer(RandomFlip(mode, seed=3), (4, 3, 4, 2))


@pytest.mark.parametrize("options", [{}, {"mode": "vertical"}])
def test_modes_seeds_and_layouts(options):
    check_random_transform(lambda **kwargs: RandomFlip(**options, **kwargs))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(mode, dtype):
    inputs, upstream = np.random.default_rng(7).normal(size=(2, 6, 3, 4, 2)).astype(dtype)
    layer = RandomFlip(mode, seed=3, dtype=dtype)
    layer(inputs, training=True)  # so that the count is not 0
    outputs, cache = layer.forward(inputs, training=True)
    mirrored = flips(6, (3, 1))
    assert 0 < mirrored.sum() < 6
    np.testing.assert_array_equal(outputs, random_flip(inputs, mode, mirrored))
    np.testing.assert_array_equal(
        layer.backward(upstream, cache), random_flip_gradient(upstream, mode, mirrored)
    )


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["diagonal", None])
def test_rejects_a_mode(mode):
    with pytest.raises(ValueError, match=r"`mode` argument must be one of .* Received: mode="):
        RandomFlip(mode)
