"""Layers whose activation is a layer, as ``Dense(8, activation=LeakyReLU(0.2))``, in files and in Keras."""

import json
import zipfile

import keras
import numpy as np
import pytest

import cnn_scratch

LIBRARIES = [keras, cnn_scratch]


def network(k):
    layers = k.layers
    shared = layers.LeakyReLU(negative_slope=0.125)
    return k.Sequential(
        [
            k.Input((6, 6, 2)),
            layers.Conv2D(3, 3, activation=shared),
            layers.Conv2D(4, 2, activation=layers.ReLU(max_value=1.0, negative_slope=0.25)),
            layers.Flatten(),
            layers.Dense(5, activation=layers.ELU(alpha=0.5)),
            layers.Dense(4, activation=shared),
            layers.Dense(3, activation=layers.Softmax()),
        ]
    )


@pytest.mark.parametrize("write", LIBRARIES, ids=lambda k: k.__name__)
@pytest.mark.parametrize("read", LIBRARIES, ids=lambda k: k.__name__)
def test_files(write, read, tmp_path):
    rng = np.random.default_rng(0)
    model = network(write)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    model.save(tmp_path / "model.keras")
    again = read.models.load_model(tmp_path / "model.keras")
    x = rng.normal(size=(5, 6, 6, 2)).astype("float32")
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize("write", LIBRARIES, ids=lambda k: k.__name__)
@pytest.mark.parametrize("read", LIBRARIES, ids=lambda k: k.__name__)
def test_a_softmax_of_several_axes(write, read, tmp_path):
    layers = write.layers
    model = write.Sequential([write.Input((3, 2)), layers.Dense(4, activation=layers.Softmax(axis=(1, 2)))])
    model.save(tmp_path / "model.keras")
    again = read.models.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(2).normal(size=(5, 3, 2)).astype("float32")
    outputs = again.predict(x, verbose=0)
    np.testing.assert_allclose(outputs.sum(axis=(1, 2)), 1, atol=1e-6)
    np.testing.assert_allclose(outputs, model.predict(x, verbose=0), atol=1e-6)


def change(model, path, **config):
    """Write a model to a file, with another config of the activation of its last layer."""
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    root = json.loads(members["config.json"])
    root["config"]["layers"][-1]["config"]["activation"]["config"] = config
    members["config.json"] = json.dumps(root)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("read", LIBRARIES, ids=lambda k: k.__name__)
@pytest.mark.filterwarnings("ignore:Argument `alpha` is deprecated")
def test_the_slope_under_its_name_in_keras_2(read, tmp_path):
    layers = cnn_scratch.layers
    layer = layers.Dense(1, activation=layers.LeakyReLU(0.5), kernel_initializer="ones")
    config = {"name": "leaky", "trainable": True, "dtype": "float32", "alpha": 0.125}
    change(cnn_scratch.Sequential([cnn_scratch.Input((1,)), layer]), tmp_path / "model.keras", **config)
    again = read.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(np.full((1, 1), -8.0, "float32"), verbose=0), [[-1.0]])


def test_the_same_as_keras_in_training():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(8, 6, 6, 2)).astype("float32"), rng.integers(0, 3, 8)
    weights, results = None, []
    for library in LIBRARIES:
        model = network(library)
        weights = weights or model.get_weights()
        model.set_weights(weights)
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0)
        results.append(model.get_weights())
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def penalized(k):
    """Penalties of layers that are given as activations, beside those of the layers themselves."""
    layers, L2 = k.layers, k.regularizers.L2
    return k.Sequential(
        [
            k.Input((6, 6, 2)),
            layers.Conv2D(3, 3, activation=layers.ReLU(activity_regularizer=L2(0.25))),
            layers.BatchNormalization(),
            layers.Activation(layers.ReLU(activity_regularizer=k.regularizers.L1(0.5))),
            layers.DepthwiseConv2D(
                3,
                activation=layers.LeakyReLU(0.125, activity_regularizer=L2(0.5)),
                activity_regularizer=k.regularizers.L1(0.25),
                data_format="channels_last",
            ),
            layers.Flatten(),
            layers.Dense(4, activation=layers.Activation("tanh", activity_regularizer=L2(1.0))),
            layers.Dense(4, activation=layers.Activation("gelu")),
            layers.Dense(3, activation=layers.Softmax(activity_regularizer=L2(0.5))),
        ]
    )


