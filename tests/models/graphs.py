"""Graphs that several tests train, save and compare."""

from cnn_scratch import Input, Model, layers


def residual(dtype="float32"):
    inputs = Input((6, 5, 3), dtype=dtype, name="image")
    x = layers.Conv2D(3, 3, padding="same", activation="tanh", dtype=dtype, name="conv")(inputs)
    x = layers.Add(dtype=dtype, name="sum")([x, inputs])
    x = layers.Flatten(dtype=dtype, name="flat")(x)
    return Model(inputs, layers.Dense(4, activation="softmax", dtype=dtype, name="classes")(x), name="net")


def two(dtype="float64"):
    """Two inputs, two outputs, a shared layer, a nested model of two outputs, arithmetic."""
    a, b = Input((4,), dtype=dtype, name="a"), Input((4,), dtype=dtype, name="b")
    shared = layers.Dense(4, activation="tanh", dtype=dtype, name="shared")
    x = Input((4,), dtype=dtype)
    inner = Model(x, [layers.Dense(3, dtype=dtype)(x), x * 2], name="inner")
    left, right = inner(shared(a) - 0.5 * shared(shared(b)))
    kind = layers.Dense(3, activation="softmax", dtype=dtype, name="kind")(left)
    return Model([a, b], [kind, layers.Dense(1, dtype=dtype, name="size")(right * a)], name="two")
