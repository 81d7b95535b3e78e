"""Random numbers by counting: the generator Philox4x32-10.

A common generator walks from state to state, so its millionth number needs all those before it. A
counter-based one is a *function*: it scrambles a counter of four 32-bit words, under a key of two,
into four random words. The number at any place can be made at any time, by any thread, and made
again. One round multiplies two of the words into 64-bit products and exchanges the halves::

    high₀:low₀ = M₀ · c₀        c₀′ = high₁ ⊕ c₁ ⊕ k₀        c₁′ = low₁
    high₁:low₁ = M₁ · c₂        c₂′ = high₀ ⊕ c₃ ⊕ k₁        c₃′ = low₀

and the key moves on by two constants, k₀ + W₀ and k₁ + W₁. Ten rounds pass all known tests.

Here ``key`` is the pair (seed, draw) of a ``SeedGenerator``, two uint32. The four elements 4b … 4b+3
of an array, seen flat, are the four words of the block b::

    philox(counter = (b mod 2³², ⌊b / 2³²⌋, draw, 0), key = (seed, 0))

See Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). The
readable definition is in ``reference/philox.py``.
"""

import numpy as np

from cnn_scratch.kernels.compile import compiled, compiled_parallel
from cnn_scratch.kernels.threads import shared

# Elements that one thread makes at a time; their words stay in the core's first-level cache.
PIECE = 4096
ROUNDS = 10
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def uniform(shape, dtype, key) -> np.ndarray:
    """Return random numbers in [0, 1), all multiples of 2⁻²⁴ (so they are the same in both dtypes)."""
    numbers = np.empty(shape, dtype)
    fill_uniform(key, numbers.reshape(-1))
    return numbers


def normal(shape, dtype, key) -> np.ndarray:
    """Return random numbers of the normal distribution with mean 0 and variance 1."""
    numbers = np.empty(shape, dtype)
    fill_normal(key, numbers.reshape(-1))
    return numbers


@compiled
def philox(c0, c1, c2, c3, k0, k1):
    """Return the four words of one counter; all numbers are below 2³², as uint64."""
    for _ in range(ROUNDS):
        product0, product1 = M0 * c0, M1 * c2
        c0, c1 = (product1 >> HALF) ^ c1 ^ k0, product1 & LOW
        c2, c3 = (product0 >> HALF) ^ c3 ^ k1, product0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return c0, c1, c2, c3


@compiled
def random_words(key, first, size):
    """Return the words of the elements ``first``, ``first`` + 1, …: at least ``size`` of them, uint32.

    LLVM unrolls the rounds, and then does many blocks in one instruction.

    Args:
        first: a multiple of 4.
    """
    seed, draw, zero = np.uint64(key[0]), np.uint64(key[1]), np.uint64(0)
    blocks = (size + 3) // 4
    words = np.empty(4 * blocks, np.uint32)
    for i in range(blocks):
        block = np.uint64(first // 4 + i)
        c0, c1, c2, c3 = philox(block & LOW, block >> HALF, draw, zero, seed, zero)
        words[4 * i] = c0
        words[4 * i + 1] = c1
        words[4 * i + 2] = c2
        words[4 * i + 3] = c3
    return words


@compiled_parallel
def fill_uniform(turns, key, numbers):
    """Write ``numbers[i] = ⌊word / 2⁸⌋ · 2⁻²⁴``: the 24 bits that a float32 can hold exactly."""
    step = numbers.dtype.type(2.0**-24)
    for piece in shared(turns, (numbers.size + PIECE - 1) // PIECE):
        part = numbers[piece * PIECE : (piece + 1) * PIECE]
        words = random_words(key, piece * PIECE, part.size)
        for i in range(part.size):
            part[i] = numbers.dtype.type(words[i] >> np.uint32(8)) * step


@compiled_parallel
def fill_normal(turns, key, numbers):
    """Write normal numbers, two from every two words, by the formula of Box and Muller.

    ``√(−2·ln u)·cos(2πv)`` and ``√(−2·ln u)·sin(2πv)`` with u = (word + ½)·2⁻³² and v = word·2⁻³², in
    float64 for both dtypes. u is never 0, and no number is further from 0 than 6.8.
    """
    for piece in shared(turns, (numbers.size + PIECE - 1) // PIECE):
        part = numbers[piece * PIECE : (piece + 1) * PIECE]
        words = random_words(key, piece * PIECE, part.size)
        for i in range(0, part.size, 2):
            radius = np.sqrt(-2.0 * np.log((words[i] + 0.5) * 2.0**-32))
            angle = 2.0 * np.pi * (words[i + 1] * 2.0**-32)
            part[i] = radius * np.cos(angle)
            if i + 1 < part.size:
                part[i + 1] = radius * np.sin(angle)
