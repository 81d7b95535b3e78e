"""``from_logits=True`` behind a softmax or a sigmoid: a warning, and the logits behind it, as in Keras."""

import warnings

import keras
import numpy as np
import pytest

import cnn_scratch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 3)).astype("float32")
CLASSES = RNG.integers(0, 4, 10)
ONE_HOT = np.eye(4, dtype="float32")[CLASSES]
WEIGHTS = [RNG.normal(size=(3, 4)), RNG.normal(size=4)]


@pytest.mark.parametrize(
    ("activation", "loss", "labels", "is_told"),
    [
        ("softmax", "SparseCategoricalCrossentropy", CLASSES, True),
        ("softmax", "CategoricalCrossentropy", ONE_HOT, True),
        ("sigmoid", "BinaryCrossentropy", ONE_HOT, True),
        ("softmax", "CategoricalFocalCrossentropy", ONE_HOT, False),
        ("sigmoid", "BinaryFocalCrossentropy", ONE_HOT, False),
        (None, "CategoricalCrossentropy", ONE_HOT, False),
    ],
)
def test_training(activation, loss, labels, is_told):
    results = []
    for library in (cnn_scratch, keras):
        model = library.Sequential([library.Input((3,)), library.layers.Dense(4, activation=activation)])
        model.set_weights(WEIGHTS)
        model.compile(library.optimizers.SGD(0.25), getattr(library.losses, loss)(from_logits=True))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = model.fit(X, labels, epochs=3, batch_size=4, shuffle=False, verbose=0).history["loss"]
        told = [str(warning.message) for warning in caught if "from_logits" in str(warning.message)]
        assert bool(told) == is_told
        results.append([*history, *np.concatenate([w.reshape(-1) for w in model.get_weights()])])
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)
