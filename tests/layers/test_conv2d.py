"""Conv2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Conv2D
from cnn_scratch.reference.conv2d import conv2d, conv2d_gradients
from cnn_scratch.shapes import Window
from tests.contract import check_layer, check_threads
from tests.definition import check_definition
from tests.refusals import check_refuses_other_channels

CASES = {
    "plain": dict(filters=3, kernel_size=2),
    "not square": dict(filters=2, kernel_size=(3, 2), strides=(2, 1)),
    "same, stride 2": dict(filters=2, kernel_size=3, strides=2, padding="same"),
    "same, stride 2, left border": dict(filters=2, kernel_size=(2, 5), strides=(1, 2), padding="same"),
    "same, even kernel": dict(filters=2, kernel_size=(2, 4), padding="same"),
    "stride > kernel": dict(filters=2, kernel_size=1, strides=(3, 2)),
    "dilation": dict(filters=2, kernel_size=(2, 3), dilation_rate=(3, 2), padding="same"),
    "dilation, valid": dict(filters=2, kernel_size=2, dilation_rate=(2, 3)),
    "groups": dict(filters=6, kernel_size=(2, 3), groups=2, padding="same"),
    "a group per channel": dict(filters=6, kernel_size=(2, 3), groups=2, padding="same"),
    "one filter, no bias": dict(filters=1, kernel_size=3, use_bias=False),
    "relu": dict(filters=3, kernel_size=2, activation="relu"),
    "tanh": dict(filters=3, kernel_size=2, activation="tanh"),
    "kernel as large as the image": dict(filters=2, kernel_size=(5, 6)),
}
CHANNELS = dict.fromkeys(CASES, 2) | {"groups": 4}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(filters=7, kernel_size=3), (2, 5, 6, 1), (2, 3, 4, 7)),
        (dict(filters=7, kernel_size=3, padding="same"), (2, 5, 6, 1), (2, 5, 6, 7)),
        (dict(filters=7, kernel_size=3, strides=2, padding="same"), (2, 5, 6, 1), (2, 3, 3, 7)),
        (dict(filters=7, kernel_size=(2, 3), strides=(2, 3)), (None, 8, 9, 1), (None, 4, 3, 7)),
        (dict(filters=7, kernel_size=3, dilation_rate=2), (2, 7, 8, 1), (2, 3, 4, 7)),
        (dict(filters=7, kernel_size=3, data_format="channels_first"), (2, 4, 5, 6), (2, 7, 3, 4)),
        (dict(filters=7, kernel_size=3), (None, None, None, 3), (None, None, None, 7)),
        (dict(filters=7, kernel_size=1, strides=4), (1, 9, 8, 3), (1, 3, 2, 7)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert Conv2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Conv2D(1, 2, use_bias=False)
    layer.build((1, 3, 3, 1))
    layer.set_weights([np.arange(4.0).reshape(2, 2, 1, 1)])
    image = np.arange(9.0).reshape(1, 3, 3, 1)
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[19, 25], [37, 43]])
    # Upstream 1 at the first place only: the kernel's gradient is that window, the image's is the kernel.
    upstream = np.zeros((1, 2, 2, 1))
    upstream[0, 0, 0, 0] = 1
    grad_image = layer.backward(upstream, cache)
    np.testing.assert_array_equal(layer.kernel.grad[:, :, 0, 0], [[0, 1], [3, 4]])
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[0, 1, 0], [2, 3, 0], [0, 0, 0]])


def test_same_pads_bottom_and_right():
    layer = Conv2D(1, 2, padding="same", use_bias=False)
    layer.build((1, 2, 2, 1))
    layer.set_weights([np.ones((2, 2, 1, 1))])
    outputs = layer(np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1))
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[10, 6], [7, 4]])


def test_same_has_no_padding_where_the_stride_is_larger_than_the_kernel():
    layer = Conv2D(1, 1, strides=3, padding="same", use_bias=False)
    layer.build((1, 6, 5, 1))
    layer.set_weights([np.ones((1, 1, 1, 1))])
    outputs = layer(np.arange(30.0).reshape(1, 6, 5, 1))
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[0, 3], [15, 18]])


def test_one_nan_reaches_exactly_the_windows_that_hold_it():
    layer = Conv2D(2, (3, 2), activation="relu")
    image = np.ones((1, 6, 5, 1), np.float32)
    image[0, 3, 2, 0] = np.nan
    outputs = layer(image)
    expected = np.zeros((4, 4), bool)
    expected[1:4, 1:3] = True
    for f in range(2):
        np.testing.assert_array_equal(np.isnan(outputs[0, :, :, f]), expected)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Conv2D(**CASES[case]), (3, 5, 6, CHANNELS[case]), training=(False,))


def test_contract_of_channels_first():
    check_layer(Conv2D(3, (2, 3), data_format="channels_first"), (2, 2, 5, 4), training=(False,))


def test_softmax_goes_along_the_last_axis_of_the_outputs():
    """In channels_first that is the width, as in Keras: an activation sees what the layer returns."""
    layer = Conv2D(3, (2, 3), activation="softmax", data_format="channels_first")
    check_layer(layer, (2, 2, 5, 4), training=(False,))
    outputs = layer(np.random.default_rng(3).normal(size=(2, 2, 5, 4)))
    np.testing.assert_allclose(outputs.sum(axis=-1), 1, atol=1e-6)


def test_contract_of_one_pixel():
    check_layer(Conv2D(1, 1), (1, 1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [name for name, options in CASES.items() if "activation" not in options])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 40 * 2**-24)])
def test_equals_reference(case, dtype, tolerance):
    layer = Conv2D(**CASES[case], dtype=dtype)
    window = Window(layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate)

    def define(inputs, upstream, kernel, bias=0.0):
        outputs = conv2d(inputs, kernel, bias, window, layer.groups)
        return outputs, *conv2d_gradients(inputs, kernel, upstream, window, layer.groups)

    check_definition(layer, (3, 5, 6, CHANNELS[case]), define, tolerance)


def test_many_tiles_and_pieces_equal_the_reference():
    """More images than pieces, and images of more than one tile."""
    check_same_padding((19, 40, 44, 8), Conv2D(4, 5, padding="same", dtype="float64"))


def test_sums_of_many_terms_equal_the_reference():
    check_same_padding((2, 7, 6, 90), Conv2D(70, 3, padding="same", dtype="float64"))


def check_same_padding(shape, layer):
    """Compare a layer without strides and groups with the reference, on large inputs."""
    rng = np.random.default_rng(8)
    inputs = rng.normal(size=shape)
    outputs, cache = layer.forward(inputs)
    kernel = layer.kernel.value
    np.testing.assert_allclose(
        outputs, conv2d(inputs, kernel, layer.bias.value, layer.window), rtol=0, atol=1e-11
    )
    upstream = rng.normal(size=outputs.shape)
    grad_inputs = layer.backward(upstream, cache)
    expected = conv2d_gradients(inputs, kernel, upstream, layer.window)
    for ours, theirs in zip((grad_inputs, layer.kernel.grad, layer.bias.grad), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-11 * np.abs(theirs).max())


def test_same_bits_for_any_number_of_threads():
    inputs = np.random.default_rng(9).normal(size=(19, 40, 44, 8)).astype("float32")
    check_threads(Conv2D(4, 5, padding="same"), inputs, mode=False)
    check_threads(Conv2D(4, 5, strides=(1, 2)), inputs, mode=False)
    check_threads(Conv2D(30, 1), inputs, mode=False)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(filters=0, kernel_size=3), r"`filters`.*Received: filters=0"),
        (dict(filters=2.5, kernel_size=3), r"`filters`.*Received: filters=2.5"),
        (dict(filters=2, kernel_size=(3, 0)), r"`kernel_size` argument .*Received: kernel_size=\(3, 0\)"),
        (dict(filters=2, kernel_size=(3, 3, 3)), r"tuple of 2 integers.*Received: kernel_size=\(3, 3, 3\)"),
        (dict(filters=2, kernel_size=3, strides=-1), r"`strides` argument .*Received: strides=-1"),
        (dict(filters=2, kernel_size=3, padding="full"), r"one of 'valid', 'same'. Received: padding='full'"),
        (
            dict(filters=2, kernel_size=3, data_format="NHWC"),
            r"'channels_last', 'channels_first'. Received: .*'NHWC'",
        ),
        (dict(filters=3, kernel_size=3, groups=2), r"divisible by the number of groups.*groups=2, filters=3"),
        (dict(filters=2, kernel_size=3, strides=2, dilation_rate=2), r"`strides > 1` not supported"),
        (dict(filters=2, kernel_size=3, activation="rleu"), r"rleu"),
        (
            dict(filters=2, kernel_size=3, colour=1),
            r"Unrecognized keyword arguments passed to Conv2D: .*colour",
        ),
        (
            dict(filters=2, kernel_size=3, dtype="float16"),
            r"'float32' or 'float64'. Received: dtype='float16'",
        ),
        (dict(filters=2, kernel_size=3, name="a/b"), r"cannot contain '/'. Received: name='a/b'"),
        (dict(filters=2, kernel_size=3, kernel_constraint="evil"), r"Unknown constraint: 'evil'"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Conv2D(**options)


@pytest.mark.parametrize(
    ("options", "shape", "message"),
    [
        ({}, (2, 5, 5), r"expected ndim=4, found ndim=3.*\(2, 5, 5\)"),
        ({}, (1, 2, 9, 1), r"output height = \(2 − 3\) // 1 \+ 1 = 0"),
        (dict(dilation_rate=2), (1, 9, 4, 1), r"output width = \(4 − 5\) // 1 \+ 1 = 0"),
        (dict(filters=4, groups=2), (1, 5, 5, 3), r"divisible by the number of groups.*3 channels"),
    ],
)
def test_rejects_inputs(options, shape, message):
    layer = Conv2D(**(dict(filters=2, kernel_size=3, name="first") | options))
    with pytest.raises(ValueError, match=message):
        layer(np.zeros(shape))


def test_rejects_another_number_of_channels():
    check_refuses_other_channels(Conv2D(2, 3, name="first"), (5, 5))
