"""The training loop: what fit, evaluate and predict do with data, weights, epochs and listeners."""

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, losses, optimizers
from cnn_scratch.callbacks import Callback, CallbackList, LambdaCallback
from cnn_scratch.utils import set_random_seed
from tests.threads import assert_same_bits_for_any_number_of_threads


def blobs(n=60, seed=0):
    """Three clouds of points in four dimensions."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return (rng.normal(size=(n, 4)) + 3 * np.eye(4)[y]).astype("float32"), y


def classifier(metrics=("accuracy",), optimizer="adam", dropout=0.0):
    model = Sequential(
        [
            Input((4,)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metrics))
    return model


def test_learns_and_returns_a_history():
    x, y = blobs()
    history = classifier(optimizer=optimizers.Adam(0.01)).fit(
        x, y, epochs=30, batch_size=16, verbose=0, validation_data=blobs(30, seed=1)
    )
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert [len(values) for values in history.history.values()] == [30] * 4
    assert history.epoch == list(range(30))
    assert history.history["val_accuracy"][-1] > 0.8 > history.history["val_accuracy"][0]
    assert history.history["loss"][-1] < history.history["loss"][0] / 2


def test_class_weight_is_not_for_the_validation():
    """Neither for the last samples of the same arrays, which are set aside, as in Keras."""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(20, 4)).astype("float32"), np.arange(20) % 3
    model = Sequential([Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile(optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    weights = {0: 5.0, 1: 0.5}
    logs = model.fit(x, y, class_weight=weights, validation_split=0.25, verbose=0).history
    assert logs["val_loss"] == [pytest.approx(model.evaluate(x[15:], y[15:], verbose=0), rel=1e-6)]
    weighted = model.evaluate(x[:15], y[:15], sample_weight=np.array([5, 0.5, 1.0] * 5), verbose=0)
    assert logs["loss"] == [pytest.approx(weighted, rel=1e-6)]


def test_validation_split_takes_the_last_samples_before_shuffling():
    x, y = blobs(50)
    seen = []

    class Spy(layers.Layer):
        def compute_output_shape(self, input_shape):
            return input_shape

        def forward(self, inputs, training=False):
            if training:
                seen.append(inputs.copy())
            return self.prepare_inputs(inputs), None

        def backward(self, grad_outputs, cache):
            return grad_outputs

    model = Sequential([Spy(), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(x, y, validation_split=0.3, epochs=1, batch_size=8, verbose=0)
    seen = np.concatenate(seen)
    assert sorted(map(tuple, seen)) == sorted(map(tuple, x[:35]))
    assert not np.array_equal(seen, x[:35])  # shuffled
    assert history.history["val_loss"] == [pytest.approx(model.evaluate(x[35:], y[35:], verbose=0), rel=1e-6)]


def test_the_last_smaller_batch_counts_by_its_size():
    x, y = blobs(10)
    model = classifier()
    whole = model.evaluate(x, y, batch_size=10, verbose=0)
    parts = model.evaluate(x, y, batch_size=4, verbose=0)
    np.testing.assert_allclose(parts, whole, rtol=1e-6)


def test_class_weight_is_a_sample_weight():
    x, y = blobs(30)
    start = classifier().get_weights()
    results = []
    for options in (dict(class_weight={0: 2.0, 2: 0.5}), dict(sample_weight=np.array([2.0, 1.0, 0.5])[y])):
        model = classifier()
        model.set_weights(start)
        results.append(
            model.fit(x, y, epochs=3, batch_size=7, shuffle=False, verbose=0, **options).history["loss"]
        )
    np.testing.assert_array_equal(*results)
    with pytest.raises(ValueError, match="`class_weight` and `sample_weight` at the same time"):
        classifier().fit(x, y, class_weight={0: 1.0}, sample_weight=np.ones(30), verbose=0)


def test_class_weight_does_not_weigh_the_validation():
    x, y = blobs(30)
    model = classifier()
    options = dict(class_weight={0: 20.0, 2: 0.5}, validation_split=0.5, verbose=0)
    history = model.fit(x, y, **options).history
    alone = model.evaluate(x[15:], y[15:], verbose=0, return_dict=True)
    assert history["val_loss"] == [alone["loss"]]


def test_weighted_metrics_see_the_weights():
    x, y = blobs(30)
    model = Sequential([Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["acc"])
    right = model.predict(x).argmax(axis=1) == y
    weights = np.where(right, 3.0, 1.0)
    logs = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    assert logs["accuracy"] == pytest.approx(right.mean())
    assert logs["acc"] == pytest.approx((right * weights).sum() / weights.sum())


def test_one_hot_and_sparse_labels_train_alike():
    x, y = blobs(30)
    start = classifier().get_weights()
    losses = []
    for loss, labels in (("sparse_categorical_crossentropy", y), ("categorical_crossentropy", np.eye(3)[y])):
        model = classifier()
        model.compile("sgd", loss, metrics=["accuracy"])
        model.set_weights(start)
        losses.append(model.fit(x, labels, epochs=2, shuffle=False, verbose=0).history)
    for name in losses[0]:
        np.testing.assert_allclose(losses[0][name], losses[1][name], rtol=1e-5)


def test_the_loss_behind_a_softmax_is_exact_where_the_probability_is_zero():
    model = Sequential([Input((2,)), layers.Dense(2, activation="softmax", use_bias=False)])
    model.set_weights([np.eye(2) * 1000])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.evaluate(np.array([[1.0, 0.0]]), np.array([1]), verbose=0) == pytest.approx(1000)
    model.train_on_batch(np.array([[1.0, 0.0]]), np.array([1]))
    np.testing.assert_allclose(model.layers[0].kernel.grad, [[1, -1], [0, 0]])
    sigmoid = Sequential([Input((1,)), layers.Dense(1, use_bias=False), layers.Activation("sigmoid")])
    sigmoid.set_weights([[[1000.0]]])
    sigmoid.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    assert sigmoid.evaluate(np.array([[1.0]]), np.array([[0]]), verbose=0) == [pytest.approx(1000), 0.0]


@pytest.mark.parametrize(
    ("activation", "loss", "y"),
    [
        ("softmax", losses.SparseCategoricalCrossentropy, [1]),
        ("softmax", losses.CategoricalCrossentropy, [[0.0, 1.0]]),
        ("sigmoid", losses.BinaryCrossentropy, [[0.0, 1.0]]),
    ],
)
def test_probabilities_that_are_taken_for_logits(activation, loss, y):
    """A warning, once; the loss takes the logits behind the activation, and says so."""
    x, y = np.array([[2.0, -3.0]]), np.array(y)
    right = Sequential([Input((2,)), layers.Dense(2, use_bias=False)])
    wrong = Sequential([Input((2,)), layers.Dense(2, use_bias=False), layers.Activation(activation)])
    for model in (right, wrong):
        model.set_weights([np.eye(2)])
        model.compile("sgd", loss(from_logits=True))
    with pytest.warns(UserWarning, match=f"received `from_logits=True`, but .* by a {activation}") as caught:
        results = [wrong.train_on_batch(x, y), wrong.evaluate(x, y, verbose=0)]
    assert len(caught) == 1
    assert results == [right.train_on_batch(x, y), right.evaluate(x, y, verbose=0)]


def test_only_the_activation_that_belongs_to_the_loss_is_left_to_it():
    model = Sequential([Input((2,)), layers.Dense(2, activation="sigmoid", use_bias=False)])
    model.set_weights([np.eye(2)])
    model.compile("sgd", "categorical_crossentropy")
    x = np.array([[1.0, -2.0]])
    outputs = 1 / (1 + np.exp(-x))
    expected = -np.log(outputs[0, 0] / outputs.sum())  # the loss normalises what is no distribution
    assert model.evaluate(x, np.array([[1.0, 0.0]]), verbose=0) == pytest.approx(expected, rel=1e-6)


def test_a_step_uses_the_gradients_of_its_own_batch_only():
    x, y = blobs(24)
    model, twin = classifier(optimizer="sgd"), classifier(optimizer="sgd")
    model.set_weights(twin.get_weights())
    model.train_on_batch(x[:12], y[:12])
    twin.set_weights(model.get_weights())  # the second step, once after the first and once afresh
    for one in (model, twin):
        one.train_on_batch(x[12:], y[12:])
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_loss_of_an_epoch_is_that_of_this_epoch_alone():
    x, y = blobs(12)
    model, twin = classifier(), classifier()
    twin.set_weights(model.get_weights())
    history = model.fit(x, y, epochs=2, batch_size=12, shuffle=False, verbose=0).history
    first, _ = twin.train_on_batch(x, y)
    second, accuracy = twin.evaluate(x, y, verbose=0)  # what the weights give after one step
    np.testing.assert_allclose(history["loss"], [first, second], rtol=1e-6)
    assert history["accuracy"][1] == pytest.approx(accuracy)


def test_validation_freq_counts_epochs_from_one():
    x, y = blobs(12)
    history = classifier().fit(x, y, epochs=3, validation_freq=2, validation_data=(x, y), verbose=0).history
    assert len(history["loss"]) == 3
    assert len(history["val_loss"]) == 1
    told = []
    listener = LambdaCallback(on_epoch_end=lambda epoch, logs: told.append("val_loss" in logs))
    options = {"validation_data": (x, y), "callbacks": listener, "verbose": 0}
    classifier().fit(x, y, epochs=4, validation_freq=[1, 3], **options)
    assert told == [True, False, True, False]
    with pytest.raises(ValueError, match=r"to be a list or int. Received: validation_freq=0.5"):
        classifier().fit(x, y, validation_freq=0.5, **options)


def test_initial_epoch_and_stop_training():
    epochs = []

    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            epochs.append(epoch)
            self.model.stop_training = epoch == 5

    x, y = blobs(12)
    history = classifier(optimizer=optimizers.Adam(0.01)).fit(
        x, y, initial_epoch=3, epochs=9, callbacks=[Stop()], verbose=0
    )
    assert epochs == history.epoch == [3, 4, 5]


def test_callbacks_are_told_in_order():
    events = []

    class Listener(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                return lambda *arguments, **keywords: events.append((name, *arguments[:-1]))
            return super().__getattribute__(name)

    x, y = blobs(12)
    listener = Listener()
    model = classifier()
    model.fit(x, y, batch_size=6, callbacks=[listener], verbose=0)
    steps = [(f"on_train_batch_{when}", step) for step in (0, 1) for when in ("begin", "end")]
    assert events == [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        *steps,
        ("on_epoch_end", 0),
        ("on_train_end",),
    ]
    assert listener.model is model
    assert listener.params == {"epochs": 1, "steps": 2, "samples": 12, "batch_size": 6, "verbose": 0}


def test_a_batch_returns_its_own_loss():
    """Not a running mean: Keras 3.15 begins anew with every batch."""
    x, y = blobs(12)
    model = classifier(optimizer="sgd")
    first = model.test_on_batch(x[:6], y[:6])
    second = model.test_on_batch(x[6:], y[6:], return_dict=True)
    assert first == model.evaluate(x[:6], y[:6], verbose=0)
    assert second == model.evaluate(x[6:], y[6:], verbose=0, return_dict=True)
    assert model.metrics_names == ["loss", "accuracy"]
    assert model.train_on_batch(x, y) == pytest.approx([(first[0] + second["loss"]) / 2, 0], rel=1e-6, abs=1)


def test_predict_equals_the_call_and_any_batch_size():
    x, _ = blobs(23)
    model = classifier()
    np.testing.assert_allclose(model.predict(x, batch_size=5), model(x), rtol=1e-6)
    assert model.predict(x[:1]).shape == (1, 3)
    assert model.predict(x.astype("float64").tolist()).dtype == np.float32


@pytest.mark.parametrize("shuffle", [True, False])
def test_one_seed_repeats_a_run_bit_for_bit_on_any_number_of_threads(shuffle):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(70, 9, 9, 2)), np.arange(70) % 5

    def run():
        set_random_seed(7)
        model = Sequential(
            [
                Input((9, 9, 2)),
                layers.Conv2D(6, 3, activation="relu"),
                layers.BatchNormalization(),
                layers.MaxPooling2D(),
                layers.Dropout(0.3),
                layers.Flatten(),
                layers.Dense(700, activation="relu"),
                layers.Dense(5, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, epochs=2, batch_size=64, shuffle=shuffle, verbose=0).history
        return [*model.get_weights(), *history.values()]

    assert_same_bits_for_any_number_of_threads(run)


def test_two_models_that_share_a_layer_train_in_turn():
    """Each has a flat buffer of its own; the shared parameters move between them without losing a step."""
    x, y = blobs(12)
    shared = layers.Dense(6, activation="relu")
    models = [Sequential([Input((4,)), shared, layers.Dense(3, activation="softmax")]) for _ in range(2)]
    for model in models:
        model.compile("sgd", "sparse_categorical_crossentropy")
    for model in (models[0], models[1], models[0]):
        before = shared.get_weights()
        model.train_on_batch(x, y)
        assert not np.array_equal(before[0], shared.get_weights()[0])
        np.testing.assert_array_equal(models[0].layers[0].kernel.value, models[1].layers[0].kernel.value)


def test_lines_in_a_log(capsys):
    x, y = blobs(12)
    classifier().fit(x, y, epochs=2, verbose="auto", validation_split=0.25)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" · ")[0] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert "img/s · loss " in lines[0]
    assert " · val_accuracy " in lines[0]
    classifier().fit(x, y, verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(x=np.zeros((5, 4)), y=np.zeros(4)), r"same number of samples. Received: \{'x': 5, 'y': 4\}"),
        (dict(x=np.zeros((5, 3)), y=np.zeros(5)), r"expected shape \(None, 4\). Received: shape \(5, 3\)"),
        (dict(x=np.zeros((5, 4)), y=np.full(5, 3)), r"(?i)label"),
        (dict(x=np.zeros((5, 4)), y=None), "expects samples and labels"),
        (dict(x=np.zeros((0, 4)), y=np.zeros(0)), "expects samples and labels. Received: 0 samples"),
        (dict(x=[["a"]], y=np.zeros(1)), "Argument `x` must be an array of numbers"),
        (dict(y=np.zeros(1)), r"`x` must be given, for the inputs \['input_.*'\]. Received: x=None"),
        (
            dict(x=np.zeros((5, 4)), y=np.zeros(5), batch_size=0),
            "`batch_size` must be a positive integer. .*=0",
        ),
        (dict(x=np.zeros((5, 4)), y=np.zeros(5), validation_split=1.5), "between 0 and 1. Received: 1.5"),
        (dict(x=np.zeros((1, 4)), y=np.zeros(1), validation_split=0.5), "not sufficient to split it"),
        (dict(x=np.zeros((5, 4)), y=np.zeros(5), validation_data=3), r"must be a tuple \(x_val, y_val\)"),
        (dict(x=np.zeros((5, 4)), y=np.zeros(5), verbose=7), "`verbose` must be 0, 1, 2 or 'auto'"),
        (dict(x=np.zeros((5, 4)), y=np.zeros(5), callbacks=[print]), "a Callback object, .*Received: <built"),
        (dict(x=np.zeros((5, 4)), y=np.zeros(5), callbacks="History"), "a Callback object, .*Received: 'His"),
        (dict(x=np.zeros((5, 4)), y=np.zeros(5), class_weight=[1, 2, 1]), r"a dictionary .*=\[1, 2, 1\]"),
        (dict(x=np.zeros((5, 4)), y=np.zeros(5), epochs=2.0), r"`epochs` must be an integer. .*=2.0"),
    ],
)
def test_fit_rejects(arguments, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(**({"verbose": 0} | arguments))


class Counted(Callback):
    """Counts what it is told."""

    def __init__(self):
        self.batches = dict.fromkeys(("train", "test", "predict"), 0)

    def on_train_batch_end(self, batch, logs=None):
        self.batches["train"] += 1

    def on_test_batch_end(self, batch, logs=None):
        self.batches["test"] += 1

    def on_predict_batch_end(self, batch, logs=None):
        self.batches["predict"] += 1


@pytest.mark.parametrize(
    "form",
    [lambda one: one, lambda one: [one], lambda one: ([], [[one], None]), lambda one: CallbackList(one)],
    ids=["one", "list", "lists in a tuple", "CallbackList"],
)
def test_callbacks_in_every_form(form):
    """As in Keras: one alone, or lists inside of lists."""
    model, counted = classifier(), Counted()
    x, y = np.zeros((10, 4)), np.zeros(10)
    model.fit(x, y, batch_size=4, validation_data=(x, y), verbose=0, callbacks=form(counted))
    assert counted.batches == {"train": 3, "test": 3, "predict": 0}
    model.evaluate(x, y, batch_size=5, verbose=0, callbacks=form(counted))
    model.predict(x, batch_size=2, callbacks=form(counted))
    assert counted.batches == {"train": 3, "test": 5, "predict": 5}


def test_uncompiled_models_and_unknown_names():
    model = Sequential([Input((4,)), layers.Dense(3)])
    with pytest.raises(ValueError, match=r"must call `compile\(\)`"):
        model.fit(np.zeros((5, 4)), np.zeros(5), verbose=0)
    with pytest.raises(ValueError, match=r"(?i)adam"):
        model.compile("adm", "mse")
    with pytest.raises(ValueError, match="mean_squared"):
        model.compile("adam", "mean_squred_error")
    with pytest.raises(ValueError, match="acuracy"):
        model.compile("adam", "mse", metrics=["acuracy"])
    model.compile("adam")
    with pytest.raises(ValueError, match=r"Provide a `loss` argument"):
        model.fit(np.zeros((5, 4)), np.zeros((5, 3)), verbose=0)
