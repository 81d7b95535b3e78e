"""Machine code on disk: one file for each function and the types of its arguments.

Numba keeps it in the same place, but with an index beside it. Two processes that change an index at the
same time lose an entry, or number two files alike, and one of them then loads what was made for other
types. Here a file's name follows from the types, and a file appears when it is whole: processes that
compile at the same time can only do the same work twice. ``SecondProcess`` relies on that.
"""

import functools
import gc
import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from llvmlite.binding import address_of_symbol
from numba.core import config, event
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, NullCache
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.runtime import rtsys


class _Contents(CompileResultCacheImpl):
    """What is in a file: the names that the machine code needs, and all that Numba would write."""

    def reduce(self, result):
        return needed_names(result), super().reduce(result)

    def rebuild(self, target_context, contents):
        names, reduced = contents
        rtsys.initialize(target_context)  # brings the names with which machine code counts who uses an array
        # The linker ends the process if it does not find one.
        if names is None or not all(map(address_of_symbol, names)):
            target_context.refresh()
        return super().rebuild(target_context, reduced)


def needed_names(result) -> list[str] | None:
    """Return the names of what the machine code calls or reads outside, or ``None`` if we cannot tell."""
    try:
        match result:
            case CompileResult(library=library):
                values = [*library._final_module.functions, *library._final_module.global_variables]
                outside = [value.name for value in values if value.is_declaration]
                return [name for name in outside if not name.startswith("llvm.")]
    except Exception:  # another version of Numba
        pass
    return None


class MachineCode(FunctionCache):
    """The files of one function: Numba asks here before it compiles, and hands over what it has compiled.

    Attributes:
        on_missing: called with the name of a kernel's machine code that is not on disk. When it returns, the
            disk is looked at once more, and the kernel is compiled if it still is not there. ``None``: it is
            compiled at once.
    """

    on_missing = None
    _impl_class = _Contents

    def __init__(self, function, is_kernel: bool):
        super().__init__(function)
        self._is_kernel = is_kernel
        stamp = self._cache_file._source_stamp
        if function.__module__ in sys.modules:
            stamp = newest_source(function.__module__)
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, stamp)

    def name_of(self, types, target_context) -> str:
        """Return the name of the file that holds the machine code for arguments of such types."""
        return self._cache_file.name_of(self._index_key(types, target_context.codegen()))

    def load_overload(self, sig, target_context):
        # Numba's own ``load_overload`` prepares to compile, and then does this.
        code = self._load_overload(sig, target_context)
        if code is None and self._is_kernel and MachineCode.on_missing is not None:
            MachineCode.on_missing(self.name_of(sig, target_context))
            code = self._load_overload(sig, target_context)
        return code

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except OSError as error:  # a full disk, say: the function is compiled all the same
            warn_that_nothing_is_kept(error.strerror)


def machine_code_of(function, is_kernel: bool) -> MachineCode | NullCache:
    """Return what keeps the machine code of a function on disk, or does not where nothing can be written."""
    try:
        return MachineCode(function, is_kernel)
    except RuntimeError:  # neither beside the sources nor in the user's folder for such things
        warn_that_nothing_is_kept("No folder for it can be written")
        return NullCache()


@functools.cache
def warn_that_nothing_is_kept(reason: str) -> None:
    """Say that the next run will compile again, and what can be done; once for each reason."""
    warnings.warn(
        f"Compiled kernels cannot be kept on disk ({reason}), so each run compiles what it needs anew. Let "
        "the environment variable NUMBA_CACHE_DIR name a folder with some 20 MB of space.",
        stacklevel=2,
    )


class _Files(IndexDataCacheFile):
    """The files of one function; all that reads and writes them is Numba's."""

    def name_of(self, key) -> str:
        # The key holds the types, the processor, and a hash of the function's code.
        digest = hashlib.sha256(repr((self._version, *settings(), key)).encode()).hexdigest()[:16]
        return self._index_name.removesuffix("nbi") + f"{digest}.nbc"

    def save(self, key, data):
        self._save_data(self.name_of(key), (self._source_stamp, data))

    def load(self, key):
        try:
            stamp, data = self._load_data(self.name_of(key))
        except Exception:  # not there, or cut short by a power failure
            return None
        return data if stamp == self._source_stamp else None


def settings() -> tuple:
    """Return what else machine code depends on: the environment variables ``NUMBA_BOUNDSCHECK`` and the like.

    Numba forgets them. Without this, a run that is to check all indices would load what is on disk, and check
    none.
    """
    return config.BOUNDSCHECK, int(config.OPT), config.DEBUGINFO_DEFAULT


class Call(NamedTuple):
    """A kernel, and the types of its arguments."""

    kernel: Dispatcher
    types: tuple

    @property
    def name(self) -> str:
        """The name of the machine code."""
        return self.kernel._cache.name_of(self.types, self.kernel.targetctx)

    def compile(self) -> None:
        """Compile the kernel for these types, and keep it on disk, unless it is there."""
        self.kernel.compile(self.types)


@contextmanager
def noted_calls() -> Iterator[list[Call]]:
    """Note each kernel that is called inside for the first time, instead of compiling and running it.

    What the kernel should have written stays as it is. So that this is not just anything, perhaps NaN, new
    arrays are full of zeros; those that nobody touches take no memory.
    """
    calls: list[Call] = []

    def note(dispatcher, *arguments):
        calls.append(Call(dispatcher, tuple(dispatcher.typeof_pyval(argument) for argument in arguments)))
        return _do_nothing

    with (
        _replaced(Dispatcher, "_compile_for_args", note),
        _replaced(np, "empty", np.zeros),
        _replaced(np, "empty_like", np.zeros_like),
    ):
        yield calls


def _do_nothing(*_) -> None:
    """Stand in for a kernel."""


@contextmanager
def _replaced(place, name: str, stand_in) -> Iterator[None]:
    original = getattr(place, name)
    setattr(place, name, stand_in)
    try:
        yield
    finally:
        setattr(place, name, original)


@functools.cache
def newest_source(module: str) -> float:
    """Return when the code of a module's kernels was changed last, in its own file or in one that it imports.

    Numba looks at the kernel's own file only to see whether machine code on disk is still good, and
    would go on using the tile of yesterday after ``kernels/tile.py`` was changed.
    """
    names = vars(sys.modules[module])
    imported = {str(getattr(value, "__module__", None)) for value in names.values()} - {module}
    times = [newest_source(name) for name in imported if name.startswith("cnn_scratch.kernels.")]
    file = names.get("__file__", "")  # a notebook has none, and what is in a ZIP archive does not change
    return max([os.path.getmtime(file) if os.path.exists(file) else 0.0, *times])


class _NoGarbageCollection(event.Listener):
    """Puts Python's garbage collector off while one of our functions is compiled.

    Numba makes millions of small objects meanwhile, and hardly any that the collector could free: looking
    through them again and again takes a second or two of the first run.
    """

    depth = 0  # a function is compiled in the middle of the one that calls it
    was_on = False

    def on_start(self, event):
        if is_ours(event.data["dispatcher"]):
            if self.depth == 0:
                self.was_on = gc.isenabled()
                gc.disable()
            self.depth += 1

    def on_end(self, event):
        if is_ours(event.data["dispatcher"]):
            self.depth -= 1
            if self.depth == 0 and self.was_on:
                gc.enable()


def is_ours(dispatcher: Dispatcher) -> bool:
    """Return whether this is a function of this package, and not one of Numba's or a user's."""
    return isinstance(dispatcher._cache, MachineCode)


event.register("numba:compile", _NoGarbageCollection())
