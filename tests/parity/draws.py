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


@st.composite
def to_merge(draw, least=1, most=3):
    """Draw inputs for a layer that merges them number by number: of one shape, or of several that fit."""
    N, *sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    broadcasts = draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    inputs = []
    for _ in range(draw(st.integers(least, most))):
        shape = list(sizes)
        if broadcasts:
            shape = [draw(st.sampled_from([1, size])) for size in sizes]
            shape = shape[draw(st.integers(0, len(sizes))) :]
        inputs.append(rng.normal(size=(N, *shape)))
    return inputs


@st.composite
def sequences(draw, min_size=1, max_size=9, max_channels=4):
    """Draw a batch of sequences (N, L, C) with odd shapes, of standard normal numbers."""
    sizes = draw(st.integers(1, 3)), draw(st.integers(min_size, max_size)), draw(st.integers(1, max_channels))
    return np.random.default_rng(draw(st.integers(0, 2**16))).normal(size=sizes)
