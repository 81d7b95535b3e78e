"""Sequential: built, configured, walked forward and back, as a layer and as a list of layers."""

import json

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers, regularizers
from cnn_scratch.naming import reset_names
from cnn_scratch.testing import check_gradients
from tests.contract import check_layer, check_threads


def small_cnn(dtype="float32", **options):
    return Sequential(
        [
            Input((6, 5, 2), dtype=dtype),
            layers.Conv2D(3, (3, 2), activation="tanh", dtype=dtype),
            layers.AveragePooling2D(2, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(4, activation="softmax", dtype=dtype),
        ],
        **options,
    )


def test_layers_shapes_and_weights():
    model = small_cnn()
    assert [type(layer).__name__ for layer in model.layers] == [
        "Conv2D",
        "AveragePooling2D",
        "Flatten",
        "Dense",
    ]
    assert (model.input_shape, model.output_shape) == ((None, 6, 5, 2), (None, 4))
    assert [w.shape for w in model.weights] == [(3, 2, 2, 3), (3,), (12, 4), (4,)]
    assert model.count_params() == 36 + 3 + 48 + 4
    assert [w.path.split("/")[1] for w in model.trainable_weights] == ["kernel", "bias"] * 2


def test_gradients_of_a_whole_model():
    checks = check_gradients(small_cnn("float64"), np.random.default_rng(0).normal(size=(3, 6, 5, 2)))
    assert len({check.name for check in checks}) == 5


def test_contract_as_a_layer():
    class Block(Sequential):
        """A Sequential of fixed dtype, so that the harness can copy it through its config."""

        @classmethod
        def from_config(cls, config):
            config = json.loads(json.dumps(config))
            if isinstance(config["dtype"], str):
                for node in config["layers"]:
                    node["config"]["dtype"] = config["dtype"]
            return super().from_config(config)

    check_layer(
        Block([layers.Conv2D(2, 2, activation="relu"), layers.Flatten(), layers.Dense(3)]), (2, 4, 4, 2)
    )


def test_nested_models_and_a_layer_used_twice():
    shared = layers.Dense(3, activation="tanh", dtype="float64", name="shared")
    inner = Sequential([shared])
    model = Sequential([inner, layers.Activation("tanh", dtype="float64"), Sequential([shared])])
    checks = check_gradients(model, np.random.default_rng(1).normal(size=(4, 3)))
    assert max(check.error for check in checks) < 1e-7


def test_backward_stops_at_the_first_layer_that_learns():
    """Nothing before it is asked for a gradient: the first layer here has none to give."""

    class NoGradient(layers.Layer):
        def compute_output_shape(self, input_shape):
            return input_shape

        def forward(self, inputs, training=False):
            return self.prepare_inputs(inputs), None

        def backward(self, grad_outputs, cache):
            raise AssertionError("nobody needs this gradient")

    model = Sequential([NoGradient(), layers.Dense(2), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)


def test_deferred_build_add_and_pop():
    model = Sequential()
    model.add(layers.Dense(3))
    assert not model.built
    for name in ("input", "output", "inputs", "outputs", "input_shape", "output_shape"):
        assert not hasattr(model, name)  # programs ask before they take it
        with pytest.raises(
            AttributeError, match=f"has no `{name.rstrip('s')}.*` yet: it must be built first"
        ):
            getattr(model, name)
    with pytest.raises(ValueError, match=r"`count_params` on layer 'sequential.*isn't built. Build it with"):
        model.count_params()
    assert model(np.zeros((2, 5))).shape == (2, 3)
    assert model.input_shape == (None, 5)
    model.add(layers.Dense(2))
    assert model(np.zeros((2, 5))).shape == (2, 2)
    assert model.pop().units == 2
    assert model(np.zeros((2, 5))).shape == (2, 3)
    with pytest.raises(ValueError, match=r"expected shape \(None, 5\). Received: shape \(2, 6\)"):
        model(np.zeros((2, 6)))


@pytest.mark.parametrize("options", [{"input_shape": (4,)}, {"input_dim": 4}])
def test_input_shape_argument_of_the_first_layer(options):
    model = Sequential([layers.Dense(3, **options), layers.Dense(1)])
    assert model.built
    assert model.input_shape == (None, 4)


def test_rejects_what_is_no_layer_and_equal_names():
    with pytest.raises(ValueError, match=r"Only layers can be added.*Received: 'dense'"):
        Sequential(["dense"])
    with pytest.raises(ValueError, match=r"unique names. Received a second 'a'"):
        Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")])
    with pytest.raises(ValueError, match="already has its input"):
        Sequential([layers.Dense(1), Input((2,))])


def test_get_layer():
    model = Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="b")])
    assert model.get_layer("b") is model.get_layer(index=1) is model.layers[1]
    with pytest.raises(ValueError, match=r"No such layer: c. Existing layers are: \['a', 'b'\]"):
        model.get_layer("c")
    with pytest.raises(ValueError, match=r"Expected a layer index below 2. Received: index=2"):
        model.get_layer(index=2)
    with pytest.raises(ValueError, match=r"either a layer name or a layer index"):
        model.get_layer()


