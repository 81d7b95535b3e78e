"""Metrics of one's own: the same class counts the same here and in Keras."""

import copy
import pickle

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch import callbacks, metrics
from cnn_scratch.metrics.variable import Variable

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4)).astype("float32")
Y = (X[:, :1] + X[:, 1:2] > 0).astype("float32")
WEIGHTS = RNG.integers(0, 4, 20).astype("float32")


def own(k):
    """Return classes of metrics as Keras's guides write them, with NumPy."""

    class Found(k.metrics.Metric):
        """How many of the ones were found."""

        def __init__(self, name="found", **options):
            super().__init__(name=name, **options)
            self.found = self.add_weight(name="found", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            values = ((np.asarray(y_true) == 1) & (np.asarray(y_pred) > 0)).astype("float32")
            if sample_weight is not None:
                values = values * np.reshape(sample_weight, (-1, 1))
            self.found.assign_add(np.sum(values))

        def result(self):
            return self.found

    class Share(Found):
        """The same as a share, with an array of two sums, and arithmetic."""

        def __init__(self, name="share", initializer="zeros", **options):
            super().__init__(name, **options)
            self.sums = self.add_variable((2,), initializer, dtype="float32", name="sums")

        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state(y_true, y_pred, sample_weight)
            self.sums.assign(self.sums + np.array([np.sum(np.asarray(y_true)), 0.5], "float32"))
            self.sums.assign_sub(np.array([0.0, 0.25], "float32"))

        def result(self):
            return self.found / (self.sums[0] + self.sums[1])

    class Errors(k.metrics.Metric):
        """Several numbers, counted by metrics among the attributes."""

        def __init__(self, name="errors", **options):
            super().__init__(name=name, **options)
            self.absolute = k.metrics.MeanAbsoluteError()
            self.others = [k.metrics.MeanSquaredError()]

        def update_state(self, y_true, y_pred, sample_weight=None):
            for metric in (self.absolute, *self.others):
                metric.update_state(y_true, y_pred, sample_weight)

        def result(self):
            return {"squared": self.others[0].result(), "absolute": self.absolute.result()}

    return {"Found": Found, "Share": Share, "Errors": Errors}


def compiled(k, **options):
    model = k.Sequential([k.Input((4,)), k.layers.Dense(1)])
    model.set_weights([np.full((4, 1), 0.25), np.zeros(1)])
    eagerly = {"run_eagerly": True} if k is keras else {}  # NumPy asks for arrays, not for a graph
    model.compile("sgd", "mse", **options, **eagerly)
    return model


def fitted(k):
    """Return all that is shown of the metrics in a training with validation, and in an evaluation."""
    classes = own(k)
    model = compiled(
        k,
        metrics=[classes["Errors"](), "mae", classes["Found"]()],
        weighted_metrics=[classes["Found"](), classes["Share"]()],
    )
    options = dict(epochs=3, batch_size=8, shuffle=False, verbose=0)
    history = model.fit(X, Y, sample_weight=WEIGHTS, validation_data=(X, Y, WEIGHTS), **options).history
    dictionary = model.evaluate(X, Y, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    model = compiled(k, metrics=[classes["Errors"](), classes["Share"], "mae"])
    return history, dictionary, model.evaluate(X, Y, verbose=0)


def test_they_count_as_in_keras():
    (history, dictionary, results), (their_history, their_dictionary, their_results) = map(
        fitted, (cnn_scratch, keras)
    )
    assert set(history) == set(their_history) >= {"found", "weighted_found", "val_share", "squared"}
    for name, numbers in their_history.items():
        assert [type(number) for number in history[name]] == [float] * 3
        np.testing.assert_allclose(history[name], numbers, rtol=1e-5, err_msg=name)
    assert set(dictionary) == set(their_dictionary)
    for name, number in their_dictionary.items():
        assert dictionary[name] == pytest.approx(number, rel=1e-5), name
    assert results == pytest.approx(their_results, rel=1e-5)


@pytest.mark.parametrize("k", [cnn_scratch, keras], ids=lambda k: k.__name__)
def test_each_alone(k):
    classes = own(k)
    share = classes["Share"](name="mine", initializer="ones")
    assert (share.name, [v.name for v in share.variables]) == ("mine", ["found", "sums"])
    assert float(share(np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]]))) == pytest.approx(1 / 3.25)
    share.reset_state()
    assert [np.asarray(v).tolist() for v in share.variables] == [0, [0, 0]]
    errors = classes["Errors"]()
    assert errors(np.zeros((2, 1)), np.full((2, 1), 3.0)) == {"absolute": 3, "squared": 9}
    errors.reset_state()
    assert errors.result() == {"absolute": 0, "squared": 0}


