"""Moving averages of the weights in ``fit``, beside Keras: what is evaluated, saved and left behind."""

import keras
import numpy as np
import pytest

import cnn_scratch

rng = np.random.default_rng(8)
X = rng.normal(size=(24, 6)).astype("float32")
Y = rng.integers(0, 3, 24)


def make(package, weights=None, **options):
    model = package.Sequential([package.Input((6,)), package.layers.Dense(3)])
    loss = package.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(package.optimizers.SGD(0.5, **options), loss)
    model.set_weights(weights or [rng.normal(size=shape) for shape in ((6, 3), (3,))])
    return model


def close(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("swap_on_epoch", [None, False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"use_ema": True, "ema_momentum": 0.75},
        {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": 5},
        {"use_ema": True, "ema_momentum": 0.5, "gradient_accumulation_steps": 3},
    ],
    ids=["plain", "overwritten", "accumulated"],
)
def test_fit(options, swap_on_epoch, tmp_path):
    """The losses, a checkpoint of every epoch, and at the end the model and the optimizer's state."""
    ours = make(cnn_scratch, **options)
    theirs = make(keras, ours.get_weights(), **options)
    histories, files = [], []
    for package, model in ((cnn_scratch, ours), (keras, theirs)):
        path = str(tmp_path / f"{package.__name__}{{epoch}}.keras")
        callbacks = [package.callbacks.ModelCheckpoint(path)]
        if swap_on_epoch is not None:
            callbacks.insert(0, package.callbacks.SwapEMAWeights(swap_on_epoch))
        run = {"epochs": 3, "batch_size": 4, "shuffle": False, "verbose": 0, "callbacks": callbacks}
        history = model.fit(X[:16], Y[:16], validation_data=(X[16:], Y[16:]), **run)
        histories.append(history.history)
        files.append([keras.saving.load_model(path.format(epoch=n)).get_weights() for n in (1, 2, 3)])
    assert list(histories[0]) == list(histories[1])
    close(histories[0].values(), histories[1].values())
    for one, other in zip(*files, strict=True):
        close(one, other)
    close(ours.get_weights(), theirs.get_weights())
    close(ours.optimizer.variables, [variable.numpy() for variable in theirs.optimizer.variables])


def test_evaluate_with_averages_and_train_on():
    options = {"use_ema": True, "ema_momentum": 0.75}
    ours = make(cnn_scratch, **options)
    theirs = make(keras, ours.get_weights(), **options)
    seen = []
    for package, model in ((cnn_scratch, ours), (keras, theirs)):
        swap = package.callbacks.SwapEMAWeights()
        values = []
        for _ in range(3):
            values.append(model.train_on_batch(X, Y))
            values.append(model.evaluate(X, Y, verbose=0, callbacks=[swap]))
            values.append(model.evaluate(X, Y, verbose=0))
        seen.append([float(value) for value in values])
    np.testing.assert_allclose(*seen, rtol=2e-5)
    close(ours.get_weights(), theirs.get_weights())


def test_a_prediction_leaves_the_weights_in_the_model():
    """Keras's ``on_predict_end`` does not: there the averages stay."""
    ours = make(cnn_scratch, use_ema=True, ema_momentum=0.75)
    theirs = make(keras, ours.get_weights(), use_ema=True, ema_momentum=0.75)
    for model in (ours, theirs):
        for _ in range(3):
            model.train_on_batch(X, Y)
    kept = ours.get_weights()
    predictions = [
        model.predict(X, verbose=0, callbacks=[package.callbacks.SwapEMAWeights()])
        for package, model in ((cnn_scratch, ours), (keras, theirs))
    ]
    close(*predictions)
    for now, before in zip(ours.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(now, before)
    close([theirs.get_weights()[0]], [ours.optimizer.variables[2]])


def test_averages_survive_early_stopping():
    """The averages stand in the model when another callback ends the run; Keras then loses them."""
    ours = make(cnn_scratch, use_ema=True, ema_momentum=0.75)

    class Watch(cnn_scratch.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1
            self.weights = self.model.get_weights()

    watch = Watch()
    swap = cnn_scratch.callbacks.SwapEMAWeights(swap_on_epoch=True)
    ours.fit(X, Y, epochs=5, batch_size=8, verbose=0, callbacks=[swap, watch])
    for now, then in zip(ours.get_weights(), watch.weights, strict=True):
        np.testing.assert_array_equal(now, then)


def test_without_averages():
    for package in (cnn_scratch, keras):
        model = make(package)
        with pytest.raises(
            ValueError, match=r"SwapEMAWeights must be used when `use_ema=True`.*use_ema=False"
        ):
            model.evaluate(X, Y, verbose=0, callbacks=[package.callbacks.SwapEMAWeights()])
