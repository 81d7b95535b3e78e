"""SeparableConv2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import SeparableConv2D
from cnn_scratch.reference.separable_conv2d import separable_conv2d, separable_conv2d_gradients
from tests.contract import check_layer, check_threads
from tests.definition import check_definition
from tests.refusals import check_refuses_other_channels

CASES = {
    "plain": dict(filters=3, kernel_size=2),
    "not square": dict(filters=2, kernel_size=(3, 2), strides=(2, 1)),
    "same, stride 2": dict(filters=2, kernel_size=3, strides=2, padding="same"),
    "same, even kernel": dict(filters=2, kernel_size=(2, 4), padding="same"),
    "stride > kernel": dict(filters=2, kernel_size=1, strides=(3, 2)),
    "dilation": dict(filters=2, kernel_size=(2, 3), dilation_rate=(3, 2), padding="same"),
    "multiplier": dict(filters=5, kernel_size=(2, 3), depth_multiplier=3, padding="same"),
    "one filter, no bias": dict(filters=1, kernel_size=3, use_bias=False),
    "relu": dict(filters=3, kernel_size=2, activation="relu"),
    "tanh": dict(filters=3, kernel_size=2, activation="tanh"),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(filters=7, kernel_size=3), (2, 5, 6, 4), (2, 3, 4, 7)),
        (dict(filters=7, kernel_size=3, depth_multiplier=2, strides=2), (2, 5, 6, 4), (2, 2, 2, 7)),
        (dict(filters=7, kernel_size=3, strides=2, padding="same"), (2, 5, 6, 4), (2, 3, 3, 7)),
        (dict(filters=7, kernel_size=3, data_format="channels_first"), (2, 4, 5, 6), (2, 7, 3, 4)),
        (dict(filters=7, kernel_size=3), (None, None, None, 3), (None, None, None, 7)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert SeparableConv2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = SeparableConv2D(1, (1, 2), use_bias=False)
    layer.build((1, 1, 3, 2))
    layer.set_weights([np.reshape([1.0, -1, 1, 1], (1, 2, 2, 1)), np.reshape([1.0, 2], (1, 1, 2, 1))])
    outputs, cache = layer.forward(np.array([[1.0, 10], [2, 20], [3, 30]]).reshape(1, 1, 3, 2))
    np.testing.assert_array_equal(outputs[0, 0, :, 0], [3 + 2 * 10, 5 + 2 * 10])
    # Upstream 1 at the first place: the pointwise gradient is what the depthwise step gave there.
    grad_image = layer.backward(np.reshape([1.0, 0], (1, 1, 2, 1)), cache)
    np.testing.assert_array_equal(layer.pointwise_kernel.grad[0, 0, :, 0], [3, 10])
    np.testing.assert_array_equal(layer.depthwise_kernel.grad[0, :, :, 0], [[1, 2 * 10], [2, 2 * 20]])
    np.testing.assert_array_equal(grad_image[0, 0], [[1, -2], [1, 2], [0, 0]])


def test_one_nan_reaches_exactly_the_windows_that_hold_it():
    layer = SeparableConv2D(2, (3, 2), activation="relu")
    image = np.ones((1, 6, 5, 3), np.float32)
    image[0, 3, 2, 1] = np.nan
    expected = np.zeros((4, 4, 2), bool)
    expected[1:4, 1:3] = True
    np.testing.assert_array_equal(np.isnan(layer(image)[0]), expected)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(SeparableConv2D(**CASES[case]), (3, 5, 6, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(SeparableConv2D(3, (2, 3), data_format="channels_first"), (2, 2, 5, 4), training=(False,))


def test_contract_of_one_pixel():
    check_layer(SeparableConv2D(1, 1), (1, 1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [name for name, options in CASES.items() if "activation" not in options])
@pytest.mark.parametrize("shape", [(3, 5, 6, 2), (2, 7, 9, 37)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 80 * 2**-24)])
def test_equals_reference(case, shape, dtype, tolerance):
    layer = SeparableConv2D(**CASES[case], dtype=dtype)

    def define(inputs, upstream, depthwise, pointwise, bias=0.0):
        outputs = separable_conv2d(inputs, depthwise, pointwise, bias, layer.window)
        return outputs, *separable_conv2d_gradients(inputs, depthwise, pointwise, upstream, layer.window)

    check_definition(layer, shape, define, tolerance)


def test_same_bits_for_any_number_of_threads():
    inputs = np.random.default_rng(9).normal(size=(5, 40, 44, 50)).astype("float32")
    check_threads(SeparableConv2D(60, 5, padding="same"), inputs, mode=False)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(filters=0, kernel_size=3), r"`filters`.*Received: filters=0"),
        (dict(filters=2, kernel_size=(3, 0)), r"`kernel_size` argument .*Received: kernel_size=\(3, 0\)"),
        (dict(filters=2, kernel_size=3, strides=0), r"`strides` argument .*Received: strides=0"),
        (dict(filters=2, kernel_size=3, depth_multiplier=-1), r"`depth_multiplier` .*depth_multiplier=-1"),
        (dict(filters=2, kernel_size=3, padding="causal"), r"one of 'valid', 'same'. Received: .*'causal'"),
        (dict(filters=2, kernel_size=3, data_format="NHWC"), r"'channels_first'. Received: .*'NHWC'"),
        (dict(filters=2, kernel_size=3, groups=2), r"Unrecognized keyword .*SeparableConv2D: .*groups"),
        (dict(filters=2, kernel_size=3, pointwise_constraint="evil"), r"Unknown constraint: 'evil'"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        SeparableConv2D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 5, 5), r"expected ndim=4, found ndim=3.*\(2, 5, 5\)"),
        ((1, 2, 9, 1), r"output height = \(2 − 3\) // 1 \+ 1 = 0"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        SeparableConv2D(2, 3)(np.zeros(shape))


def test_rejects_another_number_of_channels():
    check_refuses_other_channels(SeparableConv2D(2, 3, name="first"), (5, 5))
