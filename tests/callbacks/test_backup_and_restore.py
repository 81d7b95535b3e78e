"""BackupAndRestore: an interrupted run that is started again ends as one that was not interrupted."""

import re

import keras
import numpy as np
import pytest

import cnn_scratch

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1, keepdims=True) + 1
LIBRARIES = [cnn_scratch, keras]


def make(k):
    model = k.Sequential([k.Input((2,)), k.layers.Dense(3, activation="tanh"), k.layers.Dense(1)])
    model.set_weights([np.full(np.shape(w), 0.25) for w in model.get_weights()])
    model.compile(k.optimizers.Adam(0.125), "mse")
    return model


def stopping_at(k, epoch, batch):
    class Stop(k.callbacks.Callback):
        epoch = None

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, number, logs=None):
            if (self.epoch, number) == (epoch, batch):
                raise KeyboardInterrupt

    return Stop()


def fit(k, model, *callbacks):
    options = dict(batch_size=4, epochs=5, shuffle=False, verbose=0)
    return model.fit(X, Y, callbacks=list(callbacks), **options).history["loss"]


@pytest.mark.parametrize("k", LIBRARIES, ids=lambda k: k.__name__)
@pytest.mark.parametrize(
    "options", [{}, dict(double_checkpoint=True), dict(delete_checkpoint=False)], ids=str
)
def test_the_run_goes_on(k, options, tmp_path):
    whole = make(k)
    expected = fit(k, whole)
    backup = k.callbacks.BackupAndRestore(str(tmp_path / "backup"), **options)
    with pytest.raises(KeyboardInterrupt):
        fit(k, make(k), backup, stopping_at(k, epoch=3, batch=1))
    again = make(k)
    losses = fit(k, again, k.callbacks.BackupAndRestore(str(tmp_path / "backup"), **options))
    assert losses == pytest.approx(expected[3:], rel=1e-6)
    for ours, theirs in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert (tmp_path / "backup").exists() == (not options.get("delete_checkpoint", True))


def test_after_so_many_batches(tmp_path):
    """The epoch that was interrupted begins anew, with the weights that it had reached."""
    reached = make(cnn_scratch)
    for step in (0, 1, 2, 0):
        reached.train_on_batch(X[4 * step : 4 * step + 4], Y[4 * step : 4 * step + 4])
    backup = cnn_scratch.callbacks.BackupAndRestore(tmp_path / "backup", save_freq=2)
    with pytest.raises(KeyboardInterrupt):
        fit(cnn_scratch, make(cnn_scratch), backup, stopping_at(cnn_scratch, epoch=1, batch=2))
    again = make(cnn_scratch)
    backup.set_model(again)
    backup.on_train_begin()
    assert again._initial_epoch == 1
    assert again.optimizer.iterations == 4
    for ours, theirs in zip(again.get_weights(), reached.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_state_that_cannot_be_read(tmp_path):
    folder = tmp_path / "backup"
    backup = cnn_scratch.callbacks.BackupAndRestore(folder, double_checkpoint=True)
    with pytest.raises(KeyboardInterrupt):
        fit(cnn_scratch, make(cnn_scratch), backup, stopping_at(cnn_scratch, epoch=3, batch=0))
    (folder / "latest.weights.h5").write_bytes(b"cut off")
    assert len(fit(cnn_scratch, make(cnn_scratch), backup)) == 3  # goes on from the end of the second epoch
    folder.mkdir()
    (folder / "latest.weights.h5").write_bytes(b"cut off")
    with pytest.raises(ValueError, match=r"latest\.weights\.h5"):
        fit(cnn_scratch, make(cnn_scratch), cnn_scratch.callbacks.BackupAndRestore(folder))


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", "expected JSON. Received: Expecting value"),
        ('{"epoch": 2', "expected JSON. Received: Expecting ',' delimiter"),
        (b"\xff{}", "expected JSON. Received: 'utf-8' codec can't decode"),
        ("[" * 100_000, "expected JSON. Received: maximum recursion depth"),
        ("{}", r'expected {"epoch": <how many are done>}, an integer >= 0. Received: {}\. To begin'),
        ("[2]", r"an integer >= 0. Received: \[2\]\. To begin with the first epoch, remove the folder"),
        ('{"epoch": null}', 'an integer >= 0. Received: {"epoch": null}'),
        ('{"epoch": "2"}', 'an integer >= 0. Received: {"epoch": "2"}'),
        ('{"epoch": 2.5}', 'an integer >= 0. Received: {"epoch": 2.5}'),
        ('{"epoch": true}', 'an integer >= 0. Received: {"epoch": true}'),
        ('{"epoch": -1}', 'an integer >= 0. Received: {"epoch": -1}'),
        ('{"epochs": "%s"}' % ("2" * 500), 'Received: {"epochs": "2{68}\\. To begin'),
    ],
    ids=lambda text: str(text)[:20],
)
def test_the_number_of_epochs_cannot_be_read(damaged, message, tmp_path):
    """The message names the file; the state before it is taken if there is one."""
    backup = cnn_scratch.callbacks.BackupAndRestore(tmp_path, double_checkpoint=True)
    with pytest.raises(KeyboardInterrupt):
        fit(cnn_scratch, make(cnn_scratch), backup, stopping_at(cnn_scratch, epoch=3, batch=0))
    file, before = (tmp_path / f"{name}training_metadata.json" for name in ("", "before."))
    file.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    again = make(cnn_scratch)
    backup.set_model(again)
    backup.on_train_begin()
    assert again._initial_epoch == 2
    before.write_text("{}")
    with pytest.raises(ValueError, match=r"before\.training_metadata\.json: expected"):
        backup.on_train_begin()
    (tmp_path / "before.latest.weights.h5").unlink()
    untouched = make(cnn_scratch)
    with pytest.raises(ValueError, match=rf"{re.escape(str(file))}: .*{message}"):
        fit(cnn_scratch, untouched, backup)
    for ours, theirs in zip(untouched.get_weights(), make(cnn_scratch).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_there_must_be_data_to_go_on_with(tmp_path):
    backup = cnn_scratch.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        fit(cnn_scratch, make(cnn_scratch), backup, stopping_at(cnn_scratch, epoch=3, batch=0))
    with pytest.raises(ValueError, match="`fit` expects at least one sample"):
        make(cnn_scratch).fit(iter([]), epochs=5, verbose=0, callbacks=backup)
    assert (tmp_path / "backup").exists()


def test_another_run_begins_with_its_own_first_epoch(tmp_path):
    backup = cnn_scratch.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        fit(cnn_scratch, make(cnn_scratch), backup, stopping_at(cnn_scratch, epoch=3, batch=0))
    model = make(cnn_scratch)
    assert len(fit(cnn_scratch, model, backup)) == 2
    assert len(fit(cnn_scratch, model)) == 5


def test_rejects(tmp_path):
    BackupAndRestore = cnn_scratch.callbacks.BackupAndRestore
    with pytest.raises(ValueError, match=r"Expected the name of a folder. Received: backup_dir=''"):
        BackupAndRestore("")
    for wrong in ("batch", 0, 1.5):
        with pytest.raises(ValueError, match=r"Expected save_freq='epoch' or an integer >= 1. Received"):
            BackupAndRestore(tmp_path, save_freq=wrong)
    model = cnn_scratch.Sequential([cnn_scratch.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="must be built before `fit` is called"):
        fit(cnn_scratch, model, BackupAndRestore(tmp_path / "backup"))
