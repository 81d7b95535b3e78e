"""What a callback of one's own hears, call by call, beside Keras: the guide "Writing your own callbacks"."""

import keras
import numpy as np
import pytest

import cnn_scratch

X = np.linspace(-1, 1, 20, dtype="float32").reshape(10, 2)
METHODS = [
    f"on_{name}"
    for kind in ("train", "test", "predict")
    for name in (f"{kind}_begin", f"{kind}_end", f"{kind}_batch_begin", f"{kind}_batch_end")
] + ["on_epoch_begin", "on_epoch_end"]


def form(thing):
    """Return what a thing is made of: the keys and the places of arrays, without the numbers."""
    if isinstance(thing, dict):
        return {key: form(part) for key, part in thing.items()}
    if isinstance(thing, list | tuple):
        return [form(part) for part in thing]
    return np.shape(thing)


def heard(library, names):
    """Return the calls of a callback during ``fit``, ``evaluate`` and ``predict``."""
    calls = []

    def note(method):
        if "batch" in method or "epoch" in method:
            return lambda self, index, logs=None: calls.append((method, index, form(logs)))
        return lambda self, logs=None: calls.append((method, form(logs)))

    methods = {name: note(name) for name in METHODS}
    methods["set_model"] = lambda self, model: calls.append(("set_model", model.output_shape))
    methods["set_params"] = lambda self, params: calls.append(
        ("set_params", params["epochs"], params["steps"])
    )
    callback = type("Listener", (library.callbacks.Callback,), methods)()
    inputs = library.Input((2,))
    outputs = [library.layers.Dense(1, name=name)(inputs) for name in names]
    model = library.Model(inputs, outputs if len(outputs) > 1 else outputs[0])
    labels = [np.zeros((10, 1))] * len(names)
    model.compile("sgd", ["mse"] * len(names), metrics=[["mae"]] * len(names))
    model.fit(
        X,
        labels,
        4,
        epochs=2,
        verbose=0,
        callbacks=[callback],
        validation_data=(X[:5], [y[:5] for y in labels]),
    )
    model.evaluate(X, labels, 4, verbose=0, callbacks=[callback])
    model.predict(X, 4, verbose=0, callbacks=[callback])
    return calls


@pytest.mark.parametrize("names", [["only"], ["b", "a"]], ids=len)
def test_the_same_calls_with_the_same_logs(names):
    ours, theirs = heard(cnn_scratch, names), heard(keras, names)
    assert ours == theirs
    assert len(ours) > 40
