"""Where the batches of a run come from: generators, PyDatasets, limits of steps."""

import warnings

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers
from cnn_scratch.callbacks import Callback
from cnn_scratch.models.sources import make_source, makes_batches
from cnn_scratch.utils import PyDataset, set_random_seed

ROWS = np.arange(20.0).reshape(10, 2)
LABELS = np.arange(10.0).reshape(10, 1)


def model():
    set_random_seed(0)
    small = Sequential([Input((2,)), layers.Dense(1)])
    small.compile("sgd", "mse")
    return small


def batches(size=4, labels=True):
    for start in range(0, 10, size):
        rows = ROWS[start : start + size] / 10
        yield (rows, LABELS[start : start + size]) if labels else (rows,)


class Made(PyDataset):
    """Three batches; notes which were asked for, and the events."""

    def __init__(self, with_length=True):
        super().__init__(workers=2)
        self.events = []
        if not with_length:
            self.endless = True

    @property
    def num_batches(self):
        return None if hasattr(self, "endless") else 3

    def __getitem__(self, index):
        self.events.append(index)
        return list(batches())[index % 3]

    def on_epoch_begin(self):
        self.events.append("begin")

    def on_epoch_end(self):
        self.events.append("end")


class Again:
    """An iterable without a length, as a pipeline of another library may be."""

    def __iter__(self):
        return batches()


def first_numbers(source):
    """Return the first number of each batch of an epoch, ``None`` for no epoch."""
    epoch = source.epoch()
    return epoch if epoch is None else [float(batch.x[0][0, 0]) for batch in epoch]


# What is trained on ---------------------------------------------------------------------------


def test_batches_train_as_arrays_do():
    runs = []
    for data in ((ROWS / 10, LABELS), (batches(),), (Again(),), (Made(),)):
        trained = model()
        history = trained.fit(*data, batch_size=4 if len(data) == 2 else None, shuffle=False, verbose=0)
        runs.append((history.history, *trained.get_weights()))
    for history, kernel, bias in runs[1:]:
        assert history == runs[0][0]
        np.testing.assert_array_equal(kernel, runs[0][1])
        np.testing.assert_array_equal(bias, runs[0][2])


def test_evaluate_and_predict_take_batches():
    trained = model()
    whole = trained.evaluate(ROWS / 10, LABELS, batch_size=4, verbose=0)
    assert trained.evaluate(batches(), verbose=0) == trained.evaluate(Made(), verbose=0) == whole
    expected = trained.predict(ROWS / 10)
    for data in (batches(), batches(labels=False), (rows for (rows,) in batches(labels=False)), Made()):
        np.testing.assert_allclose(trained.predict(data), expected, rtol=1e-6)
    np.testing.assert_allclose(trained.predict(batches(), steps=2), expected[:8], rtol=1e-6)
    np.testing.assert_allclose(trained.predict(ROWS / 10, batch_size=3, steps=2), expected[:6], rtol=1e-6)
    first = trained.evaluate(ROWS[:4] / 10, LABELS[:4], verbose=0)
    assert trained.evaluate(batches(), steps=1, verbose=0) == pytest.approx(first, rel=1e-6)


def test_validation_data_may_be_batches_and_begins_anew():
    for data in (Again(), Made(), (ROWS / 10, LABELS)):
        history = model().fit(
            ROWS / 10,
            LABELS,
            epochs=2,
            verbose=0,
            validation_data=data,
            validation_steps=1,
            validation_batch_size=4,
            steps_per_epoch=1,
            batch_size=4,
            shuffle=False,
        )
        trained = model()
        expected = []
        for start in (0, 4):
            trained.train_on_batch(ROWS[start : start + 4] / 10, LABELS[start : start + 4])
            expected.append(trained.evaluate(ROWS[:4] / 10, LABELS[:4], verbose=0))
        assert history.history["val_loss"] == pytest.approx(expected, rel=1e-6)


def test_class_weight_applies_to_batches():
    losses = []
    for data in ((ROWS / 10, LABELS), (batches(),)):
        history = model().fit(*data, batch_size=4, shuffle=False, verbose=0, class_weight={1: 5.0, 7: 0.5})
        losses += history.history["loss"]
    assert losses[0] == losses[1]
    weighted = ((x, y, np.where(y[:, 0] == 1, 5.0, np.where(y[:, 0] == 7, 0.5, 1))) for x, y in batches())
    assert model().fit(weighted, verbose=0).history["loss"] == pytest.approx(losses[:1], rel=1e-6)


# Epochs and steps -----------------------------------------------------------------------------


def test_steps_go_on_where_the_epoch_before_ended():
    def endless():
        while True:
            yield from batches(2)

    source = make_source(model(), endless(), steps=3)
    assert [first_numbers(source) for _ in range(3)] == [[0, 0.4, 0.8], [1.2, 1.6, 0], [0.4, 0.8, 1.2]]
    assert (source.steps, source.samples) == (3, None)


def test_arrays_with_steps_begin_again_at_their_end():
    source = make_source(model(), ROWS, LABELS, batch_size=2, steps=4)
    assert (source.steps, source.samples) == (4, 8)
    assert first_numbers(source) == [0, 4, 8, 12]
    with pytest.warns(UserWarning, match="ran out of data"):
        assert first_numbers(source) == [16]
    assert first_numbers(source) == [0, 4, 8, 12]
    source.restart()
    assert first_numbers(source) == [0, 4, 8, 12]


