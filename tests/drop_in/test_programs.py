"""``import cnn_scratch as keras``: programs written for Keras give the same numbers."""

from functools import partial

import keras
import numpy as np
import pytest

import cnn_scratch
from tests.applications.randomize import images_for, randomize
from tests.drop_in import folders, programs, segmentation, typical

PROGRAMS = [*programs.PROGRAMS, *segmentation.PROGRAMS, *typical.PROGRAMS]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_same_numbers(program):
    """A few dozen steps of float32: the first losses agree to six digits, the last to three or four."""
    compare(program)


def test_pictures_in_folders(tmp_path):
    folders.write_pictures(tmp_path / "PetImages")
    compare(partial(folders.from_scratch, folder=tmp_path))


def compare(program):
    """Run a program with both libraries, from the same weights."""
    weights = []

    def keep(model):
        rng = np.random.default_rng(0)
        for w in model.weights:  # no moving statistic of exactly 0 or 1
            if "moving" in w.name:
                w.assign(rng.uniform(0.5, 1.5, w.shape))
        weights.append(model.get_weights())

    keras.utils.clear_session()  # or it numbers metrics on from those of other tests
    expected = program(keras, start=keep)
    ours = program(cnn_scratch, start=lambda model: model.set_weights(weights.pop(0)))
    assert set(ours) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values, rtol=2e-3, atol=2e-4, err_msg=name)
    first = "loss" if "loss" in expected else "head loss"
    assert ours[first][0] == pytest.approx(expected[first][0], rel=1e-5)
    assert expected[first][-1] < expected[first][0]


def test_fine_tuning_of_keras_s_mobilenet(tmp_path):
    """keras.applications is not here: its network comes as a file that Keras wrote."""
    base = keras.applications.MobileNet(input_shape=(32, 32, 3), alpha=0.25, include_top=False, weights=None)
    randomize(base, images_for(base, 8))
    base.save(tmp_path / "mobilenet.keras")
    ours, expected = (
        programs.tuned_mobilenet(library, tmp_path / "mobilenet.keras") for library in (cnn_scratch, keras)
    )
    assert set(ours) == set(expected)
    assert (expected["head trainable"], expected["block trainable"]) == (2, 4)
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values, rtol=2e-3, atol=2e-4, err_msg=name)
    assert expected["block loss"][-1] < expected["head loss"][0]
