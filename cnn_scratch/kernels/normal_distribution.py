"""Φ(x), the area of the normal distribution below x, and its density, for one number.

As with ``exponential.py``, a call of the C library's ``erfc`` would handle one number at a time. In float32 a
loop of these functions runs in vector registers; in float64 they call the C library.

For t = |x| the area beyond t is the density times Mills' ratio m(t), which falls slowly and smoothly::

    Φ(−t) = φ(t)·m(t)        φ(t) = e^(−t²/2)/√(2π)

``MILLS`` are the coefficients of a polynomial in s = (t − 3)/(t + 3), which maps all t ≥ 0 to −1 ≤ s < 1:
m(t)·(1 + t)/√(2π), fitted for the smallest relative error at Chebyshev's points for t ≤ 14; from there on
Φ(−t) is 0 in float32. It is wrong by 3e-8 at most, half a unit in the last place. (Compare Cody, "Rational
Chebyshev approximations for the error function", Math. Comp. 1969.)

With ``NUMBA_DISABLE_JIT=1`` the C library is used.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from cnn_scratch.kernels.compile import compiled

# From the highest power down.
MILLS = tuple(
    np.float32(number)
    for number in (
        -6.83727709e-05,
        -0.000453336968,
        -0.000260335446,
        0.0030010526,
        0.00112759678,
        -0.0227313253,
        0.0451683247,
        -0.0164319016,
        -0.0965269245,
        0.486055789,
    )
)
FARTHEST = np.float32(14)


def normal_area(x, bell):
    """Return Φ(x); ``bell`` is e^(−x²/2), which a caller may need besides."""
    return type(x)(0.5 * math.erfc(-float(x) * math.sqrt(0.5)))


@compiled
def _area_32(x, bell):
    one, three = np.float32(1), np.float32(3)
    t = abs(x)
    t = FARTHEST if t > FARTHEST else t  # a comparison with NaN is false
    s = (t - three) / (t + three)
    ratio = MILLS[0]
    for number in MILLS[1:]:
        ratio = ratio * s + number
    beyond = bell * (ratio / (one + t))
    return beyond if x < 0 else one - beyond


@compiled
def _area_64(x, bell):
    return 0.5 * math.erfc(-x * math.sqrt(0.5))


@overload(normal_area, jit_options={"fastmath": {"contract"}})
def _choose_area(x, bell):
    """Tell Numba which function stands for ``normal_area``, by the dtype of its argument."""
    chosen = {types.float32: _area_32, types.float64: _area_64}.get(x)
    return None if chosen is None else lambda x, bell: chosen(x, bell)
