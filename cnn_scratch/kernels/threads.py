"""How threads share the work of a kernel: they all run it, and take turns at its pieces.

A kernel whose work is shared has a first parameter ``turns``, and one loop of this kind::

    for piece in shared(turns, pieces):                   piece = 0, 1, 2, … of so many
        …
    for part in shared_ranges(turns, x.size):             part = range(0, n), range(n, 2n), …
        for i in part:
            …

Every thread runs the whole function. What stands before the loop each thread computes for itself;
the loop gives each piece to one thread, the first that is free. So nothing before the loop may
write where another thread reads, nothing may come after it, and no two pieces write to the same place. Which
thread takes a piece makes no difference to the result: the pieces are cut by the shapes alone.

``turns`` counts the turns that were taken: to take one is to read the number and add one in a single
step that no other thread can interrupt. In compiled code it is the address of the number, since Numba
never lets go of an array that it gave to a generator such as ``shared``.

Numba's own ``prange`` does much more, and it shows: a kernel takes twice as long to compile with it. So
``run_on_threads`` calls Numba's threads directly, through the function that ``prange`` ends up at too.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, compiler, targetconfig
from numba.extending import intrinsic, overload

# Elements of a range: their arrays fit into a core's second-level cache.
RANGE = 16384


def new_turns() -> np.ndarray:
    """Return the ``turns`` of one call; a second number becomes 1 if a thread has to give up."""
    return np.zeros(2, np.int64)


def take_turn(turns):
    """Return the number of the next piece, which then belongs to this thread."""
    turns[0] += 1
    return turns[0] - 1


@numba.njit
def shared(turns, pieces):
    """Go through the numbers below ``pieces``, of which each is given to one thread."""
    piece = take_turn(turns)
    while piece < pieces:
        yield piece
        piece = take_turn(turns)


@numba.njit
def shared_ranges(turns, size, length=RANGE):
    """Go through ``range(size)`` in ranges of ``length``, of which each is given to one thread.

    The numbers are unsigned: LLVM then knows that none counts from the end of an array, and uses
    vector instructions.
    """
    piece = take_turn(turns)
    while piece * length < size:
        yield range(np.uint64(piece * length), np.uint64(min(size, (piece + 1) * length)))
        piece = take_turn(turns)


def run_on_threads(function):
    """Return, for compiled code, ``run(threads, turns, arguments)``.

    It lets ``threads`` threads call ``function(address of turns, *arguments)`` and waits for all of them; its
    own ``turns`` is the array of ``new_turns``.
    """

    @intrinsic
    def run(typing_context, threads, turns, arguments):
        signature = types.void(types.int64, turns, arguments)

        def generate(context, builder, signature, values):
            call = _Call(context, builder, function, signature, values)
            call.on_threads(values[0])
            return context.get_dummy_value()

        return signature, generate

    return run


@overload(take_turn, inline="always")
def _compiled_take_turn(turns):
    return lambda turns: _take_turn(turns)


@intrinsic
def _take_turn(typing_context, turns):
    def generate(context, builder, signature, values):
        number = builder.inttoptr(values[0], _int64.as_pointer())
        return builder.atomic_rmw("add", number, _int64(1), "monotonic")

    return types.int64(turns), generate


_int64 = ir.IntType(64)
_address = ir.IntType(8).as_pointer()
_void = ir.VoidType()


class _Call:
    """The LLVM code that lets threads call a function.

    Numba's ``numba_parallel_for`` calls a *worker* on each thread, and hands on one address. Here the
    worker reads all arguments from there and calls the function with them.

    Args:
        context, builder, signature, values: what Numba gives to the generator of an intrinsic.
        function: a Python function without a result; it becomes part of the code that is being compiled.
    """

    def __init__(self, context, builder, function, signature, values):
        self.context, self.builder = context, builder
        _, turns, arguments = signature.args
        self.signature = types.void(types.int64, *arguments)
        flags = targetconfig.ConfigStack().top().copy()
        flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        self.compiled = compiler.compile_internal(
            context.typing_context,
            context,
            context.active_code_library,
            function,
            self.signature.args,
            types.none,
            flags,
            {},
        )
        self.turns = context.make_array(turns)(context, builder, values[1]).data
        given = [builder.ptrtoint(self.turns, _int64), *cgutils.unpack_tuple(builder, values[2])]
        self.arguments = cgutils.alloca_once_value(builder, cgutils.make_anonymous_struct(builder, given))
        self.worker = self.make_worker()

    def make_worker(self):
        """Return the function that a thread calls: ``void worker(…, …, …, address of the arguments)``."""
        kind = ir.FunctionType(_void, [_address.as_pointer(), *[_int64.as_pointer()] * 2, _address])
        worker = ir.Function(self.builder.module, kind, f"{self.builder.function.name}.worker")
        worker.linkage = "internal"
        builder = ir.IRBuilder(worker.append_basic_block())
        values = cgutils.unpack_tuple(
            builder, builder.load(builder.bitcast(worker.args[3], self.arguments.type))
        )
        status, _ = self.context.call_internal_no_propagate(
            builder, self.compiled.fndesc, self.signature, values
        )
        with builder.if_then(status.is_error, likely=False):
            turns = builder.inttoptr(values[0], self.turns.type)
            builder.store(_int64(1), builder.gep(turns, [_int64(1)]))
        builder.ret_void()
        return worker

    def on_threads(self, threads):
        """Let ``threads`` threads call the worker; one thread calls it by itself."""
        builder = self.builder
        arguments = builder.bitcast(self.arguments, _address)
        with builder.if_else(builder.icmp_signed("==", threads, _int64(1))) as (alone, together):
            with alone:
                nothing = [ir.Constant(argument.type, None) for argument in self.worker.args[:3]]
                builder.call(self.worker, [*nothing, arguments])
            with together:
                # numba_parallel_for(worker, arrays, sizes, steps, data, inner sizes, arrays, threads)
                kind = ir.FunctionType(_void, [_address] * 5 + [_int64] * 3)
                parallel_for = cgutils.get_or_insert_function(builder.module, kind, "numba_parallel_for")
                calls = builder.bitcast(cgutils.alloca_once_value(builder, threads), _address)
                no_steps = builder.bitcast(cgutils.alloca_once_value(builder, _int64(0)), _address)
                worker = builder.bitcast(self.worker, _address)
                nothing = _int64(0)
                builder.call(
                    parallel_for,
                    [worker, no_steps, calls, no_steps, arguments, nothing, nothing, threads],
                )
