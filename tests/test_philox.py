"""The counter-based generator: published answers, the reference, independence of threads, statistics."""

import numpy as np
import pytest

from cnn_scratch.kernels import philox
from cnn_scratch.reference import philox as reference
from tests.threads import assert_same_bits_for_any_number_of_threads

KEY = np.array([7, 3], np.uint32)
# Counter, key and answer, from the file kat_vectors of the authors' library Random123.
KNOWN = [
    ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def hexadecimal(words):
    return " ".join(f"{int(word):08x}" for word in words)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_published_answers(counter, key, answer):
    assert hexadecimal(philox.philox(*(np.uint64(number) for number in counter + key))) == answer
    assert hexadecimal(reference.philox4x32([counter], key)[0]) == answer


def test_many_counters_equal_the_reference():
    rng = np.random.default_rng(0)
    counters = rng.integers(0, 2**32, (37, 4), dtype=np.uint32)
    key = np.uint64(2**32 - 1), np.uint64(12345)
    words = [philox.philox(*counter.astype(np.uint64), *key) for counter in counters]
    np.testing.assert_array_equal(words, reference.philox4x32(counters, (2**32 - 1, 12345)))


@pytest.mark.parametrize("first", [0, 4, 4096, 4 * (2**32 - 2), 4 * (2**32 + 5)])
@pytest.mark.parametrize("size", [0, 1, 4, 13])
def test_words_anywhere_equal_the_reference(first, size):
    """Beyond 2³² blocks the second word of the counter begins to count."""
    words = philox.random_words(KEY, first, size)
    np.testing.assert_array_equal(words[:size], reference.random_words(KEY, size, first))


@pytest.mark.parametrize("shape", [(0,), (1,), (6,), (3, 5), (philox.PIECE,), (philox.PIECE + 1,), (2, 4099)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_equal_the_reference(shape, dtype):
    uniform = philox.uniform(shape, dtype, KEY)
    assert (uniform.shape, uniform.dtype) == (shape, dtype)
    np.testing.assert_array_equal(uniform, reference.uniform(shape, KEY))
    normal = philox.normal(shape, dtype, KEY)
    assert (normal.shape, normal.dtype) == (shape, dtype)
    # two libraries for log, cos and sin: a few units in the last place of numbers below 7
    np.testing.assert_allclose(normal, reference.normal(shape, KEY), rtol=0, atol=16 * np.finfo(dtype).eps)


def test_threads_do_not_matter():
    def run():
        return [philox.uniform((9001,), "float32", KEY), philox.normal((9001,), "float32", KEY)]

    assert_same_bits_for_any_number_of_threads(run)


def test_another_seed_or_draw_gives_unrelated_numbers():
    n = 10_000
    draws = [
        philox.uniform((n,), "float64", np.array(key, np.uint32)) for key in [(7, 3), (7, 4), (8, 3), (3, 7)]
    ]
    correlations = np.corrcoef(draws) - np.eye(4)
    assert np.abs(correlations).max() < 5 / np.sqrt(n)  # 5 standard deviations of a chance correlation


def test_uniform_numbers_are_uniform():
    n, bins = 200_000, 100
    numbers = philox.uniform((n,), "float32", KEY)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.bincount((numbers * bins).astype(int), minlength=bins)
    chi_square = ((counts - n / bins) ** 2 / (n / bins)).sum()
    # Chi-square with 99 degrees of freedom: mean 99, standard deviation √198 = 14; 5 deviations each way.
    assert 99 - 70 < chi_square < 99 + 70
    neighbours = np.corrcoef(numbers[:-1], numbers[1:])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(n)


def test_normal_numbers_are_normal():
    n = 200_000
    z = philox.normal((n,), "float64", KEY)
    # Standard errors of the first four moments of n normal numbers, 5 of each.
    for power, moment, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((z**power).mean() - moment) < 5 * np.sqrt(variance / n)
    assert abs((np.abs(z) > 1.959964).mean() - 0.05) < 5 * np.sqrt(0.05 * 0.95 / n)
    assert abs(np.corrcoef(z[::2], z[1::2])[0, 1]) < 5 / np.sqrt(n / 2)
