"""Resizing: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Resizing
from cnn_scratch.reference.resizing import resizing, resizing_gradient
from cnn_scratch.resampling import METHODS
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {
    f"{method}, {height} x {width}{', antialias' if antialias else ''}": dict(
        height=height, width=width, interpolation=method, antialias=antialias
    )
    for method in METHODS
    for height, width, antialias in ((3, 11, False), (9, 2, True))
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(height=3, width=4), (2, 5, 6, 7), (2, 3, 4, 7)),
        (dict(height=3, width=4), (None, None, None, 7), (None, 3, 4, 7)),
        (dict(height=3, width=4, data_format="channels_first"), (2, 7, 5, 6), (2, 7, 3, 4)),
        (dict(height=3, width=4), (5, 6, 7), (3, 4, 7)),
        (dict(height=3, width=4, data_format="channels_first"), (7, 5, 6), (7, 3, 4)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert Resizing(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """The centres of the four columns are at 0.25, 0.75, 1.25, 1.75 of the two; those of the two at ½, 1½."""
    layer = Resizing(1, 4)
    outputs, cache = layer.forward(np.array([0, 8]).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(outputs.ravel(), [0, 2, 6, 8])
    grad_image = layer.backward(np.array([1, 10, 100, 1000]).reshape(1, 1, 4, 1), cache)
    np.testing.assert_array_equal(grad_image.ravel(), [1 + 7.5 + 25, 2.5 + 75 + 1000])


def test_antialias_leaves_no_pixel_out():
    """Four columns become one: bilinear interpolation looks at the two in the middle, the filter at all.

    The centres are 1.5, 0.5, 0.5 and 1.5 away from the middle; the filter falls from 1 to 0 over 4 columns.
    """
    image = np.array([96, 1, 3, 96]).reshape(1, 1, 4, 1)
    assert Resizing(1, 1)(image) == 2
    np.testing.assert_allclose(
        Resizing(1, 1, antialias=True)(image), (5 * 96 + 7 * 1 + 7 * 3 + 5 * 96) / 24, rtol=1e-6
    )
    assert Resizing(1, 1, "area")(image) == 49


def test_crop_to_aspect_ratio():
    """A square target: of 2 rows and 5 columns, 2 columns are left."""
    image = np.arange(10).reshape(1, 2, 5, 1)
    layer = Resizing(2, 2, crop_to_aspect_ratio=True)
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[1, 2], [6, 7]])
    grad_image = layer.backward(np.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[0, 1, 2, 0, 0], [0, 3, 4, 0, 0]])


def test_pad_to_aspect_ratio():
    """A square target: 2 rows and 4 columns get a row above and one below."""
    image = np.arange(8).reshape(1, 2, 4, 1)
    layer = Resizing(4, 4, pad_to_aspect_ratio=True, fill_value=9)
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[9] * 4, [0, 1, 2, 3], [4, 5, 6, 7], [9] * 4])
    grad_image = layer.backward(np.arange(16).reshape(1, 4, 4, 1), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[4, 5, 6, 7], [8, 9, 10, 11]])


def test_one_image():
    rng = np.random.default_rng(3)
    image, upstream = rng.normal(size=(5, 6, 2)), rng.normal(size=(3, 4, 2))
    layer = Resizing(3, 4, dtype="float64")
    outputs, cache = layer.forward(image)
    batch_outputs, batch_cache = layer.forward(image[np.newaxis])
    np.testing.assert_array_equal(outputs, batch_outputs[0])
    expected = layer.backward(upstream[np.newaxis], batch_cache)[0]
    np.testing.assert_array_equal(layer.backward(upstream, cache), expected)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Resizing(**CASES[case]), (2, 5, 6, 2), training=(False,))


@pytest.mark.parametrize("option", ["crop_to_aspect_ratio", "pad_to_aspect_ratio"])
@pytest.mark.parametrize("size", [(3, 8), (9, 4)])
def test_contract_of_aspect_ratios(option, size):
    check_layer(Resizing(*size, **{option: True}, fill_value=0.5), (2, 6, 5, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        Resizing(3, 8, crop_to_aspect_ratio=True, data_format="channels_first"),
        (2, 2, 5, 4),
        training=(False,),
    )


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A sum has at most 11 terms on each axis, and weights that add up to 3 at most."""
    layer = Resizing(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return resizing(
            inputs, layer.height, layer.width, layer.interpolation, layer.antialias
        ), resizing_gradient(
            inputs, upstream, layer.height, layer.width, layer.interpolation, layer.antialias
        )

    check_definition(layer, (2, 5, 6, 2), define, 66 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(height=0, width=1), ValueError, r"`height` argument .*Received: height=0"),
        (dict(height=1, width=(1, 2)), ValueError, r"`width` argument .*Received: width=\(1, 2\)"),
        (
            dict(height=1, width=1, interpolation="cubic"),
            ValueError,
            r"Expected one of .*interpolation='cubic'",
        ),
        (
            dict(height=1, width=1, fill_mode="wrap"),
            ValueError,
            r"Only 'constant' .*Received: fill_mode='wrap'",
        ),
        (
            dict(height=1, width=1, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            ValueError,
            r"Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio`.*Received: both",
        ),
        (
            dict(height=1, width=1, data_format="NHWC"),
            ValueError,
            r"'channels_last', 'channels_first'. Received: .*'NHWC'",
        ),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        Resizing(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3), r"'mine' is incompatible.*expected ndim=4, found ndim=2"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        Resizing(2, 2, name="mine")(np.zeros(shape))
