"""Vectors of the channels of one pixel, and which pixel of a window they were taken from.

The channels of a pixel are side by side in memory, and they seldom fill a whole number of vectors. So in
kernels that look at pixels one by one, the loops over channels are written like this::

    count = min(C, lanes)
    for block in range(0, C, lanes):
        c = min(block, C - count)              # the last vector reaches back over the one before
        x = load_part(array, pixel + c, count)

A channel that is computed twice gives the same number twice; and where even the first vector has
more lanes than there are channels, only ``count`` of them are read and written.

A *place* numbers the pixels of a window in row-major order. In registers it is a number of the
array's dtype, in memory an integer. As in ``kernels/vector.py``, with ``NUMBA_DISABLE_JIT=1`` a
vector is a small NumPy array.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from cnn_scratch.kernels.vector import VECTOR_BYTES, Vector, in_every_lane

_int32 = ir.IntType(32)


def load_part(array, start, count):
    """Return the vector of ``array[start], …``, of which only the first ``count`` lanes are read."""
    vector = np.zeros(VECTOR_BYTES // array.itemsize, array.dtype)
    vector[:count] = array.reshape(-1)[start : start + count]
    return vector


def store_part(array, start, count, vector):
    """Write the first ``count`` lanes to ``array[start], …``, as numbers of the array's dtype."""
    array.reshape(-1)[start : start + count] = vector[:count]


def every_lane(number, vector):
    """Return a vector like ``vector`` whose lanes all hold ``number``."""
    return np.full_like(vector, number)


def keep_larger(kept, candidate):
    """Return ``kept``, replaced by ``candidate`` in the lanes where the first vector of it is larger.

    A NaN counts as larger than every number, and nothing is larger than it: so it is kept. At a
    tie, what was kept stays: the first pixel wins.

    Args:
        kept, candidate: tuples of as many vectors, such as (pixels, their places).
    """
    replace = ~(candidate[0] <= kept[0]) & (kept[0] == kept[0])
    return tuple(np.where(replace, new, old) for old, new in zip(kept, candidate, strict=True))


def where_place(places, start, count, place, vector):
    """Return ``vector`` in the lanes where ``places[start], …`` is ``place``, and 0 in the others."""
    chosen = np.zeros(vector.size, bool)
    chosen[:count] = places.reshape(-1)[start : start + count] == place
    return np.where(chosen, vector, vector.dtype.type(0))


@overload(load_part)
def _compiled_load_part(array, start, count):
    return lambda array, start, count: _load_part(array, start, count)


@overload(store_part)
def _compiled_store_part(array, start, count, vector):
    return lambda array, start, count, vector: _store_part(array, start, count, vector)


@overload(every_lane)
def _compiled_every_lane(number, vector):
    return lambda number, vector: _every_lane(number, vector)


@overload(keep_larger)
def _compiled_keep_larger(kept, candidate):
    return lambda kept, candidate: _keep_larger(kept, candidate)


@overload(where_place)
def _compiled_where_place(places, start, count, place, vector):
    return lambda places, start, count, place, vector: _where_place(places, start, count, place, vector)


@intrinsic
def _load_part(typing_context, array, start, count):
    vector = Vector(array.dtype)

    def generate(context, builder, signature, values):
        return _Part(context, builder, signature, values, vector.lanes).load()

    return vector(array, start, count), generate


@intrinsic
def _store_part(typing_context, array, start, count, vector):
    def generate(context, builder, signature, values):
        part, value = _Part(context, builder, signature, values, vector.lanes), values[3]
        if isinstance(array.dtype, types.Integer):
            whole = builder.fptosi(value, ir.VectorType(_int32, vector.lanes))
            value = whole if part.type == whole.type else builder.trunc(whole, part.type)
        part.store(value)
        return context.get_dummy_value()

    return types.void(array, start, count, vector), generate


@intrinsic
def _every_lane(typing_context, number, vector):
    def generate(context, builder, signature, values):
        value = context.cast(builder, values[0], number, vector.dtype)
        return in_every_lane(builder, value, values[1].type)

    return vector(number, vector), generate


@intrinsic
def _keep_larger(typing_context, kept, candidate):
    def generate(context, builder, signature, values):
        old, new = (cgutils.unpack_tuple(builder, value, len(kept)) for value in values)
        is_number = builder.fcmp_ordered("==", old[0], old[0])
        replace = builder.and_(builder.fcmp_unordered(">", new[0], old[0]), is_number)
        chosen = [builder.select(replace, *pair) for pair in zip(new, old, strict=True)]
        return context.make_tuple(builder, kept, chosen)

    return kept(kept, candidate), generate


@intrinsic
def _where_place(typing_context, places, start, count, place, vector):
    def generate(context, builder, signature, values):
        part = _Part(context, builder, signature, values, vector.lanes)
        number = in_every_lane(builder, context.cast(builder, values[3], place, places.dtype), part.type)
        chosen = builder.icmp_signed("==", part.load(), number)
        return builder.select(chosen, values[4], ir.Constant(values[4].type, [0.0] * vector.lanes))

    return vector(places, start, count, place, vector), generate


class _Part:
    """The first ``count`` of ``lanes`` lanes in an array: the first three arguments of an intrinsic."""

    def __init__(self, context, builder, signature, values, lanes):
        array, start, count = signature.args[:3]
        self.builder, self.lanes = builder, lanes
        self.type = ir.VectorType(context.get_value_type(array.dtype), lanes)
        data = context.make_array(array)(context, builder, values[0]).data
        pointer = builder.gep(data, [context.cast(builder, values[1], start, types.int64)])
        self.address = builder.bitcast(pointer, self.type.as_pointer())
        self.align = array.dtype.bitwidth // 8
        self.count = context.cast(builder, values[2], count, types.int64)

    def load(self):
        """Return the lanes; those that are not read are 0."""
        name = f"masked.load.{self.kind}.p0"
        zero = ir.Constant(self.type, [0] * self.lanes)
        return self.call(name, self.type, self.address, _int32(self.align), self.mask(), zero)

    def store(self, value):
        """Write the lanes."""
        name = f"masked.store.{self.kind}.p0"
        self.call(name, ir.VoidType(), value, self.address, _int32(self.align), self.mask())

    def mask(self):
        """Return which lanes lie within the count."""
        lanes = ir.Constant(ir.VectorType(_int32, self.lanes), list(range(self.lanes)))
        count = self.builder.trunc(self.count, _int32)
        return self.builder.icmp_signed("<", lanes, in_every_lane(self.builder, count, lanes.type))

    @property
    def kind(self):
        """LLVM's abbreviation of the vector's type, ``v16f32``."""
        element = self.type.element
        name = f"i{element.width}" if isinstance(element, ir.IntType) else f"f{8 * self.align}"
        return f"v{self.lanes}{name}"

    def call(self, name, returned, *arguments):
        """Call one of LLVM's own functions."""
        function_type = ir.FunctionType(returned, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, function_type, f"llvm.{name}")
        return self.builder.call(function, arguments)
