"""Files that Keras 2.13, 2.15 and 3.0 wrote, which later versions of Keras cannot read: outputs and training.

``keras_files/make.py`` made them, and says how.
"""

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from cnn_scratch import activations, metrics, optimizers, saving
from cnn_scratch.models.saving.keras2 import modern_metric, modernize
from tests.saving.files import archive_of

FOLDER = Path(__file__).parent / "keras_files"
FILES = sorted(path.name.removesuffix(".gz") for path in FOLDER.glob("*.gz"))
MODELS = [name for name in FILES if name.endswith(("keras", "h5")) and not name.endswith("weights.h5")]
WITHOUT_STATE = "2.13-old_adam.keras"
OTHER_RULE = "2.13-old_rmsprop.h5"
EXACT = sorted({*MODELS} - {WITHOUT_STATE, OTHER_RULE})
CLOSE = dict(rtol=2e-5, atol=2e-6)  # some hundred float32 additions, through a few layers
STEPS = dict(rtol=2e-4, atol=2e-5)  # Adam divides by a root: small gradients' digits count more


def unpack(name, folder) -> Path:
    path = folder / name
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.gz").read_bytes()))
    return path


class Expected:
    """What Keras computed with the model of a file."""

    def __init__(self, name):
        stem = name.split(".keras")[0].split(".h5")[0].split(".json")[0].split(".weights")[0]
        with np.load(FOLDER / f"{stem}.npz") as arrays:
            self.x, self.y, self.outputs, self.weights = (
                [arrays[key] for key in sorted(arrays, key=len) if key.rstrip("0123456789") == kind]
                for kind in ("x", "y", "outputs", "weight")
            )
            self.losses = arrays["losses"]

    def check_outputs(self, model):
        outputs = model.predict(self.x if len(self.x) > 1 else self.x[0], verbose=0)
        outputs = outputs if len(self.outputs) > 1 else [outputs]
        for ours, theirs in zip(outputs, self.outputs, strict=True):
            np.testing.assert_allclose(ours, theirs, **CLOSE)

    def check_training(self, model):
        data = (self.x, self.y) if len(self.y) > 1 else (self.x[0], self.y[0])
        for _, loss in zip(range(3), self.losses, strict=True):
            model.reset_metrics()
            ours = model.train_on_batch(*data, return_dict=True)["loss"]
            assert ours == pytest.approx(loss, rel=2e-5)
        for number, (ours, theirs) in enumerate(zip(model.get_weights(), self.weights, strict=True)):
            np.testing.assert_allclose(ours, theirs, err_msg=f"weight {number}", **STEPS)


def quietly(load, path, **options):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = load(path, **options)
    return model, [str(warning.message) for warning in said]


def test_there_are_files():
    assert len(MODELS) >= 9
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 200_000


@pytest.mark.parametrize("name", EXACT)
def test_outputs_and_further_training(name, tmp_path):
    model, said = quietly(saving.load_model, unpack(name, tmp_path))
    assert said == []
    assert model.optimizer.iterations == 2
    expected = Expected(name)
    expected.check_outputs(model)
    expected.check_training(model)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith("weights.h5")])
def test_weights_alone(name, tmp_path):
    model, _ = quietly(saving.load_model, unpack(name.replace("weights.h5", HOLDS[name[:4]]), tmp_path))
    model.set_weights([np.full_like(weight, 0.3) for weight in model.get_weights()])
    model.optimizer.learning_rate = 0.05
    for variable in model.optimizer.variables[2:]:
        variable[...] = 7
    model.load_weights(unpack(name, tmp_path))
    expected = Expected(name)
    expected.check_outputs(model)
    expected.check_training(model)


HOLDS = {"2.13": "h5", "2.15": "keras"}


