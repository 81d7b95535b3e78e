"""Conv2DTranspose: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Conv2DTranspose
from cnn_scratch.reference.conv2d_transpose import conv2d_transpose, conv2d_transpose_gradients
from tests.contract import check_layer
from tests.definition import check_definition
from tests.refusals import (
    TRANSPOSED_CONVOLUTION,
    check_refuses_other_channels,
    check_refuses_outputs_that_no_convolution_takes_back,
)

CASES = {
    "plain": dict(filters=3, kernel_size=2),
    "stride": dict(filters=2, kernel_size=3, strides=2),
    "same, stride 2": dict(filters=2, kernel_size=3, strides=2, padding="same"),
    "same, even kernel": dict(filters=2, kernel_size=4, strides=3, padding="same"),
    "stride > kernel": dict(filters=2, kernel_size=1, strides=3),
    "output_padding": dict(filters=2, kernel_size=2, strides=3, output_padding=1),
    "output_padding, same": dict(filters=2, kernel_size=3, strides=3, padding="same", output_padding=1),
    "dilation": dict(filters=2, kernel_size=3, dilation_rate=2),
    "dilation, same": dict(filters=2, kernel_size=2, dilation_rate=3, padding="same"),
    "not square": dict(filters=2, kernel_size=(3, 2), strides=(2, 1)),
    "same, not square": dict(filters=2, kernel_size=(2, 5), strides=(1, 2), padding="same"),
    "one filter, no bias": dict(filters=1, kernel_size=3, use_bias=False),
    "relu": dict(filters=3, kernel_size=2, activation="relu"),
    "tanh": dict(filters=3, kernel_size=2, activation="tanh"),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(filters=7, kernel_size=3), (2, 5, 6, 4), (2, 7, 8, 7)),
        (dict(filters=7, kernel_size=3, strides=2), (2, 5, 6, 4), (2, 11, 13, 7)),
        (dict(filters=7, kernel_size=3, strides=2, padding="same"), (2, 5, 6, 4), (2, 10, 12, 7)),
        (dict(filters=7, kernel_size=1, strides=(3, 2)), (2, 5, 6, 4), (2, 15, 12, 7)),
        (dict(filters=7, kernel_size=3, strides=2, output_padding=(0, 1)), (2, 5, 6, 4), (2, 11, 14, 7)),
        (
            dict(filters=7, kernel_size=3, strides=2, padding="same", output_padding=(0, 1)),
            (2, 5, 6, 4),
            (2, 9, 12, 7),
        ),
        (dict(filters=7, kernel_size=3, dilation_rate=2), (2, 5, 6, 4), (2, 9, 10, 7)),
        (dict(filters=7, kernel_size=3, data_format="channels_first"), (2, 4, 5, 6), (2, 7, 7, 8)),
        (dict(filters=7, kernel_size=3), (None, None, None, 4), (None, None, None, 7)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert Conv2DTranspose(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Conv2DTranspose(1, (1, 3), strides=(1, 2), use_bias=False)
    layer.build((1, 1, 2, 1))
    layer.set_weights([np.reshape([1.0, 2, 3], (1, 3, 1, 1))])
    outputs, cache = layer.forward(np.reshape([1.0, 2], (1, 1, 2, 1)))
    np.testing.assert_array_equal(outputs[0, 0, :, 0], [1, 2, 3 + 2, 4, 6])
    # Upstream 1 in the middle, where both pixels give: the first by the kernel's 3, the second by its 1.
    grad_inputs = layer.backward(np.reshape([0.0, 0, 1, 0, 0], (1, 1, 5, 1)), cache)
    np.testing.assert_array_equal(grad_inputs[0, 0, :, 0], [3, 1])
    np.testing.assert_array_equal(layer.kernel.grad[0, :, 0, 0], [2, 0, 1])


def test_one_nan_reaches_exactly_its_window():
    layer = Conv2DTranspose(2, (3, 2), activation="relu")
    image = np.ones((1, 4, 4, 3), np.float32)
    image[0, 1, 2, 1] = np.nan
    expected = np.zeros((6, 5, 2), bool)
    expected[1:4, 2:4] = True
    np.testing.assert_array_equal(np.isnan(layer(image)[0]), expected)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Conv2DTranspose(**CASES[case]), (3, 4, 5, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        Conv2DTranspose(3, 3, strides=2, data_format="channels_first"), (2, 3, 4, 5), training=(False,)
    )


def test_contract_of_one_pixel():
    check_layer(Conv2DTranspose(1, 1), (1, 1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [name for name, options in CASES.items() if "activation" not in options])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 80 * 2**-24)])
def test_equals_reference(case, dtype, tolerance):
    layer = Conv2DTranspose(**CASES[case], dtype=dtype)

    def define(inputs, upstream, kernel, bias=0.0):
        outputs = conv2d_transpose(inputs, kernel, bias, layer.window, upstream.shape[1:3])
        return outputs, *conv2d_transpose_gradients(inputs, kernel, upstream, layer.window)

    check_definition(layer, (3, 4, 6, 5), define, tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "message"), TRANSPOSED_CONVOLUTION)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Conv2DTranspose(**options)


def test_rejects_another_rank():
    with pytest.raises(ValueError, match=r"expected ndim=4, found ndim=2.*\(2, 5\)"):
        Conv2DTranspose(2, 3)(np.zeros((2, 5)))


def test_rejects_outputs_that_no_convolution_takes_back():
    layer = Conv2DTranspose(2, 2, padding="same", output_padding=0, name="first")
    check_refuses_outputs_that_no_convolution_takes_back(layer, (1, 5, 5, 3))


def test_rejects_another_number_of_channels():
    check_refuses_other_channels(Conv2DTranspose(2, 3, name="first"), (5, 5))
