"""Models with layers that change images at random: files in both directions, configs, and modes."""

import json
import zipfile

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch.naming import reset_names


def network(k):
    """Return a graph with all of these layers, some of them in a model inside, as in Keras's guides."""
    layers = k.layers
    inside = k.Sequential(
        [
            layers.RandomFlip("horizontal", seed=1),
            layers.RandomRotation(0.1, fill_mode="nearest"),
            layers.RandomZoom(0.2, (0.1, 0.3), seed=2),
        ],
        name="augmentation",
    )
    inputs = k.Input((9, 10, 3))
    x = inside(inputs)
    x = layers.RandomTranslation(0.1, 0.2, fill_value=0.5, fill_mode="constant")(x)
    x = layers.RandomContrast(0.2, value_range=(0, 1))(x)
    x = layers.RandomBrightness([-0.1, 0.2], value_range=(0, 1))(x)
    x = layers.CenterCrop(8, 7)(x)
    x = layers.RandomCrop(8, 7, seed=3)(x)  # of this size already: Keras does nothing else at inference
    x = layers.Conv2D(2, 3)(x)
    return k.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))


def fresh(k):
    reset_names()
    keras.utils.clear_session()
    model = network(k)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=np.shape(weight)) for weight in model.get_weights()])
    return model


def images():
    return np.random.default_rng(1).uniform(size=(6, 9, 10, 3)).astype("float32")


@pytest.mark.parametrize(("writer", "reader"), [(cnn_scratch, keras), (keras, cnn_scratch)])
def test_files(writer, reader, tmp_path):
    written = fresh(writer)
    written.save(tmp_path / "model.keras")
    read = reader.models.load_model(tmp_path / "model.keras")
    expected = written.predict(images(), verbose=0)
    np.testing.assert_allclose(read.predict(images(), verbose=0), expected, rtol=2e-5, atol=2e-6)
    configs = [
        json.dumps([layer.get_config() for layer in model.layers if "random" in layer.name], sort_keys=True)
        for model in (written, read)
    ]
    assert configs[0] == configs[1]
    assert (np.asarray(read(images())) != expected).any()  # without a mode they are in training


def test_the_graph_is_written_as_keras_does(tmp_path):
    configs = []
    for k in (cnn_scratch, keras):
        fresh(k).save(tmp_path / "model.keras")
        with zipfile.ZipFile(tmp_path / "model.keras") as archive:
            configs.append(json.loads(archive.read("config.json"))["config"])
    ours, theirs = ({layer["name"]: layer for layer in config["layers"]} for config in configs)
    assert list(ours) == list(theirs)
    for name, layer in theirs.items():
        if "random" in name or name in ("augmentation", "center_crop"):
            assert ours[name]["inbound_nodes"] == layer["inbound_nodes"], name


@pytest.mark.parametrize("k", [cnn_scratch, keras])
def test_modes(k):
    model = k.Sequential([k.layers.RandomFlip(seed=1), k.layers.RandomRotation(0.1, seed=2)])
    x = images()
    assert (np.asarray(model(x)) != x).any()
    assert (np.asarray(model(x, training=True)) != x).any()
    np.testing.assert_array_equal(np.asarray(model(x, training=False)), x)
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)
    inputs = k.Input(x.shape[1:])
    graph = k.Model(inputs, k.layers.Dropout(0.9)(model(inputs)))  # a dropout is at inference, if nobody says
    outputs = np.asarray(graph(x))
    assert (outputs != x).any()
    assert (outputs != 0).mean() > 0.9
