"""Bugs in what is kept on disk, in how two processes share compilation, and in how many threads BLAS has."""

from tests.planted_bugs.bug import Bug

MACHINE_CODE = "cnn_scratch/kernels/machine_code.py"
SECOND_PROCESS = "cnn_scratch/kernels/second_process.py"
REHEARSAL = "cnn_scratch/models/rehearsal.py"
BLAS = "cnn_scratch/kernels/blas.py"

MACHINE_CODE_TESTS = ("tests/kernels/test_machine_code.py",)
SECOND_PROCESS_TESTS = ("tests/kernels/test_second_process.py",)
REHEARSAL_TESTS = ("tests/models/test_rehearsal.py",)
BLAS_TESTS = ("tests/kernels/test_blas.py",)

BUGS = [
    Bug(
        "machine code: of older sources",
        MACHINE_CODE,
        "return data if stamp == self._source_stamp else None",
        "return data",
        "After a kernel was changed, what it was before goes on to be used.",
        MACHINE_CODE_TESTS,
    ),
    Bug(
        "machine code: one file for all types",
        MACHINE_CODE,
        "repr((self._version, *settings(), key))",
        "repr((self._version, *settings()))",
        "A kernel for float64 runs what was compiled for float32.",
        MACHINE_CODE_TESTS,
    ),
    Bug(
        "machine code: a full disk ends the run",
        MACHINE_CODE,
        "except OSError as error:  # a full disk",
        "except EOFError as error:  # a full disk",
        "The function is compiled, and the run ends because that could not be kept.",
        MACHINE_CODE_TESTS,
    ),
    Bug(
        "machine code: one file for all settings",
        MACHINE_CODE,
        "repr((self._version, *settings(), key))",
        "repr((self._version, key))",
        "A run with NUMBA_BOUNDSCHECK=1 takes what is on disk, and checks no index.",
        MACHINE_CODE_TESTS,
    ),
    Bug(
        "machine code: garbage collection always put on",
        MACHINE_CODE,
        "if self.depth == 0 and self.was_on:",
        "if self.depth == 0:",
        "A program that has put it off finds it on.",
        MACHINE_CODE_TESTS,
    ),
    Bug(
        "machine code: linked without a look at what it needs",
        MACHINE_CODE,
        "if names is None or not all(map(address_of_symbol, names)):",
        "if names is None:",
        "LLVM's linker does not find a name, and ends the process.",
        MACHINE_CODE_TESTS,
    ),
    Bug(
        "machine code: Numba prepares to compile what is on disk",
        MACHINE_CODE,
        "        code = self._load_overload(sig, target_context)\n        if code is None and",
        "        code = super().load_overload(sig, target_context)\n        if code is None and",
        "Right, and a second start takes a third of a second longer.",
        MACHINE_CODE_TESTS,
    ),
    Bug(
        "second process: kernels given away twice",
        SECOND_PROCESS,
        "is_free = name not in self._taken",
        "is_free = True",
        "Both processes compile the kernel in the middle.",
        SECOND_PROCESS_TESTS,
    ),
    Bug(
        "second process: never given up",
        SECOND_PROCESS,
        "                self._process.kill()\n\n    def stop",
        "                pass\n\n    def stop",
        "A process that hangs lives as long as this one.",
        SECOND_PROCESS_TESTS,
    ),
    Bug(
        "rehearsal: with another algorithm",
        REHEARSAL,
        '    set_algorithm(order["algorithm"])\n',
        "",
        "The kernels of an algorithm that is not used are compiled.",
        REHEARSAL_TESTS,
    ),
    Bug(
        "rehearsal: the process goes on after the step",
        REHEARSAL,
        "            self.process.stop()",
        "            pass",
        "It compiles what nobody needs any more.",
        REHEARSAL_TESTS,
    ),
    Bug(
        "BLAS: one thread for the first thread of Python only",
        BLAS,
        "        library.clear_controlling_thread(force=True)\n",
        "        pass\n",
        "Whoever trains in another thread of Python has bits that depend on the machine.",
        BLAS_TESTS,
    ),
    Bug(
        "BLAS: products on all threads",
        BLAS,
        "    with single_threaded_blas(), np.errstate",
        "    with np.errstate",
        "The order of additions depends on the number of threads.",
        BLAS_TESTS,
    ),
]
