"""MaxPooling1D: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import MaxPooling1D
from cnn_scratch.reference.max_pooling1d import max_pooling1d, max_pooling1d_gradient
from cnn_scratch.shapes import Window
from tests.contract import check_layer

CASES = {
    "plain": dict(pool_size=2),
    "same, strides 2": dict(pool_size=3, strides=2, padding="same"),
    "strides > pool": dict(pool_size=1, strides=3),
    "overlap": dict(pool_size=3, strides=1),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(pool_size=2), (2, 5, 7), (2, 2, 7)),
        (dict(pool_size=3, strides=2, padding="same"), (None, 5, 7), (None, 3, 7)),
        (dict(pool_size=(2,), strides=(1,)), (None, None, 7), (None, None, 7)),
        (dict(pool_size=2, data_format="channels_first"), (2, 7, 5), (2, 7, 2)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert MaxPooling1D(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = MaxPooling1D(2)
    outputs, cache = layer.forward(np.array([1, 3, 4, 2]).reshape(1, 4, 1))
    np.testing.assert_array_equal(outputs.ravel(), [3, 4])
    np.testing.assert_array_equal(
        layer.backward(np.array([5, 7]).reshape(1, 2, 1), cache).ravel(), [0, 5, 7, 0]
    )


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(MaxPooling1D(**CASES[case]), (3, 5, 2), training=(False,))


def test_contract_of_channels_first():
    check_layer(
        MaxPooling1D(3, strides=2, padding="same", data_format="channels_first"), (2, 3, 5), training=(False,)
    )


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A gradient is a sum over at most 3 windows."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(3, 6, 2)).astype(dtype)
    layer = MaxPooling1D(**CASES[case], dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact = inputs.astype("float64")
    expected = max_pooling1d(exact, Window((*layer.pool_size, 1), (*layer.strides, 1), layer.padding))
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=3 * epsilon * np.abs(exact).max())
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = max_pooling1d_gradient(
        exact, upstream.astype("float64"), Window((*layer.pool_size, 1), (*layer.strides, 1), layer.padding)
    )
    grad_inputs = layer.backward(upstream, cache)
    np.testing.assert_allclose(grad_inputs, expected, rtol=0, atol=3 * epsilon * np.abs(expected).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(pool_size=0), ValueError, r"`pool_size` argument .*Received: pool_size=0"),
        (dict(pool_size=(2, 2)), ValueError, r"tuple of 1 integers.*Received: pool_size=\(2, 2\)"),
        (dict(pool_size=2, strides=0), ValueError, r"`strides` argument .*Received: strides=0"),
        (
            dict(pool_size=2, padding="causal"),
            ValueError,
            r"one of 'valid', 'same'. Received: padding='causal'",
        ),
        (
            dict(pool_size=2, data_format="NHWC"),
            ValueError,
            r"'channels_last', 'channels_first'. Received: .*'NHWC'",
        ),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        MaxPooling1D(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3), r"'mine' is incompatible.*expected ndim=3, found ndim=2"),
        ((1, 2, 1), r"'mine'.*\(2 − 3\) // 3 \+ 1 = 0"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        MaxPooling1D(3, name="mine")(np.zeros(shape))
