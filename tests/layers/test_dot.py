"""Dot: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Dot
from cnn_scratch.reference.dot import dot, dot_gradient
from tests.contract import check_layer
from tests.several import some_inputs

CASES = {  # axes; the same counted from the front, for the reference; shapes
    "vectors": (1, (1, 1), [(3, 4), (3, 4)]),
    "last axes": (-1, (2, 1), [(3, 2, 4), (3, 4)]),
    "matrices": ((2, 1), (2, 1), [(3, 2, 4), (3, 4, 5)]),
    "matrices, other axes": ((1, 2), (1, 2), [(3, 4, 2), (3, 5, 4)]),
    "five axes": ((2, -1), (2, 3), [(2, 3, 4, 2), (2, 1, 3, 4)]),
    "a middle axis": ((1, 2), (1, 2), [(2, 3, 2, 2), (2, 4, 3, 5)]),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axes", "input_shapes", "expected"),
    [
        (1, [(2, 3), (2, 3)], (2, 1)),
        (-1, [(2, 4, 3), (2, 3)], (2, 4)),
        ((1, 2), [(2, 3), (2, 4, 3)], (2, 4)),
        ((2, 2), [(None, 7, 3), (None, 4, 3, 5)], (None, 7, 4, 5)),
        ((1, 3), [(2, 3, 7, 8), (None, 4, 5, 3)], (2, 7, 8, 4, 5)),
        ((-1, -2), [(2, None, 3), (2, 3, 5)], (2, None, 5)),
        (1, [(2, None), (2, 3)], (2, 1)),
    ],
)
def test_output_shape(axes, input_shapes, expected):
    assert Dot(axes).compute_output_shape(input_shapes) == expected


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = Dot(axes=(2, 1))
    x, y = np.array([[[1, 2], [3, 4]]]), np.array([[5, 6]])
    outputs, cache = layer.forward([x, y])
    np.testing.assert_array_equal(outputs, [[1 * 5 + 2 * 6, 3 * 5 + 4 * 6]])
    grads = layer.backward(np.array([[1, 10]]), cache)
    np.testing.assert_array_equal(grads[0], [[[5, 6], [50, 60]]])
    np.testing.assert_array_equal(grads[1], [[1 * 1 + 10 * 3, 1 * 2 + 10 * 4]])


def test_the_cosine_of_an_angle():
    """(3, 4) and (8, 6) have the lengths 5 and 10, and their product is 48."""
    layer = Dot(axes=1, normalize=True, dtype="float64")
    outputs, cache = layer.forward([np.array([[3, 4]]), np.array([[8, 6]])])
    np.testing.assert_allclose(outputs, [[0.96]], rtol=1e-15)
    grad_x, grad_y = layer.backward(np.array([[1.0]]), cache)
    # (0.8, 0.6) less its part along (0.6, 0.8) is (0.224, −0.168), divided by the length 5; and so on
    np.testing.assert_allclose(grad_x, [[0.0448, -0.0336]], rtol=1e-14)
    np.testing.assert_allclose(grad_y, [[-0.0168, 0.0224]], rtol=1e-14)


def test_a_vector_of_zeros_is_divided_by_epsilon():
    layer = Dot(axes=1, normalize=True, dtype="float64")
    outputs, cache = layer.forward([np.zeros((1, 2)), np.array([[3, 4]])])
    np.testing.assert_array_equal(outputs, [[0]])
    grad_x, grad_y = layer.backward(np.array([[1.0]]), cache)
    np.testing.assert_allclose(grad_x, [[0.6e7, 0.8e7]], rtol=1e-14)
    np.testing.assert_array_equal(grad_y, [[0, 0]])


def test_as_a_function():
    outputs = layers.dot([np.array([[1, 2]]), np.array([[3, 4]])], axes=1)
    np.testing.assert_array_equal(outputs, [[11]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_contract(case, normalize):
    axes, _, shapes = CASES[case]
    check_layer(Dot(axes, normalize), shapes, training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("dtype", "epsilon"), [("float64", 2**-53), ("float32", 2**-24)])
def test_equals_reference(case, normalize, dtype, epsilon):
    """A sum has at most 10 terms, each of them of two or three factors."""
    axes, from_front, shapes = CASES[case]
    inputs = some_inputs(shapes, dtype)
    layer = Dot(axes, normalize, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact = [array.astype("float64") for array in inputs]
    expected = dot(exact, from_front, normalize)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=20 * epsilon * np.abs(expected).max())
    (upstream,) = some_inputs([outputs.shape], dtype, seed=8)
    expected = dot_gradient(exact, upstream.astype("float64"), from_front, normalize)
    for grad, one in zip(layer.backward(upstream, cache), expected, strict=True):
        np.testing.assert_allclose(grad, one, rtol=0, atol=30 * epsilon * np.abs(one).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        ("a", TypeError, r"Invalid type for argument `axes`.*Received: axes='a'"),
        (1.5, TypeError, r"Invalid type for argument `axes`.*Received: axes=1.5"),
        ((1, 2, 3), ValueError, r"it should contain two integers. Received: axes=\(1, 2, 3\)"),
        ((1, "b"), ValueError, r"it should contain two integers. Received: axes=\(1, 'b'\)"),
    ],
)
def test_rejects_axes(axes, error, message):
    with pytest.raises(error, match=message):
        Dot(axes)


@pytest.mark.parametrize(
    ("axes", "input_shapes", "message"),
    [
        (1, [(2, 3)], r"`Dot` layer should be called on a list of exactly 2 inputs. .*\[\(2, 3\)\]"),
        (1, [(2, 3), (2, 4)], r"in layer 'dots'.*the same size along axes 1 and 1. .*\(2, 3\), \(2, 4\)"),
        (1, [(2, 3), (3, 3)], r"expected the same batch size"),
        (1, [(2, 3), (2,)], r"expected min_ndim=2, found ndim=1"),
        (0, [(2, 3), (2, 3)], r"'dots' cannot sum over axes 0: .*not the batch \(axis 0\)"),
        ((1, 2), [(2, 3), (2, 3)], r"cannot sum over axes \(1, 2\): expected axes that the inputs have"),
        (-2, [(2, 3), (2, 3)], r"cannot sum over axes -2"),
    ],
)
def test_rejects_shapes(axes, input_shapes, message):
    with pytest.raises(ValueError, match=message):
        Dot(axes, name="dots").compute_output_shape(input_shapes)
