"""Functional: graphs of layers, walked forward and back, trained, frozen and refused."""

import json
import sys
import weakref

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers, regularizers
from cnn_scratch.models import Functional, clone_model
from cnn_scratch.testing import check_gradients
from tests.contract import check_layer, check_threads
from tests.models.graphs import residual, two


class Spy(layers.Layer):
    """Passes its inputs on and counts its calls."""

    def __init__(self, **options):
        super().__init__(**options)
        self.calls = []

    def compute_output_shape(self, input_shape):
        return input_shape

    def forward(self, inputs, training=False):
        self.calls.append(("forward", training))
        return self.prepare_inputs(inputs), None

    def backward(self, grad_outputs, cache):
        self.calls.append(("backward", None))
        return grad_outputs


# The graph ----------------------------------------------------------------------------------------


def test_model_of_tensors_is_functional():
    model = residual()
    assert type(model) is Functional
    assert [layer.name for layer in model.layers] == ["image", "conv", "sum", "flat", "classes"]
    assert (model.input_shape, model.output_shape) == ((None, 6, 5, 3), (None, 4))
    assert model.input is model.inputs[0] is model.get_layer("image").output
    assert model.output is model.outputs[0] is model.layers[-1].output
    assert [w.shape for w in model.weights] == [(3, 3, 3, 3), (3,), (90, 4), (4,)]
    assert model.count_params() == 81 + 3 + 360 + 4


def test_outputs_are_what_the_layers_compute():
    model = residual("float64")
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 3))
    conv, dense = model.get_layer("conv"), model.get_layer("classes")
    expected = dense((conv(x) + x).reshape(2, -1))
    for outputs in (model(x), model.predict(x), model.forward(x)[0], model.predict_on_batch(x)):
        np.testing.assert_array_equal(outputs, expected)


def test_a_list_around_the_inputs():
    """Programs that look at inner layers say ``Model([model.inputs], [layer.output, model.output])``."""
    model = residual()
    seen = Model([model.inputs], [model.get_layer("conv").output, model.output])
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype("float32")
    inner, outputs = seen.predict(x)
    np.testing.assert_array_equal(inner, model.get_layer("conv")(x))
    np.testing.assert_array_equal(outputs, model(x))
    a, b = Input((2,)), Input((2,))
    assert len(Model([[a, b]], layers.add([a, b])).inputs) == 2


def test_gradients_of_a_graph():
    checks = check_gradients(residual("float64"), np.random.default_rng(0).normal(size=(3, 6, 5, 3)))
    assert len({check.name for check in checks}) == 5


def test_gradients_of_a_graph_of_everything():
    """Joined to one input and one output, so that finite differences can see all of it."""
    model = two()
    x = Input((8,), dtype="float64")
    first = layers.Dense(4, dtype="float64", name="first")(x)
    kind, size = model([first, layers.Dense(4, dtype="float64", name="second")(x) + first])
    whole = Model(x, layers.Concatenate(dtype="float64")([kind, size]))
    checks = check_gradients(whole, np.random.default_rng(0).normal(size=(3, 8)))
    assert len({check.name for check in checks}) == 1 + len(whole.weights) == 1 + 12


def test_contract_as_a_layer():
    class Block(Functional):
        """A graph of fixed dtype, so that the harness can copy it through its config."""

        @classmethod
        def from_config(cls, config):
            config = json.loads(json.dumps(config))
            if "dtype" in config:
                for node in config["layers"]:
                    if "dtype" in node["config"]:
                        node["config"]["dtype"] = config["dtype"]
            return super().from_config(config)

    x = Input((4, 4, 2))
    y = layers.Conv2D(2, 3, padding="same")(x)
    check_layer(Block(x, layers.Dense(3)(layers.Flatten()(y * x + 0.5))), (2, 4, 4, 2))


def test_a_tensor_that_many_read_gets_the_sum_of_their_gradients():
    x = Input((3,), dtype="float64")
    y = layers.Activation("linear", dtype="float64")(x)
    model = Model(x, layers.Add(dtype="float64")([y, y, -y, 3.0 * y, y]) + y)
    outputs, cache = model.forward(np.ones((2, 3)))
    upstream = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(outputs, 6)
    np.testing.assert_array_equal(model.backward(upstream, cache), 6 * upstream)
    np.testing.assert_array_equal(upstream, np.arange(6.0).reshape(2, 3))


