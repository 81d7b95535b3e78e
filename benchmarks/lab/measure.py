"""Every version is checked against the definition, and only then timed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from types import ModuleType

import numpy as np

from benchmarks.lab.cases import FORWARD, Case, name_of, versions_for
from cnn_scratch.kernels.memory import keep_freed_memory
from cnn_scratch.reference import conv2d as reference
from cnn_scratch.shapes import Window

CHECKED_IMAGES = 2
FEWEST_IMAGES = 4  # some for every thread


@dataclass
class Result:
    """One version at one task.

    Args:
        error: the largest difference to the definition in float64, relative to the largest number.
        compile_seconds: of the first call.
        images: in a timed call.
        seconds: of each round, per image.
    """

    version: ModuleType
    case: Case
    error: float
    compile_seconds: float
    images: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def flop_rate(self) -> float:
        """Operations of the definition per second, in the median round."""
        return self.case.flops / median(self.seconds)


def measure(
    case: Case, task: str, rounds: int, seconds: float, say: Callable[[str], None] = lambda text: None
) -> list[Result]:
    """Check all versions, then time them: one after the other, round by round.

    Args:
        seconds: about how long a call may take; a slow version gets fewer images.
        say: is told what happens.
    """
    keep_freed_memory()  # as in training: no version pays for pages that the system has to clear
    results = []
    for version in versions_for(case, task):
        say(f"{name_of(version)}: checking")
        results.append(check(version, case, task))
    calls = []
    for result in results:
        result.images, call = _sized(result.version, case, task, seconds)
        calls.append(call)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for result, call in zip(results, calls, strict=True):
            call()  # not counted: threads of the version before may still be awake, and caches hold its data
            result.seconds.append(_seconds(call) / result.images)
    return results


def check(version: ModuleType, case: Case, task: str) -> Result:
    """Compile a version, and hold it to the definition.

    A sum of n products that is rounded after every step errs by at most n·2⁻²⁴·Σ|a||b|. Winograd's
    transforms round relative to the largest numbers around, so the largest Σ|a||b| bounds them all.

    Raises:
        ArithmeticError: the difference to the definition is larger than that.
    """
    inputs, kernel, grads = case.data(CHECKED_IMAGES)
    begin = time.perf_counter()
    ours = run(version, task, inputs, kernel, grads)
    compile_seconds = time.perf_counter() - begin
    exact = [array.astype(np.float64) for array in (inputs, kernel, grads)]
    expected, magnitude = define(task, *exact), define(task, *map(np.abs, exact))
    terms = case.kernel_size**2 * case.channels if task == FORWARD else CHECKED_IMAGES * case.outputs**2
    difference = np.abs(ours - expected).max()
    if ours.shape != expected.shape or not difference <= terms * 2.0**-24 * magnitude.max():
        raise ArithmeticError(f"{name_of(version)} is wrong by {difference:.3g} at {task} of {case}")
    return Result(version, case, float(difference / np.abs(expected).max()), compile_seconds)


def define(task: str, inputs, kernel, grads) -> np.ndarray:
    """Return what the definition in ``cnn_scratch/reference`` gives."""
    window = Window(kernel.shape[:2])
    if task == FORWARD:
        return reference.conv2d(inputs, kernel, np.zeros(kernel.shape[-1]), window)
    return reference.conv2d_gradients(inputs, kernel, grads, window)[1]


def run(version: ModuleType, task: str, inputs, kernel, grads) -> np.ndarray:
    """Return what a version gives."""
    if task == FORWARD:
        return version.forward(inputs, kernel)
    return version.grad_kernel(inputs, grads, *kernel.shape[:2])


def _sized(version: ModuleType, case: Case, task: str, seconds: float):
    """Return as many images as take about ``seconds``, and a call that works on them."""
    few = min(FEWEST_IMAGES, case.images)
    data = case.data(few)
    run(version, task, *data)
    one = _seconds(lambda: run(version, task, *data)) / few
    images = int(min(max(seconds / one, few), case.images))
    data = case.data(images)
    return images, lambda: run(version, task, *data)


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin
