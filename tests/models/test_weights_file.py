"""The weights file: what is written is read again, and what does not fit changes nothing."""

import h5py
import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers


def network(units=3, extra=False):
    inner = Sequential([layers.Dense(5, activation="relu"), layers.BatchNormalization()])
    tail = [layers.Dense(units)] + ([layers.Dense(2)] if extra else [])
    return Sequential([Input((4,)), inner, layers.Dropout(0.0), *tail])


def trained(model):
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(20, 4)), rng.normal(size=(20, model.output_shape[-1])), verbose=0)
    return model


def test_round_trip_with_the_optimizer(tmp_path):
    model = trained(network())
    model.save_weights(tmp_path / "a.weights.h5")
    twin = network()
    twin.compile("adam", "mse")
    twin.load_weights(tmp_path / "a.weights.h5")
    for ours, theirs in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(twin.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    x, y = np.ones((3, 4)), np.ones((3, 3))
    assert model.train_on_batch(x, y) != 0
    twin.train_on_batch(x, y)
    for ours, theirs in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_layout(tmp_path):
    model = trained(network())
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        assert file["layers/sequential/layers/dense/vars/0"].shape == (4, 5)
        assert file["layers/sequential/layers/batch_normalization/vars/3"].shape == (5,)
        assert file["layers/dense/vars"].attrs["name"] == model.layers[-1].name
        assert file["layers/dense/vars/1"].shape == (3,)
        assert file["optimizer/vars/0"][()] == 1
        assert list(tmp_path.iterdir()) == [tmp_path / "a.weights.h5"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            network(units=2),
            r"Expected shape \(5, 2\) for 'kernel' of layer .* \(layers/dense in a.weights.h5\)",
        ),
        (network(extra=True), "has no group 'layers/dense_1/vars': it holds the weights of another model"),
        (Sequential([Input((4,)), layers.Dense(3)]), r"Expected shape \(4, 3\)"),
        (Sequential([Input((4,)), layers.Flatten()]), "holds layers that model .* does not have"),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(tmp_path, other, message):
    network().save_weights(tmp_path / "a.weights.h5")
    before = other.get_weights()
    with pytest.raises(ValueError, match=message):
        other.load_weights(tmp_path / "a.weights.h5")
    for now, then in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_rejects(tmp_path):
    model = network()
    with pytest.raises(ValueError, match=r"must end in `.weights.h5`. Received: filepath='a.h5'"):
        model.save_weights("a.h5")
    with pytest.raises(FileNotFoundError, match="No such weights file"):
        model.load_weights(tmp_path / "b.weights.h5")
    (tmp_path / "c.weights.h5").write_text("not HDF5")
    with pytest.raises(ValueError, match=r"c\.weights\.h5: expected an HDF5 file\. Received"):
        model.load_weights(tmp_path / "c.weights.h5")
    model.save_weights(tmp_path / "d.weights.h5")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save_weights(tmp_path / "d.weights.h5", overwrite=False)
    with pytest.raises(ValueError, match="must be built before"):
        Sequential([layers.Dense(1)]).load_weights(tmp_path / "d.weights.h5")
    with pytest.raises(ValueError, match="not built yet"):
        Sequential([layers.Dense(1)]).save_weights(tmp_path / "e.weights.h5")
