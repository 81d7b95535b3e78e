"""Profiling: the counts are right, the times are where they belong, and nothing that is computed changes."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers
from cnn_scratch.profile import main
from cnn_scratch.profiling import Peak, Profiler
from cnn_scratch.profiling.operations import bytes_in, bytes_moved, multiplications
from cnn_scratch.profiling.profile import BACKWARD, FORWARD, HEADER, REST, Work, make_profile
from cnn_scratch.random import set_random_seed

PEAK = Peak(flops=100e9, bandwidth=10e9, threads=2)


def small_model(**options):
    set_random_seed(3)
    model = Sequential(
        [
            Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Dropout(0.5, name="dropout"),
            Sequential([layers.Flatten(name="flat"), layers.Dense(6, name="hidden")], name="inner"),
            layers.Dense(3, activation="softmax", name="last"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", **options)
    return model


def small_data(samples=20):
    rng = np.random.default_rng(0)
    return rng.standard_normal((samples, 8, 8, 2), dtype=np.float32), rng.integers(0, 3, samples)


# Counts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "input_shape", "expected"),
    [
        (layers.Conv2D(5, (3, 2)), (7, 6, 9, 4), 7 * 4 * 8 * 5 * (3 * 2 * 4)),
        (layers.Conv2D(6, 3, strides=2, padding="same", groups=2), (1, 7, 7, 4), 4 * 4 * 6 * (3 * 3 * 2)),
        (layers.Conv2D(5, 3, data_format="channels_first"), (2, 4, 6, 6), 2 * 4 * 4 * 5 * (3 * 3 * 4)),
        (layers.Dense(3), (10, 7), 10 * 7 * 3),
        (layers.Dense(3), (10, 5, 7), 10 * 5 * 7 * 3),
        (layers.MaxPooling2D(2), (10, 8, 8, 3), 0),
        (layers.BatchNormalization(), (10, 8, 8, 3), 0),
    ],
)
def test_multiplications_are_those_of_the_definition(layer, input_shape, expected):
    output_shape = layer(np.zeros(input_shape, np.float32)).shape
    assert multiplications(layer, input_shape, output_shape) == expected


def test_bytes_count_every_array_once():
    a, b = np.zeros(10, np.float32), np.zeros((2, 2))
    assert bytes_in(a, [a, (b, None)], {"again": b}, 7) == 40 + 32
    assert bytes_moved((a,), b) == 72
    assert bytes_moved((a.reshape(2, 5), b), a) == 0  # the same numbers in another shape


def test_the_peak_is_the_longer_of_the_two():
    assert PEAK.seconds(flops=1e9, moved=1e6) == pytest.approx(0.01)
    assert PEAK.seconds(flops=1e6, moved=1e9) == pytest.approx(0.1)


# Profiler -----------------------------------------------------------------------------------------


def test_training_has_the_same_bits_with_and_without_a_profiler():
    x, y = small_data()
    weights = []
    for watched in (False, True):
        model = small_model()
        if watched:
            with Profiler(model) as profiler:
                model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=[profiler])
        else:
            model.fit(x, y, batch_size=8, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for plain, profiled in zip(*weights, strict=True):
        assert plain.tobytes() == profiled.tobytes()


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "crossentropy"])
def test_every_layer_the_loss_and_the_optimizer_have_a_line(loss):
    x, y = small_data()
    model = small_model()
    model.compile("adam", loss)
    with Profiler(model) as profiler:
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=[profiler])
    profile = profiler.profile(PEAK)
    lines = [(part.label, part.which) for part in profile.parts]
    both = (FORWARD, BACKWARD)
    names = ["conv", "dropout", "inner/flat", "inner/hidden", "last", "loss"]
    assert lines == [(name, which) for name in names for which in both] + [("optimizer", "update")]
    assert (profile.steps, profile.batch_size) == (6, 8)  # the smaller third batch does not set the size
    conv = {part.which: part.work for part in profile.parts if part.label == "conv"}
    assert conv[FORWARD].flops == 2 * 8 * 6 * 6 * 4 * (3 * 3 * 2)
    assert conv[BACKWARD].flops == conv[FORWARD].flops  # the first layer: ∂kernel, but no ∂inputs
    hidden = {part.which: part.work for part in profile.parts if part.label == "inner/hidden"}
    assert hidden[BACKWARD].flops == 2 * hidden[FORWARD].flops
    assert conv[FORWARD].moved == 4 * (8 * 8 * 8 * 2 + 8 * 6 * 6 * 4 + 3 * 3 * 2 * 4 + 4)


def test_the_lines_of_the_table_add_up_to_the_step():
    x, y = small_data()
    model = small_model()
    with Profiler(model) as profiler:
        model.fit(x, y, batch_size=8, verbose=0, callbacks=[profiler])
    rows = profiler.profile(PEAK).rows()
    assert {len(row) for row in rows} == {len(HEADER)}
    milliseconds = [float(row[3].replace(",", "")) for row in rows]
    assert rows[-2][0] == REST
    assert milliseconds[-1] == pytest.approx(sum(milliseconds[:-1]), abs=0.01 * len(rows))


def test_a_slow_layer_is_found():
    class Slow(layers.Layer):
        def compute_output_shape(self, input_shape):
            return input_shape

        def forward(self, inputs, training=False):
            time.sleep(0.02)
            return inputs + 0, None

        def backward(self, grad_outputs, cache):
            time.sleep(0.04)
            return grad_outputs + 0

    x, y = small_data()
    model = Sequential(
        [Input((8, 8, 2)), layers.Flatten(), layers.Dense(3), Slow(name="slow"), layers.ReLU()]
    )
    model.compile("sgd", "mse")
    with Profiler(model) as profiler:
        model.fit(x, np.eye(3)[y], batch_size=20, epochs=3, verbose=0, callbacks=[profiler])
    times = {
        (part.label, part.which): part.work.seconds
        for part in profiler.profile(PEAK).parts
        if part.label == "slow"
    }
    assert 0.02 <= times["slow", FORWARD] < 0.04 <= times["slow", BACKWARD]


def test_a_validation_is_not_counted():
    x, y = small_data()
    model = small_model(metrics=["accuracy"])
    with Profiler(model) as profiler:
        model.fit(
            x, y, batch_size=10, epochs=2, verbose=0, callbacks=[profiler], validation_data=small_data(200)
        )
    assert {part.work.shape[0] for part in profiler.profile(PEAK).parts if part.work.shape} == {10}


def test_the_classes_are_what_they_were_even_after_an_error():
    model = small_model()
    watched = [type(layer) for layer in model.layers] + [type(model.loss), type(model.optimizer)]
    before = [dict(vars(owner)) for owner in watched]
    watched_forwards = []

    def stopped():
        with Profiler(model):
            watched_forwards.append(layers.Conv2D.forward)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert watched_forwards[0] is not before[0]["forward"]
    assert [dict(vars(owner)) for owner in watched] == before


def test_predictions_have_no_backward_pass():
    model = small_model()
    with Profiler(model) as profiler:
        model(small_data()[0])
        profiler.end_step()
    profile = profiler.profile(PEAK)
    assert not profile.trains
    assert {part.which for part in profile.parts} == {FORWARD}


def test_fit_prints_the_profile_at_the_end(capsys):
    x, y = small_data()
    weights = []
    for profile in (False, True):
        model = small_model()
        history = model.fit(x, y, batch_size=8, epochs=2, verbose=0, profile=profile)
        weights.append(model.get_weights())
        out = capsys.readouterr().out
        assert ("conv (Conv2D)" in out and "(median of 6 steps)" in out) == profile
        assert ("█ forward  ▓ backward  ▒ update" in out) == profile
        assert list(history.history) == ["loss"]
    for plain, profiled in zip(*weights, strict=True):
        assert plain.tobytes() == profiled.tobytes()


def test_a_graph_with_two_outputs_and_a_shared_layer():
    inputs, shared = Input((6,)), layers.Dense(6, name="shared")
    once = shared(inputs)
    twice = layers.ReLU(name="relu")(shared(once))
    model = Model(inputs, [layers.Dense(2, name="left")(once), layers.Dense(1, name="right")(twice)])
    model.compile("sgd", ["mse", "mae"])
    x = np.ones((10, 6), np.float32)
    with Profiler(model) as profiler:
        model.train_on_batch(x, [np.zeros((10, 2)), np.zeros((10, 1))])
        profiler.end_step()
    parts = {(part.label, part.which): part.work for part in profiler.profile(PEAK).parts}
    assert {label for label, _ in parts} == {"shared", "relu", "left", "right", "loss", "optimizer"}
    assert parts["shared", FORWARD].flops == 2 * (2 * 10 * 6 * 6)  # used twice
    assert parts["left", FORWARD].flops == 2 * 10 * 6 * 2
    assert parts["shared", BACKWARD].flops == 3 * (2 * 10 * 6 * 6)  # ∂kernel twice, ∂inputs once
    array, weights = 4 * 10 * 6, 4 * (6 * 6 + 6)
    assert parts["shared", FORWARD].moved == 2 * (2 * array + weights)
    assert parts["shared", BACKWARD].moved >= 2 * (2 * array + 2 * weights)


def test_without_a_step_there_is_nothing_to_say():
    with pytest.raises(ValueError, match=r"Expected at least one step to profile\. Received: none"):
        Profiler(small_model()).profile(PEAK)


def test_a_row_says_what_was_done_and_how_near_to_the_peak():
    step = {("dense", FORWARD): Work(0.02, int(1e9), 40_000_000, (32, 10))}
    profile = make_profile("m", {"dense": "Dense"}, [(0.025, step)] * 3, PEAK)
    assert profile.rows() == [
        ["dense (Dense)", "forward", "10", "20.00", "80.0 %", "50", "40.0", "2.0", "50 %"],
        [REST, "", "", "5.00", "20.0 %", "", "", "", ""],
        ["step", "", "", "25.00", "100.0 %", "", "", "", ""],
    ]
    assert (
        profile.title() == "m, prediction, batch 32: 25.00 ms per step, 1,280 samples/s (median of 3 steps)"
    )


def test_bars_are_as_long_as_their_times():
    works = {
        ("conv", FORWARD): Work(0.010, 1, 1, (4, 2)),
        ("conv", BACKWARD): Work(0.015, 1, 1, (4, 2)),
        ("dense", FORWARD): Work(0.0051, 1, 1, (4, 2)),
        ("optimizer", "update"): Work(0.0149, 1, 1),
    }
    kinds = {"conv": "Conv2D", "dense": "Dense", "optimizer": "Adam"}
    profile = make_profile("m", kinds, [(0.050, works)] * 3, PEAK)
    assert profile.bars() == [
        "█ forward  ▓ backward  ▒ update",
        "             conv " + "█" * 20 + "▓" * 30 + " 50 %",
        "            dense " + "█" * 10 + " 10 %",
        "        optimizer " + "▒" * 30 + " 30 %",
        "the rest (Python) " + "░" * 10 + " 10 %",
    ]


# The command --------------------------------------------------------------------------------------

QUICK = ("--batch-size", "4", "--steps", "2")


def test_the_command_prints_a_table_and_writes_it_with_a_picture(capsys, tmp_path):
    pytest.importorskip("matplotlib", reason="it draws the picture")
    assert main(["mnist_convnet", *QUICK, "--output", str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    for text in (
        "mnist_convnet, training, batch 4",
        "(PooledConv2D)",
        "backward",
        "optimizer (Adam)",
        "█ forward  ▓ backward  ▒ update",
        REST,
    ):
        assert text in out
    assert "This machine's peak: " in out
    rows = list(csv.DictReader((tmp_path / "new" / "profile.csv").read_text().splitlines()))
    assert rows[0]["output_shape"] == "4x13x13x32"
    assert int(rows[0]["flops"]) == 2 * 4 * 26 * 26 * 32 * 9
    assert (tmp_path / "new" / "profile.png").read_bytes().startswith(b"\x89PNG")


def test_a_home_folder_in_an_option_that_no_shell_looks_into(
    capsys, tmp_path, monkeypatch, without_matplotlib
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert main(["lenet", "--predict", *QUICK, "--output=~/profile"]) == 0
    assert (tmp_path / "profile" / "profile.csv").stat().st_size
    assert f"Wrote {tmp_path / 'profile' / 'profile.csv'}" in capsys.readouterr().out


def test_names_of_a_stranger_are_only_names(capsys, tmp_path):
    """They cannot steer the terminal, and are no formulas in the picture."""
    pytest.importorskip("matplotlib", reason="it draws the picture")
    model = Sequential([Input((6,)), layers.Dense(3, name="a\x1b[2J$\\frac$")], name="m\x1b]0;b\x07 $^$")
    model.compile("adam", "mse")
    model.save("model.keras")
    assert main(["model.keras", *QUICK, "--output", "."]) == 0
    out = capsys.readouterr().out
    assert r"a\x1b[2J$\frac$ (Dense)" in out
    assert r"m\x1b]0;b\x07 $^$, training" in out
    assert all(character.isprintable() or character == "\n" for character in out)
    assert Path("profile.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_predicts_and_does_without_matplotlib(capsys, tmp_path, without_matplotlib):
    assert main(["lenet", "--predict", *QUICK, "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "lenet, prediction, batch 4" in out
    assert "backward" not in out
    assert "█ forward\n" in out
    assert "Not installed: matplotlib for the picture" in out
    assert [path.name for path in tmp_path.iterdir()] == ["profile.csv"]


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "mse"])
def test_the_model_of_a_file_is_profiled(capsys, loss):
    model = small_model()
    model.compile("sgd", loss)
    model.save("mine.keras")
    Path("run").mkdir()
    model.save("run/model.keras")
    assert main(["run", "--predict", *QUICK]) == 0
    assert main(["mine.keras", *QUICK]) == 0
    out = capsys.readouterr().out
    assert "inner/hidden (Dense)" in out
    assert "optimizer (SGD)" in out


def test_a_file_with_several_inputs_and_outputs(capsys):
    one, other = Input((4,)), Input((3,))
    both = layers.Concatenate()([one, other])
    model = Model([one, other], [layers.Dense(2, name="left")(both), layers.Dense(1, name="right")(both)])
    model.save("plain.keras")
    assert main(["plain.keras", *QUICK]) == 2
    assert "Expected a model that was compiled when it was saved" in capsys.readouterr().err
    assert main(["plain.keras", "--predict", *QUICK]) == 0
    model.compile("adam", ["mse", "mae"])
    model.save("compiled.keras")
    assert main(["compiled.keras", *QUICK]) == 0
    assert "right (Dense)" in capsys.readouterr().out


def test_inputs_of_unknown_size_are_refused(capsys):
    inputs = Input((None, None, 3))
    outputs = layers.Dense(2)(layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(inputs)))
    Model(inputs, outputs).save("any.keras")
    assert main(["any.keras", "--predict", *QUICK]) == 2
    assert "Expected inputs of a known size. Received: shape (None, None, None, 3)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("none.keras", "No such model file: none.keras"),
        ("broken.keras", "broken.keras"),
        ("lenett", "Received: 'lenett'. Did you mean lenet?"),
        ("", "the following arguments are required: MODEL"),
        ("lenet --steps 0", "--steps: Expected a whole number of at least 1. Received: '0'"),
        ("lenet --threads 9999", "--threads: Expected a number of threads from 1 to"),
        ("lenet --fast", "unrecognized arguments: --fast"),
        ("lenet --output file", "--output: Expected a folder. Received: 'file', which is a file."),
        ("lenet --output file/x", "Expected a folder to write into. Received: 'file/x' (Not a directory)."),
        ("~no_such_user/m.keras", "No such model file: ~no_such_user/m.keras"),
    ],
)
def test_a_mistake_is_answered_in_one_line(arguments, message, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "broken.keras").write_text("no archive")
    assert main(arguments.split()) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
