"""The product of matrices: every way through it gives NumPy's numbers."""

import numpy as np
import pytest

from cnn_scratch.kernels import matmul as kernel

# Whole tiles only, or not; one step of the sum, or several; many pieces of columns, or few.
SHAPES = [
    (64, 48, 96),
    (8, 512, 32),
    (24, 513, 64),
    (61, 49, 96),
    (64, 48, 90),
    (144, 20, 4160),
    (2104, 7, 64),
]


@pytest.fixture(autouse=True)
def never_small(monkeypatch):
    monkeypatch.setattr(kernel, "SMALL_PRODUCT", 0)


@pytest.mark.parametrize("transposed", ["neither", "a", "b"])
@pytest.mark.parametrize("shape", SHAPES)
def test_written_and_added_products_equal_numpy(shape, transposed):
    M, K, F = shape
    rng = np.random.default_rng(0)
    a = rng.normal(size=(K, M)).T if transposed == "a" else rng.normal(size=(M, K))
    b = rng.normal(size=(F, K)).T if transposed == "b" else rng.normal(size=(K, F))
    bias, total = rng.normal(size=F), rng.normal(size=(M, F))
    expected, before, bound = a @ b + bias, total.copy(), 1e-15 * 10 * K

    np.testing.assert_allclose(kernel.matmul(a, b, bias), expected, rtol=0, atol=bound)
    np.testing.assert_allclose(
        kernel.matmul(a, b, bias, relu=True), np.maximum(expected, 0), rtol=0, atol=bound
    )
    kernel.add_matmul(a, b, total)
    np.testing.assert_allclose(total, before + a @ b, rtol=0, atol=bound)


@pytest.mark.parametrize("shape", [(64, 48, 96), (61, 48, 90)])
def test_nan_reaches_exactly_its_row_and_column(shape):
    M, K, F = shape
    a, b = np.ones((M, K), "float32"), np.ones((K, F), "float32")
    a[7, 5], b[3, 11] = np.nan, np.inf
    product = kernel.matmul(a, b, relu=True)
    expected = np.full((M, F), K, "float32")
    expected[:, 11], expected[7] = np.inf, np.nan
    np.testing.assert_array_equal(product, expected)
