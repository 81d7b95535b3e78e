import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import cnn_scratch
from cnn_scratch.layers import ActivityRegularization
from cnn_scratch.regularizers import activity_penalty
from tests.parity.compare import compare_with_keras, dtypes
from tests.parity.draws import small_numbers

factors = st.sampled_from([0.0, 0.01, 0.3])


@given(inputs=small_numbers(), l1=factors, l2=factors, dtype=dtypes)
def test_activity_regularization(inputs, l1, l2, dtype):
    """Nothing is computed but the penalty, a sum of all inputs (in float64 here)."""
    options = dict(l1=l1, l2=l2, dtype=dtype)
    ours, theirs = ActivityRegularization(**options), keras.layers.ActivityRegularization(**options)
    assert ours.get_config() | {"name": None} == theirs.get_config() | {"name": None}
    compare_with_keras(ours, theirs, inputs, 0)
    theirs(inputs.astype(dtype))
    penalty = float(theirs.losses[-1])
    np.testing.assert_allclose(
        activity_penalty(ours.activity_regularizer, inputs.astype(dtype)),
        penalty,
        rtol=(inputs.size + 4) * 2**-24,
    )


def test_the_penalty_in_training():
    """As a layer and as an argument: it is divided by the size of the batch, which changes here."""
    rng = np.random.default_rng(0)
    models = []
    for package in (cnn_scratch, keras):
        layers = package.layers
        model = package.Sequential(
            [
                layers.Input((4,)),
                layers.Dense(5, activation="tanh", activity_regularizer="l2"),
                layers.ActivityRegularization(l1=0.1, l2=0.02),
                layers.Dense(3),
            ]
        )
        model.compile(optimizer="sgd", loss="mse")
        models.append(model)
    models[0].set_weights(models[1].get_weights())
    for size in (8, 5, 1):
        x, y = rng.normal(size=(size, 4)).astype("float32"), rng.normal(size=(size, 3)).astype("float32")
        for model in models:
            model.reset_metrics()
        ours, theirs = (float(np.ravel(model.train_on_batch(x, y))[0]) for model in models)
        assert abs(ours - theirs) < 1e-6 * theirs
    for w, expected in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(w, expected, atol=1e-6)
