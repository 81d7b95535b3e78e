"""The whole command: what it prints, what it leaves, how it ends."""

import csv
import shlex

import numpy as np
import pytest

import cnn_scratch.train as command
from cnn_scratch import datasets
from cnn_scratch.command.arguments import MAX_THREADS
from cnn_scratch.command.training import Watch
from cnn_scratch.models import Sequential
from tests.command.conftest import ALL_FILES, QUICK, read_json, write_bars
from tests.datasets.files import cifar100_files


def load_model(folder):
    """The model of a run folder, made of nothing but what is in the folder."""
    model = Sequential.from_config(read_json(folder / "config.json")["model"]["config"])
    model.load_weights(folder / "model.weights.h5")
    return model


# A run that goes well ---------------------------------------------------------------------------------


def test_default_run_recognises_98_percent(run, tmp_path, without_matplotlib):
    code, out, err = run("--threads", 1, "--quiet")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("digits-lenet-2")
    accuracy = read_json(folder / "results.json")["test_accuracy"]
    assert accuracy >= 0.98
    assert out.startswith(f"test accuracy {100 * accuracy:.2f} % (")


def test_it_says_what_it_does(run, tmp_path):
    code, out, err = run(*QUICK, "--output", "here")
    assert (code, err) == (0, "")
    assert "digits: 1,438 training and 359 test images, 8x8, grayscale, values 0 to 16" in out
    assert "from: the UCI handwritten digits that come with cnn_scratch" in out
    assert "classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in out
    assert 'Model: "lenet"' in out
    assert "Epoch 1/2" in out
    assert "Epoch 2/2" in out
    assert "val_accuracy" in out
    table = out[out.index("Held-out images") :].splitlines()
    assert table[1].split() == ["class", "images", "correct", "accuracy"]
    assert [line.split()[0] for line in table[2:13]] == [*"0123456789", "all"]
    assert table[12].split()[1] == "359"
    assert "images/s (2 epochs)" in out
    assert "\x1b" not in out  # no colours in a log
    folder = tmp_path / "here"
    assert {path.name for path in folder.iterdir()} == ALL_FILES
    for name in ALL_FILES:
        assert name in table[-1]
        assert (folder / name).stat().st_size > 0


def test_the_run_folder_holds_the_model(run, tmp_path, without_matplotlib):
    run(*QUICK, "--output", "a")
    digits = datasets.load("digits")
    predicted = load_model(tmp_path / "a").predict(digits.x_test).argmax(axis=1)
    results = read_json(tmp_path / "a" / "results.json")
    assert results["test_accuracy"] == np.mean(predicted == digits.y_test)
    for label, row in enumerate(results["classes"]):
        of_class = digits.y_test == label
        assert row == {
            "class": str(label),
            "images": of_class.sum(),
            "correct": (predicted[of_class] == label).sum(),
        }
    assert results["epochs_done"] == 2
    assert not results["interrupted"]


