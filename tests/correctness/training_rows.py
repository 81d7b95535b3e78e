"""Losses, metrics, regularizers, optimizers and whole models, measured like the layers."""

import zlib
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from cnn_scratch import constraints, losses, metrics, optimizers, regularizers
from cnn_scratch.parameter import FlatParameters
from cnn_scratch.reference import losses as loss_definitions
from tests import optimizer_definitions
from tests.correctness.case import CASES, pick
from tests.correctness.measure import Row
from tests.parity import test_metrics, test_models, test_optimizers
from tests.parity.compare import relative_error
from tests.parity.test_losses import keras_value_and_gradient

DTYPES = ("float32", "float64")


def rng_of(*words):
    return np.random.default_rng(zlib.crc32(" ".join(words).encode()))


# Losses ---------------------------------------------------------------------------------------

LOSSES = {
    "CategoricalCrossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.1}],
    "SparseCategoricalCrossentropy": [{}, {"from_logits": True}, {"ignore_class": 1}],
    "BinaryCrossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.1}],
    "MeanSquaredError": [{}],
    "MeanAbsoluteError": [{}],
}
DEFINITIONS = {
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "BinaryCrossentropy": "binary_crossentropy",
    "MeanSquaredError": "mean_squared_error",
    "MeanAbsoluteError": "mean_absolute_error",
}


def loss_rows() -> Iterator[Row]:
    for name, all_options in LOSSES.items():
        for options in [*all_options, {"reduction": "sum"}]:
            for weighted in (False, True):
                option = ", ".join(f"{k}={v}" for k, v in options.items()) or "no options"
                for dtype in DTYPES:
                    row = Row(name, option + ", sample_weight" * weighted, dtype)
                    rng = rng_of(name, row.option)
                    for _ in range(CASES):
                        measure_loss(row, rng, name, options, weighted)
                    yield row


def beside_keras(row, name, options, y_true, y_pred, weights):
    """Add to the row how far a loss is from Keras's; return the loss, its value and its gradient."""
    loss = getattr(losses, name)(**options)
    value, cache = loss.forward(y_true, y_pred, weights)
    gradient = loss.backward(cache)
    theirs = getattr(keras.losses, name)(**options, dtype=row.dtype)
    expected, expected_gradient = keras_value_and_gradient(theirs, y_true, y_pred, weights)
    row.add(
        "Keras",
        {"outputs": relative_error(value, expected), "inputs": relative_error(gradient, expected_gradient)},
    )
    return loss, value, gradient


def measure_loss(row, rng, name, options, weighted):
    shape = (rng.integers(1, 7), *pick(rng, (), (3,)), rng.integers(2, 7))
    classes = shape[-1]
    y_pred = rng.uniform(0.05, 0.95, shape)
    if options.get("from_logits") or "Error" in name:
        y_pred = 3 * rng.normal(size=shape)
    labels = rng.integers(0, classes, shape[:-1])
    y_true = {
        "Categorical": np.eye(classes)[labels],
        "Sparse": labels,
        "Binary": rng.integers(0, 2, shape),
        "Mean": rng.normal(size=shape),
    }[next(start for start in ("Categorical", "Sparse", "Binary", "Mean") if name.startswith(start))]
    weights = rng.uniform(0.5, 2, shape[:-1]) if weighted else None
    y_pred = y_pred.astype(row.dtype)
    loss, value, gradient = beside_keras(row, name, options, y_true, y_pred, weights)
    by_definition = defined_loss(name, options, y_true, y_pred.astype(float), weights)
    row.add("NumPy", {"outputs": relative_error(value, by_definition)})
    if row.dtype == "float64":
        direction = rng.normal(size=shape)
        row.add("differences", {"inputs": slope_error(loss, y_true, y_pred, weights, direction, gradient)})
    row.cases += 1


def defined_loss(name, options, y_true, y_pred, weights):
    """Return the loss by the definition in ``reference/losses.py``, weighted and reduced by hand."""
    rows = y_pred.reshape(-1, y_pred.shape[-1])
    labels = y_true.reshape(-1) if name.startswith("Sparse") else y_true.reshape(rows.shape)
    smoothing = options.get("label_smoothing", 0)
    if smoothing:
        labels = labels * (1 - smoothing) + smoothing / (2 if name.startswith("Binary") else rows.shape[1])
    definition = DEFINITIONS[name]
    if options.get("from_logits"):
        if name.startswith("Sparse"):
            labels, definition = loss_definitions.one_hot(labels, rows.shape[1]), "categorical_crossentropy"
        definition += "_from_logits"
    values = getattr(loss_definitions, definition)(labels, rows)
    counts = np.ones(len(values))
    if options.get("ignore_class") is not None:
        counts = labels != options["ignore_class"]
    total = (values * counts * (1 if weights is None else weights.reshape(-1))).sum()
    return total if options.get("reduction") == "sum" else total / max(counts.sum(), 1)


