"""The scripts in ``examples/`` run from any folder, draw their pictures, and check what they say."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

EXAMPLES = Path(__file__).parents[2] / "examples"

# For each script: the pictures, and some of the statements about its numbers that it has to check.
SCRIPTS = {
    "01_an_image_is_an_array.py": (
        {"one_pixel", "channels", "grayscale", "flattening", "what_flattening_loses"},
        {
            "the number of values is height × width × channels",
            "the luma weights add up to 1",
            "pixel (row, column) is at row·W + column",
            "reshape brings the picture back",
            "a dense layer does as well on shuffled pixels",
        },
    ),
    "02_convolution_by_hand.py": (
        {
            "nine_positions",
            "convolution_or_correlation",
            "stride_and_padding",
        },
        {
            "SciPy's correlate2d gives the same",
            "Conv2D gives the nine sums",
            "it is, if the kernel is turned by 180°",
            "the formula gives the size that Conv2D gives",
        },
    ),
    "03_filters_and_pooling.py": (
        {
            "sobel",
            "bank_of_filters",
            "colour",
            "pooling_by_hand",
            "pooling",
        },
        {
            "nine shifted images give the same as SciPy's correlate2d",
            "SciPy's sobel, along x",
            "SciPy's sobel, along y",
            "ReLU is max(0, x), number by number",
            "without ReLU, two layers are one",
            "MaxPooling2D keeps the largest",
        },
    ),
    "04_a_complete_cnn.py": (
        {
            "digits",
            "learning_curves",
            "confusion_matrix",
            "filters",
            "activation_maps",
            "from_features_to_answer",
            "mistakes",
        },
        {
            "13,706 parameters, counted by hand",
            "the test accuracy is at least 80%",
            "layer by layer gives what predict gives",
            "the first map is correlate2d, bias and ReLU",
        },
    ),
}

# For each script: a line, and a mistake to make in it that one of the script's checks must notice.
MISTAKES = {
    "01_an_image_is_an_array.py": ("flat[row * W + column]", "flat[column * H + row]"),
    "02_convolution_by_hand.py": (
        "top, left = oh * stride, ow * stride",
        "top, left = ow * stride, oh * stride",
    ),
    "03_filters_and_pooling.py": ("blocks.max(axis=(1, 3))", "blocks.max(axis=(1, 2))"),
    "04_a_complete_cnn.py": ("3 * 3 * 16 * 32 + 32", "3 * 3 * 32 + 32"),
}


def run(script: Path, folder: Path) -> subprocess.CompletedProcess:
    """Run a script in quick mode, with warnings as errors, from a folder that is not the project's."""
    command = [sys.executable, "-X", "utf8", "-W", "error", str(script), "--quick", "--output", "pictures"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120)


def test_every_script_is_listed_here():
    assert {path.name for path in EXAMPLES.glob("[0-9]*.py")} == SCRIPTS.keys() == MISTAKES.keys()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_draws_its_pictures_and_checks_its_numbers(name, tmp_path):
    pictures, statements = SCRIPTS[name]
    result = run(EXAMPLES / name, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert statements <= {line.removeprefix("checked: ") for line in lines if line.startswith("checked: ")}
    assert lines[-1] == "Everything checked. The pictures are in pictures"
    drawn = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert drawn == {f"{name[:2]}_{picture}.png" for picture in pictures}
    for path in (tmp_path / "pictures").iterdir():
        image = imread(path)
        assert min(image.shape[:2]) > 100
        assert len(np.unique(image[:, :, :3].reshape(-1, 3), axis=0)) > 10, f"{path.name} is empty"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_script_notices_a_mistake(name, tmp_path):
    right, wrong = MISTAKES[name]
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert text.count(right) == 1
    shutil.copy(EXAMPLES / "lesson.py", tmp_path)
    (tmp_path / name).write_text(text.replace(right, wrong), encoding="utf-8")
    result = run(tmp_path / name, tmp_path)
    assert result.returncode == 1
    assert "NOT TRUE: " in result.stderr
    assert "Everything checked" not in result.stdout
