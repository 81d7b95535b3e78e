import warnings

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch.layers import LayerNormalization
from tests.parity.compare import compare_with_keras, dtypes


@st.composite
def places(draw):
    """Draw inputs of rank 2 to 4 and one axis or several, with another mean and scale for every place."""
    shape = draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    axes = st.integers(1, len(shape) - 1)
    axis = draw(st.just(-1) | axes | st.lists(axes, min_size=1, max_size=3, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return rng.normal(size=(shape[0], *[1] * (len(shape) - 1))) + rng.normal(size=shape), axis


def compare(inputs, options):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You passed `rms_scaling=True`")
        ours, theirs = LayerNormalization(**options), keras.layers.LayerNormalization(**options)
        assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
        # The rounding of the mean over D numbers meets 1/√ε twice at most.
        terms = int((inputs.size / len(inputs) + 8) * (1 + 1 / options["epsilon"]))
        compare_with_keras(ours, theirs, inputs, terms)
        assert ours.get_config()["axis"] == theirs.get_config()["axis"]


@given(
    drawn=places(),
    epsilon=st.sampled_from([1e-3, 0.1]),
    center=st.booleans(),
    scale=st.booleans(),
    rms_scaling=st.sampled_from([False, False, True]),
    dtype=dtypes,
)
def test_layer_normalization(drawn, epsilon, center, scale, rms_scaling, dtype):
    inputs, axis = drawn
    compare(
        inputs,
        dict(axis=axis, epsilon=epsilon, center=center, scale=scale, rms_scaling=rms_scaling, dtype=dtype),
    )


@pytest.mark.parametrize("axis", [[-1, 1], [1, -1], [-1, -2], [3, 1, 2]])
def test_the_order_of_the_axes(axis):
    """In Keras gamma has its axes sorted, −1 before 1, and its numbers in the order of the inputs."""
    compare(
        np.random.default_rng(0).normal(size=(2, 3, 4, 5)), dict(axis=axis, epsilon=0.01, dtype="float64")
    )


def test_the_size_of_a_convnext_block():
    """96 channels, ε = 1e-6, small variances: rows of several lanes."""
    inputs = 0.1 * np.random.default_rng(0).normal(size=(2, 7, 7, 96)) + 3
    options = dict(epsilon=1e-6, dtype="float32")
    ours, theirs = LayerNormalization(**options), keras.layers.LayerNormalization(**options)
    # The mean of 96 numbers around 3, and 1/√variance = 10 of what is left of it; Keras computes in float32.
    compare_with_keras(ours, theirs, inputs, 96 * 3 * 10)
