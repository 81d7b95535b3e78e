"""Conv1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Conv1D
from cnn_scratch.reference.conv1d import conv1d, conv1d_gradients
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
    "causal": dict(filters=2, kernel_size=3, padding="causal"),
    "causal, stride": dict(filters=2, kernel_size=3, strides=2, padding="causal"),
    "causal, dilation": dict(filters=2, kernel_size=2, dilation_rate=3, padding="causal"),
    "groups": dict(filters=2, kernel_size=3, groups=2),
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
        (dict(filters=7, kernel_size=3, strides=2, padding="causal"), (2, 8, 4), (2, 4, 7)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert Conv1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Conv1D(1, 2, use_bias=False)
    layer.build((1, 3, 1))
    layer.set_weights([np.reshape([1.0, 2], (2, 1, 1))])
    outputs, cache = layer.forward(np.reshape([1.0, 2, 3], (1, 3, 1)))
    np.testing.assert_array_equal(outputs[0, :, 0], [5, 8])
    # Upstream 1 at the second place only: the kernel's gradient is that window, the inputs' is the kernel.
    grad_inputs = layer.backward(np.reshape([0.0, 1], (1, 2, 1)), cache)
    np.testing.assert_array_equal(layer.kernel.grad[:, 0, 0], [2, 3])
    np.testing.assert_array_equal(grad_inputs[0, :, 0], [0, 1, 2])


def test_causal_looks_back_only():
    layer = Conv1D(1, 2, padding="causal", use_bias=False)
    layer.build((1, 3, 1))
    layer.set_weights([np.reshape([1.0, 10], (2, 1, 1))])
    outputs = layer(np.reshape([1.0, 2, 3], (1, 3, 1)))
    np.testing.assert_array_equal(outputs[0, :, 0], [10, 21, 32])


def test_one_nan_reaches_exactly_the_windows_that_hold_it():
    layer = Conv1D(2, 3, activation="relu")
    sequence = np.ones((1, 8, 1), np.float32)
    sequence[0, 4, 0] = np.nan
    reached = np.isnan(layer(sequence)[0]).all(axis=-1)
    np.testing.assert_array_equal(reached, [False, False, True, True, True, False])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Conv1D(**CASES[case]), (3, 9, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(Conv1D(2, 3, data_format="channels_first"), (2, 3, 7), training=(False,))


def test_contract_of_one_number():
    check_layer(Conv1D(1, 1), (1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [name for name, options in CASES.items() if "activation" not in options])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 80 * 2**-24)])
def test_equals_reference(case, dtype, tolerance):
    layer = Conv1D(**CASES[case], dtype=dtype)
    window = (layer.strides[0], layer.padding, layer.dilation_rate[0], layer.groups)

    def define(inputs, upstream, kernel, bias=0.0):
        outputs = conv1d(inputs, kernel, bias, *window)
        return outputs, *conv1d_gradients(inputs, kernel, upstream, *window)

    check_definition(layer, (3, 17, 4), define, tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *CONVOLUTION1D,
        (dict(kernel_size=3, padding="full"), r"one of 'valid', 'same', 'causal'. Received: padding='full'"),
        (dict(kernel_size=3, groups=3), r"divisible by the number of groups.*groups=3, filters=2"),
        (dict(kernel_size=3, strides=2, dilation_rate=2), r"`strides > 1` not supported"),
        (dict(kernel_size=3, kernel_constraint="evil"), r"Unknown constraint: 'evil'"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Conv1D(filters=2, **options)


@pytest.mark.parametrize(("shape", "message"), INPUTS_OF_CONVOLUTION1D)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        Conv1D(2, 3)(np.zeros(shape))


def test_rejects_another_number_of_channels():
    check_refuses_other_channels(Conv1D(2, 3, name="first"), (5,))
