"""Generators, PyDatasets and limits of steps, beside Keras: the same losses and the same events."""

import warnings

import keras
import numpy as np
import pytest

import cnn_scratch

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(22, 3)).astype("float32"), RNG.normal(size=(22, 2)).astype("float32")


def generator(size=4, repeats=10, weighted=False):
    for _ in range(repeats):
        for start in range(0, 22, size):
            batch = X[start : start + size], Y[start : start + size]
            yield (*batch, 1 + np.arange(len(batch[0]))) if weighted else batch


def py_dataset(package):
    class Data(package.utils.PyDataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]

    return Data()


def models():
    made = []
    for package in (cnn_scratch, keras):
        model = package.Sequential([package.Input((3,)), package.layers.Dense(2, activation="tanh")])
        model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
        made.append(model)
    made[0].set_weights(made[1].get_weights())
    return made


@pytest.mark.parametrize(
    "options",
    [
        dict(steps_per_epoch=3, epochs=4),
        dict(steps_per_epoch=3, validation_steps=2, epochs=3),
        dict(steps_per_epoch=6, epochs=2, validation_freq=2),
    ],
)
@pytest.mark.parametrize("kind", ["arrays", "generator", "weighted generator", "py_dataset"])
def test_fit(kind, options):
    results = []
    for package, model in zip((cnn_scratch, keras), models(), strict=True):
        make = {
            "arrays": lambda: (X, Y),
            "generator": lambda: (generator(),),
            "weighted generator": lambda: (generator(weighted=True),),
            "py_dataset": lambda package=package: (py_dataset(package),),
        }[kind]
        batch_size = 4 if kind == "arrays" else None
        validation = dict(validation_data=(X[:13], Y[:13]), validation_batch_size=4)
        history = model.fit(*make(), batch_size=batch_size, verbose=0, shuffle=False, **options, **validation)
        results.append((history.history, model.get_weights()))
    (ours, weights), (theirs, expected) = results
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5)
    for w, wanted in zip(weights, expected, strict=True):
        np.testing.assert_allclose(w, wanted, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        dict(steps_per_epoch=3),
        dict(steps_per_epoch=5, validation_data=(X[:13], Y[:13]), validation_steps=2),
        dict(steps_per_epoch=3, validation_data=(X[:13], Y[:13]), validation_batch_size=4),
        dict(steps_per_epoch=4, validation_split=0.4, validation_steps=3),
        dict(validation_split=0.4, validation_steps=2),
    ],
)
def test_steps_without_a_batch_size_divide_the_samples(options):
    """Every step then has an equal part of the samples, and an epoch all of them."""
    results = []
    for package, model in zip((cnn_scratch, keras), models(), strict=True):
        steps = []
        count = package.callbacks.LambdaCallback(
            on_train_batch_end=lambda step, logs, steps=steps: steps.append(step),
            on_test_batch_end=lambda step, logs, steps=steps: steps.append(-step),
        )
        history = model.fit(X, Y, epochs=3, verbose=0, shuffle=False, callbacks=[count], **options)
        evaluated = model.evaluate(X, Y, steps=6, verbose=0)
        results.append((steps, history.history, evaluated))
    (steps, ours, evaluated), (expected_steps, theirs, expected) = results
    assert steps == expected_steps
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5)
    np.testing.assert_allclose(evaluated, expected, rtol=1e-5)


@pytest.mark.parametrize("steps", [None, 3, 2, 1])
def test_a_py_dataset_is_told_of_the_same_epochs(steps):
    """Which batches are asked for when is not compared: Keras asks for some before it needs them."""
    told = []
    for package, model in zip((cnn_scratch, keras), models(), strict=True):
        events = []

        class Data(package.utils.PyDataset):
            note = events.append

            def __len__(self):
                return 3

            def __getitem__(self, index):
                return X[:4], Y[:4]

            def on_epoch_begin(self):
                type(self).note("begin")

            def on_epoch_end(self):
                type(self).note("end")

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # two steps of three batches: the second epoch has one
            for run in (
                lambda data, model=model: model.fit(data, epochs=2, steps_per_epoch=steps, verbose=0),
                lambda data, model=model: model.evaluate(data, steps=steps, verbose=0),
                lambda data, model=model: model.predict(data, steps=steps, verbose=0),
            ):
                run(Data())
                # Before it begins, Keras reads a few batches to see what they are, and says that this ended.
                told.append(events[events.index("begin") :])
                events.clear()
    assert told[:3] == told[3:]
