"""A worker: one process, one library, one model; makes training steps when it is told to.

Started by ``benchmarks.measure`` as ``python -m benchmarks.worker``. Both sides speak in lines of JSON::

    → {"peer": "torch", "model": "lenet", "batch_size": 128, "predicts": false, "threads": 2}
    ← {"parameters": 61706, "versions": {"torch": "2.13.0"}}
    → {"steps": 10}
    ← {"seconds": 0.21, "loss": 2.31, "peak_bytes": 500000000}

The end of the input ends the worker.
"""

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Serve requests from stdin until it ends."""
    replies = _take_over_stdout()
    order = json.loads(sys.stdin.readline())
    use_cores(order["threads"])
    network = _make_network(order)
    _reply(replies, {"parameters": int(network.parameters), "versions": network.versions})
    for line in sys.stdin:
        _reply(replies, make_steps(network, json.loads(line)["steps"], order["predicts"]))


def make_steps(network, steps: int, predicts: bool = False) -> dict:
    """Make ``steps`` training steps or predictions; return their time, the last loss, the peak memory."""
    step = network.predict if predicts else network.step
    start = time.perf_counter()
    for _ in range(steps):
        loss = step()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "loss": loss, "peak_bytes": peak_memory()}


def use_cores(count: int) -> None:
    """Keep this process on ``count`` cores, where the system can: no library may then take more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def peak_memory() -> int | None:
    """Return the most bytes of memory that this process ever held; ``None`` where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux its figure begins with the parent's memory.
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def _make_network(order: dict):
    # Here and not above: what a library reads at its import must be set before.
    from benchmarks.cases import Case
    from benchmarks.peers import PEERS

    return PEERS[order["peer"]].make(
        Case(order["model"], order["batch_size"], order["predicts"]), order["threads"]
    )


def _take_over_stdout():
    """Return a stream to the parent; what a library prints goes to stderr from now on."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


def _reply(replies, message: dict) -> None:
    print(json.dumps(message), file=replies, flush=True)


if __name__ == "__main__":
    main()
