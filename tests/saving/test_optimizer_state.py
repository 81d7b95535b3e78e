"""The state of every optimizer in files of both kinds: training goes on where it was, here and in Keras."""

import keras
import numpy as np
import pytest

from cnn_scratch import optimizers, saving
from tests.saving.test_with_keras import OPTIMIZERS, STEPS, Ours, same_weights, stack, train, trained


def small(k):
    return k.Sequential(
        [k.Input((8, 8, 2)), k.layers.Flatten(), k.layers.Dense(3, activation="softmax", name="out")]
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on(optimizer, tmp_path):
    uninterrupted = trained(Ours, stack, optimizer)
    uninterrupted.save(tmp_path / "m.keras")
    ours, theirs = saving.load_model(tmp_path / "m.keras"), keras.saving.load_model(tmp_path / "m.keras")
    assert ours.optimizer.get_config() == uninterrupted.optimizer.get_config()
    for model in (uninterrupted, ours, theirs):
        train(model, 3)
    same_weights(ours, uninterrupted, rtol=0)
    same_weights(theirs, uninterrupted, **STEPS)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_of_keras_goes_on(optimizer, tmp_path):
    theirs = trained(keras, small, optimizer)
    # Keras names two arrays of Adafactor alike, and HDF5 refuses them.
    suffixes = ["keras"] if optimizer == "adafactor" else ["keras", "h5"]
    for suffix in suffixes:
        theirs.save(tmp_path / f"m.{suffix}")
    models = [saving.load_model(tmp_path / f"m.{suffix}") for suffix in suffixes]
    for ours in models:
        assert optimizers.serialize(ours.optimizer) == keras.optimizers.serialize(theirs.optimizer)
        for own, variable in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
            np.testing.assert_array_equal(own, variable.numpy())
    train(theirs, 3)
    for ours in models:
        train(ours, 3)
        same_weights(ours, theirs, **STEPS)


@pytest.mark.parametrize("optimizer", ["adam", "nadam"])  # without and with one number for all weights
def test_an_optimizer_that_has_nothing_to_change(optimizer, tmp_path):
    model = small(keras)
    model.trainable = False
    model.compile(OPTIMIZERS[optimizer](keras), "sparse_categorical_crossentropy")
    model.optimizer.build([])
    model.save(tmp_path / "m.keras")
    assert saving.load_model(tmp_path / "m.keras").optimizer.iterations == 0


@pytest.mark.parametrize("k", [Ours, keras], ids=["ours", "keras"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_layer_that_was_frozen_after_the_last_step(k, optimizer, tmp_path):
    """The state is that of more weights: the optimizer starts anew, and says so, as in Keras."""
    model = trained(k, stack, optimizer)
    model.layers[0].trainable = False
    for suffix in ["keras", "h5"] if k is keras else ["keras"]:
        model.save(tmp_path / f"m.{suffix}")
        with pytest.warns(UserWarning, match=r"optimizer '.*' starts anew. Expected: \d+ arrays"):
            ours = saving.load_model(tmp_path / f"m.{suffix}")
        same_weights(ours, model, rtol=0)
        assert ours.optimizer.iterations == 0
        train(ours, 1)
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        keras.saving.load_model(tmp_path / "m.keras")


@pytest.mark.parametrize("k", [Ours, keras], ids=["ours", "keras"])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_a_schedule_goes_on_from_a_file_of_weights(k, momentum, tmp_path):
    """Without momentum, the number of steps is all that an optimizer with a schedule has to remember."""

    def compiled(k):
        model = small(k)
        schedule = k.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
        model.compile(k.optimizers.SGD(schedule, momentum), "sparse_categorical_crossentropy")
        return model

    uninterrupted, again = compiled(k), compiled(Ours)
    train(uninterrupted, 3)
    uninterrupted.save_weights(tmp_path / "m.weights.h5")
    again.load_weights(tmp_path / "m.weights.h5")
    assert again.optimizer.iterations == 3
    assert again.optimizer.learning_rate == 0.5**4
    for model in (uninterrupted, again):
        train(model, 2)
    same_weights(again, uninterrupted, **STEPS)
