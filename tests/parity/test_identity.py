import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnn_scratch
from cnn_scratch import layers
from tests.parity.compare import compare_with_keras, dtypes


@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=4), dtype=dtypes)
def test_identity(shape, dtype):
    inputs = np.random.default_rng(sum(shape)).normal(size=shape)
    compare_with_keras(layers.Identity(dtype=dtype), keras.layers.Identity(dtype=dtype), inputs, 0)


@pytest.mark.parametrize("form", [list, tuple, lambda pair: (pair[0],), lambda pair: {"a": pair[1]}])
def test_the_form_of_several_inputs(form):
    forms = []
    for library in (cnn_scratch, keras):
        layer = library.layers.Identity()
        arrays = form([np.ones((2, 3)), np.ones((2, 1))])
        forms.append([type(layer(arrays)), type(layer(arrays))])
        tensors = form([library.Input((3,)), library.Input((1,))])
        forms[-1].append(type(library.layers.Identity()(tensors)))
    assert forms[0] == forms[1] == [type(arrays)] * 3


@pytest.mark.parametrize("read", [cnn_scratch, keras], ids=lambda k: k.__name__)
@pytest.mark.parametrize("write", [cnn_scratch, keras], ids=lambda k: k.__name__)
def test_several_tensors_in_files(write, read, tmp_path):
    """A list and a dictionary go through, and training goes on."""
    a, b = write.Input((3,)), write.Input((2,))
    one, other = write.layers.Identity()([write.layers.Dense(2)(a), b])
    same = write.layers.Identity(activity_regularizer="l2")({"one": one, "other": other})
    model = write.Model([a, b], write.layers.Add()([same["one"], same["other"]]))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=np.shape(weight)) for weight in model.get_weights()])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.keras")
    again = read.models.load_model(tmp_path / "m.keras")
    x = [rng.normal(size=(4, n)).astype("float32") for n in (3, 2)]
    losses = [[one.train_on_batch(x, np.ones((4, 2))) for _ in range(3)] for one in (model, again)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    np.testing.assert_allclose(again.get_weights()[0], model.get_weights()[0], rtol=1e-5)
