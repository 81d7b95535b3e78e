"""Rehearsals: they find exactly the kernels that a training step needs, and no training depends on them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numba
import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, zoo
from cnn_scratch.kernels.machine_code import MachineCode
from cnn_scratch.models import rehearsal
from cnn_scratch.models.data import make_data
from cnn_scratch.models.rehearsal import Rehearsed, can_rehearse, describe, rehearse

ROOT = Path(__file__).parent.parent.parent
LATE = 300.0  # seconds that compiling some small kernels may take on a machine that is busy
needs_jit = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def run(program: str, *arguments, **environment) -> list[str]:
    """Return the lines that a program prints in a fresh process."""
    command = [sys.executable, "-c", program, *arguments]
    answer = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=LATE
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    return answer.stdout.splitlines()


# What it finds ------------------------------------------------------------------------------------

# A fresh process has met no kernel yet. The rehearsal notes them, and then the step calls them.
COMPARE = """
import json, sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from cnn_scratch import Input, Model, Sequential, config, layers, zoo
from cnn_scratch.kernels.machine_code import Call
from cnn_scratch.models.data import make_data
from cnn_scratch.models.rehearsal import describe, rehearse

def two_ends(shape, classes):
    images, numbers = Input(shape), Input((4,))
    x = layers.BatchNormalization()(layers.SeparableConv2D(8, 3, activation="swish")(images))
    x = layers.Flatten()(layers.AveragePooling2D(2)(x))
    x = layers.Concatenate()([x, layers.PReLU()(numbers)])
    return Model([images, numbers], [layers.Dense(classes, activation="softmax")(x), layers.Dense(1)(x)])

def late(shape, classes):
    last = layers.Dense(classes, activation="softmax", dtype="float64")
    return Sequential([layers.Flatten(dtype="float64"), last])

name, algorithm, N = *sys.argv[1:], 32
make = {"two_ends": two_ends, "late": late}.get(name) or zoo.MODELS[name]
shape = zoo.INPUT_SHAPES.get(name, (12, 12, 3))
model = make(shape, 10)
x, y, weights = np.ones((N, *shape), "float32"), np.arange(N) % 10, None
if name == "two_ends":
    x, y, weights = [x, np.ones((N, 4))], [y, np.ones((N, 1))], [np.ones(N), np.ones(N)]
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"], metrics=[["accuracy"], ["mae"]])
else:
    model.compile("adam", "sparse_categorical_crossentropy")
batch = make_data(model, x, y, weights)
model.build_once(batch.x[0].shape)
config.set_convolution_algorithm(algorithm)
order = json.loads(json.dumps(describe(model.trainer, batch)))
config.set_convolution_algorithm("auto")     # a new process knows of no other
calls, original = [], Dispatcher._compile_for_args

def watched(dispatcher, *arguments):
    calls.append(Call(dispatcher, tuple(dispatcher.typeof_pyval(argument) for argument in arguments)))
    return original(dispatcher, *arguments)

before = [p.value.copy() for p in model.weights]
rehearsed = rehearse(order)
config.set_convolution_algorithm(algorithm)
Dispatcher._compile_for_args = watched
model.trainer.train_step(batch)
assert any((p.value != value).any() for p, value in zip(model.weights, before))
print([call.name for call in rehearsed] == [call.name for call in calls])
print(len(rehearsed), *sorted({call.name.partition("-")[0] for call in rehearsed}))
"""


@needs_jit
@pytest.mark.parametrize(
    ("model", "algorithm"),
    [
        ("mnist_convnet", "auto"),
        ("mnist_convnet", "direct"),
        ("cifar_seed", "auto"),
        ("vgg_small", "auto"),
        ("two_ends", "auto"),
        ("late", "auto"),
    ],
)
def test_it_finds_the_kernels_that_a_step_needs_and_no_others(model, algorithm):
    are_the_same, names = run(COMPARE, model, algorithm)
    assert are_the_same == "True"
    _, *names = names.split()
    assert ("optimizers.sgd" if model == "two_ends" else "optimizers.adam") in names
    assert ("softmax.softmax" in names) == (model == "two_ends")  # without metrics the logits are enough
    assert ("conv2d_winograd.gradient_pieces" in names) == (
        algorithm == "auto" and model in ("mnist_convnet", "vgg_small")
    )


@needs_jit
def test_it_changes_nothing():
    model = small_model()
    before = [weight.value.copy() for weight in model.weights]
    rehearse(describe(model.trainer, make_data(model, *data())))
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.value, value)
    assert model.optimizer.iterations == 0


# Two processes ------------------------------------------------------------------------------------

TRAIN = """
import os, sys, time
import numpy as np
from numba.core import event
from cnn_scratch import Input, Sequential, config, layers
from cnn_scratch.models import rehearsal
from cnn_scratch.models.data import make_data
from cnn_scratch.random import set_random_seed

