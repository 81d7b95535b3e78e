import json

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer as KerasCustomScaleLayer

from cnn_scratch.layers import CustomScaleLayer
from cnn_scratch.models.saving.serialization import deserialize, serialize
from tests.parity.compare import compare_with_keras, dtypes


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    scale=st.sampled_from([0.1, 0.17, 0.2, 1.0]),
    dtype=dtypes,
)
def test_custom_scale_layer(shape, scale, dtype):
    inputs = list(np.random.default_rng(sum(shape)).normal(size=(2, *shape)))
    ours, theirs = (cls(scale, dtype=dtype) for cls in (CustomScaleLayer, KerasCustomScaleLayer))
    compare_with_keras(ours, theirs, inputs, 4)


def test_the_file_of_keras_knows_it_by_its_private_name():
    node = keras.saving.serialize_keras_object(KerasCustomScaleLayer(0.17, name="block35_1"))
    ours = deserialize(json.loads(json.dumps(node)))
    assert isinstance(ours, CustomScaleLayer)
    assert serialize(ours) == node