def test_same_bits_for_any_number_of_threads():
    check_threads(residual(), np.random.default_rng(3).normal(size=(33, 6, 5, 3)).astype("float32"), True)


def test_arrays_are_let_go_when_their_last_reader_has_run():
    alive = []

    class Watch(layers.Layer):
        def compute_output_shape(self, input_shape):
            return input_shape

        def forward(self, inputs, training=False):
            alive.append(sum(reference() is not None for reference in seen))
            outputs = inputs + 1
            seen.append(weakref.ref(outputs))
            return outputs, None

        def backward(self, grad_outputs, cache):
            return grad_outputs

    seen = []
    x = y = Input((3,))
    for _ in range(6):
        y = Watch()(y)
    first = y.inputs[0].inputs[0]
    Model(x, y + first).predict(np.ones((2, 3)))
    assert alive == [0, 1, 1, 1, 1, 2]  # what a layer reads, and the one that a later layer still needs


def test_a_graph_deeper_than_python_s_stack():
    x = y = Input((2,))
    for _ in range(1500):
        y = y + 1.0
    model = Model(x, y)
    assert len(model.operations) == 1501 > sys.getrecursionlimit()
    np.testing.assert_array_equal(model.predict(np.zeros((1, 2))), 1500)


def test_from_the_middle_of_another_model():
    model = residual("float64")
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 3))
    features = Model(model.input, model.get_layer("flat").output)
    head = Model(model.get_layer("flat").output, model.output)
    np.testing.assert_array_equal(head.predict(features.predict(x)), model.predict(x))
    assert [layer.name for layer in head.layers[1:]] == ["classes"]
    assert head.layers[1] is model.layers[-1]  # the very layer, with its weights
    stack = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    np.testing.assert_array_equal(
        Model(stack.input, stack.layers[-2].output).predict(x[0, :, 0:4, 0].T[:, :4]),
        stack.layers[0](x[0, :, 0:4, 0].T[:, :4]),
    )


def test_sequentials_and_graphs_inside_each_other():
    inner = Sequential([layers.Dense(3, activation="tanh", dtype="float64")])
    x = Input((4,), dtype="float64")
    assert inner(x).shape == (None, 3)  # built by the call
    graph = Model(x, inner(x) + layers.Dense(3, dtype="float64")(x))
    outer = Sequential([graph, layers.Dense(2, dtype="float64")])
    assert outer.input_shape == (None, 4)
    check_gradients(outer, np.random.default_rng(1).normal(size=(5, 4)))


def test_data_with_an_axis_of_one_more_or_less():
    a, b = Input((1,), name="a"), Input((2,), name="b")
    model = Model([a, b], layers.Dense(1)(a + b))
    one, two_ = np.arange(3.0), np.ones((3, 2))
    expected = model.predict([one[:, None], two_])
    np.testing.assert_array_equal(model.predict([one, two_[..., None]]), expected)
    _, cache = model.forward([one, two_[..., None]])
    assert [grad.shape for grad in model.backward(np.ones((3, 1)), cache)] == [(3,), (3, 2, 1)]
    grey, x = Input((4, 4, 1)), Input((4, 4))
    inner = Model(grey, layers.Conv2D(2, 3)(grey))
    images = np.arange(32.0).reshape(2, 4, 4)
    np.testing.assert_array_equal(Model(x, inner(x)).predict(images), inner.predict(images[..., None]))


def test_an_unused_input_has_no_gradient():
    a, b = Input((2,)), Input((3,))
    model = Model([a, b], layers.Dense(1)(a))
    assert len(model.layers) == 3
    _, cache = model.forward([np.ones((4, 2)), np.ones((4, 3))])
    grads = model.backward(np.ones((4, 1)), cache)
    assert grads[0].any()
    np.testing.assert_array_equal(grads[1], np.zeros((4, 3)))


# Training -----------------------------------------------------------------------------------------