def train(steps=1):
    with event.install_recorder("numba:compile") as recorder:
        for _ in range(steps):
            loss = model.train_on_batch(x, y)
    weights = np.concatenate([weight.value.ravel() for weight in model.weights])
    compiled = {e.data["dispatcher"].py_func.__name__ for _, e in recorder.buffer if e.is_start}
    return [float(loss), *weights.tolist()], compiled

set_random_seed(0)
model = Sequential([Input((6,)), layers.ReLU(), layers.Dense(3, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
x, y = np.random.default_rng(0).normal(size=(5, 6)).astype("float32"), np.arange(5) % 3
"""
AHEAD = """
process = rehearsal.start(model.trainer, make_data(model, x, y))
process._listener.join()                     # it compiles all kernels, since nobody else does
results, compiled = train()
print(results)
print(sorted(compiled))
"""
BESIDE = """
results, compiled = train()
print(results)
print(model.trainer.is_rehearsed, len(compiled) > 0)
deadline = time.monotonic() + 60
while True:                                  # no process is left, not even a zombie
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        break
    assert time.monotonic() < deadline
    time.sleep(0.01)
"""


@needs_jit
@pytest.mark.skipif(sys.platform == "win32", reason="looks for zombies")
def test_what_is_compiled_beside_makes_no_difference(tmp_path):
    alone = run(TRAIN + BESIDE, CNN_SCRATCH_SECOND_PROCESS="0", NUMBA_CACHE_DIR=str(tmp_path / "alone"))
    folder = str(tmp_path / "beside")
    switched_on = {"CNN_SCRATCH_SECOND_PROCESS": "1", "NUMBA_CACHE_DIR": folder, "NUMBA_NUM_THREADS": "2"}
    beside = run(TRAIN + BESIDE, **switched_on)
    again = run(TRAIN + BESIDE, **switched_on)
    assert alone[0] == beside[0] == again[0]
    assert [alone[1], beside[1], again[1]] == ["True True", "True True", "False False"]
    names = {path.name for path in Path(folder).rglob("*")} - {
        path.name for path in tmp_path.rglob("alone/**/*")
    }
    assert not [name for name in names if ".tmp." not in name]  # the same files, whoever wrote them


@needs_jit
def test_a_step_compiles_nothing_after_its_rehearsal(tmp_path):
    results, compiled = run(TRAIN + AHEAD, NUMBA_CACHE_DIR=str(tmp_path))
    assert compiled == "[]"
    assert np.isfinite(json.loads(results)).all()


@needs_jit
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_ends_when_the_first_process_is_killed(tmp_path):
    program = TRAIN + (
        "process = rehearsal.start(model.trainer, make_data(model, x, y))\n"
        "print(process._process.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as first:
        second = int(first.stdout.readline())
        while not any(tmp_path.rglob("*.nbc")):  # it is at work
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + LATE
    while is_running(second):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


# When there is none -------------------------------------------------------------------------------


class OfAUser(layers.Layer):
    """A layer that the second process cannot know."""

    def compute_output_shape(self, input_shape):
        return input_shape

    def forward(self, inputs, training=False):
        return inputs, None

    def backward(self, grad_outputs, cache):
        return grad_outputs


def small_model(*more):
    model = Sequential([Input((4, 4, 1)), layers.Flatten(), *more, layers.Dense(3)])
    model.compile("sgd", "mse")
    return model


def data():
    return np.ones((5, 4, 4, 1), "float32"), np.ones((5, 3))


@pytest.fixture
def allowed(monkeypatch):
    """Let a rehearsal be possible on any machine; tests take the reasons away again."""
    monkeypatch.setenv(rehearsal.SWITCH, "1")
    monkeypatch.setattr(rehearsal, "get_num_threads", lambda: 2)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3.11")


def test_it_is_allowed(allowed, monkeypatch):
    assert can_rehearse(small_model())
    monkeypatch.delenv(rehearsal.SWITCH)
    assert can_rehearse(small_model())


def test_it_can_be_switched_off(allowed, monkeypatch):
    monkeypatch.setenv(rehearsal.SWITCH, "0")
    assert not can_rehearse(small_model())


def test_one_thread_has_no_time_for_it(allowed, monkeypatch):
    monkeypatch.setattr(rehearsal, "get_num_threads", lambda: 1)
    assert not can_rehearse(small_model())


@pytest.mark.parametrize("program", [None, "", "/usr/bin/uwsgi", "C:\\Program Files\\Editor\\editor.exe"])
def test_an_application_is_not_started_a_second_time(allowed, monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    assert not can_rehearse(small_model())


def test_a_frozen_application_is_not_started_a_second_time(allowed, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not can_rehearse(small_model())


def test_a_large_model_is_not_made_twice(allowed, monkeypatch):
    monkeypatch.setattr(rehearsal, "MOST_PARAMETERS", small_model().count_params() - 1)
    assert not can_rehearse(small_model())


class Fake:
    """Stands in for the second process."""

    def __init__(self):
        self.waited_for, self.stops = [], 0

    def wait_for(self, name):
        self.waited_for.append(name)

    def stop(self):
        self.stops += 1


@pytest.fixture
def fakes(allowed, monkeypatch):
    """Return the list of the processes that are started, none of them a real one."""
    started = []

    def start(trainer, batch):
        started.append(Fake())
        return started[-1]

    monkeypatch.setattr(rehearsal, "start", start)
    return started


def test_it_is_started_by_the_first_kernel_that_is_missing(fakes):
    model = small_model()
    batch = make_data(model, *data())
    with Rehearsed(model.trainer, batch):
        assert fakes == []
        MachineCode.on_missing("first")
        MachineCode.on_missing("second")
    assert MachineCode.on_missing is None
    (process,) = fakes
    assert process.waited_for == ["first", "second"]
    assert process.stops == 1


def test_it_is_started_once_for_each_compilation_of_a_model(fakes):
    model = small_model()
    batch = make_data(model, *data())
    for _ in range(2):
        with Rehearsed(model.trainer, batch):
            MachineCode.on_missing("kernel")
    assert len(fakes) == 1
    model.compile("adam", "mse")
    with Rehearsed(model.trainer, batch):
        MachineCode.on_missing("kernel")
    assert len(fakes) == 2


def test_it_waits_until_the_model_is_built(fakes):
    model = Sequential([layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", "mse")
    batch = make_data(model, *data())
    with Rehearsed(model.trainer, batch):
        MachineCode.on_missing("of an initializer")
        assert fakes == []
        model.build_once(batch.x[0].shape)
        MachineCode.on_missing("of a layer")
    assert len(fakes) == 1


def test_it_is_stopped_by_an_error(fakes):
    class Failing(OfAUser):
        def forward(self, inputs, training=False):
            MachineCode.on_missing("kernel")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        small_model(Failing()).train_on_batch(*data())
    assert fakes[0].stops == 1
    assert MachineCode.on_missing is None


@pytest.mark.parametrize("method", ["train_on_batch", "fit"])
def test_training_steps_are_rehearsed_and_nothing_else_is(monkeypatch, method):
    hooks = []

    class Witness(OfAUser):
        def forward(self, inputs, training=False):
            hooks.append((training, MachineCode.on_missing is not None))
            return inputs, None

    model = small_model(Witness())
    options = {"verbose": 0, "validation_data": data()} if method == "fit" else {}
    getattr(model, method)(*data(), **options)
    model.predict(data()[0])
    assert set(hooks) == {(True, True), (False, False)}


@needs_jit
def test_a_layer_of_a_user_ends_it():
    model = small_model(OfAUser())
    batch = make_data(model, *data())
    process = rehearsal.start(model.trainer, batch)
    process._listener.join(LATE)
    assert process._process.returncode == 0
    assert process._begun is None


@pytest.mark.parametrize("error", [OSError, ValueError, TypeError])
def test_a_model_that_cannot_be_described_is_trained_without(allowed, monkeypatch, error):
    def fail(*_):
        raise error("no")

    model = small_model()
    monkeypatch.setattr(rehearsal, "model_to_json", fail)
    with Rehearsed(model.trainer, make_data(model, *data())) as rehearsed:
        MachineCode.on_missing("kernel")
        assert rehearsed.process is None


def test_the_models_of_the_zoo_are_small_enough():
    for name, make in zoo.MODELS.items():
        assert make(zoo.INPUT_SHAPES[name], 10).count_params() < rehearsal.MOST_PARAMETERS
