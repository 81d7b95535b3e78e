"""The measuring itself: workers are started, warmed up, and then run one after the other, round by round."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.peers import OURS, Peer
from benchmarks.results import Measurement, refuse_other_models

ROOT = Path(__file__).parent.parent
# A large batch needs a new worker in every round, whose start can take a minute.
MOST_LARGE_ROUNDS = 3
# And who took this many times as long as the fastest other library in the first round has no second one.
HOPELESS = 2.0


class WorkerError(Exception):
    """A worker ended, or answered nothing that can be understood."""


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Args:
        threads: how many threads, and cores, each library may use.
        rounds: how often each library has its turn.
        seconds: about how long a turn takes.
    """

    threads: int
    rounds: int
    seconds: float


class Worker:
    """The parent's end of one ``benchmarks.worker`` process.

    ``pause`` stops the whole process. Threads that wait for work often do so by spinning, for up to
    a fifth of a second (OpenMP) or much longer; in a stopped process they cannot disturb the others,
    and no library has to be run at a setting that is not its own.
    """

    def __init__(self, command: list[str], environment: dict[str, str] | None = None):
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed in close()
        own_group = {"process_group": 0} if os.name == "posix" else {}  # with the processes it starts itself
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            env=os.environ | (environment or {}),
            **own_group,
        )

    def ask(self, message: dict) -> dict:
        """Send one line and return the answer to it.

        Raises:
            WorkerError: with the last line of what the worker said on stderr.
        """
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())
        except (BrokenPipeError, ValueError):
            raise WorkerError(self._last_words()) from None

    def pause(self) -> None:
        """Stop the process until ``resume``; does nothing on a system without such a signal."""
        self._signal("SIGSTOP")

    def resume(self) -> None:
        """Let the process go on."""
        self._signal("SIGCONT")

    def close(self) -> None:
        """End the process."""
        self._signal("SIGKILL")
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def _signal(self, name: str) -> None:
        if hasattr(signal, name) and self._process.poll() is None:
            os.killpg(self._process.pid, getattr(signal, name))

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"ended by {signal.Signals(-code).name}" if code < 0 else last


def start_worker(measurement: Measurement, threads: int) -> Worker:
    """Start the worker for a measurement and tell it what to build; record what it is made of."""
    case, peer = measurement.case, measurement.peer
    worker = Worker([sys.executable, "-m", "benchmarks.worker"], peer.environment(threads))
    order = {"peer": peer.name, "threads": threads} | asdict(case)
    try:
        answer = worker.ask(order)
    except BaseException:
        worker.close()
        raise
    measurement.parameters, measurement.versions = answer["parameters"], answer["versions"]
    return worker


class Turn:
    """One library's part in the rounds of a case. A failure is noted and ends its part, not the others'."""

    def __init__(self, measurement: Measurement, plan: Plan, start: Callable[..., Worker] = start_worker):
        self.measurement = measurement
        self.plan = plan
        self._start = start
        self._worker: Worker | None = None
        self._steps = 1

    def warm_up(self, steps: int = 3) -> None:
        """Start the worker, let it compile, and find out how many steps make a turn.

        Args:
            steps: before the first turn; at least 2, because JAX traces once more in its second step.
        """
        begin = time.perf_counter()
        self._worker = self._start(self.measurement, self.plan.threads)
        self._run(1)
        self.measurement.ready_seconds = time.perf_counter() - begin
        for _ in range(steps - 1):
            self._steps = steps_for(self.plan.seconds, self._run(1))

    def take(self) -> None:
        """Time the steps of one round."""
        self.measurement.seconds_per_step.append(self._run(self._steps))

    def pause(self) -> None:
        """Stop the worker until ``resume``."""
        self._worker.pause()

    def resume(self) -> None:
        """Wake the worker, with one step that does not count: caches are cold and threads asleep."""
        self._worker.resume()
        self._run(1)

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._worker:
            self._worker.close()
            self._worker = None

    @contextlib.contextmanager
    def noting_failure(self):
        """In this block a ``WorkerError`` ends the worker and is noted in the measurement."""
        try:
            yield
        except WorkerError as error:
            self.measurement.failure = str(error)
            self.close()

    def _run(self, steps: int) -> float:
        """Let the worker make some steps; record its peak memory and return the seconds per step."""
        answer = self._worker.ask({"steps": steps})
        if not math.isfinite(answer["loss"]):
            raise WorkerError(f"its loss is {answer['loss']}")
        self.measurement.peak_bytes = answer["peak_bytes"]
        return answer["seconds"] / steps


def steps_for(seconds: float, seconds_per_step: float) -> int:
    """Return how many steps take about ``seconds``: at least one."""
    return max(1, round(seconds / seconds_per_step))


def measure_case(
    case: Case,
    peers: list[Peer],
    plan: Plan,
    say: Callable[[str], None] = lambda text: None,
    start: Callable[..., Worker] = start_worker,
) -> list[Measurement]:
    """Measure all ``peers`` on a case.

    The rounds are interleaved (A B C, A B C, …): a machine that grows warm or busy slows all of them down.

    Args:
        say: is told what happens, for a line of progress.
        start: starts a worker; tests give one of their own.
    """
    turns = [Turn(Measurement(case, peer), plan, start) for peer in peers]
    try:
        (_take_turns_alone if case.is_large else take_turns)(turns, plan, say)
    finally:
        for turn in turns:
            turn.close()
    measurements = [turn.measurement for turn in turns]
    refuse_other_models(measurements)
    return measurements


def take_turns(turns: list[Turn], plan: Plan, say: Callable[[str], None]) -> None:
    """Warm all workers up, then let one after the other run, round by round."""
    for turn in turns:
        say(f"warm-up of {turn.measurement.peer.title}")
        with turn.noting_failure():
            turn.warm_up()
            turn.pause()
    for number in range(plan.rounds):
        for turn in _running(turns):
            say(f"round {number + 1} of {plan.rounds}: {turn.measurement.peer.title}")
            with turn.noting_failure():
                turn.resume()
                turn.take()
                turn.pause()


def _take_turns_alone(turns: list[Turn], plan: Plan, say: Callable[[str], None]) -> None:
    """Start each worker anew in every round, so that only one of them is in memory.

    A single step can take 20 seconds, and the worker's start as long: there are only two steps before
    the turn, and only the libraries that can be the fastest, and ours, have more than one round.
    """
    rounds = min(plan.rounds, MOST_LARGE_ROUNDS)
    for number in range(rounds):
        for turn in _running(turns) if number == 0 else contenders(_running(turns)):
            say(f"round {number + 1} of {rounds}: {turn.measurement.peer.title}")
            with turn.noting_failure():
                turn.warm_up(steps=2)
                turn.take()
            turn.close()


def contenders(turns: list[Turn]) -> list[Turn]:
    """Return ours, and those of the others that are not hopelessly slow beside the fastest of them."""
    first = {id(turn): turn.measurement.seconds_per_step[0] for turn in turns}
    best = min((first[id(turn)] for turn in turns if turn.measurement.peer is not OURS), default=0.0)
    return [turn for turn in turns if turn.measurement.peer is OURS or first[id(turn)] <= HOPELESS * best]


def _running(turns: list[Turn]) -> list[Turn]:
    """Return the turns of those that have not failed."""
    return [turn for turn in turns if turn.measurement.failure is None]
