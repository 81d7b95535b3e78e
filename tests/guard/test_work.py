"""No model does more work than ``counts.md`` says: arrays, kernels, bytes and page faults, not seconds."""

import itertools
import mmap
import subprocess
import sys

import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, optimizers, zoo
from tests.guard import table
from tests.guard.allocations import noted_arrays
from tests.guard.counting import (
    ROOT,
    count_arrays,
    count_faults,
    count_in_a_fresh_process,
    count_made,
    count_moved,
)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="page faults and NumPy's memory are counted as on Linux"
)


@pytest.mark.parametrize("model", zoo.MODELS)
def test_the_work_of_a_step_has_not_risen(model):
    lines = table.rose(model, count_in_a_fresh_process(model), table.read()[model])
    assert not lines, "\n".join([*lines, f"If it is worth it: {table.PROGRAM}"])


# The guard itself ---------------------------------------------------------------------------------


class Twice(layers.Layer):
    """Doubles its inputs; with faults that cost time but change no number."""

    def __init__(self, keeps=False, wastes=False):
        super().__init__()
        self.keeps, self.wastes = keeps, wastes

    def compute_output_shape(self, input_shape):
        return input_shape

    def forward(self, inputs, training=False):
        outputs = 2 * (np.concatenate([inputs, inputs])[: len(inputs)] if self.wastes else inputs)
        return outputs, inputs.copy() if self.keeps else None

    def backward(self, grad_outputs, cache):
        return 2 * grad_outputs


def step_of(layer):
    """Return a model with ``layer`` in it, and a function that makes a training step."""
    model = Sequential([Input((100, 100)), layers.Dense(100), layer, layers.Flatten(), layers.Dense(2)])
    model.compile(optimizers.SGD(1e-6), "mse")  # so small that many steps do not diverge
    images, labels = np.ones((8, 100, 100), np.float32), np.ones((8, 2), np.float32)

    def step():
        model.train_on_batch(images, labels)

    step()
    return model, step


def test_an_array_that_is_kept_is_counted():
    plain, keeping = (count_arrays(*step_of(Twice(keeps=keeps))) for keeps in (False, True))
    assert keeping["arrays"] == plain["arrays"] + 1
    assert keeping["kept"] == pytest.approx(plain["kept"] + 8 * 100 * 100 * 4 / 1e6)
    moved = [count_moved(*step_of(Twice(keeps=keeps)))["moved"] for keeps in (False, True)]
    assert moved[1] == pytest.approx(moved[0] + 8 * 100 * 100 * 4 / 1e6)


def test_an_array_that_is_dropped_again_is_counted():
    plain, wasting = (count_arrays(*step_of(Twice(wastes=wastes))) for wastes in (False, True))
    assert wasting["arrays"] == plain["arrays"]
    assert wasting["peak"] > plain["peak"] + 0.2
    plain, wasting = (count_made(step_of(Twice(wastes=wastes))[1]) for wastes in (False, True))
    assert wasting["made"] == plain["made"] + 1
    assert wasting["made_bytes"] == pytest.approx(plain["made_bytes"] + 2 * 8 * 100 * 100 * 4 / 1e6)


def test_each_array_that_numpy_makes_is_noted_once():
    with noted_arrays() as sizes:
        kept = np.ones(20_000, np.float32)  # an array, and not its views
        views = kept[::2], kept.reshape(2, -1)
        zeros = np.zeros((30_000, 2), np.int8) + kept[:2].astype(np.int8)
        for _ in range(3):
            kept + 1
    np.arange(1_000_000)
    assert sizes.count(80_000) == 4
    assert sizes.count(60_000) == 2
    assert max(sizes) == 80_000
    assert (views[0].size, zeros.size) == (10_000, 60_000)


def test_memory_that_grows_is_counted():
    heap = []

    def grow():
        heap.append(mmap.mmap(-1, 2**20))  # pages of its own: the heap may have some left that were freed
        heap[-1].write(bytes(2**20))

    assert count_faults(grow, steps=20)["faults"] > 100
    calls = itertools.count()
    once = count_faults(lambda: grow() if next(calls) == 30 else None, steps=20)
    assert once["faults"] == pytest.approx(0, abs=1)  # the second round of three; the others are quiet
    leaks = []
    assert count_faults(lambda: leaks.append([object() for _ in range(50)]), steps=200)["objects"] > 40
    assert count_faults(lambda: None, steps=200) == {"faults": pytest.approx(0, abs=1), "objects": 0}


def test_kernels_are_counted_once_for_each_type():
    code = (
        "from tests.guard.counting import watch_kernels\n"
        "kernels = watch_kernels()\n"
        "import numpy as np\n"
        "from cnn_scratch.layers import ReLU\n"
        "for dtype in ('float32', 'float32', 'float64'):\n"
        "    layer = ReLU(dtype=dtype)\n"
        "    layer(np.ones((3, 3), dtype))\n"
        "print(len(kernels), len(set(kernels)))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert answer == ["2", "1"]


def test_the_message_says_what_rose_from_where_to_where():
    expected = dict.fromkeys(table.COUNTS, 100.0)
    assert table.rose("m", expected, expected) == []
    assert table.rose("m", expected | {"kernels": 101, "moved": 100.9, "peak": 90}, expected) == [
        "m: kernels that Python calls rose from 100 to 101 (up to 100 may be). "
        "Each is compiled when a person first runs the model, and takes a second or more."
    ]
    (line,) = table.rose("m", expected | {"moved": 102.5}, expected)
    assert "rose from 100 to 102.5 (up to 101 may be)" in line


def test_the_table_can_be_read_again(tmp_path):
    counts = {"a": dict.fromkeys(table.COUNTS, 1234.5), "b": dict.fromkeys(table.COUNTS, 7.0)}
    table.write(counts, tmp_path / "counts.md")
    assert table.read(tmp_path / "counts.md") == counts
    assert list(table.read()) == list(zoo.MODELS)
