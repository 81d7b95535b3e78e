"""RReLU against PyTorch, because Keras has no such layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers.r_re_lu import RReLU
from tests.parity.compare import dtypes
from tests.parity.random_layers import forward_and_gradient

torch = pytest.importorskip("torch", reason="PyTorch is the only library here that has RReLU")

bounds = st.sampled_from([(1 / 8, 1 / 3), (0.0, 1.0), (0.25, 0.25), (-0.5, 2.0)])


def torch_forward_and_gradient(layer, inputs, upstream):
    tensor = torch.tensor(inputs, requires_grad=True)
    outputs = layer(tensor)
    outputs.backward(torch.tensor(upstream))
    return outputs.detach().numpy(), tensor.grad.numpy()


def data(seed, shape, dtype):
    inputs, upstream = np.random.default_rng(seed).normal(size=(2, *shape)).astype(dtype)
    inputs.flat[::5] = 0  # where the convention shows
    return inputs, upstream


def test_the_default_bounds_are_the_same():
    layer = torch.nn.RReLU()
    assert (RReLU().lower, RReLU().upper) == (layer.lower, layer.upper)


@given(shape=st.lists(st.integers(1, 6), min_size=1, max_size=4), bounds=bounds, dtype=dtypes)
def test_inference(shape, bounds, dtype):
    inputs, upstream = data(sum(shape), shape, dtype)
    layer = RReLU(*bounds, dtype=dtype)
    outputs, cache = layer.forward(inputs)
    expected, expected_grad = torch_forward_and_gradient(torch.nn.RReLU(*bounds).eval(), inputs, upstream)
    np.testing.assert_array_equal(outputs, expected)
    np.testing.assert_array_equal(layer.backward(upstream, cache), expected_grad)


@given(bounds=bounds, dtype=dtypes, seed=st.integers(0, 2**20))
def test_training(bounds, dtype, seed):
    """Positive numbers pass to the bit. The slopes, found from the outputs, are uniform between the bounds.

    Mean and variance of n uniform numbers have the standard errors w/√(12n) and w²/√(180n), with w the
    width; 5 of each are allowed, for both libraries. The gradient must have the slope of its output.
    """
    lower, upper = bounds
    torch.manual_seed(seed)
    inputs, upstream = data(seed, (100, 200), dtype)
    results = [
        forward_and_gradient(RReLU(lower, upper, seed=seed, dtype=dtype), inputs, upstream),
        torch_forward_and_gradient(torch.nn.RReLU(lower, upper).train(), inputs, upstream),
    ]
    negative, positive = inputs < 0, inputs > 0
    eps = np.finfo(dtype).eps
    for outputs, grad_inputs in results:
        np.testing.assert_array_equal(outputs[positive], inputs[positive])
        np.testing.assert_array_equal(grad_inputs[positive], upstream[positive])
        slopes = outputs[negative] / inputs[negative]
        # product and quotient are rounded once each
        np.testing.assert_allclose(grad_inputs[negative], upstream[negative] * slopes, rtol=4 * eps)
        assert lower - 4 * eps <= slopes.min()
        assert slopes.max() <= upper + 4 * eps
        width, n = upper - lower, slopes.size
        exact = slopes.astype("float64")
        assert abs(exact.mean() - (lower + upper) / 2) <= 5 * width / np.sqrt(12 * n) + eps
        assert abs(exact.var() - width**2 / 12) <= 5 * width**2 / np.sqrt(180 * n) + eps
    at_zero = inputs == 0
    for outputs, grad_inputs in results:
        # a gradient at 0 is multiplied by a slope as well, by both libraries
        ratio = grad_inputs[at_zero] / upstream[at_zero]
        assert lower - 4 * eps <= ratio.min()
        assert ratio.max() <= upper + 4 * eps
        np.testing.assert_array_equal(outputs[at_zero], 0)
