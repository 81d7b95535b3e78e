"""Graph models beside Keras: the same outputs, losses, weights after training, configurations, tables."""

import json

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch import layers
from cnn_scratch.models import clone_model, model_from_json
from cnn_scratch.structure import map_structure
from tests.parity.graphs import GRAPHS, arithmetic, data_for, labels_for, two_in_two_out
from tests.parity.test_models import OPTIMIZERS

ONLY_IN_KERAS = {"quantization_config"}
graphs = pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)


@pytest.fixture(autouse=True)
def _fresh_names_and_float64():
    """Let both libraries count names from the beginning, and Keras's losses compute in float64."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.utils.clear_session(free_memory=False)
    cnn_scratch.utils.clear_session()
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)  # made from the other one, when the session was cleared


def pair(make, dtype="float64"):
    ours, theirs = make(cnn_scratch, dtype), make(keras, dtype)
    rng = np.random.default_rng(5)
    ours.set_weights([rng.uniform(0.2, 0.9, w.shape) * rng.choice([-1, 1]) for w in ours.weights])
    for layer in (*ours.layers, *(inner for one in ours.layers for inner in getattr(one, "layers", ()))):
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(np.abs(layer.moving_variance.value))
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def compile_eagerly(model, *arguments, **keywords):
    """Compile without tracing: quicker for a few steps, and a traced Keras does not know a batch's size.

    (There the loss of each of several outputs is a mean of batches that counts a smaller last one as much
    as the others.)
    """
    model.compile(*arguments, run_eagerly=True, **keywords)


def as_list(values):
    return values if isinstance(values, list) else [values]


def predict(model, x):
    """Return what ``model.predict`` would, without the time that Keras needs to trace it."""
    return model(x) if isinstance(model, cnn_scratch.Model) else map_structure(np.asarray, model(x))


# Computing ----------------------------------------------------------------------------------------


@graphs
@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-13), ("float32", 1e-5)])
def test_outputs(make, dtype, bound):
    ours, theirs = pair(make, dtype)
    x = data_for(ours)
    for our, their in zip(as_list(ours.predict(x)), as_list(predict(theirs, x)), strict=True):
        assert our.dtype == dtype
        np.testing.assert_allclose(our, their, rtol=0, atol=bound * max(1, np.abs(their).max()))


LOSSES = {
    "skip_connection": "categorical_crossentropy",
    "nested": "categorical_crossentropy",
    "two_in_two_out": ["categorical_crossentropy", "mse"],
}


@graphs
def test_five_steps(make):
    """The same losses step by step, and the same weights (and statistics) afterwards."""
    ours, theirs = pair(make)
    x, y = data_for(ours), labels_for(ours)
    weights = {"loss_weights": [1.0, 0.375]} if len(ours.outputs) > 1 else {}
    for library, model in ((cnn_scratch, ours), (keras, theirs)):
        compile_eagerly(model, OPTIMIZERS["adam"](library), LOSSES.get(make.__name__, "mse"), **weights)
    for step in range(5):
        losses = []
        for model in (ours, theirs):
            model.reset_metrics()
            losses.append(np.ravel(model.train_on_batch(x, y)))
        np.testing.assert_allclose(*losses, rtol=1e-10, err_msg=f"step {step}")
    for our, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(our, their, rtol=0, atol=1e-10 * max(1, np.abs(their).max()))


COMPILED = {
    "lists": dict(
        loss=["categorical_crossentropy", "mse"],
        metrics=[["accuracy", "mse"], "mae"],
        weighted_metrics=[["accuracy"], None],
        loss_weights=[0.5, 2.0],
    ),
    "dictionaries": dict(
        loss={"size": "mse", "kind": "categorical_crossentropy"},
        metrics={"kind": "accuracy", "size": ["mae"]},
        loss_weights={"kind": 1.0, "size": 0.25},
    ),
    "one for both": dict(loss="mse", loss_weights=3.0, metrics=["mae", "mae"]),
    "one alone": dict(loss=["categorical_crossentropy", "mse"], metrics=[None, ["mse"]]),
}


@pytest.mark.parametrize(
    ("arguments", "weighted"),
    [
        ("lists", None),
        ("lists", "each"),
        ("dictionaries", "one"),
        ("one for both", None),
        ("one alone", None),
    ],
)
def test_losses_and_metrics_of_several_outputs(arguments, weighted):
    ours, theirs = pair(two_in_two_out)
    x, y = data_for(ours, 11), labels_for(ours, 11)
    weights = np.linspace(0.25, 2, 11)
    weights = {None: None, "one": weights, "each": [weights, weights[::-1].copy()]}[weighted]
    histories, results = [], []
    for model in (ours, theirs):
        compile_eagerly(model, "sgd", **COMPILED[arguments])
        results.append(model.evaluate(x, y, batch_size=4, verbose=0, sample_weight=weights))
        options = dict(epochs=1, batch_size=4, shuffle=False, verbose=0, sample_weight=weights)
        options |= dict(validation_data=(x, y))
        histories.append(model.fit(x, y, **options).history)
    np.testing.assert_allclose(*results, rtol=1e-6)  # Keras's means are float32
    assert sorted(histories[0]) == sorted(histories[1])
    for name in histories[0]:
        np.testing.assert_allclose(histories[0][name], histories[1][name], rtol=1e-6, err_msg=name)


def test_inputs_and_labels_by_name():
    ours, theirs = pair(two_in_two_out)
    x, y = data_for(ours), labels_for(ours)
    named_x = dict(zip("ab", x, strict=True))
    named_y = {"size": y[1], "kind": y[0]}
    results = []
    for model in (ours, theirs):
        compile_eagerly(model, "sgd", {"kind": "categorical_crossentropy", "size": "mse"})
        results.append(model.evaluate(named_x, named_y, verbose=0))
    np.testing.assert_allclose(*results, rtol=1e-6)
    for our, their in zip(ours.predict(named_x), predict(theirs, named_x), strict=True):
        np.testing.assert_allclose(our, their, atol=1e-13)


def dictionaries(library, dtype="float64"):
    model = two_in_two_out(library, dtype)
    a, b = model.inputs
    kind, size = model.outputs
    return library.Model({"a": a, "b": b}, {"that": size, "this": kind}, name="by_name")


def test_dictionaries_of_inputs_and_outputs():
    ours, theirs = pair(dictionaries)
    assert ours.output_names == theirs.output_names
    x = dict(zip("ab", data_for(ours), strict=True))
    y = dict(zip(("that", "this"), labels_for(ours), strict=True))
    our, their = ours.predict(x), predict(theirs, x)
    assert set(our) == set(their) == {"this", "that"}
    for name in our:
        np.testing.assert_allclose(our[name], their[name], atol=1e-13)
    results = []
    for model in (ours, theirs):
        losses = {"this": "categorical_crossentropy", "that": "mse"}
        compile_eagerly(model, "sgd", losses, metrics={"that": ["mae"]})
        results.append(model.evaluate(x, y, verbose=0, return_dict=True))
    assert sorted(results[0]) == sorted(results[1])
    for name in results[0]:
        assert results[0][name] == pytest.approx(results[1][name], rel=1e-6)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # of an output without a loss, in Keras
@pytest.mark.parametrize(
    "losses",
    [
        "mse",
        {"that": "mse", "this": "categorical_crossentropy"},
        {"this": "categorical_crossentropy", "that": "mse"},
        {"this": "mse"},
        {"that": "mse"},
    ],
    ids=str,
)
def test_the_list_of_losses_stands_in_the_order_of_the_dictionary(losses):
    """Of the outputs, or of the losses if they are a dictionary, which may leave one out."""
    ours, theirs = pair(backwards)
    x = dict(zip("ab", data_for(ours), strict=True))
    y = dict(zip(("that", "this"), labels_for(ours), strict=True))
    if isinstance(losses, dict):
        y = {name: y[name] for name in losses}
    results = []
    for model in (ours, theirs):
        compile_eagerly(model, "sgd", losses)
        evaluated = model.evaluate(x, y, verbose=0)
        results.append(np.ravel([evaluated, model.train_on_batch(x, y), model.test_on_batch(x, y)]))
    np.testing.assert_allclose(*results, rtol=1e-6)


def backwards(library, dtype="float64"):
    """The model of ``dictionaries``, with the outputs the other way round."""
    model = dictionaries(library, dtype)
    return library.Model(model.input, {name: model.output[name] for name in ("this", "that")})


def test_a_softmax_that_another_layer_reads_too():
    """Keras takes the logits behind it for the loss, wherever else its outputs go."""

    def make(library, dtype):
        x = library.Input((4,), dtype=dtype, name="x")
        y = library.layers.Dense(3, activation="softmax", dtype=dtype, name="y")(x)
        return library.Model(x, [y, library.layers.Dense(2, dtype=dtype, name="z")(y)])

    ours, theirs = pair(make)
    x, y = data_for(ours) * 1000, labels_for(ours)  # probabilities of 0 and 1
    for model in (ours, theirs):
        compile_eagerly(model, "sgd", ["categorical_crossentropy", "mse"])
    np.testing.assert_allclose(ours.evaluate(x, y, verbose=0), theirs.evaluate(x, y, verbose=0), rtol=1e-6)


# Configurations -----------------------------------------------------------------------------------


def without(keys, node):
    """Return a configuration as JSON has it, without some keys."""
    if isinstance(node, dict):
        return {key: without(keys, value) for key, value in node.items() if key not in keys}
    return [without(keys, value) for value in node] if isinstance(node, list | tuple) else node


@pytest.mark.parametrize("make", [*GRAPHS.values(), dictionaries], ids=lambda make: make.__name__)
def test_config_is_kerass(make):
    ours, theirs = make(cnn_scratch), make(keras)
    assert json.loads(ours.to_json()) == without(ONLY_IN_KERAS, json.loads(theirs.to_json()))


@pytest.mark.parametrize("make", [*GRAPHS.values(), dictionaries], ids=lambda make: make.__name__)
def test_keras_reads_our_config_and_we_read_keras_s(make):
    ours, theirs = pair(make)
    x = data_for(ours)
    x = dict(zip(sorted(ours.input), x, strict=True)) if isinstance(ours.input, dict) else x
    expected = ours.predict(x)
    for model in (keras.models.model_from_json(ours.to_json()), model_from_json(theirs.to_json())):
        model.set_weights(ours.get_weights())
        outputs = predict(model, x)
        for our, their in zip(values_of(expected), values_of(outputs), strict=True):
            np.testing.assert_allclose(our, their, atol=1e-13)
    again = model_from_json(theirs.to_json())
    assert without(ONLY_IN_KERAS, json.loads(theirs.to_json())) == json.loads(again.to_json())
    assert clone_model(ours).to_json() == ours.to_json()


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("AlphaDropout", (9, 4)),
        ("Dropout", (9, 4)),
        ("GaussianDropout", (9, 4)),
        ("GaussianNoise", (9, 4)),
        ("SpatialDropout1D", (9, 20)),
        ("SpatialDropout2D", (3, 3, 20)),
    ],
)
def test_random_layers_of_keras_are_random_in_training(name, shape):
    """Keras notes ``training=False`` in the call of each of them, though nobody asked for it."""

    def make(library):
        x = library.Input(shape, dtype="float64", name="x")
        layer = getattr(library.layers, name)(0.5, dtype="float64", name="random")
        return library.Model(x, layer(x), name="model")

    written = without(ONLY_IN_KERAS, json.loads(make(keras).to_json()))
    assert written["config"]["layers"][1]["inbound_nodes"][0]["kwargs"] == {"training": False}
    ones = np.ones((1, *shape))
    for model in (make(cnn_scratch), model_from_json(json.dumps(written))):
        assert json.loads(model.to_json()) == written
        assert (model(ones, training=True) != 1).any()
        np.testing.assert_array_equal(model(ones), ones)


def values_of(outputs):
    return [outputs[key] for key in sorted(outputs)] if isinstance(outputs, dict) else as_list(outputs)


@graphs
def test_layers_and_weights_stand_in_keras_s_order(make):
    ours, theirs = make(cnn_scratch), make(keras)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [layer.name for layer in ours.operations] == [layer.name for layer in theirs.operations]
    for which in ("weights", "trainable_weights", "non_trainable_weights"):
        shapes = [[tuple(w.shape) for w in getattr(model, which)] for model in (ours, theirs)]
        assert shapes[0] == shapes[1], which


def test_the_order_of_layers_is_keras_s_in_random_graphs():
    """Fifty graphs of layers with one or two inputs, some shared, some inputs unused."""
    for seed in range(50):
        orders = []
        for library in (cnn_scratch, keras):
            rng = np.random.default_rng(seed)
            tensors = [library.Input((2,), name=f"input{i}") for i in range(rng.integers(1, 4))]
            inputs = list(tensors)
            shared = [library.layers.Dense(2, name=f"shared{i}") for i in range(2)]
            for i in range(rng.integers(3, 9)):
                one, other = (tensors[rng.integers(len(tensors))] for _ in range(2))
                kind = rng.integers(3)
                if kind == 0:
                    tensors.append(library.layers.Dense(2, name=f"own{i}")(one))
                elif kind == 1:
                    tensors.append(shared[rng.integers(2)](one))
                else:
                    tensors.append(library.layers.Add(name=f"sum{i}")([one, other]))
            outputs = [
                tensors[i] for i in sorted({len(tensors) - 1, rng.integers(len(inputs), len(tensors))})
            ]
            orders.append([layer.name for layer in library.Model(inputs, outputs).layers])
        assert orders[0] == orders[1], seed


def test_a_stack_in_a_graph_has_the_output_of_its_call():
    """What ``get_layer("base").output`` is good for: a model that ends behind a base."""

    def make(library):
        layers = library.layers
        base = library.Sequential(
            [library.Input((4,), dtype="float64"), layers.Dense(3, dtype="float64")], name="base"
        )
        x = library.Input((4,), dtype="float64", name="x")
        y = base(layers.Rescaling(0.5, dtype="float64", name="half")(x))
        model = library.Model(x, layers.Dense(2, dtype="float64", name="head")(y), name="model")
        assert base.output is y
        assert base.input is model.get_layer("half").output
        return model, base

    models = [make(library) for library in (cnn_scratch, keras)]
    weights, data = models[0][0].get_weights(), np.random.default_rng(0).normal(size=(2, 4))
    results = []
    for library, (model, base) in zip((cnn_scratch, keras), models, strict=True):
        model.set_weights(weights)
        behind = library.Model(model.inputs[0], model.get_layer("base").output)
        alone = library.Model(base.inputs[0], base.outputs[0])
        results.append([predict(one, data) for one in (behind, alone, base)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)
    np.testing.assert_allclose(results[0][0], results[0][1] / 2, atol=1e-13)  # the bias starts as 0


# Weights files, tables, modes ---------------------------------------------------------------------


@graphs
def test_keras_reads_our_weights_file_and_we_read_keras_s(make, tmp_path):
    ours, theirs = pair(make)
    ours.save_weights(tmp_path / "ours.weights.h5")
    reader = make(keras)
    reader.load_weights(tmp_path / "ours.weights.h5")
    for our, their in zip(ours.get_weights(), reader.get_weights(), strict=True):
        np.testing.assert_array_equal(our, their)
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    reader = make(cnn_scratch)
    reader.load_weights(tmp_path / "theirs.weights.h5")
    for our, their in zip(reader.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(our, their)


@graphs
@pytest.mark.parametrize("expand_nested", [False, True])
@pytest.mark.parametrize("line_length", [60, 80, 180])
def test_summary_is_keras_s_table(make, expand_nested, line_length, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    tables = []
    for model in (make(cnn_scratch), make(keras)):
        lines = []
        model.summary(
            line_length=line_length,
            expand_nested=expand_nested,
            print_fn=lambda text, lines=lines, **_: lines.extend(text.rstrip().split("\n")),
        )
        tables.append([line.rstrip() for line in lines])
    assert tables[0] == tables[1]


def test_a_mode_that_was_asked_for_in_the_call_stays():
    """Keras writes it down and lets the mode of the whole model win; its guides promise the opposite."""
    keras.config.set_floatx("float32")

    def make(library):
        x = library.Input((1000,), name="x")
        base = library.Sequential([library.Input((1000,)), library.layers.Dropout(0.5)], name="base")
        return library.Model(x, base(x, training=False), name="model")

    ours, theirs = make(cnn_scratch), make(keras)
    ones = np.ones((1, 1000))
    np.testing.assert_array_equal(ours(ones, training=True), ones)
    assert (np.asarray(theirs(ones, training=True)) == 0).any()
    (call,) = ours.get_config()["layers"][1]["inbound_nodes"]
    assert call == json.loads(json.dumps(theirs.get_config()["layers"][1]["inbound_nodes"]))[0]
    assert call["kwargs"] == {"training": False}
    again = model_from_json(theirs.to_json())
    np.testing.assert_array_equal(again(ones, training=True), ones)


def test_arithmetic_has_keras_s_classes():
    ours, theirs = arithmetic(cnn_scratch), arithmetic(keras)
    kinds = [[type(one).__name__ for one in model.operations] for model in (ours, theirs)]
    assert kinds[0] == kinds[1]
    wanted = {"Add", "Subtract", "Multiply", "TrueDivide", "Power", "Negative", "Absolute", "Matmul"}
    assert wanted <= set(kinds[0])


def test_outputs_that_share_a_name():
    """One loss in the dictionary, and one for each output in the list; after the losses their metrics."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 6, 3)).astype("float32"), rng.normal(size=(2, 6, 2)).astype("float32")
    found = []
    for library in (cnn_scratch, keras):
        first, second = library.Input((3,)), library.Input((3,))
        shared = library.layers.Dense(2, name="size")
        model = library.Model([first, second], [shared(first), shared(second)])
        model.set_weights([np.arange(6.0).reshape(3, 2) / 6, np.ones(2)])
        model.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mse"]])
        values = model.evaluate(list(x), list(y), verbose=0)
        logs = model.evaluate(list(x), list(y), verbose=0, return_dict=True)
        found.append((values, dict(sorted(logs.items()))))
    np.testing.assert_allclose(*(values for values, _ in found), rtol=1e-5)
    assert list(found[0][1]) == list(found[1][1])
    np.testing.assert_allclose(*(list(logs.values()) for _, logs in found), rtol=1e-5)
