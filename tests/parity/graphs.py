"""Graph models that can be made with either library, each for one thing that only a graph can do."""

import numpy as np


def skip_connection(library, dtype="float64"):
    """A block whose input takes a short cut around two layers."""
    layers = library.layers
    inputs = library.Input((6, 5, 3), dtype=dtype, name="image")
    x = layers.Conv2D(3, 3, padding="same", activation="relu", dtype=dtype, name="first")(inputs)
    x = layers.BatchNormalization(dtype=dtype, name="norm")(x)
    x = layers.Add(dtype=dtype, name="sum")([x, inputs])
    x = layers.Flatten(dtype=dtype, name="flat")(x)
    outputs = layers.Dense(4, activation="softmax", dtype=dtype, name="classes")(x)
    return library.Model(inputs, outputs, name="skip")


def shared_layer(library, dtype="float64"):
    """One encoder for two inputs, used a second time on its own output."""
    layers = library.layers
    a, b = (library.Input((4,), dtype=dtype, name=name) for name in ("a", "b"))
    encoder = layers.Dense(4, activation="tanh", dtype=dtype, name="encoder")
    both = layers.Concatenate(dtype=dtype, name="both")([encoder(a), encoder(encoder(b))])
    return library.Model([a, b], layers.Dense(2, dtype=dtype, name="outputs")(both), name="shared")


def two_in_two_out(library, dtype="float64"):
    """Two inputs and two outputs; one output is read by the other's path too."""
    layers = library.layers
    a, b = (library.Input((4,), dtype=dtype, name=name) for name in ("a", "b"))
    x = layers.Dense(5, activation="elu", dtype=dtype, name="of_a")(a)
    y = layers.Dense(5, activation="sigmoid", dtype=dtype, name="of_b")(b)
    size = layers.Dense(1, dtype=dtype, name="size")(layers.Multiply(dtype=dtype, name="times")([x, y]))
    kind = layers.Dense(
        3,
        activation="softmax",
        dtype=dtype,
        name="kind",
        kernel_regularizer=library.regularizers.L2(2**-6),
    )(layers.Concatenate(dtype=dtype, name="all")([x, y, size]))
    return library.Model([a, b], [kind, size], name="two")


def nested(library, dtype="float64"):
    """A Sequential and a graph model as layers of a third; the graph model has two outputs and is shared."""
    layers = library.layers
    x = library.Input((4,), dtype=dtype, name="x")
    halves = library.Model(
        x,
        [layers.Dense(3, dtype=dtype, name="left")(x), layers.Dense(2, dtype=dtype, name="right")(x)],
        name="halves",
    )
    head = library.Sequential(
        [
            library.Input((3,), dtype=dtype, name="features"),
            layers.Dense(4, activation="tanh", dtype=dtype, name="hidden"),
            layers.Dense(3, activation="softmax", dtype=dtype, name="classes"),
        ],
        name="head",
    )
    inputs = library.Input((4,), dtype=dtype, name="inputs")
    left, right = halves(inputs)
    again, _ = halves(layers.Concatenate(dtype=dtype, name="turned")([right, right]))
    return library.Model(inputs, head(layers.Add(dtype=dtype, name="sum")([left, again])), name="nested")


def frozen(library, dtype="float64"):
    """A base that does not learn, batch normalization included, below a head that does."""
    layers = library.layers
    base = library.Sequential(
        [
            library.Input((6, 5, 3), dtype=dtype, name="image"),
            layers.Conv2D(4, 3, dtype=dtype, name="conv"),
            layers.BatchNormalization(dtype=dtype, name="norm"),
        ],
        name="base",
    )
    base.trainable = False
    inputs = library.Input((6, 5, 3), dtype=dtype, name="inputs")
    x = layers.Flatten(dtype=dtype, name="flat")(base(inputs))
    return library.Model(inputs, layers.Dense(3, dtype=dtype, name="head")(x), name="transfer")


def arithmetic(library, dtype="float64"):
    """Every operator, with tensors, numbers and an array, and with broadcasting."""
    layers = library.layers
    a, b = (library.Input((3, 4), dtype=dtype, name=name) for name in ("a", "b"))
    x = layers.Dense(4, dtype=dtype, name="of_a")(a)
    y = layers.Dense(1, dtype=dtype, name="of_b")(b)  # broadcast along the last axis
    z = (x + 3.0) * 0.25 - y
    z = z + x * y - abs(x)
    z = z * np.array([1.0, -2.0, 0.5, 4.0], dtype)
    z = 2 / (1.5 + z**2) + (-y) / 8
    z = 1 - (0.5 ** (z - 1)) * x
    weights = layers.Dense(3, dtype=dtype, name="weights")(b)  # a matrix for each sample
    z = weights @ z @ np.linspace(-1, 1, 16, dtype=dtype).reshape(4, 4)
    return library.Model([a, b], layers.Dense(2, dtype=dtype, name="outputs")(z), name="arithmetic")


def parts(library, dtype="float64"):
    """Parts of a tensor: rows, columns backwards, the last channel, a new axis."""
    layers = library.layers
    image = library.Input((6, 5, 3), dtype=dtype, name="image")
    x = layers.Conv2D(4, 3, padding="same", activation="tanh", dtype=dtype, name="first")(image)
    x = x[:, 1:-1, ::-2] * image[:, :4, 2, None, :1] + x[..., :-2, :3, -1:]
    flat = layers.Flatten(dtype=dtype, name="flat")(x[:, 0])
    return library.Model(image, layers.Dense(2, dtype=dtype, name="outputs")(flat), name="parts")


GRAPHS = {
    function.__name__: function
    for function in (skip_connection, shared_layer, two_in_two_out, nested, frozen, arithmetic, parts)
}


def data_for(model, samples=7, seed=0):
    """Return random inputs for one of our models: an array, or a list of them."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(samples, *t.shape[1:])).astype(t.dtype) for t in model.inputs]
    return arrays[0] if len(arrays) == 1 else arrays


def labels_for(model, samples=7, seed=1):
    """Return random labels for one of our models: numbers of the outputs' shapes, positive, with sum 1."""
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(0.1, 1, (samples, *t.shape[1:])).astype(t.dtype) for t in model.outputs]
    arrays = [array / array.sum(axis=-1, keepdims=True) for array in arrays]
    return arrays[0] if len(arrays) == 1 else arrays
