"""R2Score and Sum beside Keras, over several batches."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnn_scratch
from cnn_scratch import metrics

LIBRARIES = [keras, cnn_scratch]


@given(
    seed=st.integers(0, 2**20),
    outputs=st.integers(1, 4),
    weights=st.sampled_from([None, "samples", "numbers"]),
    aggregation=st.sampled_from([None, "uniform_average", "variance_weighted_average"]),
    num_regressors=st.integers(0, 2),
)
def test_r2_score(seed, outputs, weights, aggregation, num_regressors):
    rng = np.random.default_rng(seed)
    arguments = aggregation, num_regressors
    ours, theirs = metrics.R2Score(*arguments), keras.metrics.R2Score(*arguments)
    for number in (5, 1, 4):
        y_true = rng.integers(-8, 9, (number, outputs)) / 8
        y_pred = (y_true + rng.integers(-8, 9, (number, outputs)) / 16).astype("float32")
        shape = {None: None, "samples": (number,), "numbers": (number, outputs)}[weights]
        factors = None if shape is None else (rng.integers(1, 9, shape) / 4).astype("float32")
        ours.update_state(y_true, y_pred, factors)
        theirs.update_state(y_true, y_pred, factors)
    # All sums are exact; Keras divides and subtracts them in float32.
    np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=1e-4, atol=1e-4)


@given(seed=st.integers(0, 2**20), weight_axes=st.integers(0, 2))
def test_sum(seed, weight_axes):
    rng = np.random.default_rng(seed)
    ours, theirs = metrics.Sum(), keras.metrics.Sum()
    for _ in range(3):
        values = rng.normal(size=(4, 3))
        weights = rng.uniform(size=values.shape[:weight_axes]) if weight_axes else None
        ours.update_state(values, weights)
        theirs.update_state(values, weights)
    assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "options"), [("Sum", {}), ("R2Score", {}), ("R2Score", dict(class_aggregation=None))]
)
def test_config(name, options):
    node = keras.metrics.serialize(getattr(keras.metrics, name)(**options))
    assert metrics.serialize(getattr(metrics, name)(**options)) == node
    assert metrics.serialize(metrics.get(node)) == node


def test_a_model_measures_it():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(10, 3)).astype("float32"), rng.normal(size=(10, 2)).astype("float32")
    results, weights = [], None
    for package in (keras, __import__("cnn_scratch")):
        model = package.Sequential([package.Input((3,)), package.layers.Dense(2)])
        weights = weights or model.get_weights()
        model.set_weights(weights)
        model.compile("sgd", "mse", metrics=["R2Score"])
        results.append(model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True))
    assert set(results[0]) == set(results[1])
    for name, value in results[0].items():
        assert results[1][name] == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("write", LIBRARIES, ids=lambda k: k.__name__)
@pytest.mark.parametrize("read", LIBRARIES, ids=lambda k: k.__name__)
def test_a_model_with_the_metric_in_a_file(write, read, tmp_path):
    model = write.Sequential([write.Input((2,)), write.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=[write.metrics.R2Score("variance_weighted_average")])
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(6, 2)).astype("float32"), rng.normal(size=(6, 2)).astype("float32")
    model.train_on_batch(x, y)
    expected = model.evaluate(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    again = read.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.evaluate(x, y, verbose=0), expected, rtol=1e-5)
