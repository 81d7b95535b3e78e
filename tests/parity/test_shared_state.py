"""A batch normalization that is called more than once: its averages depend on the order of the calls."""

import keras
import numpy as np
import pytest

import cnn_scratch
from tests.parity.test_functional import compile_eagerly

SIZE = 4


class Parts:
    """Layers of one library for the graphs below; all tensors are vectors of four numbers in float64."""

    def __init__(self, library):
        self.package = library
        self.norm = self.layer("BatchNormalization", momentum=0.5)

    def layer(self, name, *arguments, **options):
        return getattr(self.package.layers, name)(*arguments, dtype="float64", **options)

    def input(self):
        return self.package.Input((SIZE,), dtype="float64")

    def dense(self, x, times=1):
        for _ in range(times):
            x = self.layer("Dense", SIZE)(x)
        return x


def one_branch_is_deeper(p, a, b):
    return p.norm(b), p.dense(p.norm(p.norm(p.dense(a))))


def on_its_own_outputs(p, a, b):
    return p.dense(p.norm(b)), p.norm(p.norm(a))


def before_a_relu_in_one_branch(p, a, b):
    """The first call is computed together with the ReLU if it is the only one."""
    return p.layer("ReLU")(p.norm(a)), p.dense(p.norm(b), 2)


def before_a_sum_and_a_relu(p, a, b):
    total = p.layer("Add")([p.norm(a), p.dense(p.norm(b), 2)])
    return p.layer("ReLU")(total), b


def in_a_model_that_is_called_twice(p, a, b):
    x = p.input()
    inner = p.package.Model(x, p.norm(p.dense(x)))
    return p.dense(inner(b), 2), inner(inner(a))


def in_a_model_and_beside_it(p, a, b):
    x = p.input()
    inner = p.package.Model(x, p.norm(p.dense(x)))
    return p.dense(p.norm(b), 3), inner(p.dense(a))


def before_a_relu_and_in_a_model_beside_it(p, a, b):
    x = p.input()
    inner = p.package.Model(x, p.norm(p.dense(x)))
    return p.layer("ReLU")(p.norm(a)), p.dense(inner(b))


def of_a_tensor_that_two_read(p, a, b):
    x = p.dense(a)
    return p.norm(x), p.norm(p.layer("Multiply")([x, p.norm(b)]))


GRAPHS = [
    one_branch_is_deeper,
    on_its_own_outputs,
    before_a_relu_in_one_branch,
    before_a_sum_and_a_relu,
    in_a_model_that_is_called_twice,
    in_a_model_and_beside_it,
    before_a_relu_and_in_a_model_beside_it,
    of_a_tensor_that_two_read,
]


def trained(library, branches, order, weights):
    """Return the weights after two steps, or the random ones that they start with if there are none yet."""
    library.utils.clear_session()
    parts = Parts(library)
    a, b = parts.input(), parts.input()
    outputs = branches(parts, a, b)[::order]
    model = library.Model([a, b], parts.layer("Concatenate")(list(outputs)))
    model.set_weights(weights(model))
    compile_eagerly(model, library.optimizers.SGD(2**-5), "mse")
    rng = np.random.default_rng(1)
    x, y = [rng.normal(size=(6, SIZE)), 2 * rng.normal(size=(6, SIZE)) + 3], rng.normal(size=(6, 2 * SIZE))
    for _ in range(2):
        model.train_on_batch(x, y)
    return [weight.name for weight in model.weights], model.get_weights()


def random_weights(model):
    rng = np.random.default_rng(2)
    return [rng.uniform(0.2, 1, weight.shape) for weight in model.weights]


@pytest.mark.usefixtures("keras_computes_in_float64")
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("branches", GRAPHS, ids=lambda one: one.__name__)
def test_the_averages_are_moved_in_keras_s_order(branches, order):
    names, ours = trained(cnn_scratch, branches, order, random_weights)
    _, theirs = trained(keras, branches, order, random_weights)
    for name, our, their in zip(names, ours, theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.usefixtures("keras_computes_in_float64")
@pytest.mark.parametrize("order", [1, -1])
def test_also_where_the_loss_is_computed_from_logits(order):
    """The model inside is called on two inputs, both times without its softmax."""
    results = []
    for library in (cnn_scratch, keras):
        library.utils.clear_session()
        parts = Parts(library)
        a, b, x = (parts.input() for _ in range(3))
        inner = library.Model(x, parts.layer("Dense", SIZE, activation="softmax")(parts.norm(x)))
        model = library.Model([a, b], [inner(a), inner(b)][::order])
        model.set_weights(random_weights(model))
        compile_eagerly(model, library.optimizers.SGD(2**-5), "sparse_categorical_crossentropy")
        rng = np.random.default_rng(1)
        x, y = [rng.normal(size=(6, SIZE)), 2 * rng.normal(size=(6, SIZE)) + 3], rng.integers(0, SIZE, (2, 6))
        for _ in range(2):
            model.train_on_batch(x, list(y))
        results.append(model.get_weights())
    for our, their in zip(*results, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-9)
