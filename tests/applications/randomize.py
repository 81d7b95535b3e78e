"""Random values for all the weights of a Keras model, under which its activations stay healthy.

Keras's own starting values hide errors: moving means of 0 and variances of 1, biases of 0, a LayerScale of
1e-6. And arbitrary random ones hide them too, because activations then grow or vanish from layer to layer
until a softmax says 1 and 0. So images go through the model once, and every layer gets its values when its
inputs are known.
"""

from functools import partial

import keras
import numpy as np

# Below 1, beside a beta as large: rounding errors then grow little from layer to layer.
PREDICTING = {"gamma": (0.3, 1.0), "beta": (-0.5, 0.5)}
# Most of what comes to a ReLU is then above 0 and far from it. Else the gradients of MobileNet explode, in
# which 27 batch normalizations follow one another with no way past them.
TRAINING = {"gamma": (0.15, 0.5), "beta": (0.5, 1.5)}


def randomize(model: keras.Model, images: np.ndarray, seed: int = 0, ranges: dict = PREDICTING) -> None:
    """Give every weight of ``model`` a random value that suits ``images``."""
    rng = np.random.default_rng(seed)
    tensor = keras.ops.convert_to_tensor(images.astype(model.inputs[0].dtype))
    model._run_through_graph(
        [tensor], operation_fn=lambda operation: partial(_fill_and_call, operation, rng, ranges)
    )


def without_randomness(model: keras.Model) -> None:
    """Switch dropout and stochastic depth off: their masks are another story."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
        elif type(layer).__name__ == "StochasticDepth":
            layer.drop_path_rate = 0.0


def images_for(model: keras.Model, count: int, seed: int = 1) -> np.ndarray:
    """Return random images in the range that the model takes: [0, 255] if it rescales them itself."""
    rng = np.random.default_rng(seed)
    rescales = any(isinstance(layer, keras.layers.Rescaling) for layer in model.layers)
    prepares = any(isinstance(layer, keras.layers.Normalization) for layer in model._flatten_layers())
    low, high = (0, 255) if rescales or prepares else (-1, 1)
    height, width, channels = model.input_shape[1:]
    # Noise alone looks the same from afar: each image also has a wave of its own in each colour.
    slopes = rng.normal(0, 6, (2, count, 1, 1, channels))
    rows, columns = np.linspace(0, 1, height)[:, None, None], np.linspace(0, 1, width)[:, None]
    waves = np.sin(slopes[0] * rows + slopes[1] * columns + rng.uniform(0, 7, (count, 1, 1, channels)))
    images = np.clip(waves + rng.normal(0, 0.5, (count, height, width, channels)), -1, 1)
    return (low + (images + 1) / 2 * (high - low)).astype(model.inputs[0].dtype)


def _fill_and_call(operation, rng, ranges, *inputs, **options):
    if isinstance(operation, keras.Layer):
        for layer in operation._flatten_layers():
            _fill(layer, rng, ranges, *inputs)
    return operation(*inputs, **options)


def _fill(layer, rng, ranges, *inputs) -> None:
    """Give one layer its values. Only batch normalization looks at its inputs."""
    if isinstance(layer, keras.Model) or not layer.weights:
        return
    if isinstance(layer, keras.layers.Normalization):
        shape = layer.adapt_mean.shape
        layer.set_weights([rng.uniform(0.3, 0.6, shape), rng.uniform(0.05, 0.1, shape), np.array(7)])
        layer.finalize_state()
        return
    for variable in layer.weights:
        variable.assign(_draw(variable.name, type(layer).__name__, tuple(variable.shape), rng, ranges))
    if isinstance(layer, keras.layers.BatchNormalization):
        values = np.asarray(inputs[0], dtype=np.float64)
        axes = tuple(range(values.ndim - 1))
        # Not the whole mean: where all images give nearly the same, what is left would be rounding errors.
        mean = values.mean(axes) * rng.uniform(-0.3, 0.3, values.shape[-1])
        square = np.mean((values - mean) ** 2, axes)
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign((square + square.mean()) / 2 * rng.uniform(0.5, 1.5, mean.shape))


def _draw(name: str, kind: str, shape: tuple[int, ...], rng, ranges) -> np.ndarray:
    if name.endswith("kernel"):
        # He: 2 / the number of terms in a sum, because half of what comes in may be cut off by a ReLU
        terms = np.prod(shape[:2] if name == "depthwise_kernel" or kind == "DepthwiseConv2D" else shape[:-1])
        return rng.normal(0, np.sqrt(2 / terms), shape)
    if name in ranges:
        return rng.uniform(*ranges[name], shape)
    if name == "bias":
        return rng.uniform(-0.5, 0.5, shape)
    if kind == "LayerScale":
        return rng.uniform(0.1, 0.5, shape)
    return rng.uniform(0.5, 1.5, shape)
