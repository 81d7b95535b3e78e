"""The command as a process of its own: signals, pipes, encodings, imports."""

import json
import os
import signal
import subprocess
import sys

import pytest

import cnn_scratch.train as command
from tests.command.conftest import ALL_FILES, QUICK, read_json


def start(*arguments, **more):
    words = [sys.executable, "-u", "-m", "cnn_scratch.train", *map(str, arguments)]
    source = os.path.dirname(os.path.dirname(command.__file__))
    environment = {**os.environ, "PYTHONPATH": source} | more
    options = {"text": True, "encoding": "utf-8", "env": environment}
    if os.name != "nt":
        # A test run in the background of a shell ignores Ctrl-C, and its children would too.
        options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_a_process_that_is_refused():
    process = start("--dataset", "nowhere")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == ""
    assert err.startswith("error: Expected digits, mnist, fashion_mnist, cifar10, cifar100, a folder")
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal for another process")
def test_a_process_that_gets_ctrl_c(tmp_path):
    with start("--epochs", 100_000, "--threads", 1, "--output", "a") as process:
        try:
            for line in process.stdout:
                if line.startswith("Epoch 2/"):
                    break
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err == ""
    assert "Stopped by Ctrl-C in epoch" in out
    assert {path.name for path in (tmp_path / "a").iterdir()} == ALL_FILES


@pytest.mark.skipif(os.name == "nt", reason="a pipe that nobody reads is reported otherwise on Windows")
def test_a_reader_that_goes_away():
    with start(*QUICK) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 1


def test_an_output_that_knows_ascii_only(tmp_path):
    process = start(*QUICK, "--output", "a", PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "? Layer (type)" in out


@pytest.mark.parametrize(
    ("name", "shown", "locale"),
    [
        ("käse ☃".encode(), "käse ☃", {}),
        ("käse ☃".encode(), "käse ☃", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        (b"k\xe4se", r"k\xe4se", {}),  # Latin-1, as old disks have it
    ],
)
def test_folders_whose_names_the_system_cannot_read(tmp_path, name, shown, locale):
    pytest.importorskip("PIL.Image", reason="pictures are read with Pillow")
    from tests.datasets.files import write_classes

    if sys.platform != "linux":
        pytest.skip("names that are not UTF-8 are refused by other systems")
    write_classes(tmp_path / os.fsdecode(name), classes=(os.fsdecode(name), "dog"))
    arguments = ("--dataset", os.fsdecode(name), *QUICK, "--image-size", "16", "--output", "a")
    process = start(*arguments, **locale)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    config = read_json(tmp_path / "a" / "config.json")
    assert config["data"]["class_names"] == ["dog", shown]
    assert config["data"]["name"] == shown
    assert json.loads((tmp_path / "a" / "results.json").read_text("utf-8"))["classes"][1]["class"] == shown


def test_nothing_is_imported_before_it_is_needed():
    late = ("matplotlib", "PIL", "pooch", "h5py", "rich")
    program = f"import sys, cnn_scratch.train; print([name for name in {late} if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(command.__file__))}
    words = [sys.executable, "-c", program]
    assert subprocess.run(words, capture_output=True, text=True, env=environment, check=True).stdout == "[]\n"