def test_the_history_has_all_digits(run, tmp_path, without_matplotlib):
    run(*QUICK, "--output", "a")
    with open(tmp_path / "a" / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert float(rows[1]["loss"]) < float(rows[0]["loss"])
    # 1,295 images were learnt from; the accuracy is a whole number of them.
    assert float(rows[1]["accuracy"]) * 1295 == pytest.approx(
        round(float(rows[1]["accuracy"]) * 1295), abs=1e-9
    )


def test_the_configuration_repeats_the_run(run, tmp_path, without_matplotlib):
    run(
        *QUICK,
        "--seed",
        5,
        "--batch-size",
        64,
        "--optimizer",
        "sgd",
        "--learning-rate",
        0.05,
        "--output",
        "a",
    )
    config = read_json(tmp_path / "a" / "config.json")
    assert config["options"]["seed"] == 5
    assert config["options"]["model"] == "lenet"
    assert config["data"]["training_images"] == 1438
    assert len(config["data"]["sha256"]) == 64
    assert set(config["versions"]) == {"cnn_scratch", "python", "numpy", "numba", "scipy", "h5py"}
    run(*shlex.split(config["command"])[3:], "--output", "b")
    for name in ("model.weights.h5", "history.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert read_json(tmp_path / "b" / "config.json")["data"] == config["data"]


@pytest.mark.skipif(MAX_THREADS < 2, reason="a machine with one processor")
def test_the_result_does_not_depend_on_the_threads(run, tmp_path, without_matplotlib):
    for threads in (1, 2):
        run("--epochs", 1, "--threads", threads, "--output", f"threads{threads}")
    one, two = (tmp_path / f"threads{threads}" for threads in (1, 2))
    for name in ("model.weights.h5", "history.csv"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_another_seed_gives_another_run_on_the_same_held_out_images(run, tmp_path, bars, without_matplotlib):
    for seed in (1, 2):
        run(*QUICK, "--dataset", bars, "--seed", seed, "--output", seed)
    first, second = tmp_path / "1", tmp_path / "2"
    assert (first / "model.weights.h5").read_bytes() != (second / "model.weights.h5").read_bytes()
    hashes = [read_json(folder / "config.json")["data"]["sha256"] for folder in (first, second)]
    assert hashes[0] == hashes[1]


def test_two_classes_are_told_apart_by_one_sigmoid(run, tmp_path, bars):
    arguments = ("--dataset", bars, "--model", "lenet", "--epochs", 6, "--batch-size", 8, "--threads", 1)
    code, out, _ = run(*arguments, "--output", "a")
    assert code == 0
    model = load_model(tmp_path / "a")
    assert model.output_shape == (None, 1)
    assert read_json(tmp_path / "a" / "results.json")["test_accuracy"] == 1.0
    assert "test accuracy 100.00 % (16 of 16)" in out
    assert {path.name for path in (tmp_path / "a").iterdir()} == ALL_FILES


def test_a_folder_of_pictures(run, tmp_path, without_matplotlib):
    image = pytest.importorskip("PIL.Image", reason="pictures are read with Pillow")
    rng = np.random.default_rng(0)
    for person in ("anna", "ben", "carla"):
        (tmp_path / "faces" / person).mkdir(parents=True)
        for number in range(5):
            picture = image.fromarray(rng.integers(0, 256, (14, 12, 3), dtype=np.uint8))
            picture.save(tmp_path / "faces" / person / f"{number}.png")
    arguments = ("--dataset", "faces", "--image-size", "16x12", "--grayscale", "--epochs", 1, "--threads", 1)
    code, out, _ = run(*arguments)
    assert code == 0
    assert "classes: anna, ben, carla" in out
    assert "16x12, grayscale" in out
    assert next((tmp_path / "runs").iterdir()).name.startswith("faces-mnist_convnet-")


def test_cifar100_by_name(run, tmp_path, without_matplotlib):
    """A hundred classes, with one image of each in the test set, fit into everything that a run leaves."""
    (tmp_path / "cifar").mkdir()
    for name, data in cifar100_files()[0].items():
        (tmp_path / "cifar" / name).write_bytes(data)
    arguments = ("--dataset", "cifar100", "--data-dir", "cifar", "--model", "lenet", "--epochs", 1)
    code, out, _ = run(*arguments, "--batch-size", 50, "--threads", 1, "--output", "a")
    assert code == 0
    assert "cifar100: 200 training and 100 test images, 32x32, colour" in out
    assert "classes: apple, aquarium_fish, baby" in out
    assert len(read_json(tmp_path / "a" / "config.json")["data"]["class_names"]) == 100
    assert load_model(tmp_path / "a").output_shape == (None, 100)


def test_no_validation(run, tmp_path, without_matplotlib):
    code, out, _ = run("--epochs", 1, "--validation-split", 0, "--threads", 1, "--output", "a")
    assert code == 0
    assert "val_loss" not in out
    assert (tmp_path / "a" / "history.csv").read_text(encoding="utf-8").startswith("epoch,loss,accuracy\n")


def test_validation_takes_the_same_share_of_every_class(bars):
    options = command.parse(["--dataset", str(bars)])
    dataset = datasets.load(options.dataset)
    split = command.split_training_images(dataset, 0.25, seed=3)
    assert np.bincount(dataset.y_train).tolist() == [32, 32]
    assert np.bincount(split.validation[1]).tolist() == [8, 8]
    assert np.bincount(split.y).tolist() == [24, 24]
    images = np.concatenate([split.x, split.validation[0]])
    assert sorted(image.tobytes() for image in images) == sorted(image.tobytes() for image in dataset.x_train)


def test_runs_that_begin_within_one_second_have_folders_of_their_own(
    run, tmp_path, monkeypatch, without_matplotlib
):
    monkeypatch.setattr("time.strftime", lambda *_: "20300102-030405")
    for _ in range(3):
        assert run("--epochs", 1, "--threads", 1, "--quiet")[0] == 0
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert names == [f"digits-lenet-20300102-030405{end}" for end in ("", "-2", "-3")]


# Packages that are not there --------------------------------------------------------------------------


def test_without_matplotlib_and_rich_it_still_trains(run, tmp_path, without_matplotlib, without_rich):
    code, out, err = run(*QUICK, "--output", "a")
    assert (code, err) == (0, "")
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        name for name in ALL_FILES if not name.endswith(".png")
    }
    assert out.splitlines()[-1] == (
        "Not installed: matplotlib for pictures and rich for a progress bar; "
        "pip install 'cnn_scratch[train]' brings them."
    )


def test_without_matplotlib_only(run, without_matplotlib):
    _, out, _ = run(*QUICK)
    assert out.count("pip install") == 1
    assert "Not installed: matplotlib for pictures; pip install" in out


def test_a_quiet_run_speaks_of_nothing_but_its_result(run, without_matplotlib, without_rich):
    code, out, err = run(*QUICK, "--quiet", "--output", "a")
    assert (code, err) == (0, "")
    assert out.startswith("test accuracy ")
    assert out.endswith(" images/s, a\n")
    assert out.count("\n") == 1


# Bad input --------------------------------------------------------------------------------------------


def refused(run, *arguments):
    """Run the command; check that it ends with 2 and one line; return the line."""
    code, out, err = run(*arguments)
    assert code == 2
    assert "Held-out" not in out
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", 0], "--epochs: Expected a whole number of at least 1. Received: '0'."),
        (["--dataset", "mnits"], "Did you mean 'mnist'?"),
        (["--dataset", "no/such/folder"], "no such name, folder or file"),
        (["--dataset", "~no_such_user/photos"], "no such name, folder or file"),
        (["--dataset", "mnist", "--data-dir", "~no_such_user"], "~no_such_user"),
        (["--dataset", "empty"], "Expected at least two sub-folders of images"),
        (["--data-dir", "empty"], "Expected data_dir (--data-dir) with one of mnist"),
        (["--dataset", "mnist", "--data-dir", "nowhere"], "nowhere"),
        (["--dataset", "damaged.npz"], "damaged.npz"),
        (
            ["--model", "mnist_convnet"],
            "at least 10x10 pixels for the model mnist_convnet. Received: 8x8. Enlarge them",
        ),
        (
            ["--output", "full"],
            "Expected a new or empty folder as --output. Received: full, which holds files already.",
        ),
        (
            ["--output", "damaged.npz"],
            "Expected a folder as --output. Received: damaged.npz, which is a file.",
        ),
        (["--output", "~no_such_user/../full"], "~no_such_user/../full, which holds files already."),
        (["--output", "damaged.npz/run"], "Give another one with --output DIR."),
    ],
    ids=lambda value: "_".join(map(str, value))[:40],
)
def test_bad_input_is_one_line(run, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "~no_such_user").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04 and no more")
    assert message in refused(run, "--threads", 1, *arguments)
    assert not (tmp_path / "runs").exists()
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"


