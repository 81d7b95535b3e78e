import keras
from hypothesis import given

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import to_merge


@given(inputs=to_merge(), dtype=dtypes)
def test_add(inputs, dtype):
    compare_with_keras(layers.Add(dtype=dtype), keras.layers.Add(dtype=dtype), inputs, len(inputs))
