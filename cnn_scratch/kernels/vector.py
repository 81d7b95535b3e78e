"""Vectors: as many numbers side by side as one instruction of the processor handles.

LLVM finds vector instructions by itself in a plain loop over contiguous numbers, and most kernels
leave it at that. A kernel that keeps many rows of numbers at hand at once (the transforms of
Winograd's convolution) says it in so many words::

    x = load(array, start)                 # array[start : start + LANES]
    store(array, start, 4 * x + y)

With ``NUMBA_DISABLE_JIT=1`` a vector is a small NumPy array, and the same lines run in Python.
"""

import operator

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, overload, register_model

from cnn_scratch.kernels.compile import compiled

# AVX-512 has 32 registers of 64 bytes; elsewhere there are 16 of 32 bytes (or LLVM makes do with less).
HAS_AVX512 = bool(llvm.get_host_cpu_features().get("avx512f"))
VECTOR_BYTES = 64 if HAS_AVX512 else 32


def lanes_of(itemsize: int) -> int:
    """Return how many numbers of ``itemsize`` bytes a vector holds."""
    return VECTOR_BYTES // itemsize


def lanes_in(array):
    """Return how many numbers of this array a vector holds; for compiled code a constant."""
    return VECTOR_BYTES // array.itemsize


def load(array, start):
    """Return the vector of the numbers ``array[start], array[start + 1], …``; ``array`` is contiguous."""
    return array.reshape(-1)[start : start + VECTOR_BYTES // array.itemsize].copy()


def load_some(array, start, count):
    """Return the first ``count`` numbers of the vector that begins at ``start``, and zeros behind them."""
    lanes = VECTOR_BYTES // array.itemsize
    vector, inside = np.zeros(lanes, array.dtype), max(0, min(count, lanes))
    vector[:inside] = array.reshape(-1)[start : start + inside]
    return vector


def store(array, start, vector):
    """Write a vector to ``array[start], array[start + 1], …``."""
    array.reshape(-1)[start : start + vector.size] = vector


def prefetch(array, start):
    """Ask the processor to bring the vector that begins at ``start`` into its cache while it computes."""


def transpose(source, start, step, target, to, stride):
    """Copy a square of numbers, LANES in each direction, so that its rows become columns.

    ``target[to + j·stride + i] = source[start + i·step + j]``
    """
    lanes = range(VECTOR_BYTES // source.itemsize)
    rows = [load(source, start + i * step) for i in lanes]
    for j in lanes:
        store(target, to + j * stride, np.array([row[j] for row in rows]))


class Vector(types.Type):
    """Numba's type of a vector: ``lanes`` numbers of one dtype."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.lanes = VECTOR_BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Vector({dtype} x {self.lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, data_model_manager, vector):
        number = data_model_manager.lookup(vector.dtype).get_value_type()
        super().__init__(data_model_manager, vector, ir.VectorType(number, vector.lanes))


# Reading and writing ------------------------------------------------------------------------------


@compiled
def aligned(size, dtype):
    """Return an empty array that begins where a vector may: no vector in it spreads over two cache lines."""
    numbers = np.empty(size + VECTOR_BYTES, dtype)
    first = -numbers.ctypes.data % VECTOR_BYTES // numbers.itemsize
    return numbers[first : first + size]


@overload(lanes_in)
def _compiled_lanes_in(array):
    lanes = Vector(
        array.dtype
    ).lanes  # not ``array.itemsize``, which a compiled function looks up and divides by
    return lambda array: lanes


@overload(load)
def _compiled_load(array, start):
    return lambda array, start: _load(array, start)


@overload(load_some)
def _compiled_load_some(array, start, count):
    return lambda array, start, count: _load_some(array, start, count)


@overload(store)
def _compiled_store(array, start, vector):
    return lambda array, start, vector: _store(array, start, vector)


@overload(prefetch)
def _compiled_prefetch(array, start):
    return lambda array, start: _prefetch(array, start)


@overload(transpose)
def _compiled_transpose(source, start, step, target, to, stride):
    return lambda source, start, step, target, to, stride: _transpose(
        source, np.int64(start), np.int64(step), target, np.int64(to), np.int64(stride)
    )


@intrinsic
def _load(typing_context, array, start):
    def generate(context, builder, signature, values):
        return builder.load(_address(context, builder, signature, values), align=array.dtype.bitwidth // 8)

    return Vector(array.dtype)(array, start), generate


@intrinsic
def _load_some(typing_context, array, start, count):
    def generate(context, builder, signature, values):
        address = _address(context, builder, signature, values)
        vector = address.type.pointee
        count = builder.trunc(
            context.cast(builder, values[2], signature.args[2], types.int64), ir.IntType(32)
        )
        places = ir.Constant(ir.VectorType(count.type, vector.count), list(range(vector.count)))
        inside = builder.icmp_signed("<", places, in_every_lane(builder, count, places.type))
        nothing = ir.Constant(vector, [0.0] * vector.count)
        alignment = ir.IntType(32)(array.dtype.bitwidth // 8)
        name = f"llvm.masked.load.v{vector.count}f{array.dtype.bitwidth}.p0"
        kinds = [value.type for value in (address, alignment, inside, nothing)]
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, kinds), name)
        return builder.call(function, [address, alignment, inside, nothing])

    return Vector(array.dtype)(array, start, count), generate


@intrinsic
def _store(typing_context, array, start, vector):
    def generate(context, builder, signature, values):
        address = _address(context, builder, signature, values)
        builder.store(values[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, start, vector), generate


def _address(context, builder, signature, values):
    array, start = signature.args[:2]
    data = context.make_array(array)(context, builder, values[0]).data
    pointer = builder.gep(data, [context.cast(builder, values[1], start, types.int64)])
    return builder.bitcast(pointer, context.get_value_type(Vector(array.dtype)).as_pointer())


@intrinsic
def _prefetch(typing_context, array, start):
    def generate(context, builder, signature, values):
        address = _address(context, builder, signature, values)
        kind = ir.FunctionType(ir.VoidType(), [address.type, *[ir.IntType(32)] * 3])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [address, *(ir.IntType(32)(option) for option in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, start), generate


@intrinsic
def _transpose(typing_context, source, start, step, target, to, stride):
    lanes, alignment = Vector(source.dtype).lanes, source.dtype.bitwidth // 8

    def generate(context, builder, signature, values):
        def addresses(array, place, distance):
            kinds = signature.args[array : array + 2]
            for i in range(lanes):
                at = builder.add(place, builder.mul(distance, place.type(i)))
                yield _address(context, builder, types.void(*kinds), (values[array], at))

        rows = [builder.load(address, align=alignment) for address in addresses(0, *values[1:3])]
        # The numbers i and j of an element change places bit by bit.
        for bit in (1 << b for b in range(lanes.bit_length() - 1)):
            for i in (i for i in range(lanes) if not i & bit):
                upper = [j + lanes - bit if j & bit else j for j in range(lanes)]
                lower = [j + lanes if j & bit else j + bit for j in range(lanes)]
                pair = rows[i], rows[i + bit]
                for row, picked in ((i, upper), (i + bit, lower)):
                    picked = ir.Constant(ir.VectorType(ir.IntType(32), lanes), picked)
                    rows[row] = builder.shuffle_vector(*pair, picked)
        for row, address in zip(rows, addresses(3, *values[4:6]), strict=True):
            builder.store(row, address, align=alignment)
        return context.get_dummy_value()

    return types.void(source, start, step, target, to, stride), generate


# Arithmetic ---------------------------------------------------------------------------------------


def in_every_lane(builder, number, vector: ir.VectorType):
    """Return the LLVM vector whose lanes all hold ``number``."""
    nothing = ir.Constant(vector, ir.Undefined)
    lane_0 = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    start = builder.insert_element(nothing, number, ir.IntType(32)(0))
    return builder.shuffle_vector(start, nothing, lane_0)


def _define(operation, instruction):
    """Teach Numba ``vector ∘ vector``, ``number ∘ vector`` and ``vector ∘ number``."""

    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, args, kwargs):
            vectors = [a for a in args if isinstance(a, Vector)]
            if len(args) == 2 and vectors and all(isinstance(a, (Vector, types.Number)) for a in args):
                return signature(vectors[0], *args)
            return None

    def generate(context, builder, signature, values):
        vector = signature.return_type
        operands = [
            value
            if isinstance(given, Vector)
            else in_every_lane(
                builder, context.cast(builder, value, given, vector.dtype), context.get_value_type(vector)
            )
            for value, given in zip(values, signature.args, strict=True)
        ]
        # "contract" as in kernels/compile.py: a product and a sum may become one instruction.
        return getattr(builder, instruction)(*operands, flags=("contract",))

    for one, other in ((Vector, Vector), (types.Number, Vector), (Vector, types.Number)):
        lower_builtin(operation, one, other)(generate)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")


# Choices ------------------------------------------------------------------------------------------


def at_least(vector, floor):
    """Return ``max(vector, floor)`` lane by lane; a NaN stays NaN."""
    return np.where(vector < floor, floor, vector)


def between(vector, floor, ceiling):
    """Return ``min(max(vector, floor), ceiling)`` lane by lane; a NaN stays NaN."""
    vector = np.where(vector < floor, floor, vector)
    return np.where(vector > ceiling, ceiling, vector)


def where_positive(condition, vector):
    """Return the lanes of ``vector`` where ``condition`` is above 0, and 0 elsewhere."""
    return np.where(condition > 0, vector, np.zeros_like(vector))


def has_nan(vector):
    """Return whether any lane is NaN."""
    return bool(np.isnan(vector).any())


@overload(at_least)
def _compiled_at_least(vector, floor):
    return lambda vector, floor: _at_least(vector, floor)


@overload(between)
def _compiled_between(vector, floor, ceiling):
    return lambda vector, floor, ceiling: _at_most(_at_least(vector, floor), ceiling)


@overload(where_positive)
def _compiled_where_positive(condition, vector):
    return lambda condition, vector: _where_positive(condition, vector)


@overload(has_nan)
def _compiled_has_nan(vector):
    return lambda vector: _has_nan(vector)


@intrinsic
def _at_least(typing_context, vector, floor):
    def generate(context, builder, signature, values):
        lowest = context.cast(builder, values[1], floor, vector.dtype)
        lowest = in_every_lane(builder, lowest, values[0].type)
        # A comparison with NaN does not hold.
        return builder.select(builder.fcmp_ordered("<", values[0], lowest), lowest, values[0])

    return vector(vector, floor), generate


@intrinsic
def _at_most(typing_context, vector, ceiling):
    def generate(context, builder, signature, values):
        highest = context.cast(builder, values[1], ceiling, vector.dtype)
        highest = in_every_lane(builder, highest, values[0].type)
        return builder.select(builder.fcmp_ordered(">", values[0], highest), highest, values[0])

    return vector(vector, ceiling), generate


@intrinsic
def _where_positive(typing_context, condition, vector):
    def generate(context, builder, signature, values):
        zeros = ir.Constant(values[1].type, [0.0] * vector.lanes)
        return builder.select(builder.fcmp_ordered(">", values[0], zeros), values[1], zeros)

    return vector(condition, vector), generate


@intrinsic
def _has_nan(typing_context, vector):
    def generate(context, builder, signature, values):
        lanes = builder.fcmp_unordered("uno", values[0], values[0])
        bits = builder.bitcast(lanes, ir.IntType(vector.lanes))
        return builder.icmp_unsigned("!=", bits, bits.type(0))

    return types.boolean(vector), generate
