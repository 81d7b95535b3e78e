"""What the command chooses when a person does not: a model, epochs and a batch size per data set."""

from dataclasses import dataclass

from cnn_scratch import zoo


@dataclass(frozen=True)
class Recipe:
    """Defaults for one data set.

    Attributes:
        model: a name in ``zoo.MODELS``.
        epochs: how often every training image is seen.
        batch_size: images per step.
        optimizer: a name; its own learning rate applies.
        validation_split: the share of the training images that is set aside.
    """

    model: str
    epochs: int
    batch_size: int
    optimizer: str = "adam"
    validation_split: float = 0.1


RECIPES = {
    "digits": Recipe("lenet", epochs=30, batch_size=32),
    "mnist": Recipe("mnist_convnet", epochs=15, batch_size=128),  # Keras's own
    "fashion_mnist": Recipe("mnist_convnet", epochs=15, batch_size=128),
    "cifar10": Recipe("cifar_seed", epochs=10, batch_size=128),
    "cifar100": Recipe("cifar_seed", epochs=10, batch_size=128),
}


def recipe_for(dataset: str, input_shape: tuple[int, int, int]) -> Recipe:
    """Return the recipe of a named data set, or one that fits the images of a person's own.

    Args:
        dataset: the value of ``--dataset``.
        input_shape: (H, W, C) of one image.
    """
    if dataset in RECIPES:
        return RECIPES[dataset]
    # A person's own set is often small: small batches make more steps of few images.
    model = "mnist_convnet" if min(input_shape[:2]) >= zoo.MIN_SIDE["mnist_convnet"] else "lenet"
    return Recipe(model, epochs=20, batch_size=32)
