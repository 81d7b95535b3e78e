"""SeparableConv1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import SeparableConv1D
from cnn_scratch.reference.separable_conv1d import separable_conv1d, separable_conv1d_gradients
from tests.contract import check_layer
from tests.definition import check_definition
from tests.refusals import CONVOLUTION1D, INPUTS_OF_CONVOLUTION1D, check_refuses_other_channels

CASES = {
    "plain": dict(filters=2, kernel_size=2),
    "stride": dict(filters=2, kernel_size=3, strides=2),
    "same, stride 2": dict(filters=2, kernel_size=3, strides=2, padding="same"),
    "same, even kernel": dict(filters=2, kernel_size=4, padding="same"),
    "stride > kernel": dict(filters=2, kernel_size=1, strides=3),
    "dilation": dict(filters=2, kernel_size=3, dilation_rate=3, padding="same"),
    "multiplier": dict(filters=2, kernel_size=3, depth_multiplier=3),
    "dilation and stride": dict(filters=2, kernel_size=3, strides=2, dilation_rate=2),
    "no bias": dict(filters=2, kernel_size=3, use_bias=False),
    "relu": dict(filters=2, kernel_size=2, activation="relu"),
    "tanh": dict(filters=2, kernel_size=2, activation="tanh"),
    "kernel as long as the sequence": dict(filters=2, kernel_size=9),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(filters=7, kernel_size=3), (2, 8, 4), (2, 6, 7)),
        (dict(filters=7, kernel_size=3, strides=2, padding="same"), (2, 9, 4), (2, 5, 7)),
        (dict(filters=7, kernel_size=3, dilation_rate=2), (None, 8, 4), (None, 4, 7)),
        (dict(filters=7, kernel_size=3, data_format="channels_first"), (2, 4, 8), (2, 7, 6)),
        (dict(filters=7, kernel_size=3), (None, None, 4), (None, None, 7)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert SeparableConv1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = SeparableConv1D(1, 2, use_bias=False)
    layer.build((1, 3, 2))
    layer.set_weights([np.reshape([1.0, -1, 1, 1], (2, 2, 1)), np.reshape([1.0, 2], (1, 2, 1))])
    outputs, cache = layer.forward(np.array([[[1.0, 10], [2, 20], [3, 30]]]))
    np.testing.assert_array_equal(outputs[0, :, 0], [3 + 2 * 10, 5 + 2 * 10])
    # Upstream 1 at the first place: the pointwise gradient is what the depthwise step gave there.
    grad_inputs = layer.backward(np.reshape([1.0, 0], (1, 2, 1)), cache)
    np.testing.assert_array_equal(layer.pointwise_kernel.grad[0, :, 0], [3, 10])
    np.testing.assert_array_equal(layer.depthwise_kernel.grad[:, :, 0], [[1, 2 * 10], [2, 2 * 20]])
    np.testing.assert_array_equal(grad_inputs[0], [[1, -2], [1, 2], [0, 0]])


def test_one_nan_reaches_exactly_the_windows_that_hold_it():
    layer = SeparableConv1D(2, 3, activation="relu")
    sequence = np.ones((1, 8, 1), np.float32)
    sequence[0, 4, 0] = np.nan
    reached = np.isnan(layer(sequence)[0]).all(axis=-1)
    np.testing.assert_array_equal(reached, [False, False, True, True, True, False])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(SeparableConv1D(**CASES[case]), (3, 9, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(SeparableConv1D(2, 3, data_format="channels_first"), (2, 3, 7), training=(False,))


def test_contract_of_one_number():
    check_layer(SeparableConv1D(1, 1), (1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [name for name, options in CASES.items() if "activation" not in options])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 80 * 2**-24)])
def test_equals_reference(case, dtype, tolerance):
    layer = SeparableConv1D(**CASES[case], dtype=dtype)
    window = (layer.strides[0], layer.padding, layer.dilation_rate[0])

    def define(inputs, upstream, depthwise, pointwise, bias=0.0):
        outputs = separable_conv1d(inputs, depthwise, pointwise, bias, *window)
        return outputs, *separable_conv1d_gradients(inputs, depthwise, pointwise, upstream, *window)

    check_definition(layer, (3, 17, 4), define, tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *CONVOLUTION1D,
        (dict(kernel_size=3, depth_multiplier=0), r"`depth_multiplier` .*depth_multiplier=0"),
        (dict(kernel_size=3, pointwise_constraint="evil"), r"Unknown constraint: 'evil'"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        SeparableConv1D(filters=2, **options)


def test_rejects_filters():
    with pytest.raises(ValueError, match=r"`filters`.*Received: filters=0"):
        SeparableConv1D(0, 3)


@pytest.mark.parametrize(("shape", "message"), INPUTS_OF_CONVOLUTION1D)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        SeparableConv1D(2, 3)(np.zeros(shape))


def test_rejects_another_number_of_channels():
    check_refuses_other_channels(SeparableConv1D(2, 3, name="first"), (5,))