def test_copies_and_files(tmp_path):
    """A copy, a clone and what comes from a file count for themselves; the file has the class by its name."""
    classes = own(cnn_scratch)
    model = compiled(cnn_scratch, metrics=[classes["Found"]()])
    expected = model.evaluate(X, Y, verbose=0)
    model.save(tmp_path / "model.keras")
    for twin in (
        copy.deepcopy(model),
        cnn_scratch.models.clone_model(model),
        cnn_scratch.models.load_model(tmp_path / "model.keras", custom_objects=classes),
    ):
        twin.set_weights(model.get_weights())
        assert twin.evaluate(X, Y, verbose=0) == expected
    with pytest.raises(cnn_scratch.saving.ModelFileError, match="Found"):
        cnn_scratch.models.load_model(tmp_path / "model.keras")


def test_one_that_has_counted_elsewhere_begins_anew():
    """Keras goes on with what it has counted, for one epoch."""
    used = metrics.MeanAbsoluteError(name="mae")
    used.update_state(np.full((100, 1), 50.0), np.zeros((100, 1)))
    model = compiled(cnn_scratch, metrics=[used])
    expected = float(np.abs(model.predict(X) - Y).mean())
    assert model.evaluate(X, Y, verbose=0)[1] == pytest.approx(expected, rel=1e-6)
    clone = cnn_scratch.models.clone_model(model)
    clone.set_weights(model.get_weights())
    assert clone.evaluate(X, Y, verbose=0)[1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("k", [cnn_scratch, keras], ids=lambda k: k.__name__)
def test_an_array_stays_one_even_of_one_number(k):
    model = compiled(k, metrics=[k.metrics.F1Score(threshold=0.5)])
    logs = model.fit(X, Y, epochs=2, verbose=0).history
    assert [np.shape(score) for score in logs["f1_score"]] == [(1,), (1,)]
    assert {type(loss) for loss in logs["loss"]} == {float}


def test_a_callback_can_watch_it():
    classes = own(cnn_scratch)
    model = compiled(cnn_scratch, metrics=[classes["Found"]()])
    stop = callbacks.EarlyStopping("found", mode="min", patience=1)
    assert len(model.fit(X, Y, epochs=9, verbose=0, callbacks=stop).epoch) < 9


# The variables ------------------------------------------------------------------------------------


def test_a_variable_is_an_array_to_numpy():
    total, counts = Variable(np.array(6.0), "total"), Variable(np.array([1, 2], "int32"), "counts")
    assert (total / 4, 4 - total, -total, np.sqrt(total + 3)) == (1.5, -2, -6, 3)
    assert (np.sum(counts), counts[1], len(counts), list(counts)) == (3, 2, 2, [1, 2])
    np.testing.assert_array_equal(np.stack([counts, counts * total]), [[1, 2], [6, 12]])
    assert (float(total), int(total), bool(total), total > 5) == (6.0, 6, True, True)
    assert (total.shape, counts.shape, counts.ndim, counts.dtype) == ((), (2,), 1, "int32")
    assert repr(total) == "<Variable name=total, shape=(), dtype=float64, value=6.0>"
    into = np.zeros(2)
    assert np.add(counts, 1, out=into) is into
    assert into.tolist() == [2, 3]


def test_what_was_read_before_stays_as_it_was():
    for change in (
        lambda variable: variable.assign([5.0, 7.0]),
        lambda variable: variable.assign_add([4.0, 5.0]),
        lambda variable: variable.assign_sub([-4.0, -5.0]),
        lambda variable: variable.__iadd__([4.0, 5.0]),
    ):
        variable = Variable(np.array([1.0, 2.0]), "v")
        before, twin = [variable.value, variable.numpy()], copy.copy(variable)
        change(variable)
        assert variable.numpy().tolist() == [5, 7]
        assert [one.tolist() for one in (*before, twin.value)] == [[1, 2]] * 3
        assert pickle.loads(pickle.dumps(variable)).numpy().tolist() == [5, 7]


def test_adding_in_place_is_adding():
    variable = same = Variable(np.array(1.0), "v")
    variable += 2
    assert variable is same
    assert float(same) == 3


# Rejects ------------------------------------------------------------------------------------------


def test_rejects():
    metric = metrics.Mean()
    with pytest.raises(ValueError, match=r"Expected `shape` as a tuple of integers. Received: shape='total'"):
        metric.add_weight("total", initializer="zeros")  # Keras 2 had the name first
    with pytest.raises(ValueError, match=r"'zeros' for example. Received: initializer=None"):
        metric.add_weight(name="total")
    with pytest.raises(ValueError, match=r"Unknown initializer: 'nothing'"):
        metric.add_variable((), "nothing")
    variable = metric.add_weight((2,), "zeros", name="v")
    with pytest.raises(ValueError, match=r"match variable 'v'. Expected: \(2,\). Received: \(\)"):
        variable.assign(1.0)

    class Hasty(metrics.Metric):
        def __init__(self):
            self.total = self.add_weight(name="total", initializer="zeros")

    with pytest.raises(RuntimeError, match=r"forgot to call `super.*` in the `__init__\(\)` of Hasty"):
        Hasty()

    class Forgetful(metrics.Metric):
        total = 0

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.total += 1

        def result(self):
            return self.total

    with pytest.raises(
        NotImplementedError, match=r"Metric 'forgetful' has no variables to set to zero. Count"
    ):
        compiled(cnn_scratch, metrics=[Forgetful()]).fit(X, Y, verbose=0)
