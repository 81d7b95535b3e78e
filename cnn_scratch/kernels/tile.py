"""The innermost loop of every convolution and product: a tile of results kept in vector registers.

A processor core multiplies fastest when the numbers that it adds to never leave its registers. So
the results are computed tile by tile, ``ROWS`` × ``WIDTH`` of them at a time: each step of the sum
loads two vectors of ``b``, multiplies them with one number of ``a`` per row, and adds to the
2·ROWS vectors of the tile by fused multiply-adds (compare Goto & van de Geijn, "Anatomy of
high-performance matrix multiplication", 2008). Nothing else happens in the loop; what has to be
done to a result once (the bias, ReLU) is done while it is still in its register.

Which numbers take part is said by offsets, and that is why one loop serves for everything: a row
of ``a`` may be a row of a matrix, the window of an output pixel (read where it lies in the image,
without copying it into columns), or one number of a kernel. The offsets come in groups::

    left   = (a, rows, first_row, a_start)     row r begins at a[a_start + rows[first_row + r]]
    terms  = (steps, inner, step)              term (i, j) lies steps[i] + j·step behind that
    right  = (b, start, outer, next)           factors: WIDTH numbers from b[start + i·outer + j·next]
    target = (out, places, first, columns)     row r goes to out[places[first + r] : … + columns]

    tile[r, w] = Σ_i Σ_j a[a_start + rows[first_row + r] + steps[i] + j·step]
                       · b[start + i·outer + j·next + w]

The sum goes over i < steps.size and j < inner, in this order, whatever the processor. All arrays
are contiguous and nothing checks that the offsets lie inside. Only ``columns`` ≤ WIDTH results of a
row are written, but ``b`` is read to the full WIDTH; where ``columns`` is left out, whole rows are
written (and less has to be compiled). A row may be repeated: its result is the same.

LLVM does not find this loop by itself from plain Python, so ``_TileCode`` writes it in LLVM's
own language. ``write_tile`` and ``add_tile`` below are its definition, and are what runs with
``NUMBA_DISABLE_JIT=1``; a test holds the two together.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.vector import HAS_AVX512, VECTOR_BYTES, in_every_lane

# Of the 32 registers with AVX-512, 16 hold the tile; of the 16 otherwise, 12 do.
ROWS = 8 if HAS_AVX512 else 6
# The gradient of a 3×3 kernel has 9·C rows; that of a 5×5 kernel has seldom many less than a multiple of 9.
TALL_ROWS = 9 if HAS_AVX512 else 6


@compiled
def tile_width(itemsize):
    """Return WIDTH, how many results of ``itemsize`` bytes stand side by side in a tile."""
    return 2 * VECTOR_BYTES // itemsize


def write_tile(left, terms, right, target, bias, floor):
    """Write ``max(tile + bias, floor)`` to the target.

    Args:
        left, terms, right, target: see above.
        bias: (array, start): WIDTH numbers from there are added to every row.
        floor: 0 for ReLU, −∞ for none. A NaN stays NaN.
    """
    out, places, first, columns = (*target, whole_width(right))[:4]
    tile = products(left, terms, right, ROWS, columns)
    biases, start = bias
    out = out.reshape(-1)
    for r in range(ROWS):
        place = places[first + r]
        row = tile[r] + biases[start : start + columns]
        out[place : place + columns] = np.where(row < floor, floor, row)


def add_tile(left, terms, right, target):
    """Add the tile to what stands in the target. Here no row may be repeated."""
    add_products(left, terms, right, target, ROWS)


def add_tall_tile(left, terms, right, target):
    """Do the same with a tile of TALL_ROWS."""
    add_products(left, terms, right, target, TALL_ROWS)


def add_products(left, terms, right, target, tile_rows):
    """Add a tile of so many rows to the target."""
    out, places, first, columns = (*target, whole_width(right))[:4]
    tile = products(left, terms, right, tile_rows, columns)
    out = out.reshape(-1)
    for r in range(tile_rows):
        place = places[first + r]
        out[place : place + columns] += tile[r]


def whole_width(right):
    """Return WIDTH for the factors ``right``."""
    return 2 * VECTOR_BYTES // right[0].itemsize


def products(left, terms, right, tile_rows, columns):
    """Return the tile (tile_rows, columns): the sum above, term by term."""
    a, rows, first_row, a_start = left
    steps, inner, step = terms
    b, start, outer, following = right
    a, b = a.reshape(-1), b.reshape(-1)
    offsets = a_start + rows[first_row : first_row + tile_rows]
    tile = np.zeros((tile_rows, columns), b.dtype)
    # A kernel does not warn of an overflow, least of all in a row that nobody reads.
    with np.errstate(all="ignore"):
        for i in range(steps.size):
            for j in range(inner):
                factors = b[start + i * outer + j * following :][:columns]
                tile += a[offsets + steps[i] + j * step, np.newaxis] * factors
    return tile


def _multiply(tile_rows):
    """Return a function that Numba replaces by the loops of ``products``, in LLVM's language."""

    @intrinsic
    def multiply_tile(typing_context, left, terms, right, target, bias, floor):
        signature = types.void(left, terms, right, target, bias, floor)

        def generate(context, builder, signature, values):
            code = _TileCode(context, builder, signature, values, tile_rows)
            columns, lanes = code.integers.get("columns"), code.lanes
            if columns is None:
                code.tile([lanes, lanes])
                return context.get_dummy_value()
            # Few columns need fewer vectors: one, or one and a half.
            more_than_half = builder.icmp_signed(">", columns, _int64(lanes + lanes // 2))
            with builder.if_else(more_than_half) as (two, fewer):
                with two:
                    code.tile([lanes, lanes])
                with fewer, builder.if_else(builder.icmp_signed(">", columns, _int64(lanes))) as (half, one):
                    with half:
                        code.tile([lanes, lanes // 2])
                    with one:
                        code.tile([lanes])
            return context.get_dummy_value()

        return signature, generate

    return multiply_tile


_multiply_tile, _multiply_tall_tile = _multiply(ROWS), _multiply(TALL_ROWS)


# They become part of the kernel that calls them: to pass so many arguments takes as long as ten terms.
@overload(write_tile, inline="always")
def _compiled_write_tile(left, terms, right, target, bias, floor):
    return lambda left, terms, right, target, bias, floor: _multiply_tile(
        left, terms, right, target, bias, floor
    )


@overload(add_tile, inline="always")
def _compiled_add_tile(left, terms, right, target):
    return lambda left, terms, right, target: _multiply_tile(left, terms, right, target, None, None)


@overload(add_tall_tile, inline="always")
def _compiled_add_tall_tile(left, terms, right, target):
    return lambda left, terms, right, target: _multiply_tall_tile(left, terms, right, target, None, None)


_int32, _int64 = ir.IntType(32), ir.IntType(64)


class _TileCode:
    """The LLVM code of one tile.

    Args:
        context, builder, signature, values: what Numba gives to the generator of an intrinsic.
        tile_rows: ROWS or TALL_ROWS.
    """

    def __init__(self, context, builder, signature, values, tile_rows):
        self.context, self.builder, self.tile_rows = context, builder, tile_rows
        self.arrays, self.integers = {}, {}
        groups = {
            "left": ("a", "rows", "first_row", "a_start"),
            "terms": ("steps", "inner", "step"),
            "right": ("b", "start", "outer", "next"),
            "target": ("out", "places", "first", "columns"),
            "bias": ("biases", "bias_start"),
        }
        for names, given, value in zip(groups.values(), signature.args, values, strict=False):
            for place, name in enumerate(names[: len(given)] if given != types.none else ()):
                member = builder.extract_value(value, place)
                if isinstance(given[place], types.Array):
                    self.arrays[name] = context.make_array(given[place])(context, builder, member)
                else:
                    self.integers[name] = context.cast(builder, member, given[place], types.int64)
        number = signature.args[0][0].dtype
        self.number = context.get_value_type(number)
        self.bits = number.bitwidth
        self.lanes = VECTOR_BYTES * 8 // self.bits
        self.adds = signature.args[5] == types.none
        self.floor = None if self.adds else context.cast(builder, values[5], signature.args[5], number)

    def address(self, array, offset, vector=None):
        """Return the address of a number of an array, or of the vector that begins there."""
        pointer = self.builder.gep(self.arrays[array].data, [offset])
        return self.builder.bitcast(pointer, vector.as_pointer()) if vector else pointer

    def tile(self, widths):
        """Compute and store the tile; ``widths`` are the numbers of lanes of the vectors of a row."""
        builder, integers = self.builder, self.integers
        vectors = [ir.VectorType(self.number, lanes) for lanes in widths]
        firsts = [sum(widths[:v]) for v in range(len(widths))]  # where each begins in its row
        row_starts = [
            self.address(
                "a",
                builder.add(
                    integers["a_start"],
                    builder.load(self.address("rows", builder.add(integers["first_row"], _int64(r)))),
                ),
            )
            for r in range(self.tile_rows)
        ]
        # Variables that LLVM keeps in registers, for nothing takes their address.
        tile = [
            [
                cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * vector.count))
                for vector in vectors
            ]
            for _ in range(self.tile_rows)
        ]
        for row in tile:
            for variable, vector in zip(row, vectors, strict=True):
                builder.store(ir.Constant(vector, [0.0] * vector.count), variable)

        terms = builder.extract_value(self.arrays["steps"].shape, 0)
        with cgutils.for_range(builder, terms) as i:
            b_i = builder.add(integers["start"], builder.mul(i.index, integers["outer"]))
            a_i = builder.load(self.address("steps", i.index))
            behind = cgutils.alloca_once(builder, a_i.type)
            builder.store(a_i, behind)
            with cgutils.for_range(builder, integers["inner"]) as j:
                b_j = builder.add(b_i, builder.mul(j.index, integers["next"]))
                factors = [
                    self.load("b", builder.add(b_j, _int64(first)), vector)
                    for first, vector in zip(firsts, vectors, strict=True)
                ]
                a_j = self.hidden(builder.load(behind))
                for start, row in zip(row_starts, tile, strict=True):
                    number = builder.load(builder.gep(start, [a_j]))
                    for variable, factor, vector in zip(row, factors, vectors, strict=True):
                        many = in_every_lane(builder, number, vector)
                        added = self.call(f"fma.{kind(vector)}", vector, many, factor, builder.load(variable))
                        builder.store(added, variable)
                builder.store(builder.add(a_j, integers["step"]), behind)

        if "columns" not in integers:
            self.finish(tile, firsts, [None] * len(vectors))
            return
        # Whole rows are the rule; a store that leaves lanes out takes longer.
        whole = builder.icmp_signed(">=", integers["columns"], _int64(sum(widths)))
        with builder.if_else(whole) as (plainly, partly):
            with plainly:
                self.finish(tile, firsts, [None] * len(vectors))
            with partly:
                self.finish(tile, firsts, [self.mask(*place) for place in zip(firsts, vectors, strict=True)])

    def hidden(self, number):
        """Return the number, of which LLVM then knows nothing.

        It would count the place in each row by itself, and has no register left for that.
        """
        nothing_done = ir.InlineAsm(ir.FunctionType(number.type, [number.type]), "", "=r,0")
        return self.builder.call(nothing_done, [number])

    def mask(self, first, vector):
        """Return which lanes of the vector that begins at column ``first`` lie within the columns."""
        lanes = ir.Constant(ir.VectorType(_int32, vector.count), list(range(first, first + vector.count)))
        columns = self.builder.trunc(self.integers["columns"], _int32)
        return self.builder.icmp_signed("<", lanes, in_every_lane(self.builder, columns, lanes.type))

    def finish(self, tile, firsts, masks):
        """Store the tile: added to the target, or with bias and floor applied."""
        builder, integers = self.builder, self.integers
        vectors = [variable.type.pointee for variable in tile[0]]
        columns = list(zip(firsts, vectors, masks, strict=True))
        if not self.adds:
            start = integers["bias_start"]
            biases = [
                self.load("biases", builder.add(start, _int64(first)), vector, mask)
                for first, vector, mask in columns
            ]
            floors = [in_every_lane(builder, self.floor, vector) for vector in vectors]
        for r, row in enumerate(tile):
            place = builder.load(self.address("places", builder.add(integers["first"], _int64(r))))
            for v, (first, vector, mask) in enumerate(columns):
                result, at = builder.load(row[v]), builder.add(place, _int64(first))
                if self.adds:
                    result = builder.fadd(result, self.load("out", at, vector, mask))
                else:
                    result = builder.fadd(result, biases[v])
                    # A comparison with NaN does not hold, so a NaN stays.
                    result = builder.select(builder.fcmp_ordered("<", result, floors[v]), floors[v], result)
                self.store("out", at, mask, result)

    def load(self, array, offset, vector, mask=None):
        """Return a vector of an array; without a mask all of it, else 0 in the lanes that it leaves out."""
        address = self.address(array, offset, vector)
        if mask is None:
            return self.builder.load(address, align=self.bits // 8)
        nothing = ir.Constant(vector, [0.0] * vector.count)
        return self.call(
            f"masked.load.{kind(vector)}.p0", vector, address, _int32(self.bits // 8), mask, nothing
        )

    def store(self, array, offset, mask, value):
        """Write a vector to an array, or the lanes of it that the mask names."""
        address = self.address(array, offset, value.type)
        if mask is None:
            self.builder.store(value, address, align=self.bits // 8)
        else:
            name = f"masked.store.{kind(value.type)}.p0"
            self.call(name, ir.VoidType(), value, address, _int32(self.bits // 8), mask)

    def call(self, name, returned, *arguments):
        """Call one of LLVM's own functions."""
        function_type = ir.FunctionType(returned, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, function_type, f"llvm.{name}")
        return self.builder.call(function, arguments)


def kind(vector):
    """Return LLVM's abbreviation of a vector type, ``v16f32``."""
    return f"v{vector.count}f{64 if isinstance(vector.element, ir.DoubleType) else 32}"


def packed_blocks(matrix: np.ndarray) -> np.ndarray:
    """Return ``matrix`` (K, F) as blocks of WIDTH columns, (⌈F / WIDTH⌉, K, WIDTH), filled up with zeros."""
    K, F = matrix.shape
    width = 2 * VECTOR_BYTES // matrix.itemsize
    if F % width == 0:
        return np.ascontiguousarray(matrix.reshape(K, F // width, width).transpose(1, 0, 2))
    blocks = np.zeros((-(-F // width), K, width), matrix.dtype)
    for block, start in zip(blocks, range(0, F, width), strict=True):
        block[:, : min(width, F - start)] = matrix[:, start : start + width]
    return blocks
