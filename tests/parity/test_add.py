import keras
import numpy as np
from hypothesis import given

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import to_add


@given(inputs=to_add, dtype=dtypes)
def test_add(inputs, dtype):
    compare_with_keras(layers.Add(dtype=dtype), keras.layers.Add(dtype=dtype), inputs, len(inputs))


def test_a_column_that_keras_takes_for_a_bias():
    """It goes along axis 1 in Keras on TensorFlow, because that is as long: see docs/correctness.md."""
    inputs = [np.zeros((1, 3, 3, 2), np.float32), np.arange(3, dtype=np.float32).reshape(1, 1, 3, 1)]
    np.testing.assert_array_equal(layers.Add()(inputs), inputs[0] + inputs[1])
    np.testing.assert_array_equal(keras.layers.Add()(inputs), inputs[0] + inputs[1].swapaxes(1, 2))
