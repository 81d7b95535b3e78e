"""``python -m cnn_scratch.inspect``: what a file is, and whether its self-test holds."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

import cnn_scratch
from cnn_scratch.inspect import main
from tests.saving.files import archive_of, small_model


@pytest.fixture
def inspect(capsys):
    def inspect(*arguments):
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return inspect


def test_a_model(inspect):
    small_model().save("m.keras")
    code, out, err = inspect("m.keras")
    assert (code, err) == (0, "")
    assert "written by: cnn_scratch " in out
    assert 'Model: "small"' in out.splitlines()
    assert "Total params: 127" in out  # 3·3·2 + 2, four times 2, 32·3 + 3
    assert "self-test: passed, outputs differ by 0.0e+00" in out


def test_names_cannot_steer_the_terminal(inspect):
    model = small_model()
    model.metadata = cnn_scratch.saving.ModelMetadata(class_names=("a\x1b]0;b\x07", "c", "d"))
    model.name = "m\x1b[2J\nself-test: passed"
    model.save("m.keras")
    code, out, _ = inspect("m.keras")
    assert code == 0
    assert r"classes: a\x1b]0;b\x07, c, d" in out
    assert r'Model: "m\x1b[2J\nself-test: passed"' in out.splitlines()
    assert sum(line.startswith("self-test") for line in out.splitlines()) == 1
    assert all(character.isprintable() or character == "\n" for character in out)


def test_a_self_test_that_fails(inspect):
    small_model().save("m.keras")
    with zipfile.ZipFile("m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    metadata["cnn_scratch"]["self_test"]["outputs"] = "AAAAAAAAAAAAAIA/"  # 0, 0, 1
    with open("m.keras", "wb") as file:
        file.write(archive_of(members | {"metadata.json": json.dumps(metadata).encode()}))
    code, out, _ = inspect("m.keras")
    assert code == 0
    assert "self-test: FAILED" in out
    assert "note: The model in m.keras does not pass its self-test on this machine" in out


def test_weights(inspect):
    small_model().save_weights("m.weights.h5")
    code, out, err = inspect("m.weights.h5")
    assert (code, err) == (0, "")
    assert "layers/conv2d/vars/0" in out
    assert "(3, 3, 1, 2)" in out
    assert out.endswith("10 arrays; 127 parameters without the optimizer's\n")


def test_an_h5_file(inspect):
    keras = pytest.importorskip("keras", reason="only Keras writes such files")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save("m.h5")
    code, out, _ = inspect("m.h5")
    assert code == 0
    assert "format: HDF5 of Keras 3" in out
    assert "Total params: 15" in out


def test_what_is_no_model(inspect, tmp_path):
    (tmp_path / "m.keras").write_bytes(b"no archive")
    for name, message in (("m.keras", "expected a ZIP archive"), ("nothing", "Expected a model file")):
        code, _, err = inspect(name)
        assert code == 2
        assert message in err
        assert err.count("\n") == 1


def test_the_module_does_not_hide_python_s_own():
    """A file inspect.py inside a package is another module than the standard library's."""
    program = "import cnn_scratch.inspect, inspect; print(inspect.signature(len))"
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(cnn_scratch.__file__))}
    words = [sys.executable, "-c", program]
    result = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
    assert result.stdout == "(obj, /)\n"
