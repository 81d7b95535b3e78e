"""Arrays for vectors begin with a cache line unless they are small, and are arrays like all others."""

import numpy as np
import pytest

from cnn_scratch.kernels.memory import SMALL, aligned_empty


@pytest.mark.parametrize("shape", [(3, 5, 7), (1,), (), (0, 4), (32, 32), (1000, 1000)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_aligned_empty(shape, dtype):
    array = aligned_empty(shape, dtype)
    assert (array.shape, array.dtype, array.flags.carray) == (shape, np.dtype(dtype), True)
    assert array.ctypes.data % 64 == 0 or array.nbytes < SMALL
