"""Weights of a file that fits in parts: ``skip_mismatch`` and ``by_name``, here and in Keras."""

import warnings

import h5py
import keras
import numpy as np
import pytest

from cnn_scratch import saving
from tests.saving.test_with_keras import Ours, same_weights

OLD = ["stem", "norm", "middle", "head"]


def network(k, units=3, filters=2, names=OLD, more=()):
    """A small CNN whose every layer with weights has a name; ``more`` names further layers."""
    return k.Sequential(
        [
            k.Input((8, 8, 2)),
            k.layers.Conv2D(2, 3, name=names[0]),
            k.layers.BatchNormalization(name=names[1]),
            k.layers.Conv2D(filters, 3, name=names[2]),
            k.layers.GlobalAveragePooling2D(),
            k.layers.Dense(units, name=names[3]),
            *(k.layers.Dense(4, name=name) for name in more),
        ]
    )


def drawn(model, seed=0):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.1, 0.9, np.shape(weight)) for weight in model.get_weights()])
    return model


def both(path, **options):
    """Load a file's weights into our model and into Keras's, which have the same; return ours, warnings."""
    arguments = {
        "skip_mismatch": options.pop("skip_mismatch", False),
        "by_name": options.pop("by_name", None),
    }
    arguments = {name: value for name, value in arguments.items() if value}
    ours, theirs = (drawn(network(k, **options), 1) for k in (Ours, keras))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        ours.load_weights(path, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.load_weights(path, **arguments)
    same_weights(ours, theirs, rtol=0)
    return ours, [str(warning.message) for warning in said]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A network of Keras with drawn weights, in files of every kind."""
    folder = tmp_path_factory.mktemp("files")
    model = drawn(network(keras))
    model.save(folder / "m.keras")
    model.save_weights(folder / "m.weights.h5")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(folder / "m.h5")
    return folder


@pytest.mark.parametrize("kind", ["m.keras", "m.weights.h5"])
def test_another_head(files, kind):
    ours, said = both(files / kind, skip_mismatch=True, units=5, more=["new"])
    before = drawn(network(Ours, units=5, more=["new"]), 1).get_weights()
    stored = drawn(network(Ours)).get_weights()
    for now, expected in zip(ours.get_weights(), stored[:8] + before[8:], strict=True):
        np.testing.assert_array_equal(now, np.float32(expected))
    (message,) = said
    assert f"Skipped the parts of {files / kind} that do not fit model '{ours.name}'" in message
    assert len(message.splitlines()) == 3
    assert f"Expected shape (2, 5) for 'kernel' of layer 'head' (layers/dense in {kind})" in message
    assert "has no group 'layers/dense_1/vars'" in message


def test_layers_that_the_model_does_not_have_are_said(files):
    model = Ours.Sequential([Ours.Input((8, 8, 2)), Ours.layers.Conv2D(2, 3)])
    with pytest.warns(
        UserWarning, match=r"(?s)Skipped the parts of .* layers/batch_normalization/vars/0, .* …"
    ):
        model.load_weights(files / "m.weights.h5", skip_mismatch=True)
    np.testing.assert_array_equal(model.get_weights()[0], np.float32(drawn(network(Ours)).get_weights()[0]))


def test_nothing_is_said_where_all_fits(files):
    for kind in ("m.keras", "m.weights.h5", "m.h5"):
        ours, said = both(files / kind, skip_mismatch=True)
        assert said == []
        same_weights(ours, drawn(network(Ours)), rtol=0)


def test_the_older_layout_skips_arrays(files):
    """Not whole layers: behind a layer of another size, a kernel does not fit, and its bias is read."""
    ours, (message,) = both(files / "m.h5", skip_mismatch=True, filters=2, units=5)
    assert message.count("Expected shape") == 2
    _, (message,) = both(files / "m.h5", skip_mismatch=True, filters=4)
    assert len(message.splitlines()) == 4
    assert "for 'kernel' of layer 'middle' ('middle' in" in message
    with pytest.raises(saving.ModelFileError, match=r"expected arrays for 5 layers .* Received: 4"):
        network(Ours, more=["new"]).load_weights(files / "m.h5", skip_mismatch=True)
    with pytest.raises(saving.ModelFileError, match=r"Expected shape \(2, 5\) for 'kernel' of layer 'head'"):
        ours.load_weights(files / "m.h5")


def test_by_name(files):
    """Other layers in other places, and one that only the model has: the names decide."""
    names = ["middle", "other", "stem", "head"]
    ours, said = both(files / "m.h5", by_name=True, names=names, more=["new"])
    assert said == []
    stored, before = drawn(network(Ours)).get_weights(), drawn(network(Ours, more=["new"]), 1).get_weights()
    expected = stored[6:8] + before[2:6] + stored[0:2] + stored[8:] + before[10:]
    for now, then in zip(ours.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(now, np.float32(then))


def test_by_name_of_another_size(files):
    names = ["stem", "head", "norm", "middle"]  # a normalization called head, a convolution called norm, …
    _, (message,) = both(files / "m.h5", by_name=True, skip_mismatch=True, names=names)
    assert "Expected 4 arrays for layer 'head' ('head' in" in message
    assert "Expected 2 arrays for layer 'norm' ('norm' in" in message
    assert "for 'kernel' of layer 'middle' ('middle' in" in message
    model = drawn(network(Ours, names=names), 1)
    before = model.get_weights()
    with pytest.raises(saving.ModelFileError, match="Expected 2 arrays for layer 'norm'"):
        model.load_weights(files / "m.h5", by_name=True)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("kind", ["m.keras", "m.weights.h5"])
def test_by_name_is_for_the_older_layout(files, kind):
    with pytest.raises(ValueError, match=r"`by_name` only supports loading legacy '\.h5' or '\.hdf5' files"):
        network(Ours).load_weights(files / kind, by_name=True)


def test_a_state_of_another_optimizer(tmp_path):
    model = network(Ours)
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 8, 8, 2)), np.ones((2, 3)))
    model.save_weights(tmp_path / "m.weights.h5")
    twin = network(Ours)
    twin.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="Skipped .*\n.*Expected 2 arrays for the state of optimizer"):
        twin.load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)
    same_weights(twin, model, rtol=0)
    assert twin.optimizer.iterations == 0


def test_damage_is_not_skipped(files, tmp_path):
    content = (files / "m.weights.h5").read_bytes()
    (tmp_path / "m.weights.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(saving.ModelFileError, match="is cut off"):
        network(Ours).load_weights(tmp_path / "m.weights.h5", skip_mismatch=True)
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["layer_names"] = [b"stem"]
    with pytest.raises(saving.ModelFileError, match="expected a group 'stem'"):
        network(Ours).load_weights(tmp_path / "m.h5", skip_mismatch=True, by_name=True)
