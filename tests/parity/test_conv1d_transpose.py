import keras
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, paddings, sequences


@given(
    inputs=sequences(),
    filters=st.integers(1, 4),
    kernel_size=st.integers(1, 5),
    strides=st.integers(1, 3),
    padding=paddings,
    extra=st.one_of(st.none(), st.integers(0, 2)),
    activation=st.sampled_from([None, "relu", "tanh"]),
    use_bias=st.booleans(),
    dtype=dtypes,
)
def test_conv1d_transpose(inputs, kernel_size, strides, padding, extra, **options):
    if extra is not None:
        extra = min(extra, strides - 1)
        # Keras computes a length that TensorFlow then refuses.
        assume(padding == "valid" or kernel_size % 2 or extra)
    options |= dict(kernel_size=kernel_size, strides=strides, padding=padding, output_padding=extra)
    terms = kernel_size * max(inputs.shape[-1], options["filters"]) + 4
    ours, theirs = layers.Conv1DTranspose(**options), keras.layers.Conv1DTranspose(**options)
    compare_with_keras(ours, theirs, inputs, terms)
