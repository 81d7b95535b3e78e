"""The package's own source of random numbers, seeded in one place.

One generator is the source of everything that is random here: default seeds of initializers and
of random layers, and the order in which ``fit`` visits the samples. Only one thread uses it, so
after ``set_random_seed`` a run repeats bit for bit whatever the number of threads.
"""

import random as python_random

import numpy as np

from cnn_scratch.absent import absent

_MAX_SEED = 2**32 - 1


class _Global:
    """Holds the generator, so that ``set_random_seed`` can put a new one in its place."""

    generator = np.random.Generator(np.random.PCG64())


def set_random_seed(seed: int) -> None:
    """Seed Python's ``random``, NumPy's global generator and this package's own.

    Args:
        seed: an integer from 0 to 2³² − 1 (NumPy's range).

    Raises:
        ValueError: ``seed`` is not such an integer.
    """
    if not _is_integer(seed) or not 0 <= seed <= _MAX_SEED:
        raise ValueError(
            f"Expected `seed` argument to be an integer between 0 and {_MAX_SEED}. "
            f"Received: seed={seed} (of type {type(seed)})"
        )
    seed = int(seed)
    python_random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  for people's own code that draws from it
    _Global.generator = make_generator(seed)


def make_default_seed() -> int:
    """Draw a seed for something that was given none: an integer from 1 to 10⁹, as in Keras."""
    return int(_Global.generator.integers(1, 10**9, endpoint=True))


def make_generator(seed: int) -> np.random.Generator:
    """Return a fresh NumPy generator; the same ``seed`` always gives the same numbers."""
    return np.random.Generator(np.random.PCG64(seed % 2**64))  # PCG64 takes no negative seed


def check_seed(seed: int | None) -> None:
    """Check the ``seed`` argument of an initializer or a random layer.

    Raises:
        ValueError: ``seed`` is neither an integer nor ``None``.
    """
    if seed is not None and not _is_integer(seed):
        raise ValueError(f"Expected `seed` argument to be an integer or None. Received: seed={seed}")


def shuffled_indices(number: int) -> np.ndarray:
    """Return 0, 1, …, ``number`` − 1 in a random order, drawn from the package's generator."""
    return _Global.generator.permutation(number)


_DRAW = "Arrays are NumPy's here: draw from `numpy.random.default_rng(seed)`."
__getattr__ = absent(
    __name__,
    ["set_random_seed"],
    {"SeedGenerator": "Random layers take the argument `seed`."}
    | dict.fromkeys(("beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint"), _DRAW)
    | dict.fromkeys(("shuffle", "truncated_normal", "uniform"), _DRAW),
)


def _is_integer(value) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