def test_config_round_trip_predicts_the_same_after_set_weights():
    model = small_cnn(name="net")
    twin = Sequential.from_config(json.loads(json.dumps(model.get_config())))
    twin.set_weights(model.get_weights())
    x = np.random.default_rng(2).normal(size=(3, 6, 5, 2))
    np.testing.assert_array_equal(model.predict(x), twin.predict(x))
    assert twin.name == "net"


def test_set_weights_is_all_or_nothing():
    model = small_cnn()
    before = model.get_weights()
    wrong = [w + 1 for w in before]
    wrong[-1] = np.zeros(7)
    with pytest.raises(ValueError, match=r"expects shape \(4,\). Received: \(7,\)"):
        model.set_weights(wrong)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_freezing():
    model = small_cnn()
    model.layers[0].trainable = False
    assert [w.path for w in model.trainable_weights] == [w.path for w in model.layers[-1].weights]
    assert len(model.non_trainable_weights) == 2
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.layers[0].get_weights()
    model.fit(np.random.default_rng(0).normal(size=(8, 6, 5, 2)), np.arange(8) % 4, verbose=0)
    for now, then in zip(model.layers[0].get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    model.trainable = False
    assert model.trainable_weights == []


def test_data_with_an_axis_of_one_more_or_less():
    """As in Keras; the gradient has the shape of the data that were given."""
    rng = np.random.default_rng(1)
    images = rng.normal(size=(3, 4, 4, 1))
    grey = Sequential(
        [Input((4, 4, 1)), layers.Conv2D(2, 3, dtype="float64"), layers.Flatten(dtype="float64")]
    )
    flat = Sequential([Input((4, 4)), layers.Dense(3, dtype="float64")])
    one = Sequential([Input((1,)), layers.Dense(2, dtype="float64")])
    for model, given, wanted in (
        (grey, images[..., 0], images),
        (flat, images, images[..., 0]),
        (one, images[:, 0, 0, 0], images[:, 0, 0]),
    ):
        expected, cache = model.forward(wanted)
        upstream = rng.normal(size=expected.shape)
        gradient = model.backward(upstream, cache).reshape(given.shape)
        outputs, cache = model.forward(given)
        for found in (outputs, model.predict(given), model(given)):
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(model.backward(upstream, cache), gradient)
        model.compile("sgd", "mse")
        model.fit(given, upstream, verbose=0)
    with pytest.raises(ValueError, match=r"expected shape \(None, 4, 4\). Received: shape \(3, 4, 4, 2\)"):
        flat.predict(np.zeros((3, 4, 4, 2)))
    x = Input((4, 4), dtype="float64")
    outer = Model(x, grey(x))
    np.testing.assert_array_equal(outer.predict(images[..., 0]), grey.predict(images))
    assert grey.compute_output_shape((3, 4, 4)) == (3, 8)
    reset_names()
    grey.fit(images[..., 0], np.zeros(grey.predict(images).shape), verbose=0)
    assert layers.Reshape((2,)).name == "reshape"  # a pass makes no names


def test_same_bits_for_any_number_of_threads():
    check_threads(small_cnn(), np.random.default_rng(3).normal(size=(33, 6, 5, 2)).astype("float32"), True)


def test_regularizers_are_part_of_loss_and_gradient():
    model = Sequential(
        [
            layers.Dense(
                2,
                kernel_regularizer=regularizers.L2(0.125),
                bias_regularizer=regularizers.L1(0.25),
                activity_regularizer=regularizers.L2(1 / 64),
                dtype="float64",
            )
        ]
    )
    model.compile("sgd", "mse")
    x, y = np.ones((4, 3)), np.zeros((4, 2))
    model(x)
    model.set_weights([np.full((3, 2), 0.5), np.full(2, 2.0)])
    outputs = model.predict(x)
    np.testing.assert_array_equal(outputs, 3.5)
    expected = 3.5**2 + 0.125 * 6 * 0.25 + 0.25 * 2 * 2.0 + 2 * 3.5**2 / 64
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-12)
    model.train_on_batch(x, y)
    # ∂/∂bias: mse 2·3.5/2 per unit, activity 2·3.5/64 per sample over 4, l1 0.25
    # ∂/∂kernel: the same two sums, for every input is 1, and l2 2·0.125·0.5
    of_outputs = 2 * 3.5 / 2 + 2 / 64 * 3.5
    np.testing.assert_allclose(model.layers[0].bias.grad, of_outputs + 0.25, rtol=1e-12)
    np.testing.assert_allclose(model.layers[0].kernel.grad, of_outputs + 0.125, rtol=1e-12)


