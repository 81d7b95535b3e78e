import keras
from hypothesis import given

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import to_add


@given(inputs=to_add, dtype=dtypes)
def test_average(inputs, dtype):
    terms = 2 * len(inputs)  # each number is rounded once or twice
    compare_with_keras(layers.Average(dtype=dtype), keras.layers.Average(dtype=dtype), inputs, terms)
