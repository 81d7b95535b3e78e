"""UpSampling2D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import UpSampling2D
from cnn_scratch.reference.up_sampling2d import up_sampling2d, up_sampling2d_gradient
from tests.contract import check_layer
from tests.definition import check_definition

CASES = {
    "nearest": {},
    "nearest, not square": dict(size=(1, 3)),
    "bilinear": dict(interpolation="bilinear"),
    "bilinear, not square": dict(size=(3, 2), interpolation="bilinear"),
    "bicubic": dict(size=(2, 5), interpolation="bicubic"),
    "lanczos3": dict(interpolation="lanczos3"),
    "lanczos5": dict(size=(1, 3), interpolation="lanczos5"),
    "area": dict(size=(3, 2), interpolation="area"),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        ({}, (2, 5, 6, 7), (2, 10, 12, 7)),
        (dict(size=(1, 3)), (None, 5, None, 7), (None, 5, None, 7)),
        (dict(size=3, data_format="channels_first"), (2, 7, 5, 6), (2, 7, 15, 18)),
        (dict(interpolation="BILINEAR"), (2, 1, 1, 1), (2, 2, 2, 1)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert UpSampling2D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    image = np.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1)
    layer = UpSampling2D((1, 2))
    outputs, cache = layer.forward(image)
    np.testing.assert_array_equal(outputs[0, :, :, 0], [[1, 1, 2, 2], [3, 3, 4, 4]])
    grad_image = layer.backward(np.arange(8).reshape(1, 2, 4, 1), cache)
    np.testing.assert_array_equal(grad_image[0, :, :, 0], [[0 + 1, 2 + 3], [4 + 5, 6 + 7]])


def test_bilinear():
    """The centres of the four columns are at 0.25, 0.75, 1.25, 1.75 of the two; those of the two at ½, 1½."""
    layer = UpSampling2D((1, 2), interpolation="bilinear")
    outputs, cache = layer.forward(np.array([0, 8]).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(outputs.ravel(), [0, 2, 6, 8])
    grad_image = layer.backward(np.array([1, 10, 100, 1000]).reshape(1, 1, 4, 1), cache)
    np.testing.assert_array_equal(grad_image.ravel(), [1 + 7.5 + 25, 2.5 + 75 + 1000])


@pytest.mark.parametrize("case", CASES)
def test_an_image_of_one_colour_stays_so(case):
    outputs = UpSampling2D(**CASES[case])(np.full((1, 3, 4, 1), 0.5))
    np.testing.assert_allclose(outputs, 0.5, rtol=1e-6)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(UpSampling2D(**CASES[case]), (2, 3, 4, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        UpSampling2D((2, 3), interpolation="bilinear", data_format="channels_first"),
        (2, 2, 5, 4),
        training=(False,),
    )


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A gradient is a sum over two axes, of as many terms as output pixels: at most 15 and 12."""
    layer = UpSampling2D(**CASES[case], dtype=dtype)

    def define(inputs, upstream):
        return up_sampling2d(inputs, layer.size, layer.interpolation), up_sampling2d_gradient(
            inputs, upstream, layer.size, layer.interpolation
        )

    check_definition(layer, (2, 3, 4, 2), define, 27 * epsilon)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(size=0), ValueError, r"`size` argument .*Received: size=0"),
        (dict(size=(1, 2, 3)), ValueError, r"tuple of 2 integers.*Received: size=\(1, 2, 3\)"),
        (
            dict(interpolation="cubic"),
            ValueError,
            r"`interpolation`. Expected one of .*interpolation='cubic'",
        ),
        (dict(interpolation=2), ValueError, r"Received: interpolation=2"),
        (dict(data_format="NHWC"), ValueError, r"'channels_last', 'channels_first'. Received: .*'NHWC'"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        UpSampling2D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 4), r"'mine' is incompatible.*expected ndim=4, found ndim=3"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        UpSampling2D(name="mine")(np.zeros(shape))
