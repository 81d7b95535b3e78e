import keras
from hypothesis import given

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import to_merge


@given(inputs=to_merge(), dtype=dtypes)
def test_multiply(inputs, dtype):
    terms = 2 * len(inputs)  # each number is rounded once or twice
    compare_with_keras(layers.Multiply(dtype=dtype), keras.layers.Multiply(dtype=dtype), inputs, terms)
