"""The innermost loop of every convolution and product: a tile of results kept in vector registers.

A processor core multiplies fastest when the numbers that it adds to never leave its registers. So
the results are computed tile by tile, ``ROWS`` × ``WIDTH`` of them at a time: each step of the sum
loads two vectors of ``b``, multiplies them with one number of ``a`` per row, and adds to the
2·ROWS vectors of the tile by fused multiply-adds (compare Goto & van de Geijn, "Anatomy of
high-performance matrix multiplication", 2008). Nothing else happens in the loop.

Which numbers of ``a`` and ``b`` take part is said by offsets, and that is why one loop serves for
everything: a row of ``a`` may be a row of a matrix, the window of an output pixel (read where it
lies in the image, without copying it into columns), or one number of a kernel.

LLVM does not find this loop by itself from plain Python, so ``_tile_product_instructions`` writes
it in LLVM's own language. ``tile_product`` below is its definition, and is what runs with
``NUMBA_DISABLE_JIT=1``; a test holds the two together.
"""

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from cnn_scratch.kernels.compile import compiled

# 32 registers of 64 bytes with AVX-512: 16 hold the tile. 16 registers of 32 bytes otherwise: 12 do.
_AVX512 = bool(llvm.get_host_cpu_features().get("avx512f"))
VECTOR_BYTES = 64 if _AVX512 else 32
ROWS = 8 if _AVX512 else 6


@compiled
def tile_width(itemsize):
    """Return WIDTH, how many results of ``itemsize`` bytes stand side by side in a tile."""
    return 2 * VECTOR_BYTES // itemsize


def tile_product(a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile):
    """Write a tile of sums of products.

    ::

        tile[r, w] = Σ_i Σ_j a[rows[r] + a_steps[i] + j·a_inner] · b[b_start + i·b_outer + j·b_inner + w]

    The sum goes over i < a_steps.size and j < inner, in this order, whatever the processor.

    Args:
        a, b: one-dimensional and contiguous. Nothing checks that the offsets lie inside.
        rows: ROWS offsets into ``a``.
        a_steps: offsets into ``a`` for the outer sum.
        inner: terms of the inner sum.
        a_inner, b_outer, b_inner: the distance from one term to the next.
        b_start: offset into ``b``.
        tile: (ROWS, WIDTH), overwritten.
    """
    tile[:] = 0
    width = tile.shape[1]
    for i in range(a_steps.size):
        for j in range(inner):
            start = b_start + i * b_outer + j * b_inner
            for r in range(ROWS):
                tile[r] += a[rows[r] + a_steps[i] + j * a_inner] * b[start : start + width]


@overload(tile_product)
def _compiled_tile_product(a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile):
    def call(a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile):
        _tile_product_instructions(a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile)

    return call


@intrinsic
def _tile_product_instructions(
    typing_context, a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile
):
    """Write the loops of ``tile_product`` in LLVM's language, with the tile in registers."""
    signature = types.void(a, rows, a_steps, inner, a_inner, b, b_start, b_outer, b_inner, tile)
    int64, int32 = ir.IntType(64), ir.IntType(32)

    def generate(context, builder, signature, values):
        arrays = {}
        for name, place in (("a", 0), ("rows", 1), ("a_steps", 2), ("b", 5), ("tile", 9)):
            arrays[name] = context.make_array(signature.args[place])(context, builder, values[place])
        inner, a_inner, b_start, b_outer, b_inner = (
            context.cast(builder, values[place], signature.args[place], types.int64)
            for place in (3, 4, 6, 7, 8)
        )
        number = context.get_value_type(signature.args[0].dtype)
        itemsize = context.get_abi_sizeof(number)
        lanes = VECTOR_BYTES // itemsize
        vector = ir.VectorType(number, lanes)
        multiply_add = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{lanes}f{8 * itemsize}"
        )

        def address(array, offset, of_vector=False):
            pointer = builder.gep(arrays[array].data, [offset])
            return builder.bitcast(pointer, vector.as_pointer()) if of_vector else pointer

        def in_every_lane(value):
            start = builder.insert_element(ir.Constant(vector, ir.Undefined), value, int32(0))
            lane_0 = ir.Constant(ir.VectorType(int32, lanes), [0] * lanes)
            return builder.shuffle_vector(start, ir.Constant(vector, ir.Undefined), lane_0)

        zero = ir.Constant(vector, [0.0] * lanes)
        starts = [builder.load(address("rows", int64(r))) for r in range(ROWS)]
        # Variables that LLVM keeps in registers, for nothing takes their address.
        sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(2)] for _ in range(ROWS)]
        for row in sums:
            for variable in row:
                builder.store(zero, variable)

        terms = builder.extract_value(arrays["a_steps"].shape, 0)
        with cgutils.for_range(builder, terms) as i:
            a_i = builder.load(address("a_steps", i.index))
            b_i = builder.add(b_start, builder.mul(i.index, b_outer))
            with cgutils.for_range(builder, inner) as j:
                a_j = builder.add(a_i, builder.mul(j.index, a_inner))
                b_j = builder.add(b_i, builder.mul(j.index, b_inner))
                two = [
                    builder.load(
                        address("b", builder.add(b_j, int64(v * lanes)), of_vector=True), align=itemsize
                    )
                    for v in range(2)
                ]
                for start, row in zip(starts, sums, strict=True):
                    factor = in_every_lane(builder.load(address("a", builder.add(start, a_j))))
                    for variable, of_b in zip(row, two, strict=True):
                        added = builder.call(multiply_add, [factor, of_b, builder.load(variable)])
                        builder.store(added, variable)

        for number_of_vector, variable in enumerate(variable for row in sums for variable in row):
            target = address("tile", int64(number_of_vector * lanes), of_vector=True)
            builder.store(builder.load(variable), target, align=itemsize)
        return context.get_dummy_value()

    return signature, generate


def packed_blocks(matrix: np.ndarray) -> np.ndarray:
    """Return ``matrix`` (K, F) as blocks of WIDTH columns, (⌈F / WIDTH⌉, K, WIDTH), filled up with zeros."""
    K, F = matrix.shape
    width = 2 * VECTOR_BYTES // matrix.itemsize
    blocks = np.zeros((-(-F // width), K, width), matrix.dtype)
    for block, start in zip(blocks, range(0, F, width), strict=True):
        block[:, : min(width, F - start)] = matrix[:, start : start + width]
    return blocks
