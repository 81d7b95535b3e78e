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


def adds_along_another_axis(shapes) -> bool:
    """Return whether Keras on TensorFlow adds arrays of these shapes wrongly.

    Its ``ops.add`` takes an addend with one axis longer than 1 for a bias of channels if that is the length
    of axis 1 or of the last axis, whichever axis it is; see docs/correctness.md.
    """
    rank = max(map(len, shapes))
    shapes = [(shape[0], *[1] * (rank - len(shape)), *shape[1:]) for shape in shapes]
    total = shapes[0]
    for shape in shapes[1:]:
        long = [axis for axis, size in enumerate(shape) if size > 1]
        if len(long) == 1 and rank > 1:
            lengths = {rank - 1: total[-1], 1: total[1]}
            taken = [axis for axis, length in lengths.items() if length == shape[long[0]]]
            if taken and taken[0] != long[0]:
                return True
        total = np.broadcast_shapes(total, shape)
    return False


to_add = to_merge().filter(lambda inputs: not adds_along_another_axis([array.shape for array in inputs]))


def bias_is_misread(output_shape, data_format) -> bool:
    """Return whether Keras adds the bias of a convolution along another axis than that of the channels."""
    return data_format == "channels_first" and adds_along_another_axis(
        [output_shape, (1, output_shape[1], *[1] * (len(output_shape) - 2))]
    )
