"""Scaling, starting, sizes: the tables are what the numbers say. No library is measured here."""

from importlib.metadata import Distribution

import pytest

from benchmarks import document, install_size, scaling, start
from benchmarks.cases import Case
from benchmarks.measure import Plan
from benchmarks.peers import OURS, PEERS
from benchmarks.results import Measurement

TORCH = PEERS["torch"]
PROGRAMS = [scaling.PROGRAM, start.PROGRAM, install_size.PROGRAM]


def measured(model, batch_size, peer, seconds, **more):
    return Measurement(Case(model, batch_size), peer, seconds, **more)


def scaling_results():
    batches = [
        measured("vgg_small", 1, OURS, [0.1, 0.1]),
        measured("vgg_small", 1, TORCH, [0.2, 0.2]),
        measured("vgg_small", 64, OURS, [0.64, 0.64]),
        measured("vgg_small", 64, TORCH, [], failure="no memory"),
    ]
    threads = [
        [
            (measured("vgg_small", 128, OURS, [1.28, 2.56]), measured("vgg_small", 128, OURS, [0.64, 1.6])),
            (measured("vgg_small", 128, TORCH, [2.0, 2.0]), measured("vgg_small", 128, TORCH, [1.0, 1.0])),
        ]
    ]
    return batches, threads


def test_scaling_has_a_line_per_library_and_a_column_per_batch_size():
    (_, header, rows), (_, _, thread_rows) = scaling.tables(*scaling_results(), most_threads=2)
    assert header == ["library", "1", "64"]
    assert rows == [["cnn_scratch", "10", "100"], ["PyTorch", "5", "failed"]]
    assert thread_rows == [
        # 2 times in the first round, 1.6 times in the second: 1.8 in the middle
        ["vgg_small, cnn_scratch", "75", "140", "1.80×", "≥ 1.8×: reached"],
        ["vgg_small, PyTorch", "64", "128", "2.00×", ""],
    ]


def test_scaling_is_written_with_its_picture(tmp_path):
    pytest.importorskip("matplotlib", reason="it draws the picture")
    from benchmarks.scaling_chart import write_chart

    batches, threads = scaling_results()
    write_chart(tmp_path / "scaling.png", batches, "a note")
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")
    text = scaling.markdown(batches, threads, Plan(2, 3, 0.5), "command")
    assert "| cnn_scratch | 10 | 100 |" in text


def test_one_thread_and_all_take_part_in_the_same_rounds(monkeypatch):
    seen = []
    monkeypatch.setattr(scaling, "take_turns", lambda turns, plan, say: seen.extend(turns))
    scaling.measure_threads(Case("lenet", 8), [OURS, TORCH], Plan(2, 1, 0.1), lambda text: None)
    assert [(t.measurement.peer, t.plan.threads) for t in seen] == [
        (OURS, 1),
        (OURS, 2),
        (TORCH, 1),
        (TORCH, 2),
    ]


def test_models_with_long_steps_have_no_huge_batches(monkeypatch):
    cases = []
    monkeypatch.setattr(scaling, "measure_case", lambda case, peers, plan: cases.append(case) or [])
    scaling.measure_batches(scaling.MODELS, scaling.BATCH_SIZES, [OURS], Plan(1, 1, 1), lambda text: None)
    assert Case("mnist_convnet", 1024) in cases
    assert max(case.batch_size for case in cases if case.model == "vgg_small") == 256


def test_quick_is_one_small_model():
    options = scaling.parse(["--quick"])
    assert (options.models, options.plan.rounds) == (["mnist_convnet"], 1)


# Starting -----------------------------------------------------------------------------------------


def test_the_first_prediction_is_measured_in_a_process_of_its_own():
    (seconds,) = start.times("import numpy", processes=1)
    assert 0 < seconds < 60
    assert start.row("what", "who", [0.9, 1.2, 1.0], 1.0) == [
        "what",
        "who",
        "1.00 s",
        "0.90 – 1.20 s",
        "≤ 1.0 s: reached",
    ]
    assert start.row("what", "who", [1.2], 1.0)[-1] == "≤ 1.0 s: missed"


def test_memory_is_watched_while_training():
    early, late = map(int, start.run(start.TRAIN.format(steps=3, few=2)).split())
    assert 0 < early <= late


# Sizes --------------------------------------------------------------------------------------------


class Package(Distribution):
    """An installed package with one file of so many bytes."""

    def __init__(self, folder, size, requires=()):
        self.folder, self._requires = folder, list(requires)
        folder.mkdir()
        (folder / "module.py").write_bytes(b"x" * size)
        (folder / "module.pyc").write_bytes(b"x" * 1000)

    def read_text(self, filename):
        return None

    def locate_file(self, path):
        return self.folder / path

    @property
    def files(self):
        return [type(self.folder)("module.py"), type(self.folder)("module.pyc"), type(self.folder)("gone.py")]

    @property
    def requires(self):
        return self._requires


def test_a_size_is_that_of_a_package_and_of_all_it_requires(tmp_path, monkeypatch):
    packages = {
        "a": Package(tmp_path / "a", 100, ["B-b>=1", "test-only; extra == 'test'", "missing"]),
        "b-b": Package(tmp_path / "b", 20, ["a"]),  # in a circle
        "test-only": Package(tmp_path / "c", 5000),
    }

    def find(name):
        if name not in packages:
            raise install_size.PackageNotFoundError(name)
        return packages[name]

    monkeypatch.setattr(install_size, "distribution", find)
    sizes = install_size.sizes_of(install_size.closure(["A"]))
    assert sizes == {"a": (1, 100), "b-b": (1, 20)}
    assert install_size.total(sizes.values()) == (2, 120)


def test_our_size_has_the_package_and_what_it_needs(capsys):
    sizes = install_size.our_sizes()
    assert {"cnn_scratch", "numpy", "numba", "llvmlite", "scipy"} <= set(sizes)
    assert sizes["numpy"][1] > 10e6
    assert install_size.main([]) == 0
    assert "cnn_scratch" in capsys.readouterr().out


# The document -------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_documentation_has_a_place_for_each(program):
    document.replace_block(start.DOCUMENT.read_text(encoding="utf-8"), program, "", start.DOCUMENT)


def test_a_block_is_replaced_and_the_rest_stays(tmp_path):
    path = tmp_path / "page.md"
    begin, end = document.markers("command")
    path.write_text(f"above\n{begin}\nold\n{end}\nbelow\n", encoding="utf-8")
    for _ in range(2):
        document.write_block(path, "command", document.table(["a", "b"], [["x", "1"]]))
        assert path.read_text(encoding="utf-8") == (
            f"above\n{begin}\n\n| a | b |\n| --- | ---: |\n| x | 1 |\n\n{end}\nbelow\n"
        )
    with pytest.raises(ValueError, match="Expected the lines"):
        document.write_block(path, "another", "")
