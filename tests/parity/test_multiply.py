import keras
import numpy as np
import pytest
from hypothesis import given

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import to_merge


@given(inputs=to_merge(), dtype=dtypes)
def test_multiply(inputs, dtype):
    terms = 2 * len(inputs)  # each number is rounded once or twice
    compare_with_keras(layers.Multiply(dtype=dtype), keras.layers.Multiply(dtype=dtype), inputs, terms)


@pytest.mark.parametrize("shape", [(2, 3, 1), (2, 2, 2)])
def test_one_number_for_each_sample(shape):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=shape), rng.normal(size=2)]
    compare_with_keras(layers.Multiply(), keras.layers.Multiply(), inputs, terms=4)
