"""The separable convolution in bands equals the depthwise convolution and the product one after the other."""

import numpy as np
import pytest

from cnn_scratch.kernels import conv2d, separable_conv2d
from cnn_scratch.reference.conv2d import conv2d as conv2d_reference
from cnn_scratch.reference.depthwise_conv2d import depthwise_conv2d as depthwise_reference
from cnn_scratch.shapes import Window
from tests.threads import assert_same_bits_for_any_number_of_threads

CASES = {
    "one channel": (Window((1, 1)), (4, 1, 1, 1), 1),
    "images together": (Window((3, 3), padding="same"), (9, 5, 9, 20), 33),
    "stride": (Window((3, 5), (2, 3), "same"), (5, 9, 19, 17), 6),
    "stride > kernel": (Window((1, 2), (2, 3)), (4, 5, 10, 3), 2),
    "border": (Window((2, 3), border=((1, 0), (2, 1))), (4, 6, 7, 5), 40),
    "bands": (Window((3, 3), padding="same"), (2, 40, 41, 129), 3),
}


@pytest.fixture(autouse=True)
def bands(monkeypatch):
    """Let the bands be taken, whatever algorithm the tests are run with."""
    monkeypatch.setattr(conv2d, "_wanted", "auto")


def made(case, dtype="float64"):
    window, shape, F = CASES[case]
    rng = np.random.default_rng(len(case))
    size = window.output_size(*shape[1:3])
    arrays = [
        rng.normal(size=shape),
        rng.normal(size=(*window.size, shape[3], 1)),
        rng.normal(size=(1, 1, shape[3], F)),
        rng.normal(size=F),
        rng.normal(size=(shape[0], *size, F)),
    ]
    return window, *(array.astype(dtype) for array in arrays)


def definition(window, inputs, depthwise, pointwise, bias):
    inputs = np.pad(inputs, ((0, 0), *window.border, (0, 0)))
    unbordered = Window(window.size, window.strides, window.padding)
    spread = depthwise_reference(inputs, depthwise, 0.0, unbordered)
    return conv2d_reference(spread, pointwise, bias, Window((1, 1)))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "terms"), [("float64", 2.0**-53), ("float32", 2.0**-24)])
def test_equals_the_definition(case, dtype, terms):
    window, inputs, depthwise, pointwise, bias, other = made(case, dtype)
    exact = [array.astype("float64") for array in (inputs, depthwise, pointwise, bias)]
    bound = terms * (pointwise.shape[2] + depthwise[..., 0, 0].size + 4)

    outputs = separable_conv2d.forward(inputs, (depthwise, pointwise), bias, window)
    expected = definition(window, *exact)
    scale = np.abs(definition(window, *(np.abs(array) for array in exact))).max()
    assert outputs.dtype == dtype
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=bound * scale)

    options = dict(relu=True, other=other, ceiling=1.5, relu_before=True)
    outputs = separable_conv2d.forward(inputs, (depthwise, pointwise), bias, window, **options)
    expected = definition(window, np.maximum(exact[0], 0), *exact[1:]) + other
    np.testing.assert_allclose(outputs, np.clip(expected, 0, 1.5), rtol=0, atol=bound * scale)


@pytest.mark.parametrize("case", ["images together", "bands"])
def test_same_bits_for_any_number_of_threads(case):
    window, inputs, *kernels, bias, other = made(case, "float32")
    assert_same_bits_for_any_number_of_threads(
        lambda: separable_conv2d.forward(inputs, kernels, bias, window, other=other, relu=True)
    )


def test_few_images_and_several_kernels_per_channel_go_one_after_the_other(monkeypatch):
    taken = []
    monkeypatch.setattr(separable_conv2d, "separable_bands", lambda *arguments: taken.append(arguments[0]))
    for N, M, dilation in ((4, 1, 1), (1, 1, 1), (4, 2, 1), (4, 1, 2)):
        inputs, window = np.full((N, 20, 20, 3), N + 0.5), Window((3, 3), dilation=(dilation, dilation))
        depthwise, pointwise = np.ones((3, 3, 3, M)), np.ones((1, 1, 3 * M, 2))
        separable_conv2d.forward(inputs, (depthwise, pointwise), np.zeros(2), window)
    assert [len(inputs) for inputs in taken] == [4]


def test_one_nan_reaches_exactly_its_windows():
    window, inputs, depthwise, pointwise, bias, _ = made("images together")
    inputs[3, 2, 4, 7] = np.nan
    options = dict(relu_before=True, relu=True)
    outputs = separable_conv2d.forward(inputs, (depthwise, pointwise), bias, window, **options)
    expected = np.zeros(outputs.shape, bool)
    expected[3, 1:4, 3:6] = True
    np.testing.assert_array_equal(np.isnan(outputs), expected)
