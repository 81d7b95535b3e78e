"""The kernel lab: every version is right, a wrong one is refused, and the table says what was measured."""

from dataclasses import replace
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from benchmarks import document
from benchmarks.lab import __main__ as command
from benchmarks.lab import report
from benchmarks.lab.cases import CASES, FORWARD, GRAD_KERNEL, VERSIONS, Case, name_of, title_of, versions_for
from benchmarks.lab.measure import Result, check, measure
from cnn_scratch.profiling import Peak

SMALL = Case(outputs=7, channels=5, filters=9, kernel_size=3, images=6)
WIDE = Case(outputs=5, channels=3, filters=20, kernel_size=5, images=6)
PEAK = Peak(flops=100e9, bandwidth=10e9, threads=2)


@pytest.mark.parametrize("task", [FORWARD, GRAD_KERNEL])
@pytest.mark.parametrize("case", [SMALL, WIDE], ids=["3x3", "5x5"])
def test_every_version_is_the_definition(case, task):
    for version in versions_for(case, task):
        assert check(version, case, task).error < 1e-5


def test_which_versions_there_are():
    assert versions_for(SMALL, FORWARD) == VERSIONS
    even = replace(SMALL, kernel_size=2)
    assert versions_for(even, FORWARD) == VERSIONS[:-1]  # Winograd is for 3×3 and 5×5
    with_gradient = [name_of(version) for version in versions_for(SMALL, GRAD_KERNEL)]
    assert with_gradient == ["v1", "v2", "v4", "v5", "v6", "v7"]


def test_a_version_that_is_wrong_is_not_timed():
    wrong = ModuleType("benchmarks.lab.v8_wrong")
    wrong.forward = lambda inputs, kernel: VERSIONS[0].forward(inputs, kernel) * np.float32(1.001)
    with pytest.raises(ArithmeticError, match=r"v8 is wrong by .* at forward of 3×3 kernel, 5 channels"):
        check(wrong, SMALL, FORWARD)


def test_operations_are_those_of_the_definition():
    assert SMALL.flops == 2 * 7 * 7 * 9 * (3 * 3 * 5)
    inputs, kernel, grads = SMALL.data(2)
    assert (inputs.shape, kernel.shape, grads.shape) == ((2, 9, 9, 5), (3, 3, 5, 9), (2, 7, 7, 9))


def test_versions_take_turns_and_each_round_is_kept():
    said = []
    results = measure(SMALL, FORWARD, rounds=2, seconds=0.001, say=said.append)
    assert [len(result.seconds) for result in results] == [2] * 7
    assert all(4 <= result.images <= 6 and result.flop_rate > 0 for result in results)
    assert said[-2:] == ["round 1 of 2", "round 2 of 2"]


def test_the_table_compares_with_the_prediction_and_with_the_one_before():
    slow = SimpleNamespace(__name__="benchmarks.lab.v1_a", __doc__="v1: slow.\n\nMore.", PREDICTED=0.005)
    fast = SimpleNamespace(__name__="benchmarks.lab.v2_b", __doc__="v2: fast.", PREDICTED=0.9)
    results = [
        Result(slow, SMALL, 1e-6, 0.25, 4, [SMALL.flops / 2e9] * 3),
        Result(fast, SMALL, 2e-6, 1.5, 4, [SMALL.flops / 80e9, SMALL.flops / 1e9, SMALL.flops / 80e9]),
    ]
    assert report.rows(results, PEAK) == [
        ["v1", "slow", "0.5 %", "2.0 %", "2.0", "", "1e-06", "0.2 s"],
        ["v2", "fast", "90 %", "80 %", "80", "40.0×", "2e-06", "1.5 s"],
    ]


def test_every_version_explains_itself():
    for version in VERSIONS:
        assert title_of(version)
        for word in ("Prediction: ", "Measured ("):
            assert word in version.__doc__, f"{version.__name__} lacks {word}"


def test_the_command_in_quick_mode_writes_the_document(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib", reason="it draws the picture")
    monkeypatch.setitem(CASES, "vgg_small", SMALL)
    monkeypatch.setenv(command.FRESH, "1")  # compiling everything anew would take half a minute
    begin, end = document.markers(report.PROGRAM)
    (tmp_path / "lab.md").write_text(f"above\n{begin}\n{end}\nbelow\n", encoding="utf-8")
    assert command.main(["--quick", "--write", "--output", str(tmp_path)]) == 0
    text = (tmp_path / "lab.md").read_text(encoding="utf-8")
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert text.count("| v7 | fewer multiplications: Winograd's algorithm |") == 2
    assert (tmp_path / "lab.png").read_bytes().startswith(b"\x89PNG")
    assert "∂kernel" in capsys.readouterr().out


def test_the_documentation_has_a_place_for_the_results():
    path = command.DOCS / report.DOCUMENT
    document.replace_block(path.read_text(encoding="utf-8"), report.PROGRAM, "", path)


def test_the_options_name_the_cases(capsys):
    assert command.parse([]).case in CASES
    with pytest.raises(SystemExit):
        command.parse(["--case", "none"])
    assert ", ".join(CASES) in capsys.readouterr().err.replace("'", "")
