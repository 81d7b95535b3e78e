"""PReLU: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import PReLU
from cnn_scratch.reference.p_re_lu import p_re_lu, p_re_lu_gradients
from tests.contract import check_layer

SHARED_AXES = [None, [1, 2], [1], [2, 3], 3, [1, 2, 3]]


# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (None, None, None, 5)])
def test_output_shape(shape):
    assert PReLU(shared_axes=[1, 2]).compute_output_shape(shape) == shape


@pytest.mark.parametrize(
    ("shared_axes", "expected"), [(None, (4, 5, 2)), ([1, 2], (1, 1, 2)), (2, (4, 1, 2)), ([3, 1], (1, 5, 1))]
)
def test_shape_of_alpha(shared_axes, expected):
    layer = PReLU(shared_axes=shared_axes)
    layer.build((None, 4, 5, 2))
    assert layer.alpha.shape == expected
    assert not layer.alpha.value.any()


# Worked example -------------------------------------------------------------------------------


def test_worked_example():
    layer = PReLU()
    layer.build((None, 2))
    layer.set_weights([[0.5, 3]])
    outputs, cache = layer.forward(np.array([[-4, 5], [-2, -1]]))
    np.testing.assert_array_equal(outputs, [[-2, 5], [-1, -3]])
    grad_inputs = layer.backward(np.array([[1, 10], [2, 20]]), cache)
    np.testing.assert_array_equal(grad_inputs, [[0.5, 10], [1, 60]])
    np.testing.assert_array_equal(layer.alpha.grad, [1 * -4 + 2 * -2, 20 * -1])


def test_slope_at_zero_is_zero():
    layer = PReLU("ones")
    _, cache = layer.forward(np.zeros((1, 1)))
    np.testing.assert_array_equal(layer.backward(np.ones((1, 1)), cache), [[0]])


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared_axes", SHARED_AXES)
def test_contract(shared_axes):
    check_layer(PReLU(shared_axes=shared_axes), (3, 2, 4, 2), training=(False,))


def test_contract_of_rows():
    check_layer(PReLU("he_normal", alpha_regularizer="l2"), (20, 3), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared_axes", SHARED_AXES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-14), ("float32", 400 * 2**-24)])
def test_equals_reference(shared_axes, dtype, tolerance):
    """More samples than pieces; the longest sum has 19·4·5·3 terms of both signs."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(19, 4, 5, 3)).astype(dtype)
    layer = PReLU("random_normal", shared_axes=shared_axes, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    exact, alpha = inputs.astype("float64"), layer.alpha.numpy().astype("float64")
    np.testing.assert_allclose(outputs, p_re_lu(exact, alpha), rtol=tolerance)
    upstream = rng.normal(size=outputs.shape).astype(dtype)
    grad_inputs = layer.backward(upstream, cache)
    expected = p_re_lu_gradients(exact, alpha, upstream.astype("float64"))
    for ours, theirs in zip((grad_inputs, layer.alpha.grad), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max())


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(shared_axes=0), r"integers >= 1 \(axis 0 is the batch\). Received: shared_axes=0"),
        (dict(shared_axes=[1, -1]), r"integers >= 1.*Received: shared_axes=\[1, -1\]"),
        (dict(shared_axes="1"), r"integers >= 1.*Received: shared_axes='1'"),
        (dict(alpha_constraint="evil"), r"Unknown constraint: 'evil'"),
        (dict(alpha_initializer="onse"), r"Unknown initializer: .onse"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        PReLU(**options)


def test_rejects_inputs():
    with pytest.raises(ValueError, match=r"'slope' is incompatible.*expected min_ndim=3, found ndim=2"):
        PReLU(shared_axes=2, name="slope")(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"expected axis 1 to have a known size.*\(None, None, 3\)"):
        PReLU().compute_output_shape((None, None, 3))
    layer = PReLU(shared_axes=1, name="slope")
    layer(np.zeros((2, 5, 3)))
    layer(np.zeros((2, 9, 3)))
    with pytest.raises(ValueError, match=r"'slope'.*expected axis 2 to have size 3.*\(2, 5, 4\)"):
        layer(np.zeros((2, 5, 4)))
    with pytest.raises(ValueError, match=r"'slope'.*expected ndim=3, found ndim=4"):
        layer(np.zeros((2, 5, 3, 1)))
