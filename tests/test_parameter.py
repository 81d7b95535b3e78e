"""Gradients that are set to zero: the zeros are written when somebody asks for them, or never."""

import numpy as np

from cnn_scratch import layers
from cnn_scratch.parameter import FlatParameters, Parameter


def two_parameters():
    """Return two parameters in one buffer, and the buffer, with gradients of one step."""
    flat = FlatParameters([Parameter(np.ones((2, 3)), "kernel"), Parameter(np.ones(3), "bias")])
    for parameter in flat.parameters:
        parameter.grad += 7
    return *flat.parameters, flat


def test_a_zeroed_gradient_is_zero_and_is_added_to():
    kernel, bias, flat = two_parameters()
    memory = kernel.grad
    flat.zero_grads()
    kernel.grad += 2
    np.testing.assert_array_equal(kernel.grad, np.full((2, 3), 2))
    np.testing.assert_array_equal(bias.grad, np.zeros(3))
    assert kernel.grad is memory
    assert np.shares_memory(memory, flat.grads)


def test_all_gradients_are_zero_where_nobody_added():
    _, bias, flat = two_parameters()
    flat.zero_grads()
    bias.grad += 2
    np.testing.assert_array_equal(flat.views(flat.grads)[0], np.zeros((2, 3)))
    np.testing.assert_array_equal(flat.views(flat.grads)[1], np.full(3, 2))


def test_only_the_first_one_writes_and_those_behind_it_add():
    kernel, _, flat = two_parameters()
    assert kernel.grad_or_memory()[1]
    flat.zero_grads()
    memory, adds = kernel.grad_or_memory()
    assert not adds
    memory[:] = 3
    again, adds = kernel.grad_or_memory()
    assert adds
    again += 1
    np.testing.assert_array_equal(flat.views(flat.grads)[0], np.full((2, 3), 4))


def test_a_parameter_without_a_gradient_yet_stays_without_memory_for_it():
    parameter = Parameter(np.ones(3), "bias")
    parameter.zero_grad()
    assert parameter._grad is None
    memory, adds = parameter.grad_or_memory()
    assert adds
    np.testing.assert_array_equal(memory, np.zeros(3))


def test_a_gradient_that_is_set_counts():
    kernel, _, flat = two_parameters()
    flat.zero_grads()
    kernel.grad = np.full((2, 3), 5.0)
    np.testing.assert_array_equal(kernel.grad, np.full((2, 3), 5))


def test_a_layer_used_twice_in_a_step_adds_both_gradients_and_none_of_the_step_before():
    rng = np.random.default_rng(0)
    inputs, upstream = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 4, 5))
    layer = layers.Dense(5, dtype="float64")
    layer.build((None, 3))
    flat = FlatParameters(layer.trainable_weights)
    for _ in range(2):
        flat.zero_grads()
        for x, g in zip(inputs, upstream, strict=True):
            layer.backward(g, layer.forward(x)[1])
    expected = sum(x.T @ g for x, g in zip(inputs, upstream, strict=True))
    np.testing.assert_allclose(layer.kernel.grad, expected, rtol=0, atol=1e-14)
    np.testing.assert_allclose(layer.bias.grad, upstream.sum(axis=(0, 1)), rtol=0, atol=1e-14)
