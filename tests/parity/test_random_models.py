"""Random models beside Keras: configurations, files, predictions and training steps agree.

The tests of single layers say that each is right; these say that they stay right together: fused, shared,
frozen, in a model inside a model, in a file. ``HYPOTHESIS_PROFILE=thorough`` draws some hundred models.
"""

import json
import tempfile

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnn_scratch
from tests.parity.compare import relative_error
from tests.parity.random_models import RandomModel, unwrap
from tests.parity.test_functional import ONLY_IN_KERAS, as_list, compile_eagerly, without

# Float64 rounds by 1e-16; some dozens of layers, and divisions by what happens to be small, amplify it.
PREDICTION, TRAINING = 1e-11, 1e-8
# What rounding may leave where numbers around 1 cancel.
CANCELLED = 1e-14
seeds = st.integers(0, 10**6)

# Keras warns of a softmax over one number, which is 1; here it is only one of many layers.
pytestmark = [
    pytest.mark.usefixtures("keras_computes_in_float64"),
    pytest.mark.filterwarnings("ignore:(?s).*a softmax over axis:UserWarning"),
]


def pair(seed):
    """Return the model of a seed, made by us and by Keras, with the same weights; and data for it."""
    models = []
    for library in (cnn_scratch, keras):
        library.utils.clear_session()
        models.append(RandomModel(library, seed).model())
    ours, theirs = models
    rng = np.random.default_rng(seed)
    ours.set_weights([drawn(weight, rng) for weight in ours.weights])
    theirs.set_weights(ours.get_weights())
    samples = rng.integers(1, 5)
    x, y = ([rng.normal(size=(samples, *t.shape[1:])) for t in ts] for ts in (ours.inputs, ours.outputs))
    return ours, theirs, unwrap(x), unwrap(y)


def drawn(weight, rng):
    """Return numbers of both signs (variances are positive), smaller the more of them are added up."""
    values = rng.uniform(0.2, 1, weight.shape)
    if "variance" in weight.name:
        return values
    return values * rng.choice([-1, 1], weight.shape) / np.sqrt(max(1, np.prod(weight.shape[:-1])))


def predict(model, x):
    """Return all outputs; of Keras without the time that it needs to trace ``predict``."""
    outputs = model.predict(x) if isinstance(model, cnn_scratch.Model) else model(x, training=False)
    return [np.asarray(output) for output in as_list(outputs)]


def assert_alike(ours, theirs, bound, what):
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        # Where a model subtracts equal numbers, all that is left of them is rounding.
        if not (np.abs(our).max(initial=0) <= CANCELLED and np.abs(their).max(initial=0) <= CANCELLED):
            assert relative_error(our, their) <= bound, f"{what}, number {number}"


@given(seeds)
def test_configurations_files_and_predictions(seed):
    ours, theirs, x, _ = pair(seed)
    assert json.loads(ours.to_json()) == without(ONLY_IN_KERAS, json.loads(theirs.to_json()))
    for which in ("trainable_weights", "non_trainable_weights"):
        names = [[weight.name for weight in getattr(model, which)] for model in (ours, theirs)]
        assert names[0] == names[1], which
    assert ours.count_params() == theirs.count_params()

    expected = predict(theirs, x)
    with tempfile.TemporaryDirectory() as folder:
        ours.save(f"{folder}/ours.keras")
        theirs.save(f"{folder}/theirs.keras")
        models = {
            "made here": ours,
            "from Keras's file": cnn_scratch.saving.load_model(f"{folder}/theirs.keras"),
            "from our file": cnn_scratch.saving.load_model(f"{folder}/ours.keras"),
            "from our file in Keras": keras.saving.load_model(f"{folder}/ours.keras"),
        }
    for name, model in models.items():
        assert_alike(predict(model, x), expected, PREDICTION, name)


@given(seeds)
def test_training_steps(seed):
    """Three steps: the losses, all weights and statistics, and what is predicted afterwards."""
    ours, theirs, x, y = pair(seed)
    if not any(np.any(gradient) for gradient in gradients(ours, x, y)):
        return  # Keras refuses to train what no gradient reaches
    for library, model in ((cnn_scratch, ours), (keras, theirs)):
        compile_eagerly(model, library.optimizers.SGD(2**-8, momentum=0.875), "mse")
    for step in range(3):
        losses = [np.ravel(model.train_on_batch(x, y)) for model in (ours, theirs)]
        assert_alike(*losses, 1e-6, f"losses of step {step}")  # Keras's means are float32
        assert_alike(ours.get_weights(), theirs.get_weights(), TRAINING, f"weights after step {step}")
    assert_alike(predict(ours, x), predict(theirs, x), 100 * TRAINING, "outputs")


def gradients(model, x, y):
    """Return the gradients of all parameters that are trained."""
    _, cache = model.forward(x, training=False)
    for weight in model.trainable_weights:
        weight.grad[...] = 0
    model.backward_parameters(y, cache)
    return [weight.grad for weight in model.trainable_weights]


@settings(max_examples=200)  # without Keras they are quick
@given(seeds, st.sampled_from(["float32", "float64"]), st.sampled_from([None, np.nan, np.inf]))
def test_predictions_are_those_of_the_layers_one_by_one(seed, dtype, bad):
    """``predict`` computes layers together; ``forward`` does so less, or not at all."""
    model = RandomModel(cnn_scratch, seed, dtype).model()
    rng = np.random.default_rng(seed)
    model.set_weights([drawn(weight, rng) for weight in model.weights])
    x = [rng.normal(size=(3, *tensor.shape[1:])).astype(dtype) for tensor in model.inputs]
    for array in x if bad is not None else ():
        array[tuple(rng.integers(array.shape))] = bad
    bound = PREDICTION if dtype == "float64" else 1e-3
    with np.errstate(all="ignore"):
        assert_alike(predict(model, unwrap(x)), one_by_one(model, x), bound, "outputs")


def one_by_one(model, x):
    if hasattr(model, "graph"):
        return as_list(model.forward(unwrap(x))[0])
    (outputs,) = x
    for layer in model.layers:
        outputs, _ = layer.forward(outputs)
    return [outputs]
