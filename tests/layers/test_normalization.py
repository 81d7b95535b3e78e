"""Normalization: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Normalization
from cnn_scratch.reference.normalization import normalization, normalization_gradient
from tests.contract import check_layer

CASES = {
    "adapted": ({}, (3, 4, 5, 2)),
    "axis 1": (dict(axis=1), (3, 4, 5, 2)),
    "two axes": (dict(axis=(1, -1), invert=True), (3, 4, 5)),
    "one number for all": (dict(axis=None), (3, 4)),
    "given": (dict(mean=[1.0, -2.0], variance=[0.5, 3.0]), (3, 4, 2)),
    "given, inverted": (dict(mean=0.5, variance=4.0, invert=True), (3, 2)),
    "given for all": (dict(axis=None, mean=0.5, variance=4), (3, 2)),
    "given for two axes": (dict(axis=(1, 2), mean=[[1.0], [2.0]], variance=[[1.0], [2.0]]), (3, 2, 4)),
}


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "shape"), [(-1, (None, 7)), (None, (None, None)), ((1, 3), (None, 3, None, 5)), (2, (2, 3, 4))]
)
def test_output_shape(axis, shape):
    assert Normalization(axis).compute_output_shape(shape) == shape


def test_weights_are_those_of_keras():
    layer = Normalization(axis=(3, 1))
    layer.build((None, 2, 3, 4))
    assert [(w.name, w.shape, w.dtype) for w in layer.weights] == [
        ("mean", (2, 4), "float32"),
        ("variance", (2, 4), "float32"),
        ("count", (), "int64"),
    ]
    assert layer.trainable_weights == []
    layer = Normalization(mean=1, variance=2)
    layer.build((None, 4))
    assert layer.weights == []
    np.testing.assert_array_equal(layer.mean, np.ones(4))
    np.testing.assert_array_equal(layer.variance, 2 * np.ones(4))


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    """0 and 2: mean 1, variance 1. 10 and 14: mean 12, variance 4."""
    layer = Normalization()
    layer.adapt(np.array([[0, 10], [2, 14]]))
    outputs, cache = layer.forward(np.array([[0, 10], [3, 12]]))
    np.testing.assert_array_equal(outputs, [[-1, -1], [2, 0]])
    np.testing.assert_array_equal(layer.backward(np.array([[1, 1], [2, 3]]), cache), [[1, 0.5], [2, 1.5]])
    back = Normalization(mean=layer.mean, variance=layer.variance, invert=True)
    np.testing.assert_array_equal(back(outputs), [[0, 10], [3, 12]])


def test_a_constant_feature_is_divided_by_the_smallest_standard_deviation():
    layer = Normalization(mean=[3.0], variance=[0.0], dtype="float64")
    np.testing.assert_allclose(layer(np.array([[3.0], [4.0]])), [[0], [1e7]], rtol=1e-12)


@pytest.mark.parametrize("axis", [-1, None, (1, 2)])
def test_adapt_to_batches_is_adapt_to_all(axis):
    data = np.random.default_rng(0).normal(5, 2, (10, 3, 4)).astype("float32")
    whole, parts, tuples = (Normalization(axis, dtype="float64") for _ in range(3))
    whole.adapt(data)
    parts.adapt([data[:3], data[3:4], data[4:4], data[4:]])
    tuples.adapt((batch, "labels") for batch in (data[:8], data[8:]))
    axes = {-1: (0, 1), None: (0, 1, 2), (1, 2): 0}[axis]
    for layer in (whole, parts, tuples):
        np.testing.assert_allclose(layer.mean, data.mean(axes, dtype=float), rtol=1e-14)
        np.testing.assert_allclose(layer.variance, data.var(axes, dtype=float), rtol=1e-13)


def test_adapt_begins_anew():
    layer = Normalization()
    layer.adapt(np.array([[100.0], [300.0]]))
    layer.adapt(np.array([[0.0], [2.0]]))
    np.testing.assert_array_equal(layer.get_weights()[:2], [[1], [1]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_contract(case):
    options, shape = CASES[case]
    check_layer(Normalization(**options), shape, training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("axis", [-1, 1, None, (3, 1)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 8 * 2**-24)])
def test_equals_reference(axis, invert, dtype, tolerance):
    """A root, a difference and a quotient, each rounded once."""
    rng = np.random.default_rng(7)
    inputs, upstream = rng.normal(size=(2, 3, 4, 5, 6)).astype(dtype)
    layer = Normalization(axis, invert=invert, dtype=dtype)
    layer.build(inputs.shape)
    layer.set_weights([rng.normal(size=layer.mean.shape), rng.uniform(0.5, 3, layer.mean.shape), 0])
    outputs, cache = layer.forward(inputs)
    kept = [n % 4 for n in layer.axis]
    mean, variance = (
        np.asarray(w, "float64").reshape([n if axis in kept else 1 for axis, n in enumerate(inputs.shape)])
        for w in layer.get_weights()[:2]
    )
    expected = normalization(inputs.astype("float64"), mean, variance, invert)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    expected = normalization_gradient(upstream.astype("float64"), variance, invert)
    np.testing.assert_allclose(layer.backward(upstream, cache), expected, rtol=tolerance)


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(axis=0.5), r"`axis` argument must be an integer, a tuple .*or None. Received: axis=0.5"),
        (dict(mean=1.0), r"both `mean` and `variance` must be set.*Received: mean=1.0 and variance=None"),
        (dict(variance=1.0), r"both `mean` and `variance` must be set.*mean=None and variance=1.0"),
        (dict(mean=[1.0], variance=1.0), r"the same shape. Received: mean=\[1.0\] and variance=1.0"),
        (dict(mean=[[1.0]], variance=[[1.0]]), r"number of axes \(1\). Received: mean of shape \(1, 1\)"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Normalization(**options)


def test_rejects_inputs():
    with pytest.raises(
        ValueError, match=r"'norm' must be in the range \[-ndim, ndim\).*ndim=2, while axis=\(2,"
    ):
        Normalization(2, name="norm")(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"'norm'.*known sizes along the axes \(-1,\).*shape \(2, None\)"):
        Normalization(name="norm").compute_output_shape((2, None))
    with pytest.raises(ValueError, match=r"'norm' must broadcast .*\(3,\). Received: shape \(2,\)"):
        Normalization(mean=[1, 2], variance=[1, 2], name="norm")(np.zeros((2, 3)))
    layer = Normalization(name="norm")
    layer(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"'norm' is incompatible.*sizes \(3,\).*Received: shape \(2, 4\)"):
        layer(np.zeros((2, 4)))


def test_adapt_rejects():
    with pytest.raises(ValueError, match=r"'norm' has a mean .*Expected: a layer without. Received: mean=1"):
        Normalization(mean=1, variance=1, name="norm").adapt(np.zeros((2, 3)))
    for data in ([], [np.zeros((0, 3))], np.zeros((0, 3))):
        with pytest.raises(ValueError, match=r"'norm' expected at least one batch. Received: no data"):
            Normalization(name="norm").adapt(data)
    layer = Normalization(name="norm")
    with pytest.raises(ValueError, match=r"sizes \(3,\) along the axes \(-1,\). Received: shape \(2, 4\)"):
        layer.adapt([np.ones((2, 3)), np.ones((2, 4))])
    np.testing.assert_array_equal(layer.mean, np.zeros(3))  # nothing is half done
