"""What every layer must keep, whatever it computes: one call per layer and option in its test file."""

import json

import numpy as np
import pytest

from cnn_scratch.symbolic import SymbolicTensor
from cnn_scratch.testing import check_gradients
from tests.several import as_list, each, shape_of
from tests.threads import assert_same_bits_for_any_number_of_threads


def check_layer(layer, input_shape, training=(False, True), inputs=None, gradients=True):
    """Check the contract of ``cnn_scratch/layers/layer.py`` for ``layer``, in float32 and float64.

    Args:
        layer: not built yet; it is copied through its config, so the config is tested too.
        input_shape: with the batch size first; a list of shapes for a layer with several inputs.
        training: the modes to check.
        inputs: data to use instead of standard normal numbers.
        gradients: whether the layer has a derivative to compare with finite differences.
    """
    rng = np.random.default_rng(11)
    if inputs is None:
        data = each(lambda shape: rng.normal(size=shape), input_shape)
    else:
        data = each(lambda array: np.asarray(array, np.float64), inputs)
    check_config(layer)
    for mode in training:
        for dtype in ("float32", "float64"):
            check_shapes_and_dtypes(copy_of(layer, dtype), astype(data, dtype), mode)
            check_nothing_is_mutated(copy_of(layer, dtype), astype(data, dtype), mode)
        twin = copy_of(layer, "float64")
        check_gradients_accumulate(twin, data, mode)
        check_no_hidden_state(copy_of(layer, "float64"), data, mode)
        check_threads(copy_of(layer, "float32"), astype(data, "float32"), mode)
        check_empty_batch(copy_of(layer, "float32"), astype(first_samples(data, 0), "float32"), mode)
        if gradients:
            check_gradients(copy_of(layer, "float64"), data, training=mode)
    check_input_kinds(copy_of(layer, "float32"), data)
    check_inference_leaves_state(copy_of(layer, "float32"), data)
    check_weights(copy_of(layer, "float32"), data)


def copy_of(layer, dtype):
    """Return a new layer from the config of ``layer``, computing in ``dtype``."""
    return type(layer).from_config(layer.get_config() | {"dtype": dtype})


def astype(data, dtype):
    return each(lambda array: array.astype(dtype), data)


def first_samples(data, number):
    return each(lambda array: array[:number], data)


def unknown_batch(data):
    """Return the shape, or shapes, of the data with ``None`` for the batch size."""
    return each(lambda array: (None, *array.shape[1:]), data)


def assert_equal(one, other):
    """Compare two arrays, or two lists of arrays, to the bit."""
    for a, b in zip(as_list(one), as_list(other), strict=True):
        np.testing.assert_array_equal(a, b)


def randomize(layer, seed=5):
    """Give every weight a random positive value, so that no zero or one hides a mistake."""
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.uniform(0.3, 1.2, w.shape) for w in layer.weights])


def built(layer, data):
    layer.build_once(shape_of(data))
    randomize(layer)
    return layer


def state_of(layer):
    return [variable.value.copy() for variable in layer.variables]


def restore(layer, state):
    for variable, value in zip(layer.variables, state, strict=True):
        variable.value[...] = value


def run(layer, data, mode, upstream):
    """Return outputs, input gradient and parameter gradients of one pass from zeroed gradients."""
    outputs, cache = layer.forward(data, training=mode)
    for p in layer.trainable_weights:
        p.grad[...] = 0
    grad_inputs = layer.backward(upstream, cache)
    return outputs, grad_inputs, [p.grad.copy() for p in layer.trainable_weights]


def check_config(layer):
    config = layer.get_config()
    again = type(layer).from_config(json.loads(json.dumps(config))).get_config()
    assert json.dumps(again, sort_keys=True) == json.dumps(config, sort_keys=True)
    # An option that the config leaves out, or changes, does not come back.
    plain = (bool, int, float, str, tuple, type(None))
    options = {key: value for key, value in vars(layer).items() if isinstance(value, plain) and key[0] != "_"}
    twin = type(layer).from_config(config)
    assert {key: getattr(twin, key) for key in options} == options


def check_shapes_and_dtypes(layer, data, mode):
    built(layer, data)
    outputs, cache = layer.forward(data, training=mode)
    assert outputs.shape == layer.compute_output_shape(shape_of(data))
    assert layer.compute_output_shape(unknown_batch(data)) == (None, *outputs.shape[1:])
    symbolic = layer(each(lambda array: SymbolicTensor((None, *array.shape[1:]), layer.dtype), data))
    assert (symbolic.shape, symbolic.dtype) == ((None, *outputs.shape[1:]), layer.dtype)
    dtype = as_list(data)[0].dtype
    assert outputs.dtype == layer.dtype == dtype
    upstream = np.random.default_rng(1).normal(size=outputs.shape).astype(dtype)
    grad_inputs = layer.backward(upstream, cache)
    assert isinstance(grad_inputs, list) == isinstance(data, list)
    for grad, array in zip(as_list(grad_inputs), as_list(data), strict=True):
        assert (grad.shape, grad.dtype) == (array.shape, dtype)
    for parameter in layer.trainable_weights:
        assert (parameter.grad.shape, parameter.grad.dtype) == (parameter.shape, dtype)
    for wrong in ((*outputs.shape, 2), (len(outputs) + 1, *outputs.shape[1:])):
        with pytest.raises(ValueError, match="must have the shape of its outputs"):
            layer.backward(np.zeros(wrong, dtype), cache)


