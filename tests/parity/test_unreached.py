"""Parameters that the loss does not depend on: the optimizer leaves them as they are, as in Keras."""

import keras
import numpy as np
import pytest

import cnn_scratch
from tests.saving.test_with_keras import OPTIMIZERS

DECAYING = {
    name: lambda k, name=name: getattr(k.optimizers, name)(0.0625, weight_decay=0.25)
    for name in ("SGD", "Adam", "RMSprop", "Lion", "Ftrl", "Adagrad")
}
CASES = (
    OPTIMIZERS
    | DECAYING
    | {
        "clipped": lambda k: k.optimizers.Adam(0.0625, weight_decay=0.25, global_clipnorm=0.5),
        "averaged sgd": lambda k: k.optimizers.SGD(0.0625, weight_decay=0.25, use_ema=True, ema_momentum=0.5),
    }
)


def two_heads(k):
    """One trunk, and a head that no loss looks at; its second layer has a penalty of its own."""
    layers = k.layers
    inputs = k.Input((3,))
    h = layers.Dense(4, activation="tanh", name="trunk")(inputs)
    aside = layers.Dense(3, name="aside")(h)
    outputs = [
        layers.Dense(2, name="head")(h),
        layers.Dense(2, name="last", kernel_regularizer=k.regularizers.L2(0.125))(aside),
    ]
    return k.Model(inputs, outputs)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("optimizer", CASES)
def test_a_head_without_a_loss(optimizer):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)).astype("float32"), rng.normal(size=(6, 2)).astype("float32")
    weights, trained = None, []
    for k in (cnn_scratch, keras):
        model = two_heads(k)
        weights = weights or [rng.normal(size=np.shape(w)).astype("float32") for w in model.get_weights()]
        model.set_weights(weights)
        model.compile(CASES[optimizer](k), ["mse", None])
        for _ in range(5):
            model.train_on_batch(x, [y, y])
        trained.append(model)
    ours, theirs = trained
    for own, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(own.numpy(), other.numpy(), rtol=2e-4, atol=2e-5, err_msg=own.path)
    paths = [w.path for w, before in zip(ours.weights, weights, strict=True) if np.array_equal(w, before)]
    assert paths == ["aside/kernel", "aside/bias", "last/bias"]


def test_it_is_said():
    x, y = np.ones((2, 3)), np.ones((2, 2))
    model = two_heads(cnn_scratch)
    model.compile("sgd", ["mse", None])
    with pytest.warns(UserWarning, match=r"Gradients do not exist for parameters \['aside/kernel', 'aside/b"):
        model.train_on_batch(x, [y, y])


@pytest.mark.parametrize("k", [cnn_scratch, keras], ids=lambda k: k.__name__)
def test_nothing_is_reached(k):
    """A frozen trunk, and a trainable head without a loss."""
    model = two_heads(k)
    for name in ("trunk", "head", "last"):
        model.get_layer(name).trainable = False
    model.compile("sgd", ["mse", None])
    with pytest.raises(ValueError, match="No gradients provided for any"):
        model.train_on_batch(np.ones((2, 3)), [np.ones((2, 2))] * 2)
