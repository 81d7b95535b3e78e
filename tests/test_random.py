import random

import numpy as np
import pytest

from cnn_scratch.random import (
    check_seed,
    make_default_seed,
    make_generator,
    set_random_seed,
    shuffled_indices,
)


def draw_everything():
    return [
        make_default_seed(),
        shuffled_indices(50).tolist(),
        make_default_seed(),
        random.random(),
        np.random.rand(),  # noqa: NPY002  the global generator is what is tested
    ]


def test_the_same_seed_repeats_everything():
    set_random_seed(7)
    first = draw_everything()
    set_random_seed(7)
    assert draw_everything() == first
    set_random_seed(8)
    assert draw_everything() != first


def test_another_seed_changes_every_source():
    set_random_seed(7)
    first = draw_everything()
    set_random_seed(8)
    assert all(one != other for one, other in zip(first, draw_everything(), strict=True))


def test_numpy_integers_are_seeds_too():
    set_random_seed(np.int64(7))
    first = make_default_seed()
    set_random_seed(7)
    assert make_default_seed() == first


@pytest.mark.parametrize("seed", [None, 1.0, "7", True, -1, 2**32])
def test_set_random_seed_rejects(seed):
    with pytest.raises(
        ValueError, match=r"Expected `seed` argument to be an integer between 0 .* Received: seed="
    ):
        set_random_seed(seed)


def test_default_seeds_differ_and_lie_in_keras_range():
    seeds = [make_default_seed() for _ in range(1000)]
    assert len(set(seeds)) == 1000
    assert min(seeds) >= 1
    assert max(seeds) <= 10**9


def test_shuffled_indices_is_a_permutation():
    indices = shuffled_indices(1000)
    assert sorted(indices.tolist()) == list(range(1000))
    assert indices.tolist() != list(range(1000))
    assert shuffled_indices(0).tolist() == []


def test_make_generator_takes_negative_seeds():
    assert make_generator(-3).random() == make_generator(-3).random()
    assert make_generator(-3).random() != make_generator(3).random()


def test_check_seed():
    check_seed(None)
    check_seed(3)
    with pytest.raises(ValueError, match=r"integer or None\. Received: seed=a"):
        check_seed("a")
