"""One small model of each family of keras.applications: the same predictions, training and files as Keras."""

import keras
import numpy as np
import pytest

import cnn_scratch
from tests.applications.catalogue import SMALL_MODELS
from tests.applications.compare import assert_same_predictions
from tests.applications.randomize import images_for, randomize
from tests.applications.training import assert_same_weights, float64, largest_difference, train_both

# Building and tracing these takes Keras half a minute each; ``python -m tests.applications --train`` does it.
SLOW_TO_TRAIN = {"vgg16", "vgg19", "inception_v3", "inception_resnet_v2", "xception", "nasnet", "convnext"}

families = pytest.mark.parametrize("small", SMALL_MODELS, ids=lambda small: small.family)
trained_families = pytest.mark.parametrize(
    "small",
    [small for small in SMALL_MODELS if small.family not in SLOW_TO_TRAIN],
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
    ours, theirs = train_both(small, tmp_path)
    assert_same_weights(ours, theirs, small.family)
    ours.save(tmp_path / "trained.keras")
    with float64():
        again = keras.models.load_model(tmp_path / "trained.keras")
    assert largest_difference(ours, again)[0] == 0  # the optimizer's state goes along
    assert again.optimizer.iterations == 3


def test_a_wrong_layer_is_named(tmp_path):
    (small,) = (one for one in SMALL_MODELS if one.family == "mobilenet")
    ours, theirs, images = both(small, tmp_path)
    layer = ours.get_layer("conv_pw_2_bn")
    layer.epsilon *= 1.2  # of 0.001, beside variances of about 1
    with pytest.raises(AssertionError, match=r"the first is .*conv_pw_2_bn"):
        assert_same_predictions(ours, theirs, images)


def test_three_steps_with_a_wrong_momentum_are_not_the_same(tmp_path):
    (small,) = (one for one in SMALL_MODELS if one.family == "resnet")
    ours, theirs = train_both(small, tmp_path)
    layer = ours.get_layer("conv1_bn")
    layer.moving_mean.assign(layer.moving_mean.value * np.float64(1 + 1e-6))
    with pytest.raises(AssertionError, match="conv1_bn/moving_mean"):
        assert_same_weights(ours, theirs, small.family)
