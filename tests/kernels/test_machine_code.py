"""Machine code on disk: found again by its types, whole when several write at once, as new as its sources."""

import errno
import gc
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from llvmlite.binding import address_of_symbol
from numba import types
from numba.core import event

from cnn_scratch.kernels import machine_code
from cnn_scratch.kernels.compile import compiled, compiled_parallel_products
from cnn_scratch.kernels.machine_code import MachineCode, _Files, needed_names, newest_source, noted_calls

ROOT = Path(__file__).parent.parent.parent
needs_jit = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")

# A module of its own with a function that calls another one. Run with a folder for the machine code and
# the names of dtypes, it prints the results and how often something was compiled.
PROGRAM = """
import sys

import numpy as np
from numba.core import event

from cnn_scratch.kernels.compile import compiled

@compiled
def half(x):
    return x / 2

@compiled
def half_of_first(x):
    return half(x[0])

if __name__ == "__main__":
    with event.install_recorder("numba:compile") as recorder:
        results = [float(half_of_first(np.array([3], dtype))) for dtype in sys.argv[1:]]
    print(results, sum(happened.is_start for _, happened in recorder.buffer))
"""


@pytest.fixture
def program(tmp_path):
    """Return a function that starts the program, and one that lists what it left on disk."""
    path, folder = tmp_path / "program.py", tmp_path / "code"
    path.write_text(PROGRAM)

    def start(*dtypes, **more):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(ROOT)} | more
        command = [sys.executable, str(path), *dtypes]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def files():
        return sorted(folder.rglob("program.*"))

    return start, files


def answer(process) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return output.strip()


@needs_jit
def test_another_process_finds_it_again_by_its_types(program):
    start, files = program
    assert answer(start("float32")) == "[1.5] 2"
    assert len(files()) == 2
    assert answer(start("float32")) == "[1.5] 0"
    assert answer(start("float64", "float32")) == "[1.5, 1.5] 2"
    assert len(files()) == 4


@needs_jit
def test_code_that_was_compiled_with_another_setting_is_not_taken(program):
    """Else a run with ``NUMBA_BOUNDSCHECK=1`` would check no index as soon as something is on disk."""
    start, _ = program
    for value, compilations in [("0", 2), ("1", 2), ("0", 0), ("1", 0)]:
        assert answer(start("float32", NUMBA_BOUNDSCHECK=value)) == f"[1.5] {compilations}"


@needs_jit
def test_processes_that_compile_at_the_same_time_lose_nothing(program):
    start, files = program
    dtypes = ["float32", "float64", "int32", "int64"]
    for process in [start(*dtypes), start(*dtypes[::-1])]:
        answer(process)
    assert answer(start(*dtypes)) == "[1.5, 1.5, 1.5, 1.5] 0"
    assert all(path.suffix == ".nbc" for path in files())


@pytest.mark.parametrize("content", [b"", b"\x80\x04", b"garbage"])
def test_a_file_that_was_cut_short_is_not_there(tmp_path, content):
    files = _Files(str(tmp_path), "kernel", source_stamp=1.0)
    assert files.load("float32") is None
    files.save("float32", {"code": 1})
    assert files.load("float32") == {"code": 1}
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert files.load("float32") is None


def test_what_older_sources_left_is_replaced(tmp_path):
    old, new = (_Files(str(tmp_path), "kernel", stamp) for stamp in (1.0, 2.0))
    old.save("float32", "old")
    assert new.load("float32") is None
    new.save("float32", "new")
    assert new.load("float32") == "new"
    assert old.load("float32") is None
    assert len(list(tmp_path.iterdir())) == 1


def test_a_kernel_is_as_new_as_the_newest_file_that_it_imports(tmp_path, monkeypatch):
    import cnn_scratch.kernels.tile
    from cnn_scratch.kernels import conv2d_direct  # noqa: F401  imports the tile

    newest_source.cache_clear()
    before = newest_source("cnn_scratch.kernels.conv2d_direct")
    changed = tmp_path / "tile.py"
    changed.touch()
    os.utime(changed, (before + 10, before + 10))
    monkeypatch.setattr(cnn_scratch.kernels.tile, "__file__", str(changed))
    newest_source.cache_clear()
    assert newest_source("cnn_scratch.kernels.conv2d_direct") == before + 10
    assert newest_source("cnn_scratch.kernels.threads") <= before
    newest_source.cache_clear()


@needs_jit
def test_machine_code_is_as_new_as_its_sources():
    @compiled
    def nothing():
        pass

    assert nothing._cache._cache_file._source_stamp == newest_source(__name__)


# Where it cannot be kept --------------------------------------------------------------------------