def test_summary_says_what_learns():
    model = Sequential([Input((4,)), layers.Dense(3, name="one"), layers.ReLU(), layers.Dense(2, name="two")])
    model.get_layer("one").trainable = False
    lines = []
    model.summary(print_fn=lines.append, show_trainable=True)
    rows = [line.rstrip("│ ")[-1] for line in lines[0].splitlines() if line.startswith("│ ")]
    assert rows == ["N", "-", "Y"]
    assert "Trainable " in lines[0].splitlines()[2]
    model.summary(print_fn=lines.append)
    assert "Trainable " not in lines[1].splitlines()[2]


@pytest.mark.parametrize("options", [{}, {"show_trainable": True}])
def test_summary_in_a_terminal_that_is_too_narrow(monkeypatch, options):
    """A training shall not fail because of the table before it."""
    monkeypatch.setenv("COLUMNS", "3")
    x = Input((4,))
    chain, graph = Sequential([x, layers.Dense(3)]), Model(x, layers.Add()([x, x]))
    for model in (chain, graph):
        lines = []
        model.summary(print_fn=lines.append, **options)
        assert {len(line) for line in lines[0].splitlines() if line[0] in "┏┃┡│└"} == {40}


def test_summary_takes_the_positions_of_four_columns_for_three():
    model = Sequential([Input((4,)), layers.Dense(3, name="dense")])
    lines = []
    for positions in ([0.3, 0.6, 1.0], [0.3, 0.6, 0.7, 1.0], None):
        model.summary(print_fn=lines.append, line_length=80, positions=positions)
    assert lines[0] == lines[1] != lines[2]
    assert {len(line) for line in lines[1].splitlines()[1:6]} == {80}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"positions": [0.5, 1.0]},
            r"Expected 3 positions, one per column. Received: positions=\[0.5, 1.0\]",
        ),
        ({"layer_range": ["dense"]}, r"the names of two layers. Received: layer_range=\['dense'\]"),
        ({"layer_range": ["dense", 1]}, r"the names of two layers. Received: layer_range=\['dense', 1\]"),
        (
            {"layer_range": ["dense", "a"]},
            r"two layers among \['dense'\]. Received: layer_range=\['dense', 'a",
        ),
        ({"line_length": 12}, "Insufficient console width to print the summary. Received: line_length=12"),
    ],
)
def test_summary_rejects(options, message):
    with pytest.raises(ValueError, match=message):
        Sequential([Input((4,)), layers.Dense(3, name="dense")]).summary(**options)


def test_variables_that_learn():
    model = Sequential([Input((4,)), layers.Dropout(0.5), layers.BatchNormalization(), layers.Dense(2)])
    assert model.trainable_variables == model.trainable_weights
    names = [variable.name for variable in model.non_trainable_variables]
    assert names == ["seed_generator_state", "moving_mean", "moving_variance"]
