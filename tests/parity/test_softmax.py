import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import small_numbers

axes = st.sampled_from([-1, -2, 0, 1, 2, [1], [1, 2], [-1, 0], [0, 1, 2]])


@given(inputs=small_numbers(min_rank=3, max_rank=3, min_size=2), axis=axes, dtype=dtypes)
def test_softmax(inputs, axis, dtype):
    """A sum of at most all numbers; an exponential is good to a few units in the last place.

    No axis has size 1, because Keras warns of a softmax along such an axis.
    """
    terms = 2 * inputs.size + 32
    compare_with_keras(
        layers.Softmax(axis, dtype=dtype), keras.layers.Softmax(axis, dtype=dtype), inputs, terms
    )
