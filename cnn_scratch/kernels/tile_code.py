"""The loop of ``kernels/tile.py``, in LLVM's language: what is said there in Python, said to the compiler.

Numba compiles plain loops well, but this one has to keep all results of a tile in registers, and LLVM does
not see by itself that it can. So it is written in LLVM's own language: variables for the vectors of the tile,
loops over the terms, and a fused multiply-add for each vector of each row.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from cnn_scratch.kernels.vector import VECTOR_BYTES, in_every_lane

# A long sum is added up in parts, of this many terms and less than twice as many: see ``Parts``.
PART_TERMS = 256
_int1, _int32, _int64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
# The names of what is in each group, with and without what may be left out.
GROUPS = (
    [("a", "rows", "first_row", "a_start")],
    [("steps", "inner", "step"), ("inner", "step")],
    [("b", "start", "outer", "next"), ("b", "start", "next")],
    [("out", "places", "first", "columns"), ("out", "places", "first")],
    [("biases", "bias_start")],
)


def multiply(tile_rows, adds):
    """Return a function for compiled code that writes a tile, or adds it: see ``kernels/tile.py``.

    Its arguments are the groups ``left``, ``terms``, ``right`` and ``target``, then ``bias`` and ``floor`` or
    ``None`` twice.

    Args:
        tile_rows: ROWS or TALL_ROWS.
        adds: whether the tile is added to the target; otherwise it is written, finished if there is a bias.
    """

    @intrinsic
    def multiply_tile(typing_context, left, terms, right, target, bias, floor):
        signature = types.void(left, terms, right, target, bias, floor)

        def generate(context, builder, signature, values):
            code = TileCode(context, builder, signature, values, tile_rows, adds)
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


class TileCode:
    """The LLVM code of one tile.

    Args:
        context, builder, signature, values: what Numba gives to the generator of an intrinsic.
        tile_rows: ROWS or TALL_ROWS.
        adds: whether the tile is added to the target.
    """

    def __init__(self, context, builder, signature, values, tile_rows, adds):
        self.context, self.builder, self.tile_rows, self.adds = context, builder, tile_rows, adds
        self.arrays, self.integers = {}, {}
        *groups, floor = [() if kind == types.none else kind for kind in signature.args]
        for given, value, forms in zip(groups, values, GROUPS, strict=False):
            names = next((form for form in forms if len(form) == len(given)), ())
            for place, name in enumerate(names):
                member = builder.extract_value(value, place)
                if isinstance(given[place], types.Array):
                    self.arrays[name] = context.make_array(given[place])(context, builder, member)
                else:
                    self.integers[name] = context.cast(builder, member, given[place], types.int64)
        number = signature.args[0][0].dtype
        self.number = context.get_value_type(number)
        self.bits = number.bitwidth
        self.lanes = VECTOR_BYTES * 8 // self.bits
        self.floor = context.cast(builder, values[5], floor, number) if floor else None
        has_steps = "steps" in self.arrays
        self.runs = builder.extract_value(self.arrays["steps"].shape, 0) if has_steps else _int64(1)

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
        tile = [[cgutils.alloca_once(builder, vector) for vector in vectors] for _ in range(self.tile_rows)]
        parts = Parts(builder, tile)
        with cgutils.for_range(builder, self.runs) as i:
            a_i, b_i = _int64(0), integers["start"]
            if "steps" in self.arrays:
                a_i = builder.load(self.address("steps", i.index))
                b_i = builder.add(b_i, builder.mul(i.index, integers["outer"]))
            self.add_run(tile, parts, (row_starts, firsts), a_i, b_i)
        parts.add_total()

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

    def add_run(self, tile, parts, starts, a_i, b_i):
        """Add the products of one run: ``inner`` terms of each row, from ``a_i`` and ``b_i`` on."""
        builder, inner, most = self.builder, self.integers["inner"], _int64(PART_TERMS)
        behind = cgutils.alloca_once(builder, a_i.type)
        builder.store(a_i, behind)
        with cgutils.for_range_slice(builder, _int64(0), inner, most) as (first, _):
            left = builder.sub(inner, first)
            terms = builder.select(builder.icmp_signed("<", left, most), left, most)
            parts.before(terms)
            b_first = builder.add(b_i, builder.mul(first, self.integers["next"]))
            self.add_terms(tile, starts, behind, b_first, terms)

    def add_terms(self, tile, starts, behind, b_i, terms):
        """Add ``terms`` products to each row; ``behind`` is the place in a, and then the next one."""
        builder, integers, (row_starts, firsts) = self.builder, self.integers, starts
        vectors = [variable.type.pointee for variable in tile[0]]
        with cgutils.for_range(builder, terms) as j:
            b_j = builder.add(b_i, builder.mul(j.index, integers["next"]))
            factors = [
                self.load("b", builder.add(b_j, _int64(first)), vector)
                for first, vector in zip(firsts, vectors, strict=True)
            ]
            a_j = hidden(builder, builder.load(behind))
            for start, row in zip(row_starts, tile, strict=True):
                number = builder.load(builder.gep(start, [a_j]))
                for variable, factor, vector in zip(row, factors, vectors, strict=True):
                    many = in_every_lane(builder, number, vector)
                    added = self.call(f"fma.{kind(vector)}", vector, many, factor, builder.load(variable))
                    builder.store(added, variable)
            builder.store(builder.add(a_j, integers["step"]), behind)

    def mask(self, first, vector):
        """Return which lanes of the vector that begins at column ``first`` lie within the columns."""
        lanes = ir.Constant(ir.VectorType(_int32, vector.count), list(range(first, first + vector.count)))
        columns = self.builder.trunc(self.integers["columns"], _int32)
        return self.builder.icmp_signed("<", lanes, in_every_lane(self.builder, columns, lanes.type))

    def finish(self, tile, firsts, masks):
        """Store the tile: added to the target, or with bias and floor applied if there are any."""
        builder, integers = self.builder, self.integers
        vectors = [variable.type.pointee for variable in tile[0]]
        columns = list(zip(firsts, vectors, masks, strict=True))
        if self.floor:
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
                elif self.floor:
                    result = builder.fadd(result, biases[v])
                    # A comparison with NaN does not hold, so a NaN stays.
                    result = builder.select(builder.fcmp_ordered("<", result, floors[v]), floors[v], result)
                self.store("out", at, mask, result)

    def load(self, array, offset, vector, mask=None):
        """Return a vector of an array; without a mask all of it, else 0 in the lanes that it leaves out."""
        address = self.address(array, offset, vector)
        if mask is None:
            return self.builder.load(address, align=self.bits // 8)
        name, align = f"masked.load.{kind(vector)}.p0", _int32(self.bits // 8)
        return self.call(name, vector, address, align, mask, zeros(vector))

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


class Parts:
    """A long sum in parts: each is added up in the registers of the tile, and then to a total in memory.

    A running sum is rounded at every step, and the more, the larger it has become. A part stays small, and
    the parts are few (Castaldo, Whaley & Chronopoulos, "Reducing floating point error in dot product using
    the superblock family of algorithms", 2008). Decision 4 has numbers.

    Args:
        builder: where the code is written.
        tile: the variables of the tile; they become zeros.
    """

    def __init__(self, builder, tile):
        self.builder = builder
        self.variables = [variable for row in tile for variable in row]
        # Their addresses are hidden, so LLVM does not put them into the registers of the tile.
        totals = [cgutils.alloca_once(builder, variable.type.pointee) for variable in self.variables]
        self.totals = [hidden(builder, total) for total in totals]
        self.terms, self.has_total = cgutils.alloca_once(builder, _int64), cgutils.alloca_once(builder, _int1)
        builder.store(_int1(False), self.has_total)
        self.begin()

    def begin(self):
        """Begin a part: no term was added."""
        for variable in self.variables:
            self.builder.store(zeros(variable.type.pointee), variable)
        self.builder.store(_int64(0), self.terms)

    def before(self, terms):
        """Make ready for ``terms`` more terms: a part that is full goes to the total."""
        builder = self.builder
        is_full = builder.icmp_signed(">=", builder.load(self.terms), _int64(PART_TERMS))
        with builder.if_then(is_full, likely=False):
            with builder.if_else(builder.load(self.has_total)) as (later, first):
                with later:
                    self.add(self.totals)
                with first:
                    for variable, total in zip(self.variables, self.totals, strict=True):
                        builder.store(builder.load(variable), total)
            builder.store(_int1(True), self.has_total)
            self.begin()
        builder.store(builder.add(builder.load(self.terms), terms), self.terms)

    def add_total(self):
        """Add the total to the last part, which is all there is of a short sum."""
        with self.builder.if_then(self.builder.load(self.has_total), likely=False):
            self.add(self.variables)

    def add(self, targets):
        """Write the total plus the part to ``targets``."""
        builder = self.builder
        for variable, total, target in zip(self.variables, self.totals, targets, strict=True):
            builder.store(builder.fadd(builder.load(total), builder.load(variable)), target)


def hidden(builder, value):
    """Return the value, of which LLVM then knows nothing.

    It would count a place in each row by itself, and has no register left for that.
    """
    nothing_done = ir.InlineAsm(ir.FunctionType(value.type, [value.type]), "", "=r,0")
    return builder.call(nothing_done, [value])


def zeros(vector):
    """Return a vector of zeros."""
    return ir.Constant(vector, [0.0] * vector.count)


def kind(vector):
    """Return LLVM's abbreviation of a vector type, ``v16f32``."""
    return f"v{vector.count}f{64 if isinstance(vector.element, ir.DoubleType) else 32}"
