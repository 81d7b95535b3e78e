"""Keras in float64: it rounds a few constants to float32 even there, so that models must hold no others."""

from contextlib import contextmanager

import keras
import numpy as np


@contextmanager
def float64():
    """Let Keras build and compute in float64, √2 in gelu included."""
    before = keras.config.floatx(), keras.src.backend.nn.gelu
    _set(("float64", _gelu))
    try:
        yield
    finally:
        _set(before)


def constants_of_float32(model: keras.Model) -> None:
    """Round the constants of rescaling layers to float32, where Keras rounds them when it computes."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Rescaling):
            layer.scale, layer.offset = _rounded(layer.scale), _rounded(layer.offset)
        elif isinstance(layer, keras.layers.Normalization) and layer.input_mean is not None:
            layer.input_mean, layer.input_variance = (
                _rounded(layer.input_mean),
                _rounded(layer.input_variance),
            )


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Give ``target`` the weights of ``source``, of another precision."""
    target.set_weights(source.get_weights())
    for layer in target._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with copies of its weights


def _set(state) -> None:
    floatx, keras.src.backend.nn.gelu = state
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)


def _gelu(x, approximate=True):
    """Compute x · Φ(x), as ``tf.nn.gelu`` does apart from the precision of √2."""
    assert not approximate
    x = keras.ops.convert_to_tensor(x)
    return 0.5 * x * (1 + keras.ops.erf(x / np.sqrt(2)))


def _rounded(constant):
    return np.float32(constant).tolist()