def slope_error(loss, y_true, y_pred, weights, direction, gradient, h=1e-5):
    """Return how far the gradient along a direction is from finite differences, as in ``check_gradients``."""

    def at(step):
        return loss(y_true, y_pred + step * direction, weights)

    measured = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    scale = max(np.linalg.norm(gradient), abs(measured), 1e-3)
    return abs(np.sum(gradient * direction) - measured) / scale


# Metrics and regularizers ---------------------------------------------------------------------


def metric_rows() -> Iterator[Row]:
    for name, (kind, options) in test_metrics.METRICS.items():
        for dtype in DTYPES:
            row = Row(name, "three batches, with and without weights", dtype)
            rng = rng_of(name)
            for number in range(CASES):
                classes = int(rng.integers(2, 8))
                arguments = {"k": int(rng.integers(1, classes))} if "k" in options else {}
                ours = getattr(metrics, name)(**arguments)
                theirs = getattr(keras.metrics, name)(**arguments, dtype=dtype)
                for _ in range(3):
                    batch = test_metrics.make_batch(rng, kind, rng.integers(1, 9), classes, number % 2 == 1)
                    y_true, y_pred, weights = batch
                    if "TopK" not in name:  # TensorFlow's top-k takes float32 only
                        y_pred = y_pred.astype(dtype)
                    ours.update_state(y_true, y_pred, weights)
                    theirs.update_state(y_true, y_pred, weights)
                row.add("Keras", {"outputs": relative_error(ours.result(), float(theirs.result()))})
                row.cases += 1
            yield row


def regularizer_rows() -> Iterator[Row]:
    for name, factors in (("L1", ("l1",)), ("L2", ("l2",)), ("L1L2", ("l1", "l2"))):
        for dtype in DTYPES:
            row = Row(name, "penalty and gradient", dtype)
            rng = rng_of(name)
            for _ in range(CASES):
                options = {factor: float(rng.integers(1, 64) / 256) for factor in factors}
                x = rng.normal(size=rng.integers(1, 6, 4)).astype(dtype)
                ours, theirs = (
                    getattr(regularizers, name)(**options),
                    getattr(keras.regularizers, name)(**options),
                )
                tensor = tf.constant(x)
                with tf.GradientTape() as tape:
                    tape.watch(tensor)
                    penalty = theirs(tensor)
                found = {
                    "outputs": relative_error(ours(x), penalty.numpy()),
                    "inputs": relative_error(ours.gradient(x), tape.gradient(penalty, tensor).numpy()),
                }
                row.add("Keras", found)
                row.cases += 1
            yield row


CONSTRAINTS = {
    "NonNeg": {},
    "MaxNorm": {"max_value": 1.5},
    "UnitNorm": {},
    "MinMaxNorm": {"min_value": 1.5, "max_value": 2.5, "rate": 0.75},
}


def constraint_rows() -> Iterator[Row]:
    for name, options in CONSTRAINTS.items():
        for dtype in DTYPES:
            row = Row(name, "the value that is allowed", dtype)
            rng = rng_of(name)
            for _ in range(CASES):
                x = rng.normal(size=rng.integers(1, 6, 4)).astype(dtype)
                axes = {"axis": list(range(rng.integers(1, 5)))} if name != "NonNeg" else {}
                ours, theirs = (getattr(k, name)(**options, **axes) for k in (constraints, keras.constraints))
                row.add("Keras", {"weights": relative_error(ours(x), theirs(x).numpy())})
                row.cases += 1
            yield row


# Optimizers -----------------------------------------------------------------------------------

