"""The four ready-made networks: their layers, their numbers of parameters, what they refuse."""

from itertools import pairwise

import numpy as np
import pytest

from cnn_scratch import zoo
from cnn_scratch.models import Sequential

NAMES = ("lenet", "mnist_convnet", "cifar_seed", "vgg_small")

LAYERS = {
    "lenet": "Conv2D MaxPooling2D Conv2D MaxPooling2D Flatten Dense Dense Dense",
    "mnist_convnet": "Conv2D MaxPooling2D Conv2D MaxPooling2D Flatten Dropout Dense",
    "cifar_seed": "Conv2D BatchNormalization MaxPooling2D Dropout Flatten Dense Dense",
    "vgg_small": "Conv2D Conv2D MaxPooling2D Conv2D Conv2D MaxPooling2D Conv2D Conv2D MaxPooling2D "
    "Flatten Dropout Dense",
}


def test_the_table_has_every_model():
    assert tuple(zoo.MODELS) == NAMES
    assert tuple(zoo.MIN_SIDE) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_layers(name):
    model = zoo.MODELS[name]((32, 32, 3), 10)
    assert isinstance(model, Sequential)
    assert model.name == name
    assert [type(layer).__name__ for layer in model.layers] == LAYERS[name].split()
    assert model.output_shape == (None, 10)


def test_parameters_of_mnist_convnet():
    # The numbers that keras.io/examples/vision/mnist_convnet prints.
    model = zoo.mnist_convnet((28, 28, 1), 10)
    assert [layer.count_params() for layer in model.layers] == [320, 0, 18_496, 0, 0, 0, 16_010]
    assert model.layers[5].rate == 0.5


def test_parameters_of_cifar_seed():
    model = zoo.cifar_seed((32, 32, 3), 10)
    convolution, normalisation, _, dropout, _, hidden, last = model.layers
    assert convolution.count_params() == 5 * 5 * 3 * 20 + 20
    assert normalisation.count_params() == 4 * 20
    assert dropout.rate == 0.2
    assert hidden.count_params() == 16 * 16 * 20 * 256 + 256
    assert last.count_params() == 256 * 10 + 10


def test_parameters_of_vgg_small():
    model = zoo.vgg_small((32, 32, 3), 10)
    kernels = [layer.kernel.shape for layer in model.layers if type(layer).__name__ == "Conv2D"]
    channels = (3, 64, 64, 128, 128, 256, 256)
    assert kernels == [(3, 3, before, after) for before, after in pairwise(channels)]
    assert model.layers[-1].kernel.shape == (4 * 4 * 256, 10)


@pytest.mark.parametrize("side", [8, 13, 28, 32])
def test_lenet_takes_small_and_larger_images(side):
    model = zoo.lenet((side, side, 1), 10)
    outputs = model.predict(np.ones((2, side, side, 1)))
    assert outputs.shape == (2, 10)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_two_classes_give_one_sigmoid(name):
    model = zoo.MODELS[name]((16, 16, 1), 2)
    assert model.output_shape == (None, 1)
    assert model.layers[-1].get_config()["activation"] == "sigmoid"
    assert zoo.loss_for(2) == "binary_crossentropy"
    assert zoo.loss_for(3) == "sparse_categorical_crossentropy"


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_images(name):
    side = zoo.MIN_SIDE[name]
    assert zoo.MODELS[name]((side, side, 1), 3).output_shape == (None, 3)
    with pytest.raises(
        ValueError, match=rf"at least {side}x{side} pixels for the model {name}. Received: {side - 1}x"
    ):
        zoo.MODELS[name]((side - 1, side + 5, 1), 3)


def test_scale_puts_a_rescaling_first():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 1)).astype(np.uint8)
    plain, scaled = zoo.lenet((12, 12, 1), 4), zoo.lenet((12, 12, 1), 4, scale=1 / 255)
    scaled.set_weights(plain.get_weights())
    assert type(scaled.layers[0]).__name__ == "Rescaling"
    # One more rounding of each pixel, of relative size 2⁻²⁴.
    np.testing.assert_allclose(scaled.predict(pixels), plain.predict(pixels / 255), rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_made_from_its_config_is_the_same(name):
    model = zoo.MODELS[name]((16, 16, 3), 5, scale=1 / 255)
    other = Sequential.from_config(model.get_config())
    other.set_weights(model.get_weights())
    pixels = np.random.default_rng(1).integers(0, 256, (2, 16, 16, 3))
    np.testing.assert_array_equal(other.predict(pixels), model.predict(pixels))


def test_refuses_one_class_and_a_shape_without_channels():
    with pytest.raises(ValueError, match=r"at least two classes. Received: num_classes=1"):
        zoo.lenet((8, 8, 1), 1)
    with pytest.raises(ValueError, match=r"\(height, width, channels\) of one image. Received: \(8, 8\)"):
        zoo.lenet((8, 8), 10)