def test_the_model_without_its_weights(tmp_path):
    text = unpack("2.13-graph.json", tmp_path).read_text()
    model = saving.model_from_json(text)
    whole = saving.load_model(unpack("2.13-graph.keras", tmp_path))
    model.set_weights(whole.get_weights())
    Expected("2.13-graph.json").check_outputs(model)
    with pytest.raises(saving.ModelFileError, match="backend"):  # without a version, it is no file of Keras 2
        saving.model_from_json(json.dumps(json.loads(text) | {"keras_version": 2}))


def test_what_is_in_the_graph(tmp_path):
    """Each of these was written in another way than today."""
    model = saving.load_model(unpack("2.13-graph.keras", tmp_path))
    assert model.get_layer("stem_conv").filters == 2  # "stem/conv"
    assert not model.get_layer("base").trainable
    assert model.get_layer("dense").activation.options == {"slope": 0.2}
    assert [type(one).__name__ for one in model.operations if one.name.startswith("tf.")] == [
        "Multiply",
        "Subtract",
        "Add",
    ]
    model.train_on_batch(Expected("2.13-graph.keras").x, Expected("2.13-graph.keras").y)
    names = saving.load_model(unpack("2.13-graph.h5", tmp_path))
    names.train_on_batch(Expected("2.13-graph.keras").x, Expected("2.13-graph.keras").y)
    assert names.metrics_names == model.metrics_names
    assert "kind_accuracy" in model.evaluate(
        Expected("2.13-graph.keras").x, Expected("2.13-graph.keras").y, verbose=0, return_dict=True
    )


def test_saved_again(tmp_path):
    model = saving.load_model(unpack("2.13-graph.keras", tmp_path))
    model.save(tmp_path / "again.keras")
    again = saving.load_model(tmp_path / "again.keras")
    Expected("2.13-graph.keras").check_outputs(again)
    Expected("2.13-graph.keras").check_training(again)


# Optimizers from before 2.11 --------------------------------------------------------------------------


def test_a_state_that_keras_did_not_write(tmp_path):
    path = unpack(WITHOUT_STATE, tmp_path)
    model, said = quietly(saving.load_model, path)
    assert len(said) == 1
    assert f"{path} has the Adam of before Keras 2.11: Keras wrote no state of it" in said[0]
    assert model.optimizer.iterations == 0
    Expected(WITHOUT_STATE).check_outputs(model)


def test_the_learning_rate_falls(tmp_path):
    model = saving.load_model(unpack("2.13-old_adam.h5", tmp_path))
    assert model.optimizer.learning_rate == pytest.approx(0.02 / (1 + 0.1 * 2))


def test_another_rule(tmp_path):
    model, said = quietly(saving.load_model, unpack(OTHER_RULE, tmp_path))
    assert len(said) == 1
    assert "has the RMSprop of before Keras 2.11: its epsilon stood outside of the root" in said[0]
    Expected(OTHER_RULE).check_outputs(model)
    with np.errstate(all="ignore"):
        assert model.optimizer.iterations == 2
        assert np.abs(model.optimizer.variables[2]).max() > 0


def test_nadam_s_product_is_computed_where_it_is_not_stored():
    """Also for a number of steps that nobody could repeat."""
    long, short = (optimizers.Nadam(0.01, beta_1=0.9) for _ in range(2))
    for optimizer in (long, short):
        optimizer.build([])
    for _ in range(5):
        short.begin_step()
        short.iterations += 1
    product = short.variables[-1].copy()
    short.variables[-1][...] = 1
    short.restore_scalars()
    np.testing.assert_allclose(short.variables[-1], product, rtol=1e-6)
    long.iterations = 10**18
    long.restore_scalars()
    assert long.variables[-1] == 0


# What is refused --------------------------------------------------------------------------------------


