"""A convolution, batch normalization and pooling trained in one pass do what they do one after the other."""

import numpy as np
import pytest

from cnn_scratch import layers
from cnn_scratch.fusion import fused
from cnn_scratch.kernels import conv2d
from tests.contract import randomize

CASES = {
    "plain": ((4, 12, 16, 3), dict(padding="same", activation="relu"), dict(pool_size=2)),
    "several bands": ((2, 40, 64, 3), dict(padding="same"), dict(pool_size=2)),
    "odd, no activation": ((3, 13, 15, 2), dict(use_bias=False), dict(pool_size=2)),
    "same": ((3, 11, 9, 3), dict(padding="same", activation="relu"), dict(pool_size=(2, 3), padding="same")),
    "rows between windows": ((2, 40, 37, 3), dict(activation="relu"), dict(pool_size=(1, 2), strides=(7, 4))),
}


@pytest.fixture(autouse=True)
def rows_always_pay(monkeypatch):
    monkeypatch.setattr(conv2d, "_wanted", "auto")
    monkeypatch.setattr(conv2d, "rows_pay", lambda window, *_: window.size[1] == 5)


def stack(name, dtype, filters=20, **options):
    """Return the three layers, with the same random weights each time; gamma has both signs."""
    shape, convolution, pooling = CASES[name]
    built = [
        layers.Conv2D(filters, 5, **convolution, dtype=dtype),
        layers.BatchNormalization(**options, dtype=dtype),
    ]
    for layer in built:
        layer.build(shape)
        randomize(layer)
        shape = layer.compute_output_shape(shape)
    if built[1].scale:
        built[1].gamma.value[::2] *= -1
    return [*built, layers.MaxPooling2D(**pooling, dtype=dtype)]


def train(parts, inputs, upstream):
    """Return the outputs, the gradients and the weights after a step; and the cache of the first part."""
    caches, outputs = [], inputs
    for part in parts:
        outputs, cache = part.forward(outputs, training=True)
        caches.append(cache)
    gradient = upstream[tuple(map(slice, outputs.shape))]
    for part, cache in zip(parts[:0:-1], caches[:0:-1], strict=True):
        gradient = part.backward(gradient, cache)
    parts[0].backward_parameters(gradient, caches[0])
    weights = [weight for part in parts for weight in part.weights]
    trained = [weight.grad for part in parts for weight in part.trainable_weights]
    return [outputs, *trained, *(weight.value for weight in weights)], caches[0]


@pytest.mark.parametrize("options", [{}, dict(scale=False, center=False)], ids=["gamma", "no gamma"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_a_training_step_is_that_of_the_layers(name, dtype, options):
    rng = np.random.default_rng(1)
    inputs, upstream = (
        rng.normal(size=CASES[name][0]).astype(dtype),
        rng.normal(size=(4, 40, 40, 20)).astype(dtype),
    )
    ours, cache = train(fused(stack(name, dtype, **options)), inputs, upstream)
    assert cache[-1] is not None  # it was one pass
    expected, _ = train(stack(name, dtype, **options), inputs, upstream)
    # The bias is subtracted again with the mean: its gradient is a sum that is nearly 0.
    size = np.abs(expected[1]).max()
    for array, theirs in zip(ours, expected, strict=True):
        bound = 400 * np.finfo(dtype).eps * max(np.abs(theirs).max(), size if theirs.ndim == 1 else 0)
        np.testing.assert_allclose(array, theirs, rtol=0, atol=bound)


def test_the_gradient_of_the_inputs_is_that_of_the_layers():
    rng = np.random.default_rng(1)
    inputs, upstream = rng.normal(size=(4, 12, 16, 3)), rng.normal(size=(4, 6, 8, 20))
    (together,), one_by_one = fused(stack("plain", "float64")), stack("plain", "float64")
    grad_inputs = together.backward(upstream, together.forward(inputs, training=True)[1])
    outputs, caches = inputs, []
    for layer in one_by_one:
        outputs, cache = layer.forward(outputs, training=True)
        caches.append(cache)
    for layer in reversed(one_by_one):
        upstream = layer.backward(upstream, caches.pop())
    np.testing.assert_allclose(grad_inputs, upstream, rtol=0, atol=1e-13 * np.abs(upstream).max())


@pytest.mark.parametrize("what", ["gamma is 0", "gamma is NaN", "renormalized", "frozen"])
def test_what_is_not_so_simple_is_computed_one_after_the_other(what):
    rng = np.random.default_rng(1)
    inputs, upstream = rng.normal(size=(4, 12, 16, 3)), rng.normal(size=(4, 6, 8, 20))
    runs = []
    for together in (True, False):
        parts = stack("plain", "float64", renorm=what == "renormalized", trainable=what != "frozen")
        if what.startswith("gamma"):
            parts[1].gamma.value[3] = 0 if what == "gamma is 0" else np.nan
        results, cache = train(fused(parts) if together else parts, inputs, upstream)
        assert not together or cache[-1] is None
        runs.append(results)
    for ours, expected in zip(*runs, strict=True):
        scale = np.nan_to_num(np.abs(expected)).max() + 1
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["input", "gradient"])
def test_what_is_not_finite_reaches_what_it_reaches_in_the_layers(where, bad):
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(4, 12, 16, 3)).astype("float32")
    upstream = rng.normal(size=(4, 6, 8, 20)).astype("float32")
    (inputs if where == "input" else upstream)[2, 3, 4, 1] = bad
    with np.errstate(all="ignore"):
        ours, _ = train(fused(stack("plain", "float32")), inputs, upstream)
        expected, _ = train(stack("plain", "float32"), inputs, upstream)
    for array, theirs in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(np.isfinite(array), np.isfinite(theirs))
