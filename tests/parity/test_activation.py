import keras
import numpy as np
import pytest

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras

NAMES = ["linear", "relu", "relu6", "tanh", "sigmoid", "silu", "softplus", "softmax", "hard_sigmoid", "elu"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activation(name, dtype):
    """The functions themselves have tests of their own; here it is the layer around them."""
    inputs = np.random.default_rng(3).normal(size=(3, 4, 5)) * 3
    ours, theirs = layers.Activation(name, dtype=dtype), keras.layers.Activation(name, dtype=dtype)
    compare_with_keras(ours, theirs, inputs, 40)