def test_fit_with_lists_and_with_dictionaries():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(20, 4)), rng.normal(size=(20, 4))]
    y = [np.eye(3)[np.arange(20) % 3], x[0][:, :1] * 2]
    histories, start = [], two()
    for arguments in (
        dict(x=x, y=y, validation_data=(x, y)),
        dict(
            x={"a": x[0], "b": x[1]},
            y={"size": y[1], "kind": y[0]},
            validation_data=({"b": x[1], "a": x[0]}, {"kind": y[0], "size": y[1]}),
        ),
    ):
        model = clone_model(start)
        model.set_weights(start.get_weights())
        model.compile("adam", ["categorical_crossentropy", "mse"], metrics={"kind": "accuracy"})
        histories.append(model.fit(**arguments, epochs=3, shuffle=False, verbose=0).history)
    assert histories[0] == histories[1]
    names = ["loss", "kind_loss", "size_loss", "kind_accuracy"]
    assert list(histories[0]) == names + [f"val_{name}" for name in names]
    assert histories[0]["loss"][-1] < histories[0]["loss"][0]


def test_the_whole_loss_is_the_weighted_sum_and_gradients_are_scaled():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(8, 4)), rng.normal(size=(8, 4))]
    y = [np.eye(3)[np.arange(8) % 3], rng.normal(size=(8, 1))]
    model = two()
    grads = {}
    for weights in ((1, 0), (0, 1), (0.5, 3)):
        model.compile("sgd", ["categorical_crossentropy", "mse"], loss_weights=list(weights))
        before = model.get_weights()
        total, kind, size = model.train_on_batch(x, y)
        assert total == pytest.approx(weights[0] * kind + weights[1] * size)
        grads[weights] = [w.grad.copy() for w in model.weights]
        model.set_weights(before)
    for of_kind, of_size, of_both in zip(*grads.values(), strict=True):
        np.testing.assert_allclose(of_both, 0.5 * of_kind + 3 * of_size, rtol=1e-10, atol=1e-14)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_an_output_without_a_loss_needs_no_labels():
    model = two()
    model.compile("sgd", [None, "mse"], metrics=[None, "mae"])
    x = [np.ones((4, 4)), np.ones((4, 4))]
    for y in ([np.ones((4, 1))], [None, np.ones((4, 1))], {"kind": None, "size": np.ones((4, 1))}):
        logs = model.evaluate(x, y, verbose=0, return_dict=True)
        assert list(logs) == ["loss", "size_mae"]
    model.train_on_batch(x, [np.ones((4, 1))])
    assert not model.get_layer("kind").kernel.grad.any()
    assert model.get_layer("shared").kernel.grad.any()


def test_outputs_that_share_a_name_share_a_place_in_the_dictionary_only():
    first, second = Input((2,)), Input((2,))
    shared = layers.Dense(1, name="size")
    model = Model([first, second], [shared(first), shared(second)])
    model.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mae"]])
    x, y = [np.ones((4, 2)), np.full((4, 2), 2.0)], [np.ones((4, 1)), np.full((4, 1), 9.0)]
    values, logs = model.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "size_loss", "size_mae", "size_mae_1"]
    total, loss, again, one, other = values
    assert loss == again == logs["size_loss"] == pytest.approx(other)  # that of the last
    assert total == pytest.approx(one**2 + other)
    assert model.test_on_batch(x, y) == values
    assert len(model.train_on_batch(x, y)) == 5


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_losses_behind_their_activations_are_exact_for_each_output():
    x = Input((2,), dtype="float64")
    one = layers.Dense(2, activation="softmax", use_bias=False, dtype="float64", name="one")(x)
    other = layers.Activation("sigmoid", dtype="float64", name="other")(x)
    nested = Sequential([Input((2,)), layers.Softmax(dtype="float64")], name="nested")(x)
    model = Model(x, [one, other, nested, layers.Dense(1, dtype="float64", name="reader")(one)])
    model.get_layer("one").set_weights([np.eye(2)])
    model.compile(
        "sgd",
        ["sparse_categorical_crossentropy", "binary_crossentropy", "categorical_crossentropy", None],
        metrics=["accuracy", None, None, None],
    )
    data = np.array([[1000.0, 0.0]])
    logs = model.evaluate(data, [[1], [[0, 1]], [[0, 1]]], verbose=0, return_dict=True)
    assert logs["one_loss"] == pytest.approx(1000)
    assert logs["other_loss"] == pytest.approx((1000 + np.log(2)) / 2)
    assert logs["nested_loss"] == pytest.approx(1000)
    assert logs["one_accuracy"] == 0
    model.train_on_batch(data, [[1], [[0, 1]], [[0, 1]]])
    np.testing.assert_allclose(model.get_layer("one").kernel.grad, [[1000, -1000], [0, 0]])


