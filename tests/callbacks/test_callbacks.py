"""Callbacks in a real ``fit``: what they do to the run, what they write and what they refuse."""

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, callbacks, layers, metrics, optimizers
from cnn_scratch.utils import set_random_seed

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1, keepdims=True) + 1


def model(learning_rate=0.1):
    set_random_seed(1)
    made = Sequential([Input((2,)), layers.Dense(1)])
    made.compile(optimizers.SGD(learning_rate), "mse", metrics=["mae"])
    return made


def fit(callback, epochs=6, trained=None, **options):
    return (trained or model()).fit(
        X, Y, epochs=epochs, callbacks=callback, verbose=0, shuffle=False, **options
    )


def test_early_stopping_restores_the_best_epoch():
    """The validation gets worse from the first epoch on, because its labels are the opposite."""
    trained = model()
    stop = callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    history = fit(stop, epochs=20, trained=trained, validation_data=(X, -Y))
    assert len(history.epoch) == 3
    assert (stop.best_epoch, stop.stopped_epoch) == (0, 2)
    assert trained.evaluate(X, -Y, verbose=0, return_dict=True)["loss"] == history.history["val_loss"][0]


def test_early_stopping_says_what_it_does(capsys):
    fit(callbacks.EarlyStopping("loss", mode="max", verbose=1, restore_best_weights=True))
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "Epoch 2: early stopping",
        "Restoring model weights from the end of the best epoch: 1.",
    ]


def test_the_learning_rate_is_in_the_history():
    for callback in (
        callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, mode="max", cooldown=2),
        callbacks.LearningRateScheduler(lambda epoch: 0.1 * 0.5 ** ((epoch + 1) // 2)),
    ):
        rates = fit(callback, epochs=5).history["learning_rate"]
        expected = [0.1, 0.1, 0.05, 0.05, 0.025]  # nothing counts in the first epoch of the cooldown
        if isinstance(callback, callbacks.LearningRateScheduler):
            expected = [0.1, 0.05, 0.05, 0.025, 0.025]
        np.testing.assert_allclose(rates, expected, rtol=1e-6)
        assert {type(rate) for rate in rates} == {float}


def test_what_a_callback_adds_to_an_epoch_is_not_told_at_the_end_of_the_training():
    told = []

    class Listener(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            told.append(sorted(logs))

        def on_train_end(self, logs=None):
            told.append(sorted(logs))

    fit([callbacks.LearningRateScheduler(lambda epoch: 0.1), Listener()], epochs=1)
    assert told == [["learning_rate", "loss", "mae"], ["loss", "mae"]]


def test_a_checkpoint_after_every_other_batch(tmp_path):
    path = tmp_path / "{epoch}-{batch}.weights.h5"
    fit(callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=2), epochs=2, batch_size=4)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "1-2.weights.h5",
        "2-1.weights.h5",
        "2-3.weights.h5",
    ]


def test_a_checkpoint_of_the_whole_model(tmp_path):
    from cnn_scratch.models import load_model

    path = tmp_path / "new" / "best.keras"
    trained = model()
    history = fit(
        callbacks.ModelCheckpoint(path, "loss", save_best_only=True), trained=trained, validation_split=0.25
    )
    best = load_model(path)
    np.testing.assert_allclose(best.predict(X), trained.predict(X), rtol=1e-6)
    assert history.history["loss"] == sorted(history.history["loss"], reverse=True)


def test_a_checkpoint_says_what_it_does(tmp_path, capsys):
    path = tmp_path / "a.weights.h5"
    options = dict(save_weights_only=True, save_best_only=True, verbose=1, mode="max")
    fit(callbacks.ModelCheckpoint(path, "loss", **options), epochs=2)
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines[0].startswith("Epoch 1: loss improved from None to ")
    assert lines[1] == f"Epoch 1: finished saving model to {path}"
    assert lines[2].startswith("Epoch 2: loss did not improve from ")
    with pytest.warns(UserWarning, match="Can save best model only with val_loss available"):
        fit(callbacks.ModelCheckpoint(path, save_weights_only=True, save_best_only=True), epochs=1)


def test_terminate_on_nan(capsys):
    labels = Y.copy()
    labels[5] = np.nan
    options = dict(epochs=9, batch_size=2, shuffle=False, verbose=0)
    history = model().fit(X, labels, callbacks=[callbacks.TerminateOnNaN()], **options)
    assert history.epoch == [0]
    assert capsys.readouterr().out == "Batch 2: Invalid loss, terminating training\n"
    with pytest.raises(RuntimeError, match=r"NaN or Inf loss encountered at batch 2. Loss value: nan"):
        model().fit(X, labels, callbacks=[callbacks.TerminateOnNaN(raise_error=True)], **options)