def test_a_generator_that_ends_ends_the_training():
    """As Keras warns; but it would go on with epochs of no batch and a loss of 0."""
    with pytest.warns(UserWarning, match="Your input ran out of data; interrupting training"):
        history = model().fit(batches(), epochs=3, verbose=0)
    assert history.epoch == [0]
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model().fit(batches(), epochs=2, steps_per_epoch=2, verbose=0)
    assert history.epoch == [0, 1]


def test_a_py_dataset_is_asked_in_another_order_each_epoch():
    data = Made()
    model().fit(data, epochs=8, verbose=0)
    epochs = [data.events[5 * epoch : 5 * epoch + 5] for epoch in range(8)]
    assert all(epoch[0] == "begin" and epoch[-1] == "end" for epoch in epochs)
    orders = {tuple(epoch[1:4]) for epoch in epochs}
    assert {tuple(sorted(order)) for order in orders} == {(0, 1, 2)}
    assert len(orders) > 1
    data = Made()
    model().fit(data, epochs=2, verbose=0, shuffle=False)
    assert data.events == ["begin", 0, 1, 2, "end"] * 2
    for steps, asked in ((3, [[0, 1, 2], [0, 1, 2]]), (2, [[0, 1], [2]]), (1, [[0], [1]])):
        data = Made()  # its epochs are those of the training, as in Keras
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if steps == 2 else "error")
            model().fit(data, epochs=2, steps_per_epoch=steps, verbose=0, shuffle=False)
        assert data.events == [event for epoch in asked for event in ("begin", *epoch, "end")]


def test_a_py_dataset_without_an_end():
    data = Made(with_length=False)
    model().fit(data, epochs=2, steps_per_epoch=2, verbose=0)
    assert data.events == ["begin", 0, 1, "end", "begin", 2, 3, "end"]
    with pytest.raises(ValueError, match="without an end needs a number of steps"):
        model().fit(data, verbose=0)


def test_callbacks_are_told_what_is_known():
    class Spy(Callback):
        def on_train_begin(self, logs=None):
            plans.append(self.params)

    plans = []
    model().fit(batches(), verbose=0, callbacks=[Spy()])
    model().fit(Made(), verbose=2, callbacks=[Spy()])
    assert plans == [
        {"steps": None, "samples": None, "batch_size": None, "epochs": 1, "verbose": 0},
        {"steps": 3, "samples": None, "batch_size": None, "epochs": 1, "verbose": 2},
    ]


def test_progress_without_a_number_of_samples(capsys):
    model().fit(batches(), verbose=2)
    model().evaluate(batches(), verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Epoch 1/1 · ")
    assert "img/s" not in lines[0]
    assert lines[1].startswith("Evaluation · loss ")


# What is not data -----------------------------------------------------------------------------


def test_what_makes_batches():
    assert all(makes_batches(x) for x in (batches(), Made(), Again(), range(3), map(abs, [1])))
    assert not any(makes_batches(x) for x in (None, ROWS, [ROWS], (ROWS,), {"a": ROWS}, "abc", ROWS[0, 0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(x=batches(), y=LABELS), r"`x` as generator, `y` should not be passed.* Received: y=ndarray"),
        (dict(x=Made(), sample_weight=LABELS), r"`x` as Made, `sample_weight` should not be passed"),
        (
            dict(x=batches(), validation_split=0.5),
            r"`validation_split` is only supported for arrays.*=generator",
        ),
        (dict(x=iter([])), r"`fit` expects at least one sample. Received: x=list_iterator"),
        (dict(x=iter([(1, 2, 3, 4)])), r"a tuple \(x,\), \(x, y\) or .*Received: a tuple of 4"),
        (dict(x=batches(labels=False)), r"Expected labels"),
        (dict(x=batches(), steps_per_epoch=0), r"number of steps must be a positive integer. Received: 0"),
        (
            dict(x=batches(), steps_per_epoch=1.5),
            r"number of steps must be a positive integer. Received: 1.5",
        ),
    ],
)
def test_rejects(arguments, message):
    with pytest.raises(ValueError, match=message):
        model().fit(**arguments, verbose=0)


def test_a_py_dataset_must_know_its_length():
    class Nothing(PyDataset):
        pass

    with pytest.raises(
        NotImplementedError, match=r"implement either `__len__\(\)` or `num_batches` in Nothing"
    ):
        model().fit(Nothing(), verbose=0)
    with pytest.raises(NotImplementedError):
        Nothing()[0]


def test_one_generator_serves_several_runs():
    """Two epochs validate with it, and each further run goes on where the one before stopped."""
    trained = model()
    source = (batch for _ in range(2) for batch in batches())
    validation = {"validation_data": source, "validation_steps": 1}
    history = trained.fit(batches(), steps_per_epoch=1, epochs=2, **validation, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert trained.predict(source, steps=1, verbose=0).shape == (2, 1)  # the third of three batches
    trained.evaluate(source, steps=1, verbose=0)
    np.testing.assert_array_equal(next(source)[1], LABELS[4:8])
