"""The same models in Keras, on whatever backend ``KERAS_BACKEND`` names."""

from itertools import cycle

import keras
from keras import Input, Sequential, layers

from benchmarks.cases import CLASSES, Case, random_batch


def lenet() -> list:
    return [
        layers.Conv2D(24, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(48, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(120, activation="relu"),
        layers.Dense(84, activation="relu"),
    ]


def mnist_convnet() -> list:
    return [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
    ]


def cifar_seed() -> list:
    return [
        layers.Conv2D(20, 5, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(256, activation="relu"),
    ]


def vgg_small() -> list:
    stack = []
    for filters in (64, 128, 256):
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(2)]
        stack += [layers.MaxPooling2D(2)]
    return [*stack, layers.Flatten(), layers.Dropout(0.5)]


MODELS = {"lenet": lenet, "mnist_convnet": mnist_convnet, "cifar_seed": cifar_seed, "vgg_small": vgg_small}


class WithKeras:
    """One of the models above, compiled, with its batch already in the backend's own tensors."""

    def __init__(self, case: Case, threads: int, jit_compile: bool | str):
        keras.config.set_floatx("float32")
        keras.config.set_image_data_format("channels_last")
        self.versions = {"keras": keras.version()}
        self._set_threads(threads)
        images, labels = random_batch(case)
        self.images = keras.ops.convert_to_tensor(images)
        self.labels = cycle([keras.ops.convert_to_tensor(some) for some in labels])
        output = layers.Dense(CLASSES, activation="softmax")
        self.model = Sequential([Input(case.input_shape), *MODELS[case.model](), output])
        self.model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile)
        self.parameters = self.model.count_params()

    def _set_threads(self, threads: int) -> None:
        backend = keras.config.backend()
        if backend == "tensorflow":
            import tensorflow as library

            library.config.threading.set_intra_op_parallelism_threads(threads)
            library.config.threading.set_inter_op_parallelism_threads(threads)
        elif backend == "torch":
            import torch as library

            library.set_num_threads(threads)
        else:
            import jax as library  # takes its threads from NPROC and from the cores it may use
        self.versions[library.__name__] = library.__version__

    def step(self) -> float:
        return float(self.model.train_on_batch(self.images, next(self.labels)))

    def predict(self) -> float:
        # Compiled, and faster than calling the model.
        return float(self.model.predict_on_batch(self.images)[0, 0])