def test_csv_logger_writes_a_table(tmp_path):
    path = tmp_path / "log.csv"
    history = fit(callbacks.CSVLogger(path), epochs=2, validation_split=0.25)
    lines = [line.split(",") for line in path.read_text().splitlines()]
    assert lines[0] == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    for epoch, line in enumerate(lines[1:]):
        assert line[0] == str(epoch)
        assert [float(n) for n in line[1:]] == [history.history[name][epoch] for name in lines[0][1:]]


def test_lambda_callback_is_told_logs_at_every_event():
    events = []

    def note(name):
        return lambda *arguments: events.append((name, len(arguments), isinstance(arguments[-1], dict)))

    names = ["epoch_begin", "epoch_end", "train_begin", "train_end", "train_batch_begin", "train_batch_end"]
    fit(callbacks.LambdaCallback(**{f"on_{name}": note(name) for name in names}), epochs=1)
    assert {event[0] for event in events} == set(names)
    assert all(count == (1 if "train_" in name and "batch" not in name else 2) for name, count, _ in events)
    assert all(has_logs for _, _, has_logs in events)


def test_the_direction_of_a_metric():
    """Accuracies go up and losses go down, as in Keras; of a metric of one's own nothing is known."""

    class Mine(metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state(np.zeros(1))

    trained = Sequential([Input((2,)), layers.Dense(1)])
    trained.compile("sgd", "mse", metrics=["accuracy", "mae", Mine(name="mine")])
    assert [trained.fit(X, Y, verbose=0).history.keys()]
    with pytest.raises(ValueError, match=r"EarlyStopping callback received monitor=mine, but .*`mode='max'`"):
        fit(callbacks.EarlyStopping("mine"), epochs=1, trained=trained)
    for name, larger in (("accuracy", True), ("val_mae", False), ("loss", False), ("val_loss", False)):
        watching = callbacks.EarlyStopping(name)
        watching.set_model(trained)
        assert watching.is_improvement(2, 1) is larger
        assert watching.is_improvement(1, 2) is not larger


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: callbacks.ReduceLROnPlateau(factor=1.0), r"factor >= 1.0. Received: factor=1.0"),
        (lambda: callbacks.ModelCheckpoint("a.h5"), r"must end in `.keras`. Received: filepath=a.h5"),
        (
            lambda: callbacks.ModelCheckpoint("a.keras", save_weights_only=True),
            r"must end in `.weights.h5`. Received: filepath=a.keras",
        ),
        (
            lambda: callbacks.ModelCheckpoint("a.keras", save_freq="batch"),
            r"Expected save_freq='epoch' or an integer. Received: save_freq='batch'",
        ),
    ],
)
def test_rejects_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_rejects_in_fit(tmp_path):
    with pytest.raises(ValueError, match=r"should be a float. Received: 1"):
        fit(callbacks.LearningRateScheduler(lambda epoch: 1))
    with pytest.raises(KeyError, match=r"Failed to format this callback filepath.*val_loss"):
        fit(callbacks.ModelCheckpoint("{val_loss}.keras"))
    folder = tmp_path / "a.keras"
    folder.mkdir()
    with pytest.raises(IsADirectoryError, match=r"non-directory filepath for ModelCheckpoint. Received: "):
        fit(callbacks.ModelCheckpoint(folder))
    with pytest.warns(UserWarning, match=r"Early stopping conditioned on metric `val_loss`.*are: loss,mae"):
        fit(callbacks.EarlyStopping(), epochs=1)
    with pytest.warns(UserWarning, match=r"Learning rate reduction is conditioned on metric `val_loss`"):
        fit(callbacks.ReduceLROnPlateau(), epochs=1)
    with pytest.warns(UserWarning, match=r"EarlyStopping mode 'best' is unknown, fallback to auto mode"):
        callbacks.EarlyStopping(mode="best")


@pytest.mark.parametrize("name", ["EarlyStopping", "ReduceLROnPlateau"])
def test_several_numbers_are_neither_better_nor_worse(name):
    trained = model()
    trained.compile("sgd", "mse", metrics=[metrics.F1Score(threshold=0.5)])
    with pytest.raises(ValueError, match=rf"{name} callback expected monitor=f1_score to be one number. Rec"):
        fit(getattr(callbacks, name)("f1_score", mode="max"), trained=trained)
