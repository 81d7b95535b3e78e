"""cnn_scratch: a convolutional neural network written from scratch in NumPy and Numba.

The names are Keras's::

    from cnn_scratch import Input, Sequential, layers

    model = Sequential([
        Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=3)
"""

from cnn_scratch import (
    activations,
    callbacks,
    config,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    random,
    regularizers,
    saving,
    testing,
    utils,
)
from cnn_scratch.layers import Input, Layer
from cnn_scratch.models import Model, Sequential
from cnn_scratch.version import __version__

__all__ = [
    "Input",
    "Layer",
    "Model",
    "Sequential",
    "__version__",
    "activations",
    "callbacks",
    "config",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "testing",
    "utils",
]
