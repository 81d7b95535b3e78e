"""What hypothesis draws for several parity tests, besides the images of ``compare.py``."""

import numpy as np
from hypothesis import strategies as st

data_formats = st.sampled_from(["channels_last", "channels_first"])


@st.composite
def small_numbers(draw, min_rank=1, max_rank=4, min_size=1):
    """Draw an array of multiples of ½, mostly between −9 and 9, so that corners at 0 or 6 are met exactly."""
    shape = draw(st.lists(st.integers(min_size, 5), min_size=min_rank, max_size=max_rank))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return np.round(rng.normal(size=shape) * 6) / 2