# Hyper-parameters that float32 holds exactly, because Keras keeps them so.
OPTIMIZERS = {
    "SGD": [{}, {"momentum": 0.875}, {"momentum": 0.875, "nesterov": True}],
    "Adam": [{"beta_1": 0.875, "beta_2": 0.9375}, {"beta_1": 0.875, "beta_2": 0.9375, "amsgrad": True}],
    "AdamW": [{"beta_1": 0.875, "beta_2": 0.9375, "weight_decay": 0.125}],
    "RMSprop": [{"rho": 0.875}, {"rho": 0.875, "momentum": 0.5}, {"rho": 0.875, "centered": True}],
    "Adagrad": [{"initial_accumulator_value": 0.125}],
    "Adadelta": [{"rho": 0.875}],
    "Adamax": [{"beta_1": 0.875, "beta_2": 0.9375}],
    "Nadam": [{"beta_1": 0.875, "beta_2": 0.9375}],
    "Lion": [{"beta_1": 0.875, "beta_2": 0.9375}],
    "Ftrl": [{"initial_accumulator_value": 0.125, "l1_regularization_strength": 0.5, "beta": 0.25}],
    "Lamb": [{"beta_1": 0.875, "beta_2": 0.9375}],
    "Adafactor": [{}, {"clip_threshold": 0.25, "beta_2_decay": -0.5}],
}
# What all optimizers share; tried with two of them.
SHARED = [
    {"weight_decay": 0.25},
    {"clipnorm": 1.0},
    {"clipvalue": 0.5},
    {"global_clipnorm": 1.0},
    {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 3},
]
WITH_SHARED = ("SGD", "Adam")


def optimizer_rows() -> Iterator[Row]:
    for name, all_options in OPTIMIZERS.items():
        shared = [{**all_options[0], **more} for more in SHARED] if name in WITH_SHARED else []
        for options in [*all_options, *shared]:
            option = ", ".join(f"{k}={v}" for k, v in options.items()) or "no options"
            for dtype in DTYPES:
                row = Row(name, option, dtype)
                for seed in range(CASES):
                    measure_optimizer(row, name, {"learning_rate": 0.01} | options, seed)
                yield row


def measure_optimizer(row, name, options, seed):
    _, _, parameters, variables = test_optimizers.both(name, options, row.dtype, seed)
    pairs = zip(parameters, variables, strict=True)
    row.add("Keras", {"weights": max(relative_error(p.value, v.numpy()) for p, v in pairs)})
    if not any(
        option.startswith(("clipnorm", "clipvalue", "global", "use_ema", "gradient")) for option in options
    ):
        optimizer = getattr(optimizers, name)(**options)
        rng = np.random.default_rng(seed)
        gradients = [
            [rng.normal(size=s).astype(row.dtype) for s in optimizer_definitions.SHAPES] for _ in range(20)
        ]
        values = after_steps(optimizer, gradients, row.dtype)
        expected = optimizer_definitions.by_the_book(optimizer, gradients)
        pairs = zip(values, expected, strict=True)
        row.add("NumPy", {"weights": max(relative_error(ours, theirs) for ours, theirs in pairs)})
    row.cases += 1


def after_steps(optimizer, gradients, dtype):
    parameters = optimizer_definitions.make_parameters(dtype)
    flat = FlatParameters(parameters)
    for step in gradients:
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad[...] = gradient
        optimizer.step(flat)
    return [parameter.value for parameter in parameters]


# Whole models ---------------------------------------------------------------------------------


def model_rows() -> Iterator[Row]:
    """Train a CNN of eleven layers for 50 steps beside Keras: the losses, and the weights at the end."""
    floatx = keras.config.floatx()
    for optimizer in ("adam", "sgd"):
        for dtype in DTYPES:
            keras.config.set_floatx(dtype)  # for Keras's losses
            row = Row("Sequential (CNN)", f"50 steps of {optimizer}", dtype)
            ours, theirs = test_models.pair(dtype, optimizer=optimizer)
            for x, y in test_models.batches(50, dtype):
                values = []
                for model in (ours, theirs):
                    model.reset_metrics()
                    values.append(float(model.train_on_batch(x, y)[0]))
                row.add("Keras", {"outputs": relative_error(*values)})
                row.cases += 1
            pairs = zip(ours.get_weights(), theirs.get_weights(), strict=True)
            row.add("Keras", {"weights": max(relative_error(a, b) for a, b in pairs)})
            keras.config.set_floatx(floatx)
            yield row


ALL = {
    "Losses": loss_rows,
    "Metrics": metric_rows,
    "Regularizers": regularizer_rows,
    "Constraints": constraint_rows,
    "Optimizers": optimizer_rows,
    "Whole models": model_rows,
}
