"""Float32 is as near to float64 as Keras's is, at sizes that networks have."""

import numpy as np
import pytest

from tests.correctness.exactness import CASES, Exactness, distance, measure


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ours_is_as_exact_as_keras(case):
    found = measure(case)
    assert not found.too_far(), f"{found.ours}, Keras {found.keras}"


def test_a_distance_is_in_roundings():
    exact = np.array([3.0, 4.0])
    assert distance(exact + [0, 10 * 2.0**-24], exact) == pytest.approx(2.0)


def test_who_is_too_far():
    far = {"outputs": 20.0, "inputs": 3.0, "weights": 9.0}, {"outputs": 1.2, "inputs": 1.0, "weights": 1.2}
    assert Exactness(False, *far).too_far() == ["outputs", "weights"]
    assert Exactness(True, *far).too_far() == ["outputs"]
