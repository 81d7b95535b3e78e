"""Where neither Keras nor TensorFlow, JAX or PyTorch is installed: a file is loaded, trained on and saved."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import cnn_scratch
from tests.saving.test_with_keras import CLOSE, STEPS, data, nested, predict, same_weights, train, trained

PROGRAM = """
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("keras", "tensorflow", "jax", "torch"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

sys.meta_path.insert(0, NotInstalled())
import numpy as np
from cnn_scratch.models import load_model, model_from_json

folder, kind = sys.argv[1:]
x, y = np.load(f"{folder}/x.npy"), np.load(f"{folder}/y.npy")
model = load_model(f"{folder}/theirs.{kind}")
np.save(f"{folder}/outputs.npy", model.predict(x))
for _ in range(3):
    model.train_on_batch(x, y)
model.save(f"{folder}/ours.keras")
model.save_weights(f"{folder}/ours.weights.h5")
twin = model_from_json(model.to_json())
twin.load_weights(f"{folder}/ours.weights.h5")
assert np.array_equal(twin.predict(x), model.predict(x))
"""


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_a_model_of_keras_goes_there_and_back(kind, tmp_path):
    theirs = trained(keras, nested)
    theirs.save(tmp_path / f"theirs.{kind}")
    for name, array in zip("xy", data(), strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    environment = os.environ | {"PYTHONPATH": str(Path(cnn_scratch.__file__).parents[1])}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), kind]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "outputs.npy"), predict(theirs), **CLOSE)
    train(theirs, 3)
    back = keras.saving.load_model(tmp_path / "ours.keras")
    same_weights(back, theirs, **STEPS)
    for model in (back, theirs):
        train(model, 3)
    same_weights(back, theirs, **STEPS)
    other = nested(keras)
    other.load_weights(tmp_path / "ours.weights.h5")
    same_weights(other, cnn_scratch.models.load_model(tmp_path / "ours.keras"), rtol=0)
