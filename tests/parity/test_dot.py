import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes


@st.composite
def factors(draw):
    """Draw two inputs that have the size of one axis in common, and which axes these are."""
    shapes = [draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)) for _ in range(2)]
    axes = tuple(draw(st.integers(1, len(shape) - 1)) for shape in shapes)
    shapes[1][0] = shapes[0][0]
    shapes[1][axes[1]] = shapes[0][axes[0]]
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return axes, [rng.uniform(0.2, 1, size=shape) * rng.choice([-1, 1], size=shape) for shape in shapes]


@given(drawn=factors(), normalize=st.booleans(), dtype=dtypes)
def test_dot(drawn, normalize, dtype):
    """The longest sum goes over all axes of an input but two.

    ``normalize`` has two more sums, and divides gradients, and their roundings, by a length of 0.2 or more.
    """
    axes, inputs = drawn
    axes = axes[0] if axes[0] == axes[1] else axes
    options = dict(axes=axes, normalize=normalize, dtype=dtype)
    terms = 2 * max(array.size // len(array) for array in inputs) * (3 / 0.2 if normalize else 1)
    compare_with_keras(layers.Dot(**options), keras.layers.Dot(**options), inputs, terms)


def test_negative_axes():
    rng = np.random.default_rng(1)
    inputs = [rng.normal(size=(3, 4, 5)), rng.normal(size=(3, 5))]
    compare_with_keras(layers.Dot(-1), keras.layers.Dot(-1), inputs, 10)


def test_a_vector_of_zeros():
    inputs = [np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])]
    compare_with_keras(layers.Dot(1, normalize=True), keras.layers.Dot(1, normalize=True), inputs, 8)
