"""Windows: what they remember is theirs, and an error is raised every time.

The layers' own tests, and those of parity, test the arithmetic.
"""

import pickle
import subprocess
import sys

import pytest

from cnn_scratch.shapes import Window

WINDOWS = [
    Window((3, 3)),
    Window((3, 3), padding="same"),
    Window((3, 3), padding="causal"),
    Window((3, 3), strides=(2, 1)),
    Window((3, 3), dilation=(1, 2)),
    Window((3, 3), border=((1, 1), (0, 2))),
]


def test_windows_with_the_same_numbers_are_one_key_and_others_are_not():
    assert len({*WINDOWS, Window((3, 3), (2, 1))}) == len(WINDOWS)
    sizes = [window.output_size(8, 9) for window in WINDOWS]
    assert sizes == [(6, 7), (8, 9), (8, 9), (3, 7), (6, 5), (8, 9)]
    assert sizes == [window.output_size(8, 9) for window in WINDOWS]


def test_a_window_is_the_same_key_in_another_process():
    for window in WINDOWS:
        hash(window)  # is kept, and goes with it
    program = (
        "import pickle, sys; from cnn_scratch.shapes import Window; "
        "windows = pickle.load(sys.stdin.buffer); "
        "print(all(window in {Window((3, 3), padding='same'), *windows} for window in windows), "
        "Window((3, 3), padding='same') in set(windows))"
    )
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, input=pickle.dumps(WINDOWS), capture_output=True, check=True)
    assert answer.stdout.split() == [b"True", b"True"]


def test_a_window_that_does_not_fit_is_refused_every_time():
    for name in ("first", "second", "first"):
        with pytest.raises(ValueError, match=f"layer '{name}'"):
            WINDOWS[0].check_output_size(2, 9, name)
    for _ in range(2):
        WINDOWS[0].check_output_size(3, 9, "first")
        WINDOWS[1].check_output_size(2, 9, "first")
