"""Counts the work of a model of the zoo, in a fresh process: ``python -m tests.guard.counting lenet``."""

import gc
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent.parent
BATCH, CLASSES = 32, 10
WARM_UP = 5
STEPS = {"mnist_convnet": 100, "vgg_small": 20}  # in which page faults are counted; 50 for the others
ROUNDS = 3  # of that many steps each
PEAKS = 10  # steps whose largest memory is looked at
LARGE = 64 * 1024  # bytes: an array that matters


def count_in_a_fresh_process(model: str) -> dict[str, float]:
    """Return the counts of a model, by their names in ``table.COUNTS``."""
    command = [sys.executable, "-m", "tests.guard.counting", model]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if answer.returncode:
        raise RuntimeError(f"Counting the work of {model} failed:\n{answer.stderr}")
    return json.loads(answer.stdout.splitlines()[-1])


def count(name: str) -> dict[str, float]:
    """Return the counts of a model. Only a fresh process has compiled nothing for another one."""
    kernels = watch_kernels()
    from cnn_scratch import config, zoo

    # Each thread has buffers of its own inside a kernel; how many are at work at a moment is chance.
    config.set_num_threads(1)
    config.set_convolution_algorithm("auto")  # the limits are those of the step that everybody takes
    model = zoo.MODELS[name](zoo.INPUT_SHAPES[name], CLASSES)
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    images = rng.standard_normal((BATCH, *zoo.INPUT_SHAPES[name]), dtype=np.float32)
    labels = rng.integers(0, CLASSES, BATCH)

    def step():
        model.reset_metrics()
        model.train_on_batch(images, labels)

    for _ in range(WARM_UP):
        step()
    model.predict(images)
    return (
        {"kernels": len(kernels)}
        | count_moved(model, step)
        | count_made(step)
        | count_arrays(model, step)
        | count_faults(step, STEPS.get(name, 50))
    )


def watch_kernels() -> list[tuple[str, str]]:
    """Return a list to which every kernel is added that Python calls with types it has not met before.

    Numba then compiles it, or reads it from the disk: this list is the same for both. Functions
    that a kernel calls are compiled into it, and are not counted.
    """
    from numba.core.dispatcher import Dispatcher

    kernels: list[tuple[str, str]] = []
    original = Dispatcher._compile_for_args

    def watched(dispatcher, *arguments, **keywords):
        function = dispatcher.py_func
        if function.__module__.startswith("cnn_scratch"):
            kernels.append((function.__module__, function.__qualname__))
        return original(dispatcher, *arguments, **keywords)

    Dispatcher._compile_for_args = watched
    return kernels


def count_moved(model, step) -> dict[str, float]:
    """Return the multiplications and the bytes of a step, as the profiler counts them."""
    from cnn_scratch.profiling import Profiler

    with Profiler(model) as profiler:
        step()
        profiler.end_step()
    works = profiler.steps[0][1].values()
    return {
        "multiplications": sum(work.flops for work in works) / 2e6,
        "moved": sum(work.moved for work in works) / 1e6,
    }


def count_made(step) -> dict[str, float]:
    """Return the large arrays that NumPy makes in a step, and their bytes."""
    from tests.guard.allocations import noted_arrays

    with noted_arrays() as sizes:
        step()
    large = [size for size in sizes if size >= LARGE]
    return {"made": len(large), "made_bytes": sum(large) / 1e6}


def count_arrays(model, step) -> dict[str, float]:
    """Return the arrays that forward leaves for backward, and the most that a step holds at a time.

    NumPy tells Python's ``tracemalloc`` of its arrays, and Numba of the buffers inside a kernel.
    """
    kept: list[int] = []
    loss = type(model.loss)
    original = loss.backward

    def watched(*arguments):
        arrays = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
        traces = tracemalloc.take_snapshot().filter_traces([arrays]).traces
        kept.extend(trace.size for trace in traces if trace.size >= LARGE)
        return original(*arguments)

    loss.backward = watched
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        step()
        kept_by_one_step = list(kept)
        # The snapshot itself takes memory: the peak is that of other steps. Python's own objects come and
        # go, so the least of them counts.
        loss.backward = original
        peaks = []
        for _ in range(PEAKS):
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            step()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
        loss.backward = original
    return {
        "arrays": len(kept_by_one_step),
        "kept": sum(kept_by_one_step) / 1e6,
        "peak": min(peaks) / 1e6,
    }


def count_faults(step, steps: int) -> dict[str, float]:
    """Return page faults and new Python objects per step, of the quietest of some rounds of ``steps`` steps.

    A step that takes memory anew shows in every round. What comes once is no work of a step: the heap that
    finds its last size, or pages of a library that the system had taken away while it was short of memory.
    """
    rounds = [_faults_of_a_round(step, steps) for _ in range(ROUNDS)]
    return {name: min(counted[name] for counted in rounds) / steps for name in rounds[0]}


def _faults_of_a_round(step, steps: int) -> dict[str, int]:
    import resource

    gc.collect()
    faults, objects = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, sys.getallocatedblocks()
    for _ in range(steps):
        step()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
    gc.collect()  # what waits for the collector is no leak
    return {"faults": faults, "objects": max(0, sys.getallocatedblocks() - objects)}


if __name__ == "__main__":
    print(json.dumps(count(sys.argv[1])))
