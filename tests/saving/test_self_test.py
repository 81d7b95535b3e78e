"""The test that travels with a model: what it notices, what it lets pass, and what it costs."""

import base64
import json
import time
import warnings
import zipfile

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers, saving
from cnn_scratch.models.saving import self_test
from cnn_scratch.models.saving.nodes import NodeReader
from tests.saving.files import SECONDS, archive_of, small_model, with_notes


def changed_by(change):
    """A good file whose expected outputs, three probabilities, were changed."""

    def of_notes(notes):
        test = notes["self_test"]
        outputs = change(np.frombuffer(base64.b64decode(test["outputs"]), "<f4"))
        test["outputs"] = base64.b64encode(outputs.astype("<f4").tobytes()).decode()

    return with_notes(of_notes)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p * 1.01,
        lambda p: p + np.eye(3, dtype="f4")[1] * 0.002 * p.max(),
        lambda p: p[::-1],
        lambda p: np.where(p == p.max(), np.nan, p),
        lambda p: np.where(p == p.max(), np.inf, p),
    ],
    ids=["all larger", "one larger", "another order", "not a number", "infinite"],
)
def test_another_result_is_noticed(tmp_path, change):
    (tmp_path / "m.keras").write_bytes(changed_by(change))
    with pytest.warns(saving.SelfTestWarning, match=r"m\.keras does not pass its self-test.*at most 1e-03"):
        saving.load_model(tmp_path / "m.keras")


@pytest.mark.parametrize("change", [lambda p: p, lambda p: p + 5e-4 * p.max()], ids=["same", "rounding"])
def test_the_same_result_passes(tmp_path, change):
    (tmp_path / "m.keras").write_bytes(changed_by(change))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        saving.load_model(tmp_path / "m.keras")


def linear(dtype="float32", kernel=((1.0,), (2.0,))):
    model = Sequential([Input((2,), dtype=dtype), layers.Dense(1, dtype=dtype)])
    model.set_weights([np.array(kernel), np.zeros(1)])
    return model


def test_the_difference_is_relative_to_the_largest_output():
    model = linear(kernel=((0.0,), (1e6,)))
    test = self_test.record(model) | {"expected": model.infer(self_test.make_input((1, 2), "float32"))}
    assert self_test.difference(model, test) == 0
    model.set_weights([np.array([[0.0], [1.01e6]]), np.zeros(1)])
    np.testing.assert_allclose(self_test.difference(model, test), 0.01, rtol=1e-4)


def test_nan_is_the_same_as_nan_only():
    model = linear(kernel=((np.nan,), (1.0,)))
    expected = model.infer(self_test.make_input((1, 2), "float32"))
    assert np.isnan(expected).all()
    test = self_test.record(model) | {"expected": expected}
    assert self_test.difference(model, test) == 0
    assert self_test.difference(linear(), test) == np.inf
    assert self_test.difference(model, test | {"expected": np.ones((1, 1), "f4")}) == np.inf


def test_float64_is_compared_more_closely():
    model = linear("float64")
    test = self_test.record(model)
    assert test["dtype"] == "float64"
    read = self_test.read_test(test, NodeReader(None, "here"))
    with pytest.warns(saving.SelfTestWarning, match="at most 1e-06"):
        self_test.check(model, read | {"expected": read["expected"] * 1.0001}, "here")


def test_what_has_no_test(tmp_path):
    wide = Sequential([Input((2000, 2000, 3)), layers.MaxPooling2D(2000), layers.Flatten()])
    assert "numbers in all layers" in self_test.record(wide)["skipped"]
    many = Sequential([Input((70_000,)), layers.Rescaling(2.0)])
    assert self_test.record(many)["skipped"] == "one sample has 70000 outputs, more than 65536"
    unknown = Sequential([Input((None, None, 3)), layers.GlobalAveragePooling2D()])
    assert "sizes of inputs and outputs are not all known" in self_test.record(unknown)["skipped"]
    fixed = Sequential([Input((3,), batch_size=4), layers.Dense(1)])
    assert self_test.record(fixed)["skipped"] == "the model wants 4 samples at once"
    fixed.save(tmp_path / "m.keras")
    saving.load_model(tmp_path / "m.keras")


def test_the_cost_of_layers_without_parameters():
    """A hostile file must not keep a machine busy for days: these need few numbers and many operations."""
    pooled = [Input((900, 900, 1)), layers.MaxPooling2D(900, strides=1, padding="same")]
    model = Sequential([*pooled, layers.GlobalMaxPooling2D()])
    assert self_test.cost(model)[1] >= 900**4
    assert "multiplications" in self_test.record(model)["skipped"]
    inputs = Input((1500, 1500))
    for product in (layers.Dot(axes=(1, 2))([inputs, inputs]), inputs @ inputs):
        assert self_test.cost(Model(inputs, product))[1] >= 1500**3
    assert self_test.cost(Sequential([Input((8, 8, 1)), layers.AveragePooling2D(2)])) == (64 + 16, 16 * 4)


def test_a_file_that_asks_for_such_a_test(tmp_path):
    """It is loaded without: the shapes alone tell what the test would cost."""
    model = Sequential([Input((900, 900, 1)), layers.MaxPooling2D(900, strides=1, padding="same")])
    model.add(layers.GlobalMaxPooling2D())
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    outputs = base64.b64encode(np.ones(1, "<f4").tobytes()).decode()
    metadata["cnn_scratch"]["self_test"] = {
        "input_shape": [1, 900, 900, 1], "output_shape": [1, 1], "dtype": "float32", "outputs": outputs
    }  # fmt: skip
    members["metadata.json"] = json.dumps(metadata).encode()
    (tmp_path / "m.keras").write_bytes(archive_of(members))
    start = time.process_time()
    saving.load_model(tmp_path / "m.keras")
    assert time.process_time() - start < SECONDS


def test_the_cost_is_that_of_all_layers():
    """Dense: 2·1 + 1; Conv2D at 4·4 places, 3·3·1·2 + 2 numbers each; the models inside as well."""
    assert self_test.cost(linear()) == (2 + 1, 2 * 1 + 1)
    numbers, products = self_test.cost(small_model())
    assert numbers == 36 + 32 + 32 + 32 + 32 + 3
    assert products == 16 * (3 * 3 * 2 + 2) + 16 * 4 * 2 + (32 * 3 + 3)