@needs_jit
def test_a_full_disk_is_said_once_and_the_function_runs(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    @compiled
    def double(x):
        return 2 * x

    machine_code.warn_that_nothing_is_kept.cache_clear()
    monkeypatch.setattr(_Files, "_save_data", full)
    monkeypatch.setattr(_Files, "load", lambda *_: None)
    with pytest.warns(UserWarning, match=r"cannot be kept on disk \(No space left.*NUMBA_CACHE_DIR") as said:
        assert (double(1), double(1.5)) == (2, 3.0)
    assert len(said) == 1


@needs_jit
def test_a_system_in_which_nothing_can_be_written(monkeypatch):
    def double(x):
        return 2 * x

    def six(turns, array):
        array[0] = twice(3)

    machine_code.warn_that_nothing_is_kept.cache_clear()
    monkeypatch.setattr(MachineCode._impl_class, "_locator_classes", [])
    with pytest.warns(UserWarning, match=r"cannot be kept on disk \(No folder") as said:
        twice, kernel = compiled(double), compiled_parallel_products(six)
    array = np.zeros(1)
    kernel(array)
    assert array[0] == 6
    assert len(said) == 1


# What is missing ----------------------------------------------------------------------------------


@needs_jit
def test_a_kernel_that_is_missing_is_asked_for_once_for_each_type(monkeypatch):
    @compiled
    def increase(array, i):
        array[i] += 1

    @compiled_parallel_products
    def increase_first(turns, array):
        increase(array, 0)

    asked = []
    monkeypatch.setattr(MachineCode, "on_missing", asked.append)
    monkeypatch.setattr(MachineCode, "save_overload", lambda *_: None)  # or the next run would find them
    for array in (np.zeros(1), np.zeros(1), np.zeros(1, np.float32)):
        increase_first(array)
        assert array[0] >= 1
    assert len(asked) == len(set(asked)) == 2
    assert all("increase_first" in name for name in asked)


@needs_jit
def test_what_another_one_compiled_meanwhile_is_taken(monkeypatch):
    @compiled_parallel_products
    def set_first(turns, array):
        array[0] = 1

    twin = compiled_parallel_products(set_first.__wrapped__)
    with noted_calls() as calls:
        twin(np.zeros(1))

    def compile_the_twin(name):
        assert name == calls[0].name
        MachineCode.on_missing = None
        calls[0].compile()

    Path(calls[0].kernel._cache.cache_path, calls[0].name).unlink(missing_ok=True)  # of an earlier test
    monkeypatch.setattr(MachineCode, "on_missing", compile_the_twin)
    array = np.zeros(1)
    with event.install_recorder("numba:compile") as recorder:
        set_first(array)
    assert array[0] == 1
    assert sum(happened.is_start for _, happened in recorder.buffer) == 1  # the twin


@needs_jit
def test_calls_are_noted_instead_of_done():
    @compiled_parallel_products
    def never(turns, array, number):
        array[0] = number

    array = np.zeros(1)
    with noted_calls() as calls:
        never(array, 2.0)
        never(array, 3.0)
    assert array[0] == 0
    assert calls[0] == calls[1]
    assert calls[0].types[-1] == types.Tuple((types.float64[::1], types.float64))
    assert "never" in calls[0].name


# Loading ------------------------------------------------------------------------------------------

# Run with "known" or "unknown": the latter is machine code of which we do not know what it needs.
PREDICT = """
import sys

import numba.core.cpu
import numpy as np

from cnn_scratch import zoo
from cnn_scratch.kernels import machine_code

if sys.argv[1] == "unknown":
    machine_code.address_of_symbol = lambda name: None

prepared = []
prepare = numba.core.cpu.CPUContext.refresh
numba.core.cpu.CPUContext.refresh = lambda context: (prepared.append(1), prepare(context))
model = zoo.mnist_convnet((28, 28, 1), 10)
outputs = model(np.ones((1, 28, 28, 1), "float32"))
print(len(prepared), "scipy.linalg" in sys.modules, model.count_params(), outputs.sum().round(3))
"""


@needs_jit
@pytest.mark.parametrize("names", ["known", "unknown"])
def test_numba_does_not_prepare_to_compile_for_what_is_on_disk(names):
    def run(names):
        command = [sys.executable, "-c", PREDICT, names]
        automatic = os.environ | {"CNN_SCRATCH_CONVOLUTION": "auto"}  # another may need SciPy's BLAS
        return subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=ROOT, env=automatic
        ).stdout.split()

    run("known")  # compiles what is not on disk
    prepared, imported, *rest = run(names)
    assert rest == ["34826", "1.0"]
    assert (int(prepared) > 0, imported) == ((names == "unknown"), str(names == "unknown"))


@needs_jit
def test_the_names_that_machine_code_needs_are_known(monkeypatch):
    @compiled_parallel_products
    def sines(turns, array):
        copy = np.empty_like(array)
        copy[:] = np.sin(array)
        array[0] = np.dot(copy, copy)

    with noted_calls() as calls:
        sines(np.ones(3))
    monkeypatch.setattr(MachineCode, "_load_overload", lambda *_: None)  # what is loaded tells less
    calls[0].compile()
    names = needed_names(calls[0].kernel.overloads[calls[0].types])
    assert {"NRT_MemInfo_alloc_aligned", "numba_parallel_for"} <= set(names)
    assert any("dot" in name for name in names)
    assert not any(name.startswith("llvm.") for name in names)
    assert all(map(address_of_symbol, names))


def test_of_what_another_numba_makes_no_names_are_known():
    assert needed_names(object()) is None


# The garbage collector ----------------------------------------------------------------------------


class Witness(event.Listener):
    """Notes whether the garbage collector is on while something is compiled."""

    def __init__(self):
        self.was_on = set()

    def on_start(self, event):
        self.was_on.add(gc.isenabled())

    def on_end(self, event):
        pass


@needs_jit
@pytest.mark.parametrize("decorator", [compiled, numba.njit])
def test_our_functions_are_compiled_without_garbage_collection(decorator, monkeypatch):
    monkeypatch.setattr(MachineCode, "save_overload", lambda *_: None)

    @decorator
    def negative(x):
        return -x

    with event.install_listener("numba:compile", Witness()) as witness:
        assert negative(1) == -1
    assert witness.was_on == {decorator is not compiled}
    assert gc.isenabled()


@needs_jit
def test_garbage_collection_comes_back_after_an_error_and_stays_off_if_it_was_off(monkeypatch):
    monkeypatch.setattr(MachineCode, "save_overload", lambda *_: None)

    @compiled
    def nonsense(x):
        return x.no_such_attribute

    with pytest.raises(numba.TypingError):
        nonsense(1)
    assert gc.isenabled()
    gc.disable()
    try:
        with pytest.raises(numba.TypingError):
            nonsense(1.0)
        assert not gc.isenabled()
    finally:
        gc.enable()
