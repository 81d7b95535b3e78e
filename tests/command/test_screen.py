"""What is printed: plain text in a log, tables and percentages in a terminal."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.command.data import shorten
from cnn_scratch.command.evaluation import Evaluation
from cnn_scratch.command.report import MOST_ROWS, percent, show_results
from cnn_scratch.command.screen import Screen, never_fail_to_print, print_error, printable_json
from cnn_scratch.command.training import Training

ROWS = [["[red]cat", "12"], ["horse", "7"]]


@pytest.fixture
def terminal(monkeypatch):
    """A function that lets standard output be a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    # Not here: the output that a test captures takes its place only when the test begins.
    return lambda: monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def test_a_table_in_a_log_is_plain(capsys):
    Screen().table("Test", ["class", "images"], ROWS)
    assert capsys.readouterr().out == "Test\n  class     images\n  [red]cat      12\n  horse          7\n"


def test_a_table_in_a_terminal_has_colours(capsys, terminal):
    terminal()
    pytest.importorskip("rich", reason="colours come from rich")
    Screen().table("Test [/red]", ["class", "images"], ROWS)
    out = capsys.readouterr().out
    assert "\x1b[" in out
    assert "Test [/red]" in out
    assert "[red]cat" in out
    assert "─" in out


def test_no_color_is_respected(capsys, terminal, monkeypatch):
    terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    Screen().table("Test", ["class", "images"], ROWS)
    out = capsys.readouterr().out
    assert "[red]cat" in out
    assert "\x1b[3" not in out.replace("\x1b[3m", "")  # 30 to 37 are colours, 3 alone is italic


def test_a_terminal_without_rich(capsys, terminal, without_rich):
    terminal()
    Screen().table("Test", ["class", "images"], ROWS)
    assert capsys.readouterr().out.startswith("Test\n  class     images\n")


def test_loading_in_a_log_is_one_line_each(capsys):
    screen = Screen()
    for done in (1, 2, 3):
        screen.loading("reading images", done, 3)
    screen.loading("other.gz", 1, 3)
    screen.end_loading()
    assert capsys.readouterr().out == "reading images ...\nother.gz ...\n"


def test_loading_in_a_terminal_is_a_percentage_that_goes_away(capsys, terminal):
    terminal()
    screen = Screen()
    screen.loading("reading images", 1, 4)
    screen.loading("reading images", 2, 4)
    assert capsys.readouterr().out.split("\r")[-1] == "reading images: 50%"
    screen.loading("other.gz", 1000, 0)  # a server that does not say how much there is
    assert capsys.readouterr().out.endswith("other.gz: 1,000")
    screen.end_loading()
    assert (
        capsys.readouterr().out == f"\r{' ' * len('other.gz: 1,000')}\r"
    )  # no more: a terminal may be narrow
    screen.end_loading()
    assert capsys.readouterr().out == ""


def test_waiting_says_how_long(capsys):
    with Screen().wait_for("Thinking"):
        pass
    assert capsys.readouterr().out == "Thinking ... 0.0 s\n"
    with pytest.raises(KeyError), Screen().wait_for("Thinking"):
        raise KeyError
    assert capsys.readouterr().out == "Thinking ...\n"


def test_quiet_leaves_everything_out_but_results_and_errors(capsys):
    screen = Screen(quiet=True)
    screen.say("a")
    screen.loading("b", 1, 2)
    screen.table("c", ["d"], [["e"]])
    with screen.wait_for("f"):
        screen.end_loading()
    screen.result("the result")
    print_error("two\nlines")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("the result\n", "error: two lines\n")


def test_streams_that_are_closed(monkeypatch):
    """A program that is started without a terminal may have none."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    never_fail_to_print()
    Screen().say("to nobody")
    print_error("to nobody")
    for stream in (sys.stdout, sys.stderr):
        stream.close()


def test_json_in_an_output_that_knows_ascii_only(monkeypatch):
    value = ["Zürich 日本 😀", "plain"]
    assert "Zürich 日本 😀" in printable_json(value)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    text = printable_json(value)
    assert text.isascii()
    assert json.loads(text) == value


def test_small_words():
    assert shorten(("a", "b")) == "a, b"
    assert shorten(tuple("abcde"), most=3) == "a, b, c and 2 more"
    assert percent(354, 359) == "98.61 %"
    assert percent(0, 0) == "-"


def test_of_many_classes_the_worst_are_shown(capsys):
    classes = MOST_ROWS + 5
    names = tuple(f"person{number}" for number in range(classes))
    labels = np.arange(classes)
    images = np.zeros((classes, 8, 8, 1), np.uint8)
    data = datasets.Dataset("faces", "here", images, labels, images, labels, names)
    answers = labels.copy()
    answers[[3, 44]] = 0  # two mistakes
    evaluation = Evaluation(labels, np.eye(classes)[answers], loss=0.1)
    show_results(Screen(), data, Training(seconds=2.0, images=100), evaluation, Path())
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["person3", "1", "0", "0.00", "%"] in lines
    assert ["person44", "1", "0", "0.00", "%"] in lines
    assert ["5", "better", "classes", "5", "5", "100.00", "%"] in lines
    assert ["all", "45", "43", "95.56", "%"] in lines
    assert ["training", "2.0", "s,", "50", "images/s", "(0", "epochs)"] in lines
