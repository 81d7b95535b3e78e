import keras
from hypothesis import given
from hypothesis import strategies as st

from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes, images, pairs
from tests.parity.draws import data_formats

croppings = st.integers(0, 2) | pairs(0, 2) | st.tuples(pairs(0, 2), pairs(0, 2))


@given(inputs=images(min_size=5), cropping=croppings, data_format=data_formats, dtype=dtypes)
def test_cropping2d(inputs, cropping, data_format, dtype):
    if data_format == "channels_first":
        inputs = inputs.transpose(0, 3, 1, 2)
    options = dict(cropping=cropping, data_format=data_format, dtype=dtype)
    compare_with_keras(layers.Cropping2D(**options), keras.layers.Cropping2D(**options), inputs, 0)
