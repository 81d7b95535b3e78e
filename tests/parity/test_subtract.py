import keras
from hypothesis import given

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import to_merge


@given(inputs=to_merge(least=2, most=2), dtype=dtypes)
def test_subtract(inputs, dtype):
    compare_with_keras(layers.Subtract(dtype=dtype), keras.layers.Subtract(dtype=dtype), inputs, 1)
