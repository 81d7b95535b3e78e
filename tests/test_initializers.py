import math

import numpy as np
import pytest

from cnn_scratch import initializers

SHAPE = (3, 3, 32, 64)
FAN_IN, FAN_OUT = 3 * 3 * 32, 3 * 3 * 64
SIZE = math.prod(SHAPE)
RANDOM = ["RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal"]
SCALED = ["GlorotUniform", "GlorotNormal", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"]
# What the papers say: the variance, and the shape of the distribution.
VARIANCE = {
    "GlorotUniform": 2 / (FAN_IN + FAN_OUT),
    "GlorotNormal": 2 / (FAN_IN + FAN_OUT),
    "HeNormal": 2 / FAN_IN,
    "HeUniform": 2 / FAN_IN,
    "LecunNormal": 1 / FAN_IN,
    "LecunUniform": 1 / FAN_IN,
}


@pytest.mark.parametrize("name", SCALED)
def test_variance_and_bounds(name):
    values = initializers.get(name)(SHAPE, "float64")
    variance = VARIANCE[name]
    # Standard errors: of the mean σ/√n; of the variance below σ²·√(2/n). Five of them never happen.
    assert abs(values.mean()) < 5 * math.sqrt(variance / SIZE)
    assert values.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / SIZE))
    bound = (
        math.sqrt(3 * variance) if name.endswith("Uniform") else 2 * math.sqrt(variance) / 0.87962566103423978
    )
    assert 0.999 * bound < np.abs(values).max() <= bound


def test_simple_random_ones():
    normal = initializers.RandomNormal(1.0, 0.5)((100, 200), "float64")
    assert normal.mean() == pytest.approx(1, abs=5 * 0.5 / math.sqrt(20000))
    assert normal.std() == pytest.approx(0.5, rel=5 / math.sqrt(40000))
    uniform = initializers.RandomUniform(-1.0, 3.0)((100, 200), "float64")
    assert uniform.mean() == pytest.approx(1, abs=5 * 4 / math.sqrt(12 * 20000))
    assert -1 <= uniform.min() < -0.99
    assert 2.99 < uniform.max() < 3
    truncated = initializers.TruncatedNormal(1.0, 0.5)((100, 200), "float64")
    assert truncated.mean() == pytest.approx(1, abs=5 * 0.5 / math.sqrt(20000))
    assert truncated.std() == pytest.approx(0.5 * 0.87962566103423978, rel=0.03)
    assert 0.99 < np.abs(truncated - 1).max() <= 1


@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
@pytest.mark.parametrize(
    ("mode", "fan"), [("fan_in", FAN_IN), ("fan_out", FAN_OUT), ("fan_avg", (FAN_IN + FAN_OUT) / 2)]
)
def test_variance_scaling(mode, fan, distribution):
    values = initializers.VarianceScaling(3.0, mode, distribution)(SHAPE, "float64")
    assert values.var() == pytest.approx(3 / fan, rel=5 * math.sqrt(2 / SIZE))


def test_axes_of_inputs_and_outputs():
    kernel = initializers.HeUniform(input_axes=[0], output_axes=[1, 2])((50, 40, 30), "float64")
    assert np.abs(kernel).max() == pytest.approx(math.sqrt(6 / 50), rel=1e-3)


@pytest.mark.parametrize(
    ("shape", "fans"),
    [((), (1, 1)), ((7,), (7, 7)), ((4, 9), (4, 9)), ((3, 5, 2, 8), (30, 120)), ((3, 2, 8), (6, 24))],
)
def test_compute_fans(shape, fans):
    assert initializers.compute_fans(shape) == fans


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (3, 3, 2, 7)])
def test_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2.0)(shape, "float64").reshape(-1, shape[-1])
    small = min(matrix.shape)
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 4 * np.eye(small), atol=1e-12)


def test_orthogonal_signs_are_random():
    signs = [initializers.Orthogonal(seed=seed)((3, 3), "float64")[0, 0] > 0 for seed in range(200)]
    assert 60 < sum(signs) < 140


def test_constants():
    np.testing.assert_array_equal(initializers.Zeros()((2, 3)), np.zeros((2, 3), np.float32))
    np.testing.assert_array_equal(initializers.Ones()((2, 3)), np.ones((2, 3), np.float32))
    np.testing.assert_array_equal(initializers.Constant(0.5)((2,)), [0.5, 0.5])
    np.testing.assert_array_equal(initializers.Identity(2.0)((2, 3)), [[2, 0, 0], [0, 2, 0]])


@pytest.mark.parametrize("name", RANDOM + SCALED)
def test_seeds(name):
    cls = getattr(initializers, name)
    same, again, other = cls(seed=3), cls(seed=3), cls(seed=4)
    np.testing.assert_array_equal(same(SHAPE), again(SHAPE))
    np.testing.assert_array_equal(same(SHAPE), same(SHAPE))
    assert not np.array_equal(same(SHAPE), other(SHAPE))
    assert not np.array_equal(cls()(SHAPE), cls()(SHAPE))
    copy = initializers.get(initializers.serialize(same))
    np.testing.assert_array_equal(same(SHAPE), copy(SHAPE))


@pytest.mark.parametrize("name", [*RANDOM, *SCALED, "Zeros", "Ones", "Constant"])
def test_float32_is_the_rounding_of_float64(name):
    initializer = initializers.get(name)
    single, double = initializer(SHAPE), initializer(SHAPE, "float64")
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    assert single.shape == SHAPE
    np.testing.assert_array_equal(single, double.astype(np.float32))


def test_get():
    assert initializers.get(None) is None
    for name in (
        "glorot_uniform",
        "GlorotUniform",
        initializers.GlorotUniform,
        {"class_name": "GlorotUniform"},
    ):
        assert isinstance(initializers.get(name), initializers.GlorotUniform)
    assert isinstance(initializers.get("normal"), initializers.RandomNormal)

    def mine(shape, dtype=None):
        return np.full(shape, 3, dtype)

    assert initializers.get(mine) is mine


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: initializers.get("glorot_unifrom"), "Did you mean 'glorot_uniform'"),
        (lambda: initializers.get(3), "Could not interpret initializer identifier: 3"),
        (
            lambda: initializers.RandomNormal(seed="a"),
            "`seed` argument to be an integer or None. Received: seed=a",
        ),
        (lambda: initializers.VarianceScaling(scale=0), "`scale` must be positive float. Received: scale=0"),
        (lambda: initializers.VarianceScaling(mode="fan"), "Invalid `mode` argument.*Received: mode=fan"),
        (
            lambda: initializers.VarianceScaling(distribution="x"),
            "Invalid `distribution`.*Received: distribution=x",
        ),
        (lambda: initializers.Orthogonal()((3,)), "at least two-dimensional. Received: shape=.3,. of rank 1"),
        (
            lambda: initializers.Identity()((3, 3, 3)),
            "only be used for 2D matrices. Received: shape=.* of rank 3",
        ),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()
