"""RepeatVector: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import RepeatVector
from cnn_scratch.reference.repeat_vector import repeat_vector, repeat_vector_gradient
from tests.contract import check_layer

CASES = {"once": dict(n=1), "three times": dict(n=3)}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "input_shape", "expected"),
    [
        (dict(n=3), (2, 5), (2, 3, 5)),
        (dict(n=1), (None, None), (None, 1, None)),
    ],
)
def test_output_shape(options, input_shape, expected):
    assert RepeatVector(**options).compute_output_shape(input_shape) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = RepeatVector(3)
    outputs, cache = layer.forward(np.array([[1, 2]]))
    np.testing.assert_array_equal(outputs, [[[1, 2], [1, 2], [1, 2]]])
    np.testing.assert_array_equal(layer.backward(np.array([[[1, 2], [3, 4], [5, 6]]]), cache), [[9, 12]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(RepeatVector(**CASES[case]), (2, 4), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """A gradient is a sum of three."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(3, 4)).astype(dtype)
    layer = RepeatVector(**CASES[case], dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact = inputs.astype("float64")
    expected = repeat_vector(exact, layer.n)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=3 * epsilon * np.abs(exact).max())
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    expected = repeat_vector_gradient(exact, upstream.astype("float64"), layer.n)
    grad_inputs = layer.backward(upstream, cache)
    np.testing.assert_allclose(grad_inputs, expected, rtol=0, atol=3 * epsilon * np.abs(expected).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (dict(n=0), ValueError, r"`n` should be a positive integer. Received: n=0"),
        (dict(n=1.5), TypeError, r"Expected an integer value for `n`. Received: n=1.5"),
        (dict(n=True), TypeError, r"Received: n=True"),
    ],
)
def test_rejects_arguments(options, error, message):
    with pytest.raises(error, match=message):
        RepeatVector(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 4), r"'mine' is incompatible.*expected ndim=2, found ndim=3"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        RepeatVector(2, name="mine")(np.zeros(shape))
