import keras
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import (
    assert_close,
    compare_with_keras,
    dtypes,
    images,
    paddings,
    pairs,
    run_keras,
    run_ours,
)


@given(
    inputs=images(max_size=6),
    filters=st.integers(1, 4),
    kernel_size=pairs(1, 4),
    strides=pairs(1, 3),
    padding=paddings,
    extra=st.one_of(st.none(), pairs(0, 2)),
    activation=st.sampled_from([None, "relu", "tanh"]),
    use_bias=st.booleans(),
    dtype=dtypes,
)
def test_conv2d_transpose(inputs, kernel_size, strides, padding, extra, **options):
    if extra is not None:
        extra = tuple(min(e, s - 1) for e, s in zip(extra, strides, strict=True))
        # Keras computes a size that TensorFlow then refuses.
        assume(padding == "valid" or all(k % 2 or e for k, e in zip(kernel_size, extra, strict=True)))
    options |= dict(kernel_size=kernel_size, strides=strides, padding=padding, output_padding=extra)
    terms = kernel_size[0] * kernel_size[1] * max(inputs.shape[-1], options["filters"]) + 4
    ours, theirs = layers.Conv2DTranspose(**options), keras.layers.Conv2DTranspose(**options)
    compare_with_keras(ours, theirs, inputs, terms)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_dilation_is_a_kernel_with_zeros_between(padding):
    """TensorFlow has no dilation here on a CPU."""
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(2, 5, 6, 3))
    layer = layers.Conv2DTranspose(4, (2, 3), dilation_rate=(3, 2), padding=padding, dtype="float64")
    layer.build(inputs.shape)
    upstream = rng.normal(size=layer.compute_output_shape(inputs.shape))
    ours = run_ours(layer, inputs, upstream)
    kernel, bias = layer.get_weights()
    spread = np.zeros((4, 5, 4, 3))
    spread[::3, ::2] = kernel
    keras_layer = keras.layers.Conv2DTranspose(4, (4, 5), padding=padding, dtype="float64")
    theirs = run_keras(keras_layer, [spread, bias], inputs, upstream)
    assert_close("outputs", ours.outputs, theirs.outputs, 1e-14)
    assert_close("grad inputs", ours.grad_inputs, theirs.grad_inputs, 1e-14)
    assert_close("grad kernel", ours.grad_weights[0], theirs.grad_weights[0][::3, ::2], 1e-13)
    assert_close("grad bias", ours.grad_weights[1], theirs.grad_weights[1], 1e-13)


def test_channels_first_is_a_transposition():
    """TensorFlow has no channels_first here on a CPU."""
    rng = np.random.default_rng(2)
    options = dict(filters=4, kernel_size=(2, 3), strides=2, dtype="float64")
    last, first = (
        layers.Conv2DTranspose(**options),
        layers.Conv2DTranspose(**options, data_format="channels_first"),
    )
    inputs = rng.normal(size=(2, 5, 6, 3))
    last.build(inputs.shape)
    first.build((2, 3, 5, 6))
    first.set_weights(last.get_weights())
    upstream = rng.normal(size=last.compute_output_shape(inputs.shape))
    one = run_ours(last, inputs, upstream)
    other = run_ours(first, np.moveaxis(inputs, -1, 1), np.moveaxis(upstream, -1, 1))
    np.testing.assert_array_equal(np.moveaxis(other.outputs, 1, -1), one.outputs)
    np.testing.assert_array_equal(np.moveaxis(other.grad_inputs, 1, -1), one.grad_inputs)
    for ours, theirs in zip(one.grad_weights, other.grad_weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
