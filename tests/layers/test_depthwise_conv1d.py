"""DepthwiseConv1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import DepthwiseConv1D
from cnn_scratch.reference.depthwise_conv1d import depthwise_conv1d, depthwise_conv1d_gradients
from tests.contract import check_layer
from tests.definition import check_definition
from tests.refusals import CONVOLUTION1D, INPUTS_OF_CONVOLUTION1D, check_refuses_other_channels

CASES = {
    "plain": dict(kernel_size=2),
    "stride": dict(kernel_size=3, strides=2),
    "same, stride 2": dict(kernel_size=3, strides=2, padding="same"),
    "same, even kernel": dict(kernel_size=4, padding="same"),
    "stride > kernel": dict(kernel_size=1, strides=3),
    "dilation": dict(kernel_size=3, dilation_rate=3, padding="same"),
    "multiplier": dict(kernel_size=3, depth_multiplier=3),
    "dilation and stride": dict(kernel_size=3, strides=2, dilation_rate=2),
    "no bias": dict(kernel_size=3, use_bias=False),
    "relu": dict(kernel_size=2, activation="relu"),
    "tanh": dict(kernel_size=2, activation="tanh"),
    "kernel as long as the sequence": dict(kernel_size=9),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(kernel_size=3), (2, 8, 4), (2, 6, 4)),
        (dict(kernel_size=3, strides=2, padding="same"), (2, 9, 4), (2, 5, 4)),
        (dict(kernel_size=3, dilation_rate=2), (None, 8, 4), (None, 4, 4)),
        (dict(kernel_size=3, data_format="channels_first"), (2, 4, 8), (2, 4, 6)),
        (dict(kernel_size=3), (None, None, 4), (None, None, 4)),
        (dict(kernel_size=3, depth_multiplier=2), (2, 8, 4), (2, 6, 8)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert DepthwiseConv1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = DepthwiseConv1D(2, use_bias=False)
    layer.build((1, 3, 2))
    layer.set_weights([np.reshape([1.0, -1, 1, 1], (2, 2, 1))])
    outputs, cache = layer.forward(np.array([[[1.0, 10], [2, 20], [3, 30]]]))
    np.testing.assert_array_equal(outputs[0], [[3, 10], [5, 10]])
    # Upstream 1 for the second channel at the first place: only that channel has gradients.
    grad_inputs = layer.backward(np.array([[[0.0, 1], [0, 0]]]), cache)
    np.testing.assert_array_equal(layer.kernel.grad[:, :, 0], [[0, 10], [0, 20]])
    np.testing.assert_array_equal(grad_inputs[0], [[0, -1], [0, 1], [0, 0]])


def test_one_nan_reaches_exactly_the_windows_that_hold_it():
    layer = DepthwiseConv1D(3, activation="relu")
    sequence = np.ones((1, 8, 1), np.float32)
    sequence[0, 4, 0] = np.nan
    reached = np.isnan(layer(sequence)[0]).all(axis=-1)
    np.testing.assert_array_equal(reached, [False, False, True, True, True, False])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(DepthwiseConv1D(**CASES[case]), (3, 9, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(DepthwiseConv1D(3, data_format="channels_first"), (2, 3, 7), training=(False,))


def test_contract_of_one_number():
    check_layer(DepthwiseConv1D(1), (1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [name for name, options in CASES.items() if "activation" not in options])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 80 * 2**-24)])
def test_equals_reference(case, dtype, tolerance):
    layer = DepthwiseConv1D(**CASES[case], dtype=dtype)
    window = (layer.strides[0], layer.padding, layer.dilation_rate[0])

    def define(inputs, upstream, kernel, bias=0.0):
        outputs = depthwise_conv1d(inputs, kernel, bias, *window)
        return outputs, *depthwise_conv1d_gradients(inputs, kernel, upstream, *window)

    check_definition(layer, (3, 17, 4), define, tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *CONVOLUTION1D,
        (dict(kernel_size=3, depth_multiplier=0), r"`depth_multiplier` .*Received: depth_multiplier=0"),
        (dict(kernel_size=3, depthwise_constraint="evil"), r"Unknown constraint: 'evil'"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        DepthwiseConv1D(**options)


@pytest.mark.parametrize(("shape", "message"), INPUTS_OF_CONVOLUTION1D)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        DepthwiseConv1D(3)(np.zeros(shape))


def test_rejects_another_number_of_channels():
    check_refuses_other_channels(DepthwiseConv1D(3, name="first"), (5,))
