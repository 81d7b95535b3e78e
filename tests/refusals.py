"""What the layers of a family refuse: arguments and shapes of inputs, each with what is said about it."""

import numpy as np
import pytest

DATA_FORMAT = r"'channels_last', 'channels_first'. Received: .*'NHWC'"

POOLING1D = [
    (dict(pool_size=0), r"`pool_size` argument .*Received: pool_size=0"),
    (dict(pool_size=(2, 2)), r"tuple of 1 integers.*Received: pool_size=\(2, 2\)"),
    (dict(pool_size=2, strides=0), r"`strides` argument .*Received: strides=0"),
    (dict(pool_size=2, padding="causal"), r"one of 'valid', 'same'. Received: padding='causal'"),
    (dict(pool_size=2, data_format="NHWC"), DATA_FORMAT),
]
INPUTS_OF_POOLING1D = [  # for a layer of the name 'pool' and windows of 3
    ((2, 3), r"'pool' is incompatible.*expected ndim=3, found ndim=2"),
    ((1, 2, 1), r"'pool'.*\(2 − 3\) // 3 \+ 1 = 0"),
]

POOLING2D = [
    (dict(pool_size=0), r"`pool_size` argument .*Received: pool_size=0"),
    (dict(pool_size=(2, 2, 2)), r"tuple of 2 integers.*Received: pool_size=\(2, 2, 2\)"),
    (dict(pool_size=None), r"`pool_size` argument .*Received: pool_size=None"),
    (dict(pool_size=2, strides=(1, 0)), r"`strides` argument .*Received: strides=\(1, 0\)"),
    (dict(pool_size=2, padding="full"), r"one of 'valid', 'same'. Received: padding='full'"),
    (dict(pool_size=2, data_format="NHWC"), DATA_FORMAT),
    (dict(pool_size=2, dilation_rate=2), r"Unrecognized keyword .* to \w+Pooling2D: .*dilation_rate"),
]
INPUTS_OF_POOLING2D = [  # for a layer of the name 'pool' and windows of (3, 2)
    ((2, 5, 5), r"'pool' is incompatible.*expected ndim=4, found ndim=3.*\(2, 5, 5\)"),
    ((1, 2, 9, 1), r"'pool'.*output height = \(2 − 3\) // 3 \+ 1 = 0"),
    ((1, 9, 1, 1), r"'pool'.*output width = \(1 − 2\) // 2 \+ 1 = 0"),
]

ADAPTIVE_POOLING2D = [
    (dict(output_size=0), ValueError, r"`output_size` argument .*Received: output_size=0"),
    (dict(output_size=(1, 2, 3)), TypeError, r"an integer or \(height, width\) tuple. .*\(1, 2, 3\)"),
    (dict(output_size="a"), TypeError, r"Received: 'a'"),
    (dict(output_size=1, data_format="NHWC"), ValueError, DATA_FORMAT),
]

CONVOLUTION1D = [  # beside what the layer itself needs
    (dict(kernel_size=0), r"`kernel_size` argument .*Received: kernel_size=0"),
    (dict(kernel_size=(3, 3)), r"tuple of 1 integers.*Received: kernel_size=\(3, 3\)"),
    (dict(kernel_size=3, strides=0), r"`strides` argument .*Received: strides=0"),
    (dict(kernel_size=3, padding="full"), r"one of 'valid', 'same'.*. Received: padding='full'"),
    (dict(kernel_size=3, data_format="NHWC"), DATA_FORMAT),
    (dict(kernel_size=3, colour=1), r"Unrecognized keyword arguments .*colour"),
]
INPUTS_OF_CONVOLUTION1D = [  # for windows of 3
    ((2, 5, 5, 1), r"expected ndim=3, found ndim=4.*\(2, 5, 5, 1\)"),
    ((1, 2, 4), r"output width = \(2 − 3\) // 1 \+ 1 = 0"),
]

TRANSPOSED_CONVOLUTION = [
    (dict(filters=0, kernel_size=3), r"`filters`.*Received: filters=0"),
    (dict(filters=2, kernel_size=0), r"`kernel_size` argument .*Received: kernel_size=0"),
    (dict(filters=2, kernel_size=3, strides=0), r"`strides` argument .*Received: strides=0"),
    (dict(filters=2, kernel_size=3, output_padding=-1), r"`output_padding` .* >= 0. Received: .*=-1"),
    (
        dict(filters=2, kernel_size=3, strides=2, output_padding=2),
        r"strictly less than `strides`.*output_padding=2, strides=2",
    ),
    (dict(filters=2, kernel_size=3, padding="causal"), r"one of 'valid', 'same'. Received: .*'causal'"),
    (dict(filters=2, kernel_size=3, data_format="NHWC"), DATA_FORMAT),
    (dict(filters=2, kernel_size=3, strides=2, dilation_rate=2), r"`strides > 1` not supported"),
    (dict(filters=2, kernel_size=3, groups=2), r"Unrecognized keyword .*Conv\dDTranspose: .*groups"),
    (dict(filters=2, kernel_size=3, kernel_constraint="evil"), r"Unknown constraint: 'evil'"),
]


def check_refuses_outputs_that_no_convolution_takes_back(layer, input_shape):
    """Check a transposed convolution whose outputs have another size than its inputs came from.

    Args:
        layer: of the name 'first', with a window of even extent, "same" and ``output_padding=0``; Keras
            fails inside TensorFlow.
    """
    with pytest.raises(ValueError, match=r"'first' cannot have outputs of .* takes them to .* expected .*5"):
        layer(np.zeros(input_shape))


def check_refuses_other_channels(layer, size):
    """Check that a layer of the name 'first' that has seen three channels refuses four.

    Args:
        size: of one sequence or image, without its channels.
    """
    layer(np.zeros((1, *size, 3)))
    with pytest.raises(
        ValueError,
        match=rf"'first' is incompatible.*size 3. Received: shape \({', '.join(map(str, (1, *size, 4)))}\)",
    ):
        layer(np.zeros((1, *size, 4)))
