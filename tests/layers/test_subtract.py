"""Subtract: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Subtract
from cnn_scratch.reference.subtract import subtract, subtract_gradient
from tests.contract import check_layer
from tests.several import SHAPES_TO_MERGE, some_inputs

CASES = {name: shapes for name, shapes in SHAPES_TO_MERGE.items() if len(shapes) == 2}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shapes", "expected"),
    [
        ([(2, 3), (2, 3)], (2, 3)),
        ([(None, 4, 1), (5, 1, 3)], (5, 4, 3)),
        ([(2, None, 3), (2, 4, 3)], (2, None, 3)),
        ([(2, 3), (2, 4, 3)], (2, 4, 3)),
        ([(2,), (2, 3, 4)], (2, 3, 4)),
    ],
)
def test_output_shape(input_shapes, expected):
    assert Subtract().compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    inputs = [np.array([[[1, 2], [3, 4]]]), np.array([[10, 20]])]
    outputs, cache = Subtract().forward(inputs)
    np.testing.assert_array_equal(outputs, [[[-9, -18], [-7, -16]]])
    grads = Subtract().backward(np.array([[[1, 2], [3, 5]]]), cache)
    np.testing.assert_array_equal(grads[0], [[[1, 2], [3, 5]]])
    np.testing.assert_array_equal(grads[1], [[-4, -7]])


def test_as_a_function():
    inputs = some_inputs([(2, 3), (2, 3)])
    np.testing.assert_array_equal(layers.subtract(inputs, dtype="float64"), subtract(inputs))


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    check_layer(Subtract(), CASES[case], training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, dtype, epsilon):
    """An output has three terms or factors at most; a gradient is a sum over 16 places at most."""
    inputs = some_inputs(CASES[case], dtype)
    layer = Subtract(dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact = [array.astype("float64") for array in inputs]
    expected = subtract(exact)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=4 * epsilon * np.abs(expected).max())
    (upstream,) = some_inputs([outputs.shape], dtype, seed=8)
    expected = subtract_gradient(exact, upstream.astype("float64"))
    for grad, one in zip(layer.backward(upstream, cache), expected, strict=True):
        np.testing.assert_allclose(grad, one, rtol=0, atol=20 * epsilon * np.abs(one).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("input_shapes", "message"),
    [
        ([], r"`Subtract` layer should be called on a list of exactly 2 inputs. Received: input_shape=\[\]"),
        ((2, 3), r"a list of exactly 2 inputs. Received: input_shape=\(2, 3\)"),
        ([(2, 3)] * 3, r"exactly 2 inputs. Received: input_shape=\[(\(2, 3\)(, )?){3}\]"),
        ([(2, 3), (3, 3)], r"'merge' cannot merge inputs with different batch sizes. .*\(2, 3\), \(3, 3\)"),
        ([(2, 3), (1, 3)], r"different batch sizes"),
        ([(2, 3), (2, 4)], r"'merge' have incompatible shapes.*Received: shapes \[\(2, 3\), \(2, 4\)\]"),
        ([(2, 3), (2, 3, 4)], r"incompatible shapes"),
        ([(2, 3), ()], r"expected min_ndim=1, found ndim=0"),
    ],
)
def test_rejects_shapes(input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Subtract(name="merge").compute_output_shape(input_shapes)


def test_rejects_an_array():
    with pytest.raises(ValueError, match=r"list of inputs"):
        Subtract()(np.ones((2, 3)))
