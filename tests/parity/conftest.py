"""What several comparisons with Keras need."""

import keras
import pytest


@pytest.fixture(scope="module")
def keras_computes_in_float64():
    """Let layers of Keras be in float64 unless they say otherwise, in one file of tests."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)