def test_a_penalty_on_probabilities_keeps_them():
    x = Input((2,), dtype="float64")
    options = dict(use_bias=False, activity_regularizer=regularizers.L2(0.5), dtype="float64")
    graph = Model(x, layers.Dense(2, activation="softmax", **options)(x))
    stack = Sequential([layers.Dense(2, activation="softmax", **options)])
    data = np.array([[1.0, 3.0]])
    p = np.exp(data) / np.exp(data).sum()
    for model in (graph, stack):
        model(data)
        model.set_weights([np.eye(2)])
        model.compile("sgd", "categorical_crossentropy")
        assert model.evaluate(data, [[1.0, 0.0]], verbose=0) == pytest.approx(
            -np.log(p[0, 0]) + 0.5 * (p**2).sum(), rel=1e-6
        )


def test_penalties_are_part_of_loss_and_gradient():
    """A layer that is used twice pays for its outputs twice, and for its weights once."""
    x = Input((2,), dtype="float64")
    options = dict(activity_regularizer=regularizers.L2(0.25), kernel_regularizer=regularizers.L2(0.5))
    dense = layers.Dense(2, use_bias=False, dtype="float64", **options)
    model = Model(x, dense(dense(x)))
    model.compile("sgd", "mse")
    W, data = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([[1.0, 2.0]])
    model.set_weights([W])
    first = data @ W
    second = first @ W
    expected = (second**2).mean() + 0.25 * ((first**2).sum() + (second**2).sum()) + 0.5 * (W**2).sum()
    assert model.evaluate(data, np.zeros((1, 2)), verbose=0) == pytest.approx(expected, rel=1e-12)
    model.train_on_batch(data, np.zeros((1, 2)))
    grad_second = second + 0.5 * second
    grad_first = grad_second @ W.T + 0.5 * first
    np.testing.assert_allclose(dense.kernel.grad, first.T @ grad_second + data.T @ grad_first + W, rtol=1e-12)


def test_what_does_not_learn_is_not_walked():
    """No gradient goes through a frozen base, nor into a branch without weights."""
    x, z = Input((4,)), Input((4,))
    base, branch, between = Spy(name="base"), Spy(name="branch"), Spy(name="between")
    frozen = layers.Dense(4, name="frozen")
    y = between(layers.Dense(4, name="learns")(frozen(base(x))))
    model = Model([x, z], layers.Dense(1)(y + branch(z)))
    frozen.trainable = False
    model.compile("sgd", "mse")
    before = frozen.get_weights()
    model.train_on_batch([np.ones((2, 4)), np.ones((2, 4))], np.ones((2, 1)))
    assert [name for name, _ in base.calls + branch.calls] == ["forward"] * 2
    assert [name for name, _ in between.calls] == ["forward", "backward"]
    np.testing.assert_array_equal(frozen.get_weights()[0], before[0])
    outputs, cache = model.forward([np.ones((2, 4)), np.ones((2, 4))])
    model.backward(np.ones_like(outputs), cache)  # who asks for ∂inputs gets the whole walk
    assert ("backward", None) in base.calls
    assert ("backward", None) in branch.calls


@pytest.mark.parametrize("kind", ["graph", "stack"])
def test_a_layer_that_learns_inside_of_a_frozen_model(kind):
    """What counts is the layer, as in Keras; seen from inside, the frozen model has nothing to train."""
    hidden, last = layers.Dense(3), layers.Dense(2)
    inputs = Input((4,))
    outputs = last(hidden(inputs))
    base = Model(inputs, outputs) if kind == "graph" else Sequential([Input((4,)), hidden, last])
    model = Model(inputs, layers.Dense(1)(base(inputs)))
    base.trainable = False
    last.trainable = True
    assert base.trainable_weights == []
    assert [w.shape for w in model.trainable_weights] == [(3, 2), (2,), (2, 1), (1,)]
    before = [hidden.get_weights(), last.get_weights()]
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 1)))
    np.testing.assert_array_equal(hidden.get_weights()[0], before[0][0])
    assert not np.array_equal(last.get_weights()[0], before[1][0])
    base.trainable = True
    assert len(model.trainable_weights) == 6