def check_nothing_is_mutated(layer, data, mode):
    built(layer, data)
    inputs = each(np.copy, data)
    outputs, cache = layer.forward(inputs, training=mode)
    upstream = np.random.default_rng(2).normal(size=outputs.shape).astype(outputs.dtype)
    given = upstream.copy()
    kept = outputs.copy()
    layer.backward(given, cache)
    assert_equal(inputs, data)
    np.testing.assert_array_equal(given, upstream)
    np.testing.assert_array_equal(outputs, kept)


def check_gradients_accumulate(layer, data, mode):
    built(layer, data)
    outputs, cache = layer.forward(data, training=mode)
    upstream = np.random.default_rng(3).normal(size=outputs.shape)
    first_inputs = layer.backward(upstream, cache)
    first = [p.grad.copy() for p in layer.trainable_weights]
    second_inputs = layer.backward(upstream, cache)
    assert_equal(first_inputs, second_inputs)
    for parameter, once in zip(layer.trainable_weights, first, strict=True):
        np.testing.assert_array_equal(parameter.grad, once + once)
    for parameter in layer.trainable_weights:
        parameter.grad[...] = 0
    layer.backward_parameters(upstream, cache)
    for parameter, once in zip(layer.trainable_weights, first, strict=True):
        np.testing.assert_array_equal(parameter.grad, once)


def check_no_hidden_state(layer, data, mode):
    built(layer, data)
    rng = np.random.default_rng(4)
    other = each(lambda array: rng.normal(size=array.shape), data)
    start = state_of(layer)
    shape = layer.forward(data, training=mode)[0].shape
    upstream, upstream_other = rng.normal(size=shape), rng.normal(size=shape)
    restore(layer, start)
    _, alone, grads_alone = run(layer, data, mode, upstream)

    restore(layer, start)
    _, cache = layer.forward(data, training=mode)
    _, cache_other = layer.forward(other, training=mode)
    layer.backward(upstream_other, cache_other)
    for p in layer.trainable_weights:
        p.grad[...] = 0
    assert_equal(layer.backward(upstream, cache), alone)
    for parameter, expected in zip(layer.trainable_weights, grads_alone, strict=True):
        np.testing.assert_array_equal(parameter.grad, expected)


def check_threads(layer, data, mode):
    """The same bits for one thread and for all."""
    built(layer, data)
    start = state_of(layer)
    output_shape = layer.compute_output_shape(shape_of(data))
    upstream = np.random.default_rng(6).normal(size=output_shape).astype(layer.dtype)

    def one_pass():
        restore(layer, start)
        outputs, grad_inputs, grads = run(layer, data, mode, upstream)
        return [outputs, *as_list(grad_inputs), *grads, *state_of(layer)]

    assert_same_bits_for_any_number_of_threads(one_pass)


def check_empty_batch(layer, data, mode):
    built(layer, data)
    start = state_of(layer)
    outputs, cache = layer.forward(data, training=mode)
    assert outputs.shape == layer.compute_output_shape(shape_of(data))
    assert outputs.shape[0] == 0
    grad_inputs = layer.backward(np.zeros(outputs.shape, outputs.dtype), cache)
    assert shape_of(grad_inputs) == shape_of(data)
    for parameter in layer.trainable_weights:
        np.testing.assert_array_equal(parameter.grad, 0)
    assert all(np.isfinite(value).all() for value in state_of(layer))
    assert len(start) == len(layer.variables)


def strided(array):
    """Return the array as every other column of a larger one."""
    larger = np.zeros((*array.shape[:-1], array.shape[-1] * 2), np.float32)
    larger[..., ::2] = array
    return larger[..., ::2]


def read_only(array):
    array = array.astype(np.float32)
    array.flags.writeable = False
    return array


def check_input_kinds(layer, data):
    """Non-contiguous, read-only, float16, float64, big-endian and uint8 inputs give what plain ones give."""
    built(layer, data)
    small = each(lambda array: np.round(np.abs(array) * 4).astype(np.uint8), data)
    plain = layer(astype(small, np.float32), training=False)
    kinds = [small, *(astype(small, dtype) for dtype in (np.float16, np.float64, ">f4", np.int64))]
    kinds += [
        each(read_only, small),
        each(strided, small),
        each(np.asfortranarray, astype(small, np.float32)),
    ]
    for inputs in kinds:
        outputs = layer(inputs, training=False)
        assert outputs.dtype == layer.dtype
        np.testing.assert_array_equal(outputs, plain)
    with pytest.raises(ValueError, match="expected an array of numbers"):
        layer(each(lambda array: np.full(array.shape, "a"), data))


def check_inference_leaves_state(layer, data):
    built(layer, data)
    start = state_of(layer)
    layer(data, training=False)
    for before, after in zip(start, state_of(layer), strict=True):
        np.testing.assert_array_equal(before, after)


def check_weights(layer, data):
    built(layer, data)
    weights = layer.get_weights()
    assert [w.shape for w in weights] == [p.shape for p in layer.weights]
    layer.set_weights([w + 1 for w in weights])
    for parameter, expected in zip(layer.weights, weights, strict=True):
        np.testing.assert_array_equal(parameter.value, expected + 1)
    with pytest.raises(ValueError, match="weight list of length"):
        layer.set_weights([*weights, np.zeros(1)])
    if weights:
        kept = layer.get_weights()
        with pytest.raises(ValueError, match="expects shape"):
            layer.set_weights([*weights[:-1], np.zeros((*weights[-1].shape, 2))])
        for parameter, expected in zip(layer.weights, kept, strict=True):
            np.testing.assert_array_equal(parameter.value, expected)
    assert layer.count_params() == sum(w.size for w in weights)
