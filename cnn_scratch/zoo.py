"""Ready-made networks: four small convolutional classifiers that train on a CPU.

Each function takes the shape of one image and the number of classes and returns a built
``Sequential`` that is not compiled yet::

    model = zoo.lenet((8, 8, 1), num_classes=10, scale=1 / 16)
    model.compile("adam", zoo.loss_for(10), metrics=["accuracy"])

With ``scale``, a ``Rescaling`` layer comes first. The model then takes pixels as they are stored
(0 … 255, say), and whoever loads its weights later cannot forget to rescale them.
"""

from collections.abc import Callable

from cnn_scratch.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    Rescaling,
)
from cnn_scratch.models import Sequential

Shape3 = tuple[int, int, int]


def lenet(input_shape: Shape3, num_classes: int, scale: float | None = None) -> Sequential:
    """LeNet-5 in its modern dress: two convolutions, each with a pooling, then 120, 84 and the classes.

    The plan is that of LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
    recognition" (1998). ReLU stands for the scaled tanh and max pooling for the trained average;
    ``same`` padding lets it work from 8×8 digits up to 32×32 images, and 24 and 48 filters (6 and 16
    in 1998) make up for the few pixels of the former.

    Args:
        input_shape: (H, W, C), at least 4×4.
        num_classes: two give one sigmoid output, more a softmax.
        scale: factor of the pixels, or ``None`` if they are rescaled already.

    Raises:
        ValueError: the images are too small, or there are fewer than two classes.
    """
    return _classifier(
        "lenet",
        input_shape,
        num_classes,
        scale,
        [
            Conv2D(24, 5, padding="same", activation="relu"),
            MaxPooling2D(2),
            Conv2D(48, 5, padding="same", activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(120, activation="relu"),
            Dense(84, activation="relu"),
        ],
    )


def mnist_convnet(input_shape: Shape3, num_classes: int, scale: float | None = None) -> Sequential:
    """Keras's own example for MNIST (keras.io/examples/vision/mnist_convnet): 99 % after 15 epochs.

    Args:
        input_shape: (H, W, C), at least 10×10.
        num_classes, scale: as for `lenet`.

    Raises:
        ValueError: as for `lenet`.
    """
    return _classifier(
        "mnist_convnet",
        input_shape,
        num_classes,
        scale,
        [
            Conv2D(32, 3, activation="relu"),
            MaxPooling2D(2),
            Conv2D(64, 3, activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dropout(0.5),
        ],
    )


def cifar_seed(input_shape: Shape3, num_classes: int, scale: float | None = None) -> Sequential:
    """One convolution with batch normalisation and dropout, and one hidden layer.

    Args:
        input_shape: (H, W, C), at least 2×2.
        num_classes, scale: as for `lenet`.

    Raises:
        ValueError: as for `lenet`.
    """
    return _classifier(
        "cifar_seed",
        input_shape,
        num_classes,
        scale,
        [
            Conv2D(20, 5, padding="same", activation="relu"),
            BatchNormalization(),
            MaxPooling2D(2),
            Dropout(0.2),
            Flatten(),
            Dense(256, activation="relu"),
        ],
    )


def vgg_small(input_shape: Shape3, num_classes: int, scale: float | None = None) -> Sequential:
    """Three blocks of two 3×3 convolutions, in the way of VGG (Simonyan and Zisserman, 2014).

    Args:
        input_shape: (H, W, C), at least 8×8.
        num_classes, scale: as for `lenet`.

    Raises:
        ValueError: as for `lenet`.
    """
    layers = []
    for filters in (64, 128, 256):
        layers += [
            Conv2D(filters, 3, padding="same", activation="relu"),
            Conv2D(filters, 3, padding="same", activation="relu"),
            MaxPooling2D(2),
        ]
    return _classifier("vgg_small", input_shape, num_classes, scale, [*layers, Flatten(), Dropout(0.5)])


MODELS: dict[str, Callable[..., Sequential]] = {
    "lenet": lenet,
    "mnist_convnet": mnist_convnet,
    "cifar_seed": cifar_seed,
    "vgg_small": vgg_small,
}

# The images that they are at home with: those of MNIST and of CIFAR-10.
INPUT_SHAPES: dict[str, Shape3] = {
    "lenet": (28, 28, 1),
    "mnist_convnet": (28, 28, 1),
    "cifar_seed": (32, 32, 3),
    "vgg_small": (32, 32, 3),
}

# The smallest height and width of which every pooling and every valid convolution leaves something.
MIN_SIDE = {"lenet": 4, "mnist_convnet": 10, "cifar_seed": 2, "vgg_small": 8}


def loss_for(num_classes: int) -> str:
    """Return the name of the loss that fits the last layer and integer labels."""
    return "binary_crossentropy" if num_classes == 2 else "sparse_categorical_crossentropy"


def _classifier(
    name: str, input_shape: Shape3, num_classes: int, scale: float | None, body: list
) -> Sequential:
    """Return the model: rescaling if it is wanted, the body, and one output per class."""
    _check(name, input_shape, num_classes)
    first = [] if scale is None else [Rescaling(scale)]
    # Two classes need one number only, the probability of the second: that of the first is the rest.
    last = Dense(1, activation="sigmoid") if num_classes == 2 else Dense(num_classes, activation="softmax")
    return Sequential([Input(tuple(input_shape)), *first, *body, last], name=name)


def _check(name: str, input_shape: Shape3, num_classes: int) -> None:
    if len(input_shape) != 3:
        raise ValueError(
            f"Expected the shape (height, width, channels) of one image. Received: {input_shape}"
        )
    height, width, _ = input_shape
    side = MIN_SIDE[name]
    if min(height, width) < side:
        raise ValueError(
            f"Expected images of at least {side}x{side} pixels for the model {name}. "
            f"Received: {height}x{width}."
        )
    if num_classes < 2:
        raise ValueError(f"Expected at least two classes. Received: num_classes={num_classes}")