def changed(tmp_path, change):
    """Return what is said about the graph, after a change of one of its entries."""
    import zipfile

    with zipfile.ZipFile(unpack("2.13-graph.keras", tmp_path)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change({entry["name"]: entry for entry in config["config"]["layers"]}, config)
    path = tmp_path / "changed.keras"
    path.write_bytes(archive_of(members | {"config.json": json.dumps(config).encode()}))
    return path


REFUSED = {
    "a function of TensorFlow": (
        lambda at, _: at["tf.math.multiply"]["config"].update(function="io.write_file"),
        "expected one of these functions of TensorFlow: .* Received: 'io.write_file'",
    ),
    "a function that is none": (
        lambda at, _: at["tf.math.multiply"]["config"].update(function=["math.multiply"]),
        r"Received: \['math.multiply'\]",
    ),
    "the same function under another module": (
        lambda at, _: at["tf.math.multiply"].update(module="os"),
        "Expected the call of a layer as",
    ),
    "a keyword of a function": (
        lambda at, _: at["tf.math.multiply"]["inbound_nodes"][0][3].update(axis=1),
        "Expected a function of one or two tensors or numbers",
    ),
    "text as an operand": (
        lambda at, _: at["tf.math.multiply"]["inbound_nodes"][0][3].update(y="0.5"),
        "Expected a function of one or two tensors or numbers",
    ),
    "a call that is a number": (
        lambda at, _: at["tf.math.multiply"].update(inbound_nodes=[7]),
        "Expected the call of a function as",
    ),
    "inputs that differ in their keywords": (
        lambda at, _: at["concatenate"]["inbound_nodes"][0][0][3].update(training=True),
        "Expected the same keywords for all inputs of a call",
    ),
    "an address without a number": (
        lambda at, _: at["concatenate"]["inbound_nodes"][0][0].__setitem__(1, "0"),
        "Expected the call of a layer as",
    ),
    "groups where there are none": (
        lambda at, _: at["head"]["config"]["layers"][1]["config"].update(groups=2),
        "Received: 'groups=2'",
    ),
    "a moving average of the weights that is not there": (
        lambda _, c: c["compile_config"]["optimizer"]["config"].update(use_ema=True),
        "Expected 57 arrays for the state of optimizer 'Adam'.* Received: 43 arrays; the first that does",
    ),
}


def test_metrics_that_were_functions():
    """Keras 2 wrote the function of a metric; each names a class."""
    for function, wanted in {
        "kl_divergence": metrics.KLDivergence,
        "kullback_leibler_divergence": metrics.KLDivergence,
        "log_cosh": metrics.LogCoshError,
        "mean_squared_error": metrics.MeanSquaredError,
        "sparse_top_k_categorical_accuracy": metrics.SparseTopKCategoricalAccuracy,
        "top_k_categorical_accuracy": metrics.TopKCategoricalAccuracy,
        "cosine_similarity": metrics.CosineSimilarity,
    }.items():
        node = {"class_name": "MeanMetricWrapper", "config": {"name": "mine", "dtype": None, "fn": function}}
        metric = metrics.get(modern_metric(node, {}))
        assert (type(metric), metric.name) == (wanted, "mine")


def test_a_file_with_a_metric_that_was_a_function(tmp_path):
    config = {"name": "kl", "dtype": "float32", "fn": "kullback_leibler_divergence"}
    wrapped = {"class_name": "MeanMetricWrapper", "config": config}
    path = changed(tmp_path, lambda _, c: c["compile_config"].update(metrics={"kind": [wrapped]}))
    assert saving.load_model(path).trainer.given["metrics"]["kind"][0].name == "kl"


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    change, message = REFUSED[name]
    with pytest.raises(saving.ModelFileError, match=message):
        saving.load_model(changed(tmp_path, change))


def test_two_names_that_a_slash_told_apart(tmp_path):
    def change(at, _):
        at["dense"]["name"] = at["dense"]["config"]["name"] = "stem_conv"

    with pytest.raises(saving.ModelFileError, match=r"unique names. Received a second 'stem_conv'"):
        saving.load_model(changed(tmp_path, change))


def test_words_of_keras_2_alone():
    assert modernize("Dense", {"name": "a/b"}, of_keras_2=False) == {"name": "a/b"}
    assert activations.hard_sigmoid.options != {"slope": 0.2}
