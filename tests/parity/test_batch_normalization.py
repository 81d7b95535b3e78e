import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers.batch_normalization import BatchNormalization
from tests.parity.compare import compare_with_keras, dtypes

clippings = st.sampled_from([None, {"rmax": 1.2, "rmin": 0.8, "dmax": 0.1}, {"rmax": 1.0}, {"dmax": 0.3}])


@st.composite
def batches(draw):
    """Draw inputs of rank 2 to 4 and an axis, with another mean and scale for every place along it."""
    shape = draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    along = [1] * len(shape)
    along[axis] = shape[axis]
    return rng.normal(size=along) + rng.uniform(0.5, 2, along) * rng.normal(size=shape), axis


def length_of_sums(inputs, axis, epsilon):
    """Return R·(1 + 1/ε) and a little more: the mean's rounding, over R numbers, meets 1/√ε twice at most."""
    return int((inputs.size / inputs.shape[axis] + 8) * (1 + 1 / epsilon))


def compare(options, inputs, training, trainable=True):
    ours, keras_layer = BatchNormalization(**options), keras.layers.BatchNormalization(**options)
    assert ours.get_config() | {"name": None} == keras_layer.get_config() | {"name": None}
    ours.trainable = keras_layer.trainable = trainable
    terms = length_of_sums(inputs, options["axis"], options["epsilon"])
    compare_with_keras(ours, keras_layer, inputs, terms, training=training)


@given(
    batch=batches(),
    training=st.booleans(),
    trainable=st.sampled_from([True, True, True, False]),
    momentum=st.sampled_from([0.0, 0.6, 0.99, 1.0]),
    epsilon=st.sampled_from([1e-3, 0.1]),
    center=st.booleans(),
    scale=st.booleans(),
    dtype=dtypes,
)
def test_batch_normalization(batch, training, trainable, momentum, epsilon, center, scale, dtype):
    inputs, axis = batch
    options = dict(axis=axis, momentum=momentum, epsilon=epsilon, center=center, scale=scale, dtype=dtype)
    compare(options, inputs, training, trainable)


@given(
    batch=batches(),
    training=st.booleans(),
    clipping=clippings,
    renorm_momentum=st.sampled_from([0.0, 0.7, 0.99]),
    center=st.booleans(),
    scale=st.booleans(),
    dtype=dtypes,
)
def test_batch_renormalization(batch, training, clipping, renorm_momentum, center, scale, dtype):
    """Keras rounds epsilon to float32 below the square root of renorm, so ε is a power of two here."""
    inputs, axis = batch
    options = dict(axis=axis, epsilon=0.125, momentum=0.7, center=center, scale=scale, dtype=dtype)
    renorm = dict(renorm=True, renorm_clipping=clipping, renorm_momentum=renorm_momentum)
    compare(options | renorm, inputs, training)


@pytest.mark.parametrize("renorm", [False, True])
def test_starting_values_and_many_steps(renorm):
    """Weights from the initializers, not random ones; five steps of moving statistics; then inference."""
    options = dict(
        epsilon=2**-10,
        momentum=0.8,
        moving_mean_initializer="ones",
        moving_variance_initializer=keras.initializers.Constant(4.0),
    )
    theirs = keras.layers.BatchNormalization(**options, renorm=renorm, dtype="float64")
    ours = BatchNormalization.from_config(theirs.get_config())
    rng = np.random.default_rng(3)
    for _ in range(5):
        inputs = rng.normal(2, 3, (9, 4, 5))
        expected = theirs(inputs, training=True).numpy()
        np.testing.assert_allclose(ours(inputs, training=True), expected, rtol=0, atol=1e-12)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    for w, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(w, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours(inputs), theirs(inputs).numpy(), rtol=0, atol=1e-12)


def test_synchronized_changes_nothing_on_one_process():
    inputs = np.random.default_rng(0).normal(size=(6, 3))
    compare(dict(axis=-1, epsilon=1e-3, synchronized=True, dtype="float64"), inputs, training=True)