def test_a_class_with_one_image_cannot_be_validated(run, tmp_path, without_matplotlib):
    images = np.zeros((5, 12, 12), np.uint8)
    images[:, 3] = 200
    labels = np.array([0, 0, 0, 1, 2])
    np.savez("few.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    message = refused(run, "--dataset", "few.npz", "--threads", 1)
    assert "at least two training images of every class" in message
    assert "one image of class 1. Add images of it, or do without validation: --validation-split 0" in message
    assert run("--dataset", "few.npz", "--threads", 1, "--epochs", 1, "--validation-split", 0)[0] == 0


def test_a_loss_that_is_no_number(run, tmp_path, without_matplotlib):
    code, out, err = run(*QUICK, "--optimizer", "sgd", "--learning-rate", "1e30", "--output", "a")
    assert code == 1
    assert "Held-out" not in out
    assert err.startswith("error: The loss became ")
    assert "in epoch 1, so training cannot go on" in err
    assert err.endswith("Take a smaller --learning-rate.\n")
    assert err.count("\n") == 1
    assert {"config.json", "history.csv"} <= {path.name for path in (tmp_path / "a").iterdir()}
    assert (tmp_path / "a" / "model.weights.h5").exists() == ("are not saved" not in err)


def test_a_last_step_after_which_nothing_is_a_number(run, tmp_path, without_matplotlib):
    arguments = ("--epochs", 1, "--batch-size", 5000, "--validation-split", 0, "--threads", 1)
    code, _, err = run(*arguments, "--optimizer", "sgd", "--learning-rate", "3e38", "--output", "a")
    assert code == 1
    assert err == (
        "error: The predictions of the trained model are not numbers. Take a smaller --learning-rate.\n"
    )
    assert (tmp_path / "a" / "history.csv").exists()


def test_not_enough_memory(run, monkeypatch):
    def fail(*_):
        raise MemoryError("Unable to allocate 99 GiB")

    monkeypatch.setattr(command, "make_model", fail)
    code, _, err = run()
    assert code == 1
    assert err.startswith(
        "error: Not enough memory (Unable to allocate 99 GiB). Choose a smaller --batch-size"
    )
    assert err.count("\n") == 1


def test_a_full_disk(run, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device", "runs/x/history.csv")

    monkeypatch.setattr(command.run_folder, "write_history", fail)
    code, _, err = run(*QUICK)
    assert code == 1
    assert err == "error: Could not read or write runs/x/history.csv: No space left on device.\n"


# Ctrl-C -----------------------------------------------------------------------------------------------


def press_ctrl_c(monkeypatch, epoch, batch):
    """Let a KeyboardInterrupt arrive in a given epoch (from 1) and batch (from 0)."""
    original = Watch.on_train_batch_end

    def interrupted(self, number, logs=None):
        original(self, number, logs)
        if (self.training.epoch, number) == (epoch, batch):
            raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "on_train_batch_end", interrupted)


def test_ctrl_c_keeps_what_was_reached(run, tmp_path, monkeypatch):
    press_ctrl_c(monkeypatch, epoch=3, batch=4)
    code, out, err = run("--epochs", 50, "--threads", 1, "--output", "a")
    assert (code, err) == (130, "")
    assert "Stopped by Ctrl-C in epoch 3. What was reached is saved as model.weights.h5" in out
    assert "Held-out images" in out
    assert "images/s (2 epochs)" in out
    folder = tmp_path / "a"
    assert {path.name for path in folder.iterdir()} == ALL_FILES
    results = read_json(folder / "results.json")
    assert results["interrupted"]
    assert results["epochs_done"] == 2
    digits = datasets.load("digits")
    predicted = load_model(folder).predict(digits.x_test).argmax(axis=1)
    assert results["test_accuracy"] == np.mean(predicted == digits.y_test)
    assert len((folder / "history.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_ctrl_c_in_the_first_epoch(run, tmp_path, monkeypatch):
    press_ctrl_c(monkeypatch, epoch=1, batch=0)
    code, out, err = run(*QUICK, "--output", "a", "--quiet")
    assert (code, err) == (130, "")
    assert "stopped in epoch 1" in out
    assert {path.name for path in (tmp_path / "a").iterdir()} == ALL_FILES - {"learning_curves.png"}


def test_a_second_ctrl_c_leaves_at_once(run, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    press_ctrl_c(monkeypatch, epoch=1, batch=0)
    monkeypatch.setattr(command, "evaluate", interrupted)
    code, _, err = run(*QUICK, "--output", "a")
    assert (code, err) == (130, "error: Stopped by Ctrl-C.\n")
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "config.json",
        "history.csv",
        "model.keras",
        "model.weights.h5",
    }


@pytest.mark.parametrize("moment", ["warm_up", "run_folder.describe_run"])
def test_ctrl_c_before_the_training_leaves_nothing(run, tmp_path, monkeypatch, moment):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{command.__name__}.{moment}", interrupted)
    code, _, err = run("--output", "a")
    assert (code, err) == (130, "error: Stopped by Ctrl-C.\n")
    assert not (tmp_path / "a").exists()


# Class names ------------------------------------------------------------------------------------------


def test_class_names_are_shown_as_they_are(run, tmp_path):
    write_bars(tmp_path / "odd.npz", class_names=np.array(["[red]a[/red]", r"$x^2$ 日本"]))
    code, out, _ = run("--dataset", "odd.npz", *QUICK, "--output", "a")
    assert code == 0
    assert "[red]a[/red]" in out
    assert read_json(tmp_path / "a" / "config.json")["data"]["class_names"] == ["[red]a[/red]", "$x^2$ 日本"]


def test_class_names_cannot_steer_the_terminal(run, tmp_path):
    names = ["dark\n\x1b[2J", "light\x9b1m"]
    write_bars(tmp_path / "odd.npz", class_names=np.array(names))
    code, out, _ = run("--dataset", "odd.npz", *QUICK, "--output", "a")
    assert code == 0
    assert r"classes: dark\n\x1b[2J, light\x9b1m" in out
    assert all(character.isprintable() or character == "\n" for character in out)
    assert [one["class"] for one in read_json(tmp_path / "a" / "results.json")["classes"]] == names
