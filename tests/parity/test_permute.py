import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images


@given(inputs=images(), dims=st.permutations([1, 2, 3]), dtype=dtypes)
def test_permute(inputs, dims, dtype):
    compare_with_keras(layers.Permute(dims, dtype=dtype), keras.layers.Permute(dims, dtype=dtype), inputs, 0)
