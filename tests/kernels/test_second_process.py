"""The second process: how two share kernels, and that nothing depends on it. Small programs stand for it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnn_scratch.kernels import second_process
from cnn_scratch.kernels.second_process import SecondProcess

ROOT = Path(__file__).parent.parent.parent
LATE = 100.0  # seconds that something may take on a machine that is busy; nothing takes one on another
HANG = "import time; time.sleep(1000)"
ASK = "import sys\ndef ask(name):\n    print(name, flush=True)\n    return sys.stdin.readline().strip()\n"
ORDER = "order = sys.stdin.readline()\n"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Make the longest wait longer than any test: whoever really waits for its end says so."""
    monkeypatch.setattr(second_process, "PATIENCE", 1000.0)


@pytest.fixture
def start():
    """Return a function that starts a program as the second process; at the end none of them is left."""
    started = []

    def start(program, order=b"{}"):
        started.append(SecondProcess([sys.executable, "-c", program], order, dict(os.environ)))
        return started[-1]

    yield start
    for process in started:
        process.stop()
        ends(process)


def ends(process) -> None:
    """Check that the process ends, and that nothing is left of it."""
    process._listener.join(LATE)
    assert not process._listener.is_alive()
    assert process._process.returncode is not None  # it was waited for: no zombie
    assert process._process.stdin.closed
    assert process._process.stdout.closed


def until(is_true) -> None:
    deadline = time.monotonic() + LATE
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def quickly(process, name) -> None:
    begin = time.monotonic()
    process.wait_for(name)
    assert time.monotonic() - begin < LATE


# How they share -----------------------------------------------------------------------------------


def test_it_is_given_the_order_and_kernels_that_nobody_has_begun(start):
    process = start(ASK + ORDER + "assert order == 'do this\\n'\n" + "ask(ask('a'))\n" + HANG, b"do this")
    until(lambda: process._begun == "yes")  # what it was answered is what it asks for next
    quickly(process, "a")


def test_a_kernel_that_this_process_has_begun_is_not_given_away(start, tmp_path):
    go = tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    process = start(ASK + ORDER + wait + "ask(ask('a') + ask('b') + ask('a'))\n" + HANG)
    quickly(process, "a")
    go.touch()
    until(lambda: process._begun == "noyesno")


def test_its_next_question_ends_the_waiting(start):
    process = start(ASK + ORDER + "ask('a')\nimport time\ntime.sleep(0.3)\nask('b')\n" + HANG)
    until(lambda: process._begun == "a")
    process.wait_for("a")
    assert process._begun == "b"
    quickly(process, "c")


def test_an_order_may_be_long(start):
    process = start(ASK + ORDER + "ask(str(len(order)))\n" + HANG, b"x" * 10_000_000)
    until(lambda: process._begun == "10000001")


# Nothing depends on it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "program",
    ["", "raise SystemExit(1)", "import os; os.abort()", ASK + ORDER + "ask('a')", "this is no program"],
    ids=["ends", "fails", "crashes", "asks and ends", "nonsense"],
)
def test_it_may_die(start, program):
    process = start(program, b"x" * 1_000_000)
    process.wait_for("a")
    ends(process)
    quickly(process, "a")
    quickly(process, "b")


def test_it_may_die_while_it_is_waited_for(start):
    process = start(ASK + ORDER + "ask('a')\nimport time\ntime.sleep(0.3)")
    until(lambda: process._begun == "a")
    process.wait_for("a")
    ends(process)


def test_it_may_hang_before_it_reads_its_order(start):
    process = start(HANG, b"x" * 1_000_000)
    quickly(process, "a")
    process.stop()
    ends(process)


def test_it_may_hang_while_it_is_waited_for(start, monkeypatch):
    process = start(ASK + ORDER + "ask('a')\n" + HANG)
    until(lambda: process._begun == "a")
    monkeypatch.setattr(second_process, "PATIENCE", 0.2)
    quickly(process, "a")
    ends(process)  # it was given up


def test_it_may_close_its_output_and_hang(start, monkeypatch):
    monkeypatch.setattr(second_process, "FAREWELL", 0.2)
    process = start("import os\nos.close(1)\n" + HANG)
    ends(process)
    quickly(process, "a")


@pytest.mark.parametrize("end", ["", HANG], ids=["ends", "hangs"])
def test_it_may_talk_nonsense(start, end):
    nonsense = "import sys, random\nwrite = sys.stdout.buffer.write\n"
    nonsense += "write(b'x' * 100_000 + b'\\n\\n\\xff\\xfe\\x00\\n' + random.Random(0).randbytes(100_000))\n"
    process = start(nonsense + "sys.stdout.flush()\n" + end)
    for name in ("a", "b"):
        quickly(process, name)
    process.stop()
    ends(process)


def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(OSError, match="no-such-program"):
        SecondProcess(["no-such-program"], b"", {})


def test_it_can_be_stopped_twice_and_when_it_has_ended(start):
    process = start("")
    ends(process)
    process.stop()
    process.stop()


def test_nothing_is_seen_of_it(start, capfd):
    process = start(
        ORDER.replace("order", "import sys; order", 1) + "print('a')\nprint('b', file=sys.stderr)"
    )
    ends(process)
    assert capfd.readouterr() == ("", "")


def test_it_ends_with_the_process_that_started_it(tmp_path):
    program = (
        "import os, sys\n"
        "from cnn_scratch.kernels.second_process import SecondProcess\n"
        "until_the_end = 'import sys, pathlib; sys.stdin.read(); pathlib.Path(sys.argv[1]).touch()'\n"
        "SecondProcess([sys.executable, '-c', until_the_end, *sys.argv[1:]], b'', dict(os.environ))\n"
    )
    ended = tmp_path / "ended"
    command = [sys.executable, "-c", program, str(ended)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=LATE, check=True)
    assert (answer.stdout, answer.stderr) == (b"", b"")
    until(ended.exists)
