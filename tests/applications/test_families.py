"""One small model of each family of keras.applications: the same predictions, training and files as Keras."""

import keras
import numpy as np
import pytest

import cnn_scratch
from cnn_scratch.layers import BatchNormalization
from tests.applications.catalogue import SMALL_MODELS
from tests.applications.compare import BOUND, assert_same_predictions, compare_layers
from tests.applications.precision import float64
from tests.applications.randomize import images_for, randomize
from tests.applications.training import train

# Keras takes long to build and trace the others; ``python -m tests.applications --train`` trains all.
QUICK_TO_TRAIN = {"resnet", "resnet_v2", "densenet", "mobilenet", "efficientnet", "efficientnet_v2"}

families = pytest.mark.parametrize("small", SMALL_MODELS, ids=lambda small: small.family)
trained_families = pytest.mark.parametrize(
    "small",
    [small for small in SMALL_MODELS if small.family in QUICK_TO_TRAIN],
    ids=lambda small: small.family,
)


@pytest.fixture(autouse=True)
def _keras_forgets_its_models():
    yield
    keras.backend.clear_session()


def both(small, folder, count=3):
    """Return our model, read from the file of Keras's, Keras's, and images for them."""
    theirs = small.build()
    images = images_for(theirs, count)
    randomize(theirs, images)
    theirs.save(folder / "model.keras")
    return cnn_scratch.models.load_model(folder / "model.keras"), theirs, images


@families
def test_every_layer_gives_what_keras_gives(small, tmp_path):
    assert_same_predictions(*both(small, tmp_path))


@trained_families
def test_three_steps_of_training_and_the_way_back_to_keras(small, tmp_path):
    training, ours = train(small.build, tmp_path)
    training.assert_exact()
    training.assert_as_near_as_keras()
    ours.save(tmp_path / "trained.keras")
    with float64():
        again = keras.models.load_model(tmp_path / "trained.keras")
    variables = [*ours.get_weights(), *ours.optimizer.variables]  # the optimizer's state goes along
    for value, variable in zip(variables, [*again.weights, *again.optimizer.variables], strict=True):
        np.testing.assert_array_equal(value, keras.ops.convert_to_numpy(variable))
    assert again.optimizer.iterations == 3


def test_a_wrong_layer_is_named(tmp_path):
    (small,) = (one for one in SMALL_MODELS if one.family == "mobilenet")
    ours, theirs, images = both(small, tmp_path)
    layer = ours.get_layer("conv_pw_2_bn")
    layer.epsilon *= 1.2  # of 0.001, beside variances of about 1
    with pytest.raises(AssertionError, match=r"the first is .*conv_pw_2_bn"):
        assert_same_predictions(ours, theirs, images)


def test_errors_that_are_small_in_each_layer_but_add_up_are_found(tmp_path, monkeypatch):
    right = BatchNormalization.forward

    def biased(layer, inputs, training=False):
        outputs, cache = right(layer, inputs, training)
        return outputs * np.float32(1 + 2**-18) if layer.dtype == "float32" else outputs, cache

    monkeypatch.setattr(BatchNormalization, "forward", biased)
    (small,) = (one for one in SMALL_MODELS if one.family == "mobilenet")
    differences = compare_layers(*both(small, tmp_path))
    assert all(one.own <= BOUND for one in differences)
    assert not all(one.is_small() for one in differences)
