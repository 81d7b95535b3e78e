import json

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from keras.src.applications.convnext import LayerScale as KerasLayerScale

from cnn_scratch.layers import LayerScale
from cnn_scratch.models.saving.serialization import deserialize, serialize
from tests.parity.compare import compare_with_keras, dtypes


@given(shape=st.lists(st.integers(1, 6), min_size=2, max_size=4), dtype=dtypes)
def test_layer_scale(shape, dtype):
    inputs = np.random.default_rng(sum(shape)).normal(size=shape)
    ours, theirs = (cls(0.3, shape[-1], dtype=dtype) for cls in (LayerScale, KerasLayerScale))
    compare_with_keras(ours, theirs, inputs, 4)


def test_the_file_of_keras_knows_it_by_its_private_name():
    node = keras.saving.serialize_keras_object(KerasLayerScale(1e-6, 4, name="scale"))
    ours = deserialize(json.loads(json.dumps(node)))
    assert isinstance(ours, LayerScale)
    assert serialize(ours) == node
    np.testing.assert_array_equal(ours(np.ones((1, 4))), KerasLayerScale(1e-6, 4)(np.ones((1, 4))))
