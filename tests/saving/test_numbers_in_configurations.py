"""Numbers as people give them, of NumPy or with a fraction, in the files of both libraries."""

import json

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch.saving import ModelFileError, deserialize_keras_object
from tests.parity.test_functional import ONLY_IN_KERAS, without


def with_layer(name, *arguments, **options):
    """Return a function that makes a model with this layer, compiled, of a library."""
    return lambda k: compiled(k, getattr(k.layers, name)(*arguments, **options))


def compiled(k, layer=None, optimizer="sgd", **options):
    model = k.Sequential([k.Input((4,)), layer or k.layers.Dense(3)])
    model.compile(optimizer, options.pop("loss", "mse"), **options)
    return model


def with_schedule(name, *arguments, **options):
    return lambda k: compiled(
        k, optimizer=k.optimizers.SGD(getattr(k.optimizers.schedules, name)(*arguments, **options))
    )


def with_constant(value):
    return lambda k: compiled(k, k.layers.Dense(3, bias_initializer=k.initializers.Constant(value)))


CASES = {
    "a dropout rate": with_layer("Dropout", np.float32(0.5)),
    "a slope": with_layer("LeakyReLU", negative_slope=np.float32(0.5)),
    "a flag": with_layer("Dense", 3, use_bias=np.bool_(False)),
    "a scale": with_layer("Rescaling", np.float32(2), offset=np.arange(4)),
    "a bound": lambda k: compiled(
        k, k.layers.Dense(3, kernel_constraint=k.constraints.MaxNorm(np.float32(2)))
    ),
    "a weight decay": lambda k: compiled(k, optimizer=k.optimizers.SGD(0.5, weight_decay=np.float32(0.25))),
    "a momentum": lambda k: compiled(k, optimizer=k.optimizers.Adam(0.5, beta_1=np.float32(0.5))),
    "the weight of a loss": lambda k: compiled(k, loss_weights=[np.float32(0.5)]),
    "label smoothing": lambda k: compiled(
        k, loss=k.losses.CategoricalCrossentropy(label_smoothing=np.float32(0.25))
    ),
    "bias of a rare class": with_constant(np.log([0.25, 0.5, 1.0])),
    "a constant array": with_constant(np.arange(3, dtype="float32")),
    "a constant matrix": lambda k: compiled(
        k, k.layers.Dense(3, kernel_initializer=k.initializers.Constant(np.arange(12.0).reshape(4, 3)))
    ),
    "no threshold": lambda k: compiled(k, metrics=[k.metrics.BinaryIoU(threshold=None)]),
    "half steps": with_schedule("ExponentialDecay", 0.5, 2.5, 0.5),
    "a float of steps": with_schedule("InverseTimeDecay", 0.5, 1000.0, 0.5),
    "parts of a step": with_schedule("PolynomialDecay", 0.5, 0.5),
    "steps of warming up": with_schedule("CosineDecay", 0.5, 9.5, warmup_target=1.0, warmup_steps=2.5),
    "restarts": with_schedule("CosineDecayRestarts", 0.5, 2.5),
    "steps of NumPy": with_schedule("ExponentialDecay", np.float32(0.5), np.int64(7), np.float64(0.5)),
    "rates of NumPy": with_schedule("PiecewiseConstantDecay", list(np.array([1, 2])), list(np.ones(3))),
    "a rate below zero": with_schedule("PiecewiseConstantDecay", [1.5], [0.5, -0.5]),
}


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")  # Keras, of its own files, too
@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_files(make, tmp_path):
    for k in (cnn_scratch, keras):
        k.utils.clear_session()
    ours, theirs = make(cnn_scratch), make(keras)
    expected = without(ONLY_IN_KERAS, json.loads(theirs.to_json()))
    assert json.loads(ours.to_json()) == expected
    for model, path in ((ours, tmp_path / "ours.keras"), (theirs, tmp_path / "theirs.keras")):
        model.save(path)
        again = cnn_scratch.saving.load_model(path)
        assert json.loads(again.to_json()) == expected
        for weight, saved in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, saved)
    keras.saving.load_model(tmp_path / "ours.keras")


@pytest.mark.parametrize("name", [name for name in CASES if "step" in name or name == "restarts"])
def test_the_rates_are_keras_s(name):
    rates = [
        [float(CASES[name](k).optimizer._learning_rate(step)) for step in (0, 1, 2, 3, 5, 8, 13, 100)]
        for k in (cnn_scratch, keras)
    ]
    np.testing.assert_allclose(*rates, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"value": [1.0]},
        {"value": ["a"], "dtype": "float32"},
        {"value": [[1.0], [1.0, 2.0]], "dtype": "float32"},
        {"value": [10**18], "dtype": "int8"},
        {"value": ["a"], "dtype": "S1000000000"},
        {"value": [{}], "dtype": "object"},
        {"value": [1.0], "dtype": "bfloat16"},
    ],
)
def test_what_is_no_array(config):
    node = {
        "module": "keras.initializers",
        "class_name": "Constant",
        "config": {"value": {"class_name": "__numpy__", "config": config}},
        "registered_name": None,
    }
    with pytest.raises(ModelFileError, match=r"expected an array of numbers with its dtype\. Received: "):
        deserialize_keras_object(node)