def test_freezing():
    model = two()
    model.get_layer("inner").trainable = False
    assert len(model.trainable_weights) == len(model.weights) - 2
    assert not any(layer.trainable for layer in model.get_layer("inner").layers)
    model.trainable = False
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == len(model.weights)
    x = Input((3,))
    norm = layers.BatchNormalization()
    assert Model(x, norm(x), trainable=False).trainable_weights == []
    assert norm.trainable  # as in Keras: another model around it trains it


def test_the_mode_of_a_call():
    x = Input((2,))
    always, never, as_told = Spy(), Spy(), Spy()
    model = Model(x, as_told(never(always(x, training=True), training=False)))
    for training in (True, False):
        model(np.ones((1, 2)), training=training)
    modes = [[mode for _, mode in spy.calls] for spy in (always, never, as_told)]
    assert modes == [[True, True], [False, False], [True, False]]


# Rejects ------------------------------------------------------------------------------------------


def test_rejects_graphs_that_cannot_be_computed():
    x, y = Input((4,), name="x"), Input((4,), name="y")
    z = layers.Dense(2, name="dense")(x + y)
    with pytest.raises(ValueError, match=r"Graph disconnected: cannot find parent for tensor .*layer 'y'"):
        Model(x, z)
    with pytest.raises(ValueError, match=r"All `outputs` must be symbolic tensors.*Received: outputs=3"):
        Model(x, 3)
    with pytest.raises(ValueError, match=r"All `inputs` must be symbolic tensors.*Received: inputs=\[\]"):
        Model([], z)
    with pytest.raises(ValueError, match=r"The name 'dense' is used 2 times in the model"):
        Model([x, y], layers.Dense(2, name="dense")(z))


def test_rejects_inputs_that_do_not_fit():
    model = two()
    with pytest.raises(ValueError, match=r"Expected inputs as a list of 2.*Received: ndarray"):
        model(np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"Expected inputs as a list of 2.*Received: a list of 3"):
        model([np.ones((2, 4))] * 3)
    with pytest.raises(ValueError, match=r"Expected samples for the names \['a', 'b'\]. Received: \['a'\]"):
        model.predict({"a": np.ones((2, 4))})
    with pytest.raises(ValueError, match=r"layer 'b' is incompatible.*expected shape=\(None, 4\)"):
        model([np.ones((2, 4)), np.ones((2, 5))])
    with pytest.raises(ValueError, match="All `inputs` must be symbolic tensors"):
        model([Input((4,)), np.ones((2, 4))])
    with pytest.raises(ValueError, match=r"Data cardinality is ambiguous.*'x': \[2, 3\]"):
        model.predict([np.ones((2, 4)), np.ones((3, 4))])
    outputs, cache = model.forward([np.ones((2, 4))] * 2)
    with pytest.raises(ValueError, match="must have the shape of its outputs"):
        model.backward([outputs[0], np.ones((2, 3))], cache)


def test_rejects_what_compile_cannot_use():
    model = two()
    for arguments, message in (
        (dict(loss=["mse"]), r"`loss` must have one entry per output, for \['kind', 'size'\]"),
        (dict(loss={"kind": "mse"}), r"Expected the keys \['kind', 'size'\] in the dictionary `loss`"),
        (dict(loss={"kind": "mse", "wrong": "mse"}), "in the dictionary `loss`"),
        (dict(loss="mse", loss_weights=[1]), "`loss_weights` must have one entry per output"),
        (dict(loss="mse", loss_weights="a"), "Expected `loss_weights` to be numbers"),
        (dict(loss="mse", metrics=["mae"]), "`metrics` must have one entry per output"),
        (dict(loss="mse", metrics="mae"), "Expected `metrics` argument to be a list, tuple, or dict"),
        (dict(loss="mse", metrics={"wrong": "mae"}), "in the dictionary `metrics`"),
    ):
        with pytest.raises(ValueError, match=message):
            model.compile("sgd", **arguments)
    model.compile("sgd", [None, None])
    x, y = [np.ones((2, 4))] * 2, [np.ones((2, 3)), np.ones((2, 1))]
    with pytest.raises(ValueError, match="No loss to compute"):
        model.fit(x, y, verbose=0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`class_weight` is only supported for models with a single output"):
        model.fit(x, y, class_weight={0: 1.0}, verbose=0)
    with pytest.raises(ValueError, match="Expected labels as a list of 2"):
        model.fit(x, y[0], verbose=0)
