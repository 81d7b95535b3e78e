"""The counter-based generator by its definition: ten rounds, all counters at once in 64-bit integers."""

import numpy as np

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)


def philox4x32(counters, key, rounds: int = 10) -> np.ndarray:
    """Return the random words of many counters.

    Args:
        counters: (B, 4), integers below 2³².
        key: two integers below 2³².

    Returns:
        (B, 4), uint32.
    """
    c0, c1, c2, c3 = np.asarray(counters, np.uint64).T
    k0, k1 = (int(k) for k in key)
    for _ in range(rounds):
        product0, product1 = c0 * np.uint64(MULTIPLIERS[0]), c2 * np.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = (
            (product1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            product1 % np.uint64(2**32),
            (product0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            product0 % np.uint64(2**32),
        )
        k0, k1 = (k0 + KEY_STEPS[0]) % 2**32, (k1 + KEY_STEPS[1]) % 2**32
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def random_words(key, size: int, first: int = 0) -> np.ndarray:
    """Return ``size`` words for the key (seed, draw), from the element ``first`` (a multiple of 4) on."""
    seed, draw = key
    blocks = [first // 4 + b for b in range(-(-size // 4))]
    counters = [(b % 2**32, b // 2**32, int(draw), 0) for b in blocks]
    return philox4x32(np.reshape(counters, (-1, 4)), (seed, 0)).reshape(-1)[:size]


def uniform(shape, key) -> np.ndarray:
    """Return numbers in [0, 1), multiples of 2⁻²⁴."""
    return (random_words(key, int(np.prod(shape))) // 2**8 / 2**24).reshape(shape)


def normal(shape, key) -> np.ndarray:
    """Return normal numbers: ``√(−2·ln u)·cos 2πv`` and ``√(−2·ln u)·sin 2πv`` for each pair of words."""
    size = int(np.prod(shape))
    words = random_words(key, size + size % 2).astype(float)
    u, v = (words[::2] + 0.5) / 2**32, words[1::2] / 2**32
    pairs = np.sqrt(-2 * np.log(u)) * np.stack([np.cos(2 * np.pi * v), np.sin(2 * np.pi * v)])
    return pairs.T.reshape(-1)[:size].reshape(shape)
