"""Flatten: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Flatten
from cnn_scratch.reference.flatten import flatten, flatten_gradient
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shape", "expected"),
    [
        ((2, 3, 4, 5), (2, 60)),
        ((None, 3, 4), (None, 12)),
        ((2, None, 4), (2, None)),
        ((7, 5), (7, 5)),
        ((7,), (7, 1)),
        ((0, 3, 4), (0, 12)),
    ],
)
def test_output_shape(input_shape, expected):
    assert Flatten().compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = np.arange(8).reshape(1, 2, 2, 2)
    outputs, cache = Flatten().forward(inputs)
    np.testing.assert_array_equal(outputs, [[0, 1, 2, 3, 4, 5, 6, 7]])
    np.testing.assert_array_equal(Flatten().backward(outputs, cache), inputs)


def test_channels_first_gives_what_the_same_image_gives_with_its_channels_last():
    images = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype(np.float32)
    channels_first = np.moveaxis(images, -1, 1)
    outputs = Flatten(data_format="channels_first")(channels_first)
    np.testing.assert_array_equal(outputs, Flatten()(images))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3, 4, 2), (3, 5), (4, 2, 3)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_contract(shape, data_format):
    check_layer(Flatten(data_format=data_format), shape, training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 4), (6,)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(shape, dtype):
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=shape).astype(dtype)
    layer = Flatten(dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_array_equal(outputs, flatten(inputs.reshape(len(inputs), -1)))
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = flatten_gradient(inputs.reshape(len(inputs), -1), upstream).reshape(shape)
    np.testing.assert_array_equal(layer.backward(upstream, cache), expected)


# Rejects --------------------------------------------------------------------------------------


def test_rejects():
    with pytest.raises(ValueError, match=r"'channels_last', 'channels_first'. Received: .*'CHW'"):
        Flatten(data_format="CHW")
    with pytest.raises(ValueError, match=r"'flat' is incompatible.*expected min_ndim=1, found ndim=0"):
        Flatten(name="flat")(np.float32(3))
