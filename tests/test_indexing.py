"""Parts of symbolic tensors: NumPy's values and shapes, gradients, files and what is refused."""

import json

import numpy as np
import pytest

from cnn_scratch import Input, Model, layers
from cnn_scratch.indexing import GetItem
from cnn_scratch.models import model_from_json
from cnn_scratch.models.saving import ModelFileError
from cnn_scratch.testing import check_gradients

# ``np.s_[:, 0]`` is what stands between the brackets of ``x[:, 0]``.
KEYS = {
    "everything": np.s_[:],
    "a row": np.s_[:, 0],
    "the last of all": np.s_[:, -1, -1, -1],
    "every other": np.s_[:, ::2],
    "backwards": np.s_[:, :, ::-1],
    "beyond the end": np.s_[:, 1:99, -99:2],
    "nothing": np.s_[:, 3:1],
    "channels": np.s_[..., :2],
    "in the middle": np.s_[:, 1, ..., 1],
    "all named": np.s_[:, ..., 1:, :1, 2:],
    "a new axis": np.s_[:, None, 1, ..., None],
    "only ...": np.s_[...],
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_values_shapes_gradients_and_configuration(key):
    x = Input((4, 3, 5), dtype="float64")
    data = np.random.default_rng(0).normal(size=(2, 4, 3, 5))
    part = x[key]
    model = Model(x, part)
    assert part.shape == (None, *data[key].shape[1:])
    again = model_from_json(model.to_json())
    for outputs in (model(data), model.forward(data)[0], again(data)):
        np.testing.assert_array_equal(outputs, data[key])
        assert not np.may_share_memory(outputs, data)
    if data[key].size:
        check_gradients(model, data)


def test_worked_example():
    """The middle of three numbers; its gradient 7 goes back between two zeros."""
    x = Input((3,))
    operation = x[:, 1].layer
    outputs, cache = operation.forward(np.array([[4.0, 5.0, 6.0]]))
    assert outputs == 5
    np.testing.assert_array_equal(operation.backward(np.array([7.0]), cache), [[0, 7, 0]])


def test_two_parts_of_one_tensor_learn_together():
    x = Input((4,), dtype="float64")
    y = layers.Dense(6, dtype="float64")(x)
    check_gradients(Model(x, y[:, :3] * y[:, 3:] + y[:, 2:5]), np.ones((2, 4)))


def test_sizes_that_only_the_data_knows():
    x = Input((None, None, 3))
    assert x[:, 2:, 0].shape == (None, None, 3)
    model = Model(x, x[:, 2:, 0])
    assert model(np.zeros((2, 5, 4, 3))).shape == (2, 3, 3)
    assert model(np.zeros((0, 5, 4, 3))).shape == (0, 3, 3)
    with pytest.raises(ValueError, match="index 0 is out of bounds for an axis of size 0"):
        model(np.zeros((2, 5, 0, 3)))


def test_dtypes_stay():
    x = Input((4,), dtype="uint8")
    assert x[:, :2].dtype == "uint8"
    assert x[:, :2].layer.infer(np.ones((1, 4), "uint8")).dtype == "uint8"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (0, "cannot take samples out of a batch"),
        (np.s_[1:], "cannot take samples out of a batch"),
        (None, "cannot take samples out of a batch"),
        (np.s_[..., 0, 0, 0], "cannot take samples out of a batch"),
        (
            np.s_[:, 3],
            r"index 3 is out of bounds for an axis of size 3. Received: .* for shape \(None, 3, 2\)",
        ),
        (np.s_[:, -4], "index -4 is out of bounds"),
        (np.s_[:, 0, 0, 0], "expected at most 3 indices"),
        (np.s_[..., 0, ...], "and one `...`"),
        (np.s_[:, ::0], "slice step cannot be zero"),
        (np.s_[:, [0, 1]], "expected integers, slices"),
        (np.s_[:, True], "expected integers, slices"),
        (np.s_[:, 1.0], "expected integers, slices"),
        (np.s_[:, "a":], "expected integers, slices"),
    ],
)
def test_rejects_a_key(key, message):
    with pytest.raises(ValueError, match=message):
        Input((3, 2))[key]


def test_rejects():
    x = Input((3,))
    part = x[:, :2]
    with pytest.raises(ValueError, match="was called with another key before"):
        part.layer(x, np.s_[:, 1:])
    _, cache = part.layer.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match="must have the shape of its outputs"):
        part.layer.backward(np.ones((2, 3)), cache)
    with pytest.raises(TypeError, match="not iterable"):
        list(x)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(x)
    assert GetItem.from_config({"name": "mine"}).get_config() == {"name": "mine"}


@pytest.mark.parametrize(
    "key",
    [
        [{"class_name": "__slice__", "config": {"start": "a", "stop": None, "step": None}}],
        [{"class_name": "__slice__", "config": {"start": None, "stop": None, "step": 0}}],
        [{"class_name": "__slice__"}],
        [{"class_name": "__lambda__", "config": {}}],
        [[0]],
        "0",
        0,
        [0],
    ],
)
def test_rejects_a_key_in_a_configuration(key):
    x = Input((3,))
    config = json.loads(Model(x, x[:, 1]).to_json())
    (call,) = config["config"]["layers"][1]["inbound_nodes"]
    call["args"][1] = key
    with pytest.raises(ModelFileError):
        model_from_json(json.dumps(config))
