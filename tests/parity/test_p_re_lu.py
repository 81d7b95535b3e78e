import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import small_numbers


@given(
    inputs=small_numbers(min_rank=4, max_rank=4),
    shared_axes=st.none() | st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True),
    dtype=dtypes,
)
def test_p_re_lu(inputs, shared_axes, dtype):
    """Outputs and input gradients are one product each; alpha's gradient is a sum over whatever shares it."""
    ours = layers.PReLU(shared_axes=shared_axes, dtype=dtype)
    theirs = keras.layers.PReLU(shared_axes=shared_axes, dtype=dtype)
    compare_with_keras(ours, theirs, inputs, inputs.size)
