"""``python -m cnn_scratch.predict``: from the image file to the classes, as in training."""

import json

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, datasets, layers, saving
from cnn_scratch.predict import main
from tests.command.conftest import QUICK

image = pytest.importorskip("PIL.Image", reason="pictures are read with Pillow")


@pytest.fixture
def predict(capsys):
    def predict(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return predict


def bright_or_dark(**metadata):
    """A model that says how likely an 8x8 image is to be bright: the mean of its values, between 0 and 1."""
    model = Sequential(
        [Input((8, 8, 1)), layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid")]
    )
    model.layers[-1].set_weights([[[20.0]], [-10.0]])
    model.metadata = saving.ModelMetadata(**metadata)
    model.save("model.keras")


READY = dict(
    class_names=("dark", "bright"), preparation=saving.Preparation((8, 8), grayscale=True, value_range=(0, 1))
)


def picture(name, value, size=(30, 20)):
    image.fromarray(np.full((*size, 3), value, np.uint8)).save(name)
    return name


def test_images_of_any_size(predict):
    bright_or_dark(**READY)
    picture("white.png", 255)
    picture("black.jpg", 0, size=(3, 5))
    code, out, err = predict("model.keras", "white.png", "black.jpg")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "white.png",
        "  bright  100.00 %",
        "  dark      0.00 %",
        "black.jpg",
        "  dark    100.00 %",
        "  bright    0.00 %",
    ]


def test_json_and_top(predict):
    bright_or_dark(**READY)
    code, out, _ = predict("model.keras", picture("gray.png", 128), "--top", 1, "--json")
    assert code == 0
    (result,) = json.loads(out)
    assert result["image"] == "gray.png"
    assert [one["class"] for one in result["classes"]] == ["bright"]
    expected = 1 / (1 + np.exp(-(20 * 128 / 255 - 10)))
    np.testing.assert_allclose(result["classes"][0]["probability"], expected, rtol=1e-6)


def test_what_is_no_number_is_no_json_either(predict):
    bright_or_dark(**READY)
    model = saving.load_model("model.keras")
    model.layers[-1].set_weights([[[np.nan]], [0.0]])
    model.save("model.keras")
    code, out, _ = predict("model.keras", picture("gray.png", 128), "--json")
    assert code == 0
    (result,) = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert result["classes"] == [{"class": "class 0", "score": None}]


def test_names_cannot_steer_the_terminal(predict):
    """A model may come from anybody, and so may the names of its classes."""
    bright_or_dark(**READY | {"class_names": ("dark\n\x1b[2J", "bright\u202e\x9b1m")})
    code, out, _ = predict("model.keras", picture("gray.png", 255))
    assert code == 0
    assert out.splitlines() == [
        "gray.png",
        r"  bright\u202e\x9b1m  100.00 %",
        r"  dark\n\x1b[2J         0.00 %",
    ]
    code, out, _ = predict("model.keras", picture("gray.png", 255), "--json")
    assert all(character.isprintable() or character == "\n" for character in out)
    assert [one["class"] for one in json.loads(out)[0]["classes"]] == ["bright\u202e\x9b1m", "dark\n\x1b[2J"]


def test_the_model_of_a_run_sees_what_it_saw(run, predict, tmp_path, without_matplotlib):
    """The digits of the test set, written as image files, are classified as in the run."""
    run(*QUICK, "--output", "a")
    digits = datasets.load("digits")
    model = saving.load_model(tmp_path / "a" / "model.keras")
    assert model.metadata.class_names == digits.class_names
    assert model.metadata.preparation == saving.Preparation((8, 8), True, digits.value_range)
    expected = model.predict(digits.x_test[:20])
    low, high = digits.value_range
    for number, digit in enumerate(digits.x_test[:20, :, :, 0]):
        values = np.round((digit.astype(float) - low) / (high - low) * 255).astype(np.uint8)
        image.fromarray(values).save(f"{number}.png")
    code, out, _ = predict("a", *[f"{n}.png" for n in range(20)], "--json")
    assert code == 0
    for result, row in zip(json.loads(out), expected, strict=True):
        best = result["classes"][0]
        assert best["class"] == digits.class_names[row.argmax()]
        assert abs(best["probability"] - row.max()) < 0.01  # bytes for the 17 values of a digit


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_damaged_image_does_not_cost_the_others(predict, tmp_path, options):
    bright_or_dark(**READY)
    (tmp_path / "damaged.png").write_bytes(b"no picture")
    images = [picture("black.png", 0), "damaged.png", picture("white.png", 255), "nothing.png"]
    code, out, err = predict("model.keras", *images, *options)
    assert code == 2
    first, second = err.splitlines()
    assert "Received: damaged.png, which is damaged" in first
    assert "Received: nothing.png, which does not exist" in second
    if options:
        assert [result["image"] for result in json.loads(out)] == ["black.png", "white.png"]
    else:
        assert [line for line in out.splitlines() if line[0] != " "] == ["black.png", "white.png"]


def test_a_file_that_does_not_say_how(predict):
    bright_or_dark()
    code, out, err = predict("model.keras", picture("white.png", 255))
    assert code == 0
    assert "class 1  100.00 %" in out
    assert err == "note: the file does not say how images are prepared; resized to 8x8, values 0 to 255\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.keras", "x.png"], "Expected a model file, or a run folder with model.keras in it"),
        (["~no_such_user/m.keras", "x.png"], "Expected a model file, or a run folder with model.keras in it"),
        (["model.keras", "~no_such_user/x.png"], "~no_such_user/x.png, which does not exist"),
        (["model.keras", "nothing.png"], "nothing.png, which does not exist"),
        (["model.keras", "."], "Expected an image file. Received: ., which is a folder."),
        (["damaged.keras", "white.png"], "damaged.keras: expected a ZIP archive"),
        (["model.keras"], "the following arguments are required: IMAGE"),
        (["model.keras", "white.png", "--top", "0"], "--top: Expected a whole number of at least 1"),
        (["dense.keras", "white.png"], "Expected a model from one image"),
        (["pair.keras", "white.png"], "Expected a model from one image"),
        (["by_name.keras", "white.png"], "Expected a model from one image"),
        (["model.keras", "damaged.keras"], "damaged.keras"),
    ],
)
def test_bad_input_is_one_line(predict, tmp_path, arguments, message):
    bright_or_dark(**READY)
    picture("white.png", 255)
    (tmp_path / "damaged.keras").write_bytes(b"PK no more")
    Sequential([Input((3,)), layers.Dense(2)]).save("dense.keras")
    image = Input((8, 8, 1))
    scores = layers.Dense(2)(layers.Flatten()(image))
    Model(image, [scores, scores]).save("pair.keras")
    Model(image, {"scores": scores}).save("by_name.keras")
    code, out, err = predict(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
