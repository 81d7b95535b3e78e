"""Callbacks beside Keras's own, told the same story: scripted logs, epoch after epoch."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnn_scratch

# Multiples of 1/16, which float32 holds: Keras compares in float32.
numbers = st.lists(st.integers(-4, 12).map(lambda n: n / 16) | st.just(float("nan")), min_size=1, max_size=9)


def trained_models():
    """Return a model of each library, whose metrics are known."""
    models = []
    for package in (cnn_scratch, keras):
        model = package.Sequential([package.Input((2,)), package.layers.Dense(1)])
        model.compile(optimizer=package.optimizers.SGD(0.5), loss="mse", metrics=["mae", "accuracy"])
        model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)
        models.append(model)
    return models


OURS, THEIRS = trained_models()


def tell(package, model, callback, monitor, story):
    """Let the callback hear the story; return what it did to the model, epoch by epoch."""
    model.stop_training = False
    model.optimizer.learning_rate = 0.5
    callback.set_model(model)
    callback.on_train_begin({})
    seen = []
    for epoch, number in enumerate(story):
        callback.on_epoch_begin(epoch, {})
        model.set_weights([np.full((2, 1), epoch), np.full(1, epoch)])
        logs = {monitor: number} if number is not None else {"other": 1.0}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            callback.on_epoch_end(epoch, logs)
        seen.append((bool(model.stop_training), float(model.optimizer.learning_rate), sorted(logs)))
        if model.stop_training:
            break
    callback.on_train_end({})
    return seen, model.get_weights()[1].tolist()


def compare(name, options, story, *arguments):
    results = []
    for package, model in ((cnn_scratch, OURS), (keras, THEIRS)):
        callback = getattr(package.callbacks, name)(*arguments, **options)
        results.append(tell(package, model, callback, options.get("monitor", "val_loss"), story))
    assert results[0] == results[1]


@given(
    story=numbers,
    monitor=st.sampled_from(["val_loss", "loss", "val_accuracy", "mae"]),
    mode=st.sampled_from(["auto", "min", "max"]),
    patience=st.integers(0, 3),
    min_delta=st.sampled_from([0, 1 / 16, -1 / 8]),
    baseline=st.sampled_from([None, 0.25]),
    restore_best_weights=st.booleans(),
    start_from_epoch=st.integers(0, 2),
)
def test_early_stopping(story, **options):
    compare("EarlyStopping", options, story)


@given(
    story=numbers,
    monitor=st.sampled_from(["val_loss", "val_accuracy", "mae"]),
    mode=st.sampled_from(["auto", "min", "max"]),
    factor=st.sampled_from([0.5, 0.25]),
    patience=st.integers(0, 3),
    min_delta=st.sampled_from([0, 1 / 16]),
    cooldown=st.integers(0, 2),
    min_lr=st.sampled_from([0.0, 0.2]),
)
def test_reduce_lr_on_plateau(story, **options):
    compare("ReduceLROnPlateau", options, story)


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate * 0.5, lambda epoch: 1.0 / (epoch + 1)])
def test_learning_rate_scheduler(schedule):
    compare("LearningRateScheduler", {}, [0.1] * 4, schedule)


@pytest.mark.parametrize("name", ["EarlyStopping", "ReduceLROnPlateau"])
def test_a_number_that_is_not_there(name):
    compare(name, {"patience": 1}, [0.5, None, 0.5, None, 0.5])


@pytest.mark.parametrize(
    "options",
    [{}, {"save_best_only": True}, {"save_best_only": True, "initial_value_threshold": 0.4, "mode": "min"}],
)
def test_model_checkpoint(options, tmp_path):
    story = [0.5, 0.25, 0.75, 0.25, 0.125]
    files = []
    for package, model in ((cnn_scratch, OURS), (keras, THEIRS)):
        folder = tmp_path / package.__name__
        path = str(folder / "{epoch:02d}-{val_loss:.3f}.weights.h5")
        callback = package.callbacks.ModelCheckpoint(path, save_weights_only=True, **options)
        tell(package, model, callback, "val_loss", story)
        files.append({file.name for file in folder.iterdir()})
        for file in folder.iterdir():
            OURS.load_weights(file)
            assert OURS.get_weights()[1] == int(file.name[:2]) - 1
    assert files[0] == files[1]


def test_csv_logger(tmp_path):
    stories = [
        [{"loss": 0.5, "accuracy": 0.25}, {"loss": 0.25, "accuracy": 0.5, "val_loss": 1.0}],
        [{"val_loss": 0.5, "loss": 1e-20}, {"loss": 3.0}],
        [{"loss": 1 / 3}],
    ]
    for options in ({}, {"separator": ";"}, {"append": True}):
        texts = []
        for package in (cnn_scratch, keras):
            path = tmp_path / f"{package.__name__}{len(options)}{options.get('separator', '')}.csv"
            callback = package.callbacks.CSVLogger(str(path), **options)
            for story in stories:
                callback.on_train_begin({})
                for epoch, logs in enumerate(story):
                    callback.on_epoch_end(epoch, dict(logs))
                callback.on_train_end({})
            texts.append(path.read_text().splitlines())
        assert texts[0] == texts[1]


@pytest.mark.parametrize("loss", [0.5, float("nan"), float("inf"), None])
def test_terminate_on_nan(loss, capsys):
    stopped = []
    for package, model in ((cnn_scratch, OURS), (keras, THEIRS)):
        model.stop_training = False
        callback = package.callbacks.TerminateOnNaN()
        callback.set_model(model)
        callback.on_train_batch_end(3, {} if loss is None else {"loss": loss})
        stopped.append(model.stop_training)
    assert stopped[0] == stopped[1] == (loss not in (0.5, None))


@pytest.mark.parametrize("package", [cnn_scratch, keras], ids=lambda package: package.__name__)
def test_before_a_run_nothing_is_known_of_it(package):
    callback = package.callbacks.Callback()
    assert (callback.model, callback.params) == (None, None)


def test_the_arguments_are_kerass():
    import inspect

    names = ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint", "LearningRateScheduler", "CSVLogger"]
    for name in [*names, "TerminateOnNaN", "LambdaCallback"]:
        ours, theirs = (
            {
                parameter.name: parameter.default
                for parameter in inspect.signature(getattr(package.callbacks, name)).parameters.values()
                if parameter.kind is not parameter.VAR_KEYWORD
            }
            for package in (cnn_scratch, keras)
        )
        assert list(ours.items()) == list(theirs.items()), name


SCORES = [np.array([0.5, 0.25, 0.0]), np.array([0.75, 0.25, 0.125])]  # an F-score of each class


def test_csv_logger_of_several_numbers(tmp_path):
    """On one line, however many there are."""
    tables = []
    for package in (cnn_scratch, keras):
        path = tmp_path / f"{package.__name__}.csv"
        logger = package.callbacks.CSVLogger(str(path))
        logger.on_train_begin()
        for epoch, score in enumerate(SCORES):
            logger.on_epoch_end(epoch, {"f1_score": np.tile(score, 50), "loss": 0.5})
        logger.on_train_end()
        tables.append(path.read_text())
    assert tables[0] == tables[1]
    assert tables[0].splitlines()[1].startswith('0,"""[0.5, 0.25, 0.0, 0.5, ')


@pytest.mark.parametrize("package", [cnn_scratch, keras], ids=lambda package: package.__name__)
def test_checkpoints_of_several_numbers(package, tmp_path):
    """None of them is the best: each is written."""
    model = OURS if package is cnn_scratch else THEIRS
    options = dict(monitor="f1_score", mode="max", save_best_only=True, save_weights_only=True)
    checkpoint = package.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.weights.h5"), **options)
    checkpoint.set_model(model)
    for epoch, score in enumerate(SCORES):
        with pytest.warns(UserWarning, match=r"`monitor` is a scalar value\. Received: \[0\.\d* .*Falling"):
            checkpoint.on_epoch_end(epoch, {"f1_score": score})
    assert len(list(tmp_path.iterdir())) == 2
