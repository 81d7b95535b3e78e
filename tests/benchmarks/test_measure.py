"""The order of the rounds, and the talk with workers, which are tiny programs here. No time is measured."""

import sys
import time

import pytest

from benchmarks.cases import LARGE_BATCH, Case
from benchmarks.measure import (
    MOST_LARGE_ROUNDS,
    Plan,
    Turn,
    Worker,
    WorkerError,
    contenders,
    measure_case,
    steps_for,
)
from benchmarks.peers import OURS, PEERS
from benchmarks.results import Measurement
from benchmarks.worker import make_steps, peak_memory

TORCH = PEERS["torch"]
ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


class FakeWorker:
    """Says what it is asked, and answers that each step took half a second."""

    def __init__(self, name, log, fails_at=None, loss=1.0):
        self.name, self.log, self.fails_at, self.loss = name, log, fails_at, loss
        self.asked = 0

    def ask(self, message):
        self.asked += 1
        if self.asked == self.fails_at:
            raise WorkerError("out of memory")
        self.log.append(f"{self.name} {message['steps']}")
        return {"seconds": message["steps"] / 2, "loss": self.loss, "peak_bytes": 7}

    def pause(self):
        self.log.append(f"{self.name} pause")

    def resume(self):
        self.log.append(f"{self.name} resume")

    def close(self):
        self.log.append(f"{self.name} close")


def fake_measurement(case, rounds, **options):
    """Measure two fake libraries, a (ours) and b (with ``options``); return the measurements and the log."""
    log = []

    def start(measurement, threads):
        measurement.parameters = 1
        return FakeWorker("a", log) if measurement.peer is OURS else FakeWorker("b", log, **options)

    return measure_case(case, [OURS, TORCH], Plan(2, rounds, seconds=1.6), start=start), log


def test_the_rounds_are_interleaved_and_who_waits_is_paused():
    measurements, log = fake_measurement(Case("lenet", 8), rounds=2)
    warm_up = ["a 1"] * 3 + ["a pause"] + ["b 1"] * 3 + ["b pause"]
    one_round = ["a resume", "a 1", "a 3", "a pause", "b resume", "b 1", "b 3", "b pause"]
    assert log == warm_up + one_round * 2 + ["a close", "b close"]
    assert [m.seconds_per_step for m in measurements] == [[0.5, 0.5], [0.5, 0.5]]
    assert [m.peak_bytes for m in measurements] == [7, 7]


def test_with_large_batches_only_one_worker_lives_at_a_time():
    measurements, log = fake_measurement(Case("lenet", LARGE_BATCH), rounds=99)
    one_round = ["a 1"] * 2 + ["a 3", "a close"] + ["b 1"] * 2 + ["b 3", "b close"]
    assert log == one_round * MOST_LARGE_ROUNDS
    assert [len(m.seconds_per_step) for m in measurements] == [MOST_LARGE_ROUNDS] * 2


@pytest.mark.parametrize("fails_at", [1, 3, 4, 5, 7])
@pytest.mark.parametrize("batch_size", [8, LARGE_BATCH])
def test_a_library_that_fails_does_not_stop_the_others(fails_at, batch_size):
    (ours, torch), log = fake_measurement(Case("lenet", batch_size), rounds=3, fails_at=fails_at)
    assert ours.worked
    assert len(ours.seconds_per_step) == 3
    if batch_size == 8 or fails_at <= 3:  # a worker for a large batch is asked three times only
        assert torch.failure == "out of memory"
        assert not torch.worked
        assert log.count("b close") == 1


def test_with_large_batches_a_slow_library_has_one_round_only():
    turns = [
        Turn(Measurement(Case("lenet", LARGE_BATCH), peer, [seconds]), Plan(2, 3, 1.0))
        for peer, seconds in [
            (OURS, 9.0),
            (TORCH, 1.0),
            (PEERS["keras-jax"], 2.1),
            (PEERS["keras-torch"], 1.9),
        ]
    ]
    assert [turn.measurement.peer for turn in contenders(turns)] == [OURS, TORCH, PEERS["keras-torch"]]
    assert contenders(turns[:1]) == turns[:1]


def test_a_loss_that_is_not_finite_is_a_failure():
    (ours, torch), _ = fake_measurement(Case("lenet", 8), rounds=1, loss=float("nan"))
    assert ours.worked
    assert torch.failure == "its loss is nan"


def test_a_turn_has_about_the_wanted_length_and_at_least_one_step():
    assert steps_for(2.0, 0.01) == 200
    assert steps_for(2.0, 0.8) == 2
    assert steps_for(2.0, 50.0) == 1


def test_a_worker_answers_also_after_a_pause():
    worker = Worker([sys.executable, "-c", ECHO])
    try:
        assert worker.ask({"steps": 3}) == {"steps": 3}
        worker.pause()
        time.sleep(0.01)
        worker.resume()
        assert worker.ask({"steps": 4}) == {"steps": 4}
    finally:
        worker.close()


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise SystemExit('no such model')", "no such model"),
        ("import sys; sys.stdin.readline(); raise MemoryError('too large')", "MemoryError: too large"),
        ("pass", "it said nothing"),
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_worker_that_ends_says_why(program, message):
    worker = Worker([sys.executable, "-c", program])
    try:
        with pytest.raises(WorkerError, match=message):
            worker.ask({"steps": 1})
    finally:
        worker.close()


def test_a_paused_worker_can_be_ended():
    worker = Worker([sys.executable, "-c", ECHO])
    worker.ask({})
    worker.pause()
    worker.close()


def test_a_worker_is_given_its_environment():
    worker = Worker(
        [sys.executable, "-c", "import os; print(os.environ['KERAS_BACKEND'])"], {"KERAS_BACKEND": "1"}
    )
    try:
        assert worker.ask({}) == 1
    finally:
        worker.close()


def test_every_library_is_told_the_number_of_threads():
    for peer in PEERS.values():
        environment = peer.environment(3)
        assert environment["OMP_NUM_THREADS"] == environment["NUMBA_NUM_THREADS"] == "3"
        assert environment.get("KERAS_BACKEND") == peer.keras_backend


def test_steps_are_made_and_the_last_loss_is_returned():
    class Network:
        loss = 3.0

        def step(self):
            self.loss -= 1
            return self.loss

    answer = make_steps(Network(), 2)
    assert answer["loss"] == 1.0
    assert answer["seconds"] >= 0


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not say")
def test_the_peak_memory_is_in_bytes():
    assert 5e6 < peak_memory() < 1e12
