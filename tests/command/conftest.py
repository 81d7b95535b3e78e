"""What the tests of the command share: a folder of their own, quick runs, packages that seem missing."""

import json
import sys

import numpy as np
import pytest

from cnn_scratch import config
from cnn_scratch.train import main

QUICK = ("--epochs", "2", "--threads", "1")
# What a run leaves in its folder.
ALL_FILES = {
    "config.json",
    "confusion_matrix.png",
    "history.csv",
    "learning_curves.png",
    "mistakes.png",
    "model.keras",
    "model.weights.h5",
    "results.json",
}


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    """Work in a folder of the test's own, because runs are left in ``runs/``."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _as_many_threads_as_before():
    """Take back what ``--threads`` does to this process."""
    threads = config.get_num_threads()
    yield
    config.set_num_threads(threads)


@pytest.fixture
def without_matplotlib(monkeypatch):
    """Let Matplotlib seem not to be installed (which saves a second, too)."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)


@pytest.fixture
def without_rich(monkeypatch):
    for name in ("rich", "rich.console", "rich.progress", "rich.table"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def run(capsys):
    """Run the command in this process; return its exit code, and what it printed on out and err."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def bars(tmp_path):
    """A file of 12×12 images with a bright bar, upright or lying: two classes that are easily told apart."""
    return write_bars(tmp_path / "bars.npz")


def write_bars(path, per_class=40, seed=0, **more):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 60, (2 * per_class, 12, 12), dtype=np.uint8)
    labels = np.repeat([0, 1], per_class)
    for image, label in zip(images, labels, strict=True):
        where = rng.integers(2, 10)
        (image if label else image.T)[where] = 250
    np.savez(path, x=images, y=labels, **more)
    return path
