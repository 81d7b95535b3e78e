import keras
import numpy as np
from hypothesis import given

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import to_merge


def terms_of(inputs):
    """Return 0: numbers are only picked; but the gradients of a number that was repeated are added."""
    return int(len({array.shape for array in inputs}) > 1)


@given(inputs=to_merge(), dtype=dtypes)
def test_minimum(inputs, dtype):
    compare_with_keras(
        layers.Minimum(dtype=dtype), keras.layers.Minimum(dtype=dtype), inputs, terms_of(inputs)
    )


@given(inputs=to_merge(most=4), dtype=dtypes)
def test_ties(inputs, dtype):
    """Of equal inputs, the same one gets the gradient."""
    inputs = [np.round(array) for array in inputs]
    compare_with_keras(
        layers.Minimum(dtype=dtype), keras.layers.Minimum(dtype=dtype), inputs, terms_of(inputs)
    )


def test_nan():
    nan = np.nan
    inputs = [
        np.array([[1, nan, 2, nan, nan]]),
        np.array([[nan, 1, 2, nan, 1]]),
        np.array([[3, 3, nan, 1, nan]]),
    ]
    compare_with_keras(layers.Minimum(), keras.layers.Minimum(), inputs, 0)
