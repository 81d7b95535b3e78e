"""DepthwiseConv2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import DepthwiseConv2D
from cnn_scratch.reference.depthwise_conv2d import depthwise_conv2d, depthwise_conv2d_gradients
from tests.contract import check_layer, check_threads
from tests.definition import check_definition
from tests.refusals import check_refuses_other_channels

CASES = {
    "plain": dict(kernel_size=2),
    "not square": dict(kernel_size=(3, 2), strides=(2, 1)),
    "same, stride 2": dict(kernel_size=3, strides=2, padding="same"),
    "same, stride 2, left border": dict(kernel_size=(2, 5), strides=(1, 2), padding="same"),
    "same, even kernel": dict(kernel_size=(2, 4), padding="same"),
    "stride > kernel": dict(kernel_size=1, strides=(3, 2)),
    "dilation": dict(kernel_size=(2, 3), dilation_rate=(3, 2), padding="same"),
    "dilation and stride": dict(kernel_size=(2, 3), strides=(2, 3), dilation_rate=(3, 2), padding="same"),
    "multiplier": dict(kernel_size=(2, 3), depth_multiplier=3, padding="same"),
    "no bias": dict(kernel_size=3, use_bias=False),
    "relu": dict(kernel_size=2, activation="relu"),
    "tanh": dict(kernel_size=2, activation="tanh"),
    "kernel as large as the image": dict(kernel_size=(5, 6)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(kernel_size=3), (2, 5, 6, 4), (2, 3, 4, 4)),
        (dict(kernel_size=3, depth_multiplier=2), (2, 5, 6, 4), (2, 3, 4, 8)),
        (dict(kernel_size=3, strides=2, padding="same"), (2, 5, 6, 4), (2, 3, 3, 4)),
        (dict(kernel_size=(2, 3), strides=(2, 3)), (None, 8, 9, 1), (None, 4, 3, 1)),
        (dict(kernel_size=3, dilation_rate=2), (2, 7, 8, 1), (2, 3, 4, 1)),
        (dict(kernel_size=3, data_format="channels_first"), (2, 4, 5, 6), (2, 4, 3, 4)),
        (dict(kernel_size=3), (None, None, None, 3), (None, None, None, 3)),
        (dict(kernel_size=1, strides=4), (1, 9, 8, 3), (1, 3, 2, 3)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert DepthwiseConv2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = DepthwiseConv2D((1, 2), use_bias=False)
    layer.build((1, 1, 3, 2))
    layer.set_weights([np.array([[1.0, -1], [1, 1]]).reshape(1, 2, 2, 1)])
    outputs, cache = layer.forward(np.array([[1.0, 10], [2, 20], [3, 30]]).reshape(1, 1, 3, 2))
    np.testing.assert_array_equal(outputs[0, 0], [[3, 10], [5, 10]])
    # Upstream 1 for the second channel at the first place: only that channel has gradients.
    grad_image = layer.backward(np.array([[0.0, 1], [0, 0]]).reshape(1, 1, 2, 2), cache)
    np.testing.assert_array_equal(layer.kernel.grad[0, :, :, 0], [[0, 10], [0, 20]])
    np.testing.assert_array_equal(grad_image[0, 0], [[0, -1], [0, 1], [0, 0]])


def test_the_kernels_of_a_channel_stand_side_by_side():
    layer = DepthwiseConv2D(1, depth_multiplier=2, use_bias=False)
    layer.build((1, 1, 1, 2))
    layer.set_weights([np.array([[1.0, 2], [3, 4]]).reshape(1, 1, 2, 2)])
    np.testing.assert_array_equal(layer(np.array([1.0, 10]).reshape(1, 1, 1, 2))[0, 0, 0], [1, 2, 30, 40])


def test_one_nan_reaches_exactly_the_windows_that_hold_it():
    layer = DepthwiseConv2D((3, 2), activation="relu")
    image = np.ones((1, 6, 5, 3), np.float32)
    image[0, 3, 2, 1] = np.nan
    expected = np.zeros((4, 4, 3), bool)
    expected[1:4, 1:3, 1] = True
    np.testing.assert_array_equal(np.isnan(layer(image)[0]), expected)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(DepthwiseConv2D(**CASES[case]), (3, 5, 6, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(DepthwiseConv2D((2, 3), data_format="channels_first"), (2, 2, 5, 4), training=(False,))


def test_contract_of_one_pixel():
    check_layer(DepthwiseConv2D(1), (1, 1, 1, 1), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [name for name, options in CASES.items() if "activation" not in options])
@pytest.mark.parametrize("shape", [(3, 5, 6, 2), (2, 7, 9, 37), (1, 6, 8, 16), (1, 5, 6, 1)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 40 * 2**-24)])
def test_equals_reference(case, shape, dtype, tolerance):
    layer = DepthwiseConv2D(**CASES[case], dtype=dtype)

    def define(inputs, upstream, kernel, bias=0.0):
        outputs = depthwise_conv2d(inputs, kernel, bias, layer.window)
        return outputs, *depthwise_conv2d_gradients(inputs, kernel, upstream, layer.window)

    check_definition(layer, shape, define, tolerance)


def test_many_bands_and_pieces_equal_the_reference():
    """Images of several bands, more rows than pieces, groups of pixels and single ones."""
    rng = np.random.default_rng(8)
    inputs = rng.normal(size=(3, 31, 43, 50))
    layer = DepthwiseConv2D(5, padding="same", dtype="float64")
    outputs, cache = layer.forward(inputs)
    kernel = layer.kernel.value
    expected = depthwise_conv2d(inputs, kernel, layer.bias.value, layer.window)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-12)
    upstream = rng.normal(size=outputs.shape)
    computed = layer.backward(upstream, cache), layer.kernel.grad, layer.bias.grad
    for ours, theirs in zip(
        computed, depthwise_conv2d_gradients(inputs, kernel, upstream, layer.window), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12 * np.abs(theirs).max())


@pytest.mark.parametrize("shape", [(2, 5, 0, 3), (2, 0, 5, 3)])
def test_images_without_a_pixel(shape):
    inputs, layer = np.ones(shape, "float32"), DepthwiseConv2D(3, padding="same")
    outputs, cache = layer.forward(inputs)
    assert outputs.shape == layer.backward(outputs, cache).shape == shape
    assert not layer.kernel.grad.any()


def test_infinities_of_both_signs_pass_without_a_warning():
    inputs, layer = np.ones((2, 6, 6, 3), "float32"), DepthwiseConv2D(3, depth_multiplier=2)
    inputs[:, 2, 2, 1] = np.inf
    outputs, cache = layer.forward(inputs)
    grads = np.ones_like(outputs)
    grads[1], grads[0, 3, 3] = -1, [np.inf, -np.inf] * 3
    grad_inputs = layer.backward(grads, cache)
    # ∞ − ∞ in the sum over the two images, and in the sum over the two kernels of a channel
    assert np.isnan(layer.kernel.grad[:, :, 1]).all()
    assert not np.isfinite(grad_inputs[0, 3:, 3:]).any()
    assert np.isfinite(grad_inputs[1]).all()


def test_same_bits_for_any_number_of_threads():
    inputs = np.random.default_rng(9).normal(size=(5, 40, 44, 50)).astype("float32")
    check_threads(DepthwiseConv2D(5, padding="same"), inputs, mode=False)
    check_threads(DepthwiseConv2D(4, strides=(1, 2), depth_multiplier=2), inputs, mode=False)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(kernel_size=(3, 0)), r"`kernel_size` argument .*Received: kernel_size=\(3, 0\)"),
        (dict(kernel_size=3, strides=0), r"`strides` argument .*Received: strides=0"),
        (dict(kernel_size=3, depth_multiplier=0), r"`depth_multiplier` .*Received: depth_multiplier=0"),
        (dict(kernel_size=3, padding="causal"), r"one of 'valid', 'same'. Received: padding='causal'"),
        (dict(kernel_size=3, data_format="NHWC"), r"'channels_last', 'channels_first'. Received: .*'NHWC'"),
        (dict(kernel_size=3, filters=1), r"Unrecognized keyword arguments .*DepthwiseConv2D: .*filters"),
        (dict(kernel_size=3, depthwise_constraint="evil"), r"Unknown constraint: 'evil'"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        DepthwiseConv2D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 5, 5), r"expected ndim=4, found ndim=3.*\(2, 5, 5\)"),
        ((1, 2, 9, 1), r"output height = \(2 − 3\) // 1 \+ 1 = 0"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        DepthwiseConv2D(3)(np.zeros(shape))


def test_rejects_another_number_of_channels():
    check_refuses_other_channels(DepthwiseConv2D(3, name="first"), (5, 5))
