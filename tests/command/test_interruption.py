"""Ctrl-C comes once: a second one does not cost what the first one was to keep."""

import signal
import threading

import pytest

from cnn_scratch import train as command
from cnn_scratch.command.interruption import one_interruption
from tests.command.conftest import QUICK

SAVED = {"config.json", "history.csv", "model.keras", "model.weights.h5"}


@pytest.fixture(autouse=True)
def _as_in_a_terminal():
    """Let Python handle Ctrl-C, also where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press():
    signal.raise_signal(signal.SIGINT)


def test_only_the_first_gets_through():
    with one_interruption():
        with pytest.raises(KeyboardInterrupt):
            press()
        press()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_none_gets_through_after_the_end():
    with one_interruption() as ignore:
        ignore()
        press()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_what_others_decided_stays():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with one_interruption() as ignore:
        press()
        ignore()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_is_never_interrupted():
    done = []

    def work():
        with one_interruption() as ignore:
            ignore()
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("first", [True, False])
def test_saving_is_not_disturbed(run, tmp_path, monkeypatch, first, without_matplotlib):
    """Ctrl-C comes while the model is written, after another one or after a whole training."""
    fit, write = command.fit, command.run_folder.write_model

    def fit_and_press(*arguments):
        training = fit(*arguments)
        if first:
            with pytest.raises(KeyboardInterrupt):
                press()
            training.interrupted = True
        return training

    def press_and_write(*arguments):
        press()
        return write(*arguments)

    monkeypatch.setattr(command, "fit", fit_and_press)
    monkeypatch.setattr(command.run_folder, "write_model", press_and_write)
    code, _, err = run(*QUICK, "--output", "a")
    assert (code, err) == (130 if first else 0, "")
    assert {path.name for path in (tmp_path / "a").iterdir()} == SAVED | {"results.json"}