def drawn(model):
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(0.1, 0.5, np.shape(weight)) for weight in model.get_weights()])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("write", LIBRARIES, ids=lambda k: k.__name__)
@pytest.mark.parametrize("read", LIBRARIES, ids=lambda k: k.__name__)
def test_the_penalty_of_an_activation(write, read, tmp_path):
    """It counts in the loss and in what is learnt, and it is in the file."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(8, 6, 6, 2)).astype("float32"), rng.integers(0, 3, 8)
    model = drawn(penalized(write))
    model.save(tmp_path / "model.keras")
    again = read.models.load_model(tmp_path / "model.keras")
    losses = [[one.train_on_batch(x, y) for _ in range(4)] for one in (model, again)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=2e-5)
    for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


def test_the_penalty_of_an_activation_by_hand():
    """½·(3² + 0²) of the activation and 2·(|3| + |0|) of the layer; their gradient is 3 + 2 where 3 is."""
    layers, regularizers = cnn_scratch.layers, cnn_scratch.regularizers
    activation = layers.ReLU(activity_regularizer=regularizers.L2(0.5))
    layer = layers.Dense(2, activation=activation, activity_regularizer=regularizers.L1(2.0))
    model = cnn_scratch.Sequential([cnn_scratch.Input((1,)), layer])
    model.set_weights([[[3.0, -1.0]], [0.0, 0.0]])
    _, cache = model.forward(np.ones((1, 1)), training=True)
    assert model.activity_loss(cache) == 4.5 + 6
    model.backward(np.zeros((1, 2)), cache)
    np.testing.assert_array_equal(layer.kernel.grad, [[5.0, 0.0]])


def test_two_penalties_of_one_activation_cannot_be_written():
    layers = cnn_scratch.layers
    inner = layers.Activation("tanh", activity_regularizer="l1")
    layer = layers.Dense(1, activation=layers.Activation(inner, activity_regularizer="l2"))
    with pytest.raises(ValueError, match="A file holds one penalty on the outputs of an activation"):
        layer.get_config()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"activation": "relu", "activity_regularizer": "os.system"}, "(?i)unknown regularizer"),
        (
            {"activation": "relu", "activity_regularizer": {"class_name": "L2"}},
            "expected a regularizer as an",
        ),
        ({"activation": "relu", "slope": [1]}, "expected an activation by its name"),
        ({"activation": {"module": "os", "class_name": "system", "config": {}}}, "expected an activation by"),
        ({"activation": 3}, "expected `activation` to be an activation"),
    ],
)
def test_hostile_activations(config, message):
    node = {"module": "keras.layers", "class_name": "Activation", "config": config, "registered_name": None}
    dense = cnn_scratch.saving.serialize_keras_object(cnn_scratch.layers.Dense(3))
    dense["config"]["activation"] = node
    with pytest.raises(cnn_scratch.saving.ModelFileError, match=message):
        cnn_scratch.saving.deserialize_keras_object(dense)


def test_activations_without_end():
    node = "relu"
    for _ in range(80):
        config = {"activation": node}
        node = {
            "module": "keras.layers",
            "class_name": "Activation",
            "config": config,
            "registered_name": None,
        }
    dense = cnn_scratch.saving.serialize_keras_object(cnn_scratch.layers.Dense(3))
    dense["config"]["activation"] = node
    with pytest.raises(cnn_scratch.saving.ModelFileError, match="levels deep"):
        cnn_scratch.saving.deserialize_keras_object(dense)
