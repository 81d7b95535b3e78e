import numpy as np
import pytest

from cnn_scratch import Sequential, layers, optimizers, regularizers

RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("regularizer", "l1", "l2"),
    [
        (regularizers.L1(0.5), 0.5, 0.0),
        (regularizers.L2(0.25), 0.0, 0.25),
        (regularizers.L1L2(0.5, 0.25), 0.5, 0.25),
        (regularizers.L1L2(), 0.0, 0.0),
    ],
)
def test_penalty_and_gradient(regularizer, l1, l2):
    x = RNG.normal(size=(3, 4))
    assert regularizer(x) == pytest.approx(l1 * np.abs(x).sum() + l2 * (x**2).sum(), rel=1e-12)
    gradient = regularizer.gradient(x)
    step = 1e-6 * RNG.normal(size=x.shape)
    slope = (regularizer(x + step) - regularizer(x - step)) / 2
    assert (gradient * step).sum() == pytest.approx(slope, rel=1e-6, abs=1e-14)


def test_example():
    assert regularizers.L2(2.0)(np.ones((5, 5))) == 50.0
    assert regularizers.L1(0.5).gradient(np.array([-2.0, 0.0, 3.0])).tolist() == [-0.5, 0.0, 0.5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradient_keeps_dtype_and_input(dtype):
    x = RNG.normal(size=5).astype(dtype)
    before = x.copy()
    assert regularizers.L1L2(0.1, 0.2).gradient(x).dtype == dtype
    assert isinstance(regularizers.L1L2(0.1, 0.2)(x), float)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "a"])
@pytest.mark.parametrize(
    "make", [lambda v: regularizers.L1(v), regularizers.L2, lambda v: regularizers.L1L2(l2=v)]
)
def test_rejects_factors(make, value):
    with pytest.raises(ValueError, match=r"expected a non-negative float\. Received: l[12]="):
        make(value)


def test_get():
    assert regularizers.get(None) is None
    assert regularizers.get("l1").get_config() == {"l1": pytest.approx(0.01)}
    assert regularizers.get("l2").get_config() == {"l2": 0.01}
    assert isinstance(regularizers.get("l1_l2"), regularizers.L1L2)
    mine = regularizers.L2(0.3)
    assert regularizers.get(mine) is mine
    copy = regularizers.get(regularizers.serialize(mine))
    assert copy.l2 == 0.3
    with pytest.raises(ValueError, match="Unknown regularizer: 'l3'"):
        regularizers.get("l3")
    with pytest.raises(ValueError, match="Could not interpret regularizer identifier: 3"):
        regularizers.get(3)


class Halves(regularizers.Regularizer):
    """As Keras's guides write a penalty of one's own: what it is, and nothing of its gradient."""

    def __call__(self, x):
        return 0.5 * np.sum(np.square(x))


class Differentiated(Halves):
    def gradient(self, x):
        return x


def test_a_penalty_of_one_s_own_needs_its_gradient():
    """Without one it would count in the loss, and nothing would be learnt from it."""
    twice = type("Twice", (regularizers.L2,), {"__call__": lambda self, x: 2 * np.sum(np.square(x))})
    for penalty in (Halves(), Halves, twice(), np.sum, lambda x: 0.0):
        with pytest.raises(
            ValueError, match=r"A regularizer needs its gradient.*with `__call__`, `gradient` and"
        ):
            layers.Dense(1, kernel_regularizer=penalty)
    layer = layers.Dense(4, kernel_regularizer=Differentiated())
    layer.build((None, 3))
    model = Sequential([layer])
    model.compile(optimizers.SGD(1.0), "mse")
    before = layer.kernel.numpy()
    model.train_on_batch(np.zeros((2, 3)), np.zeros((2, 4)))
    np.testing.assert_array_equal(before - layer.kernel.value, before)
