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

import sys

from cnn_scratch import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    preprocessing,
    random,
    regularizers,
    saving,
    testing,
    utils,
)
from cnn_scratch.absent import AbsentModules, absent
from cnn_scratch.constraints import Constraint
from cnn_scratch.initializers import Initializer
from cnn_scratch.layers import Input, Layer
from cnn_scratch.losses import Loss
from cnn_scratch.metrics import Metric
from cnn_scratch.models import Model, Sequential
from cnn_scratch.optimizers import Optimizer
from cnn_scratch.regularizers import Regularizer
from cnn_scratch.version import __version__

__all__ = [
    "Constraint",
    "Initializer",
    "Input",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "testing",
    "utils",
]

_ARRAYS = "Arrays are NumPy's here: use numpy."
_OPS = (
    f"{_ARRAYS} In a metric or a loss of your own, keras.ops.mean is numpy.mean. Between layers, use "
    "`+ - * /`, `@` and `[…]`, or a layer: `Add`, `Concatenate`, `Reshape`, `Activation`, "
    "`GlobalAveragePooling2D`."
)
_INSTEAD = {
    "applications": "Save a network of keras.applications with Keras, and load the file: "
    "cnn_scratch.models.load_model('….keras').",
    "ops": _OPS,
    "Variable": "Layer.add_weight makes a layer's parameters, Metric.add_weight what a metric counts in.",
    "KerasTensor": "It is called cnn_scratch.symbolic.SymbolicTensor.",
    "device": "Everything is computed on the CPU; config.set_num_threads says on how many threads.",
    "distribution": "Everything is computed on one CPU; config.set_num_threads says on how many threads.",
    "export": "Save the model with `model.save`. Keras reads the file, and exports it.",
    "quantizers": "Layers compute in float32 or float64.",
    "tree": "Use lists and dictionaries as they are.",
    "mixed_precision": "Layers compute in float32 or float64: layers.Dense(10, dtype='float64').",
}
__getattr__ = absent(__name__, __all__, _INSTEAD)
sys.meta_path.append(AbsentModules(__name__, _INSTEAD))
