"""AveragePooling1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import AveragePooling1D
from cnn_scratch.reference.average_pooling1d import average_pooling1d, average_pooling1d_gradient
from cnn_scratch.shapes import Window
from tests.contract import check_layer
from tests.definition import check_definition
from tests.refusals import INPUTS_OF_POOLING1D, POOLING1D

CASES = {
    "plain": dict(pool_size=2),
    "same, strides 2": dict(pool_size=3, strides=2, padding="same"),
    "strides > pool": dict(pool_size=1, strides=3),
    "overlap": dict(pool_size=3, strides=1),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(pool_size=2), (2, 5, 7), (2, 2, 7)),
        (dict(pool_size=3, strides=2, padding="same"), (None, 5, 7), (None, 3, 7)),
        (dict(pool_size=(2,), strides=(1,)), (None, None, 7), (None, None, 7)),
        (dict(pool_size=2, data_format="channels_first"), (2, 7, 5), (2, 7, 2)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert AveragePooling1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = AveragePooling1D(2)
    outputs, cache = layer.forward(np.array([1, 3, 4, 2]).reshape(1, 4, 1))
    np.testing.assert_array_equal(outputs.ravel(), [2, 3])
    np.testing.assert_array_equal(
        layer.backward(np.array([5, 7]).reshape(1, 2, 1), cache).ravel(), [2.5, 2.5, 3.5, 3.5]
    )


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(AveragePooling1D(**CASES[case]), (3, 5, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        AveragePooling1D(3, strides=2, padding="same", data_format="channels_first"),
        (2, 3, 5),
        training=(False,),
    )


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A window has at most 3 steps, and a step 3 windows."""
    layer = AveragePooling1D(**CASES[case], dtype=dtype)
    window = Window((*layer.pool_size, 1), (*layer.strides, 1), layer.padding)

    def define(inputs, upstream):
        return average_pooling1d(inputs, window), average_pooling1d_gradient(inputs, upstream, window)

    check_definition(layer, (3, 6, 2), define, 9 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "message"), POOLING1D)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        AveragePooling1D(**options)


@pytest.mark.parametrize(("shape", "message"), INPUTS_OF_POOLING1D)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        AveragePooling1D(3, name="pool")(np.zeros(shape))
