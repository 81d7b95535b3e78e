"""CenterCrop: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import CenterCrop
from cnn_scratch.reference.center_crop import center_crop, center_crop_gradient
from tests.contract import check_layer
from tests.definition import check_definition

SIZES = [(3, 4), (5, 7), (1, 1), (2, 9), (8, 3), (11, 12)]  # the last three are larger than 5 × 7

# Output shape ---------------------------------------------------------------------------------


def test_output_shape():
    assert CenterCrop(3, 4).compute_output_shape((None, None, 9, 2)) == (None, 3, 4, 2)
    assert CenterCrop(3, 4).compute_output_shape((7, 9, 2)) == (3, 4, 2)
    first = CenterCrop(3, 4, data_format="channels_first")
    assert first.compute_output_shape((2, 5, 7, 9)) == (2, 5, 3, 4)
    assert first.compute_output_shape((5, 7, 9)) == (5, 3, 4)


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """One row of three is above the middle one, and one column of three that are too many is on the left."""
    layer = CenterCrop(1, 2)
    outputs, cache = layer.forward(np.arange(15).reshape(1, 3, 5, 1))
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[6, 7]])
    grads = layer.backward(np.array([10, 20]).reshape(1, 1, 2, 1), cache)
    np.testing.assert_array_equal(grads[0, :, :, 0], [[0] * 5, [0, 10, 20, 0, 0], [0] * 5])


def test_a_small_image_is_resized():
    """From 2 × 4 to 4 × 4: the middle 2 × 2, twice as large."""
    image = np.array([[0, 1, 1, 9], [0, 1, 1, 9]]).reshape(2, 4, 1)
    np.testing.assert_array_equal(CenterCrop(4, 4)(image), np.ones((4, 4, 1)))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_contract(size, data_format):
    shape = (2, 5, 7, 3) if data_format == "channels_last" else (2, 3, 5, 7)
    check_layer(CenterCrop(*size, data_format=data_format), shape, training=(False,))


def test_contract_of_one_image():
    layer = CenterCrop(3, 4, data_format="channels_first")
    outputs, cache = layer.forward(np.arange(2 * 5 * 7).reshape(2, 5, 7))
    np.testing.assert_array_equal(outputs, np.arange(2 * 5 * 7).reshape(2, 5, 7)[:, 1:4, 1:5])
    assert layer.backward(outputs, cache).shape == (2, 5, 7)


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_reference(size, dtype):
    check_definition(
        CenterCrop(*size, dtype=dtype),
        (2, 5, 7, 3),
        lambda x, g: (center_crop(x, *size), center_crop_gradient(x, g, *size)),
        bound=8 * np.finfo(dtype).eps,
    )


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [dict(height=0, width=1), dict(height=1, width=1.5)])
def test_rejects_sizes(options):
    with pytest.raises(ValueError, match=r"Received: (height|width)="):
        CenterCrop(**options)


def test_rejects_inputs():
    with pytest.raises(ValueError, match="expected ndim=4"):
        CenterCrop(1, 1)(np.zeros((2, 3)))
