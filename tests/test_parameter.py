"""Gradients that are set to zero: the zeros are written when somebody asks for them, or never. Operators."""

import numpy as np
import pytest

from cnn_scratch import Input, Model, layers
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


OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "@": lambda a, b: a @ b,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operators_give_new_arrays(name):
    """``layer.kernel * 0.5`` stands in programs for Keras, whose variables have operators."""
    operation = OPERATIONS[name]
    value = np.arange(1, 10, dtype="float32").reshape(3, 3) / 8
    parameter, other = Parameter(value.copy(), "kernel"), np.eye(3, dtype="float32") + 1
    for one in (other, Parameter(other, "other"), 0.5, 2):
        if name == "@" and np.ndim(one) == 0:
            continue
        array = getattr(one, "value", one)
        for result, expected in (
            (operation(parameter, one), operation(value, array)),
            (operation(one, parameter), operation(array, value)),
        ):
            assert type(result) is np.ndarray
            assert result.dtype == "float32"
            np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(parameter.value, value)


def test_parts_signs_and_sums():
    value = np.array([[1.0, -2.0], [3.0, -4.0]])
    parameter = Parameter(value.copy(), "kernel")
    part = parameter[..., 0]
    part += 5
    np.testing.assert_array_equal(parameter[:, 0], [1, 3])
    np.testing.assert_array_equal(-parameter, -value)
    np.testing.assert_array_equal(abs(parameter), np.abs(value))
    kept = parameter.value
    parameter.assign_add(np.ones((2, 2)))
    parameter.assign_sub(0.5)
    np.testing.assert_array_equal(parameter.value, value + 0.5)
    assert parameter.value is kept
    with pytest.raises(ValueError, match=r"Expected: \(2, 2\). Received: \(3, 2, 2\)"):
        parameter.assign_add(np.ones((3, 2, 2)))


def test_a_parameter_is_equal_to_itself_only():
    parameter, twin = Parameter(np.ones(2), "bias"), Parameter(np.ones(2), "bias")
    assert parameter in [twin, layers.Dense(1), parameter]
    assert parameter not in [twin, layers.Dense(1)]
    assert (parameter == parameter, parameter == twin, parameter != twin) == (True, False, True)
    assert {parameter: 1, twin: 2}[parameter] == 1


def test_adding_in_place_makes_a_new_array():
    """As in Keras, where ``penalty = layer.kernel; penalty *= 0.5`` leaves the layer as it is."""
    parameter = changed = Parameter(np.ones(2), "bias")
    changed += 1
    assert type(changed) is np.ndarray
    np.testing.assert_array_equal(changed, [2, 2])
    np.testing.assert_array_equal(parameter.value, [1, 1])
    array = np.ones(2)
    array += parameter
    np.testing.assert_array_equal(array, [2, 2])


def test_a_parameter_in_a_graph_is_a_constant():
    parameter, inputs = Parameter(np.array([1.0, 2.0], "float32"), "scale"), Input((2,))
    model = Model(inputs, [inputs * parameter, parameter - inputs])
    scaled, difference = model.predict(np.array([[3.0, 5.0]]), verbose=0)
    np.testing.assert_array_equal(scaled, [[3, 10]])
    np.testing.assert_array_equal(difference, [[-2, -3]])
