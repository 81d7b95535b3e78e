"""What every layer must keep, whatever it computes: one call per layer and option in its test file."""

import json

import numpy as np
import pytest

from cnn_scratch.symbolic import SymbolicTensor
from cnn_scratch.testing import check_gradients
from tests.threads import assert_same_bits_for_any_number_of_threads


def check_layer(layer, input_shape, training=(False, True), inputs=None, gradients=True):
    """Check the contract of DESIGN for ``layer``, in float32 and float64.

    Args:
        layer: not built yet; it is copied through its config, so the config is tested too.
        input_shape: with the batch size first.
        training: the modes to check.
        inputs: data to use instead of standard normal numbers.
        gradients: whether the layer has a derivative to compare with finite differences.
    """
    rng = np.random.default_rng(11)
    data = rng.normal(size=input_shape) if inputs is None else np.asarray(inputs, np.float64)
    check_config(layer)
    for mode in training:
        for dtype in ("float32", "float64"):
            check_shapes_and_dtypes(copy_of(layer, dtype), data.astype(dtype), mode)
            check_nothing_is_mutated(copy_of(layer, dtype), data.astype(dtype), mode)
        twin = copy_of(layer, "float64")
        check_gradients_accumulate(twin, data, mode)
        check_no_hidden_state(copy_of(layer, "float64"), data, mode)
        check_threads(copy_of(layer, "float32"), data.astype("float32"), mode)
        check_empty_batch(copy_of(layer, "float32"), data.astype("float32")[:0], mode)
        if gradients:
            check_gradients(copy_of(layer, "float64"), data, training=mode)
    check_input_kinds(copy_of(layer, "float32"), data)
    check_inference_leaves_state(copy_of(layer, "float32"), data)
    check_weights(copy_of(layer, "float32"), data)


def copy_of(layer, dtype):
    """Return a new layer from the config of ``layer``, computing in ``dtype``."""
    return type(layer).from_config(layer.get_config() | {"dtype": dtype})


def randomize(layer, seed=5):
    """Give every weight a random positive value, so that no zero or one hides a mistake."""
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.uniform(0.3, 1.2, w.shape) for w in layer.weights])


def built(layer, data):
    layer.build_once(data.shape)
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
    assert outputs.shape == layer.compute_output_shape(data.shape)
    assert layer.compute_output_shape((None, *data.shape[1:])) == (None, *outputs.shape[1:])
    symbolic = layer(SymbolicTensor((None, *data.shape[1:]), layer.dtype))
    assert (symbolic.shape, symbolic.dtype) == ((None, *outputs.shape[1:]), layer.dtype)
    assert outputs.dtype == layer.dtype == data.dtype
    upstream = np.random.default_rng(1).normal(size=outputs.shape).astype(data.dtype)
    grad_inputs = layer.backward(upstream, cache)
    assert (grad_inputs.shape, grad_inputs.dtype) == (data.shape, data.dtype)
    for parameter in layer.trainable_weights:
        assert (parameter.grad.shape, parameter.grad.dtype) == (parameter.shape, data.dtype)
    for wrong in ((*outputs.shape, 2), (len(outputs) + 1, *outputs.shape[1:])):
        with pytest.raises(ValueError, match="must have the shape of its outputs"):
            layer.backward(np.zeros(wrong, data.dtype), cache)


def check_nothing_is_mutated(layer, data, mode):
    built(layer, data)
    inputs = data.copy()
    outputs, cache = layer.forward(inputs, training=mode)
    upstream = np.random.default_rng(2).normal(size=outputs.shape).astype(data.dtype)
    given = upstream.copy()
    kept = outputs.copy()
    layer.backward(given, cache)
    np.testing.assert_array_equal(inputs, data)
    np.testing.assert_array_equal(given, upstream)
    np.testing.assert_array_equal(outputs, kept)


def check_gradients_accumulate(layer, data, mode):
    built(layer, data)
    outputs, cache = layer.forward(data, training=mode)
    upstream = np.random.default_rng(3).normal(size=outputs.shape)
    first_inputs = layer.backward(upstream, cache)
    first = [p.grad.copy() for p in layer.trainable_weights]
    second_inputs = layer.backward(upstream, cache)
    np.testing.assert_array_equal(first_inputs, second_inputs)
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
    other = rng.normal(size=data.shape)
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
    np.testing.assert_array_equal(layer.backward(upstream, cache), alone)
    for parameter, expected in zip(layer.trainable_weights, grads_alone, strict=True):
        np.testing.assert_array_equal(parameter.grad, expected)


def check_threads(layer, data, mode):
    """The same bits for one thread and for all."""
    built(layer, data)
    start = state_of(layer)
    upstream = np.random.default_rng(6).normal(size=layer.compute_output_shape(data.shape)).astype(data.dtype)

    def one_pass():
        restore(layer, start)
        outputs, grad_inputs, grads = run(layer, data, mode, upstream)
        return [outputs, grad_inputs, *grads, *state_of(layer)]

    assert_same_bits_for_any_number_of_threads(one_pass)


def check_empty_batch(layer, data, mode):
    built(layer, data)
    start = state_of(layer)
    outputs, cache = layer.forward(data, training=mode)
    assert outputs.shape == layer.compute_output_shape(data.shape)
    assert outputs.shape[0] == 0
    grad_inputs = layer.backward(np.zeros(outputs.shape, data.dtype), cache)
    assert grad_inputs.shape == data.shape
    for parameter in layer.trainable_weights:
        np.testing.assert_array_equal(parameter.grad, 0)
    assert all(np.isfinite(value).all() for value in state_of(layer))
    assert len(start) == len(layer.variables)


def check_input_kinds(layer, data):
    """Non-contiguous, read-only, float16, float64, big-endian and uint8 inputs give what plain ones give."""
    built(layer, data)
    small = np.round(np.abs(data) * 4).astype(np.uint8)
    plain = layer(small.astype(np.float32))
    read_only = small.astype(np.float32)
    read_only.flags.writeable = False
    strided = np.zeros((*data.shape[:-1], data.shape[-1] * 2), np.float32)
    strided[..., ::2] = small
    kinds = [small, small.astype(np.float16), small.astype(np.float64), small.astype(">f4"), read_only]
    kinds += [strided[..., ::2], np.asfortranarray(small.astype(np.float32)), small.astype(np.int64)]
    for inputs in kinds:
        outputs = layer(inputs)
        assert outputs.dtype == layer.dtype
        np.testing.assert_array_equal(outputs, plain)
    with pytest.raises(ValueError, match="expected an array of numbers"):
        layer(np.full(data.shape, "a"))


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
