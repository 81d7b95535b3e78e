"""How far float32 is from float64, here and in Keras, at sizes that networks have.

Ours beside Keras's in the same dtype says little about who is the more exact: both are rounded. Here the
judge is Keras in float64, with the same weights, inputs and upstream gradients, and both are measured.
"""

from dataclasses import dataclass

import numpy as np

from cnn_scratch import layers
from cnn_scratch.config import get_convolution_algorithm
from tests.parity.compare import Pass, prepare, run_keras, run_ours

KINDS = ("outputs", "inputs", "weights")
# Ours may have so many times the distance of Keras's, and one rounding more. Winograd's transforms add
# numbers of different size (docs/decisions/0005-winograd.md): 7 times was the most that was measured.
TIMES, TIMES_OF_WINOGRAD, MORE = 2.0, 8.0, 1.0


@dataclass(frozen=True)
class Case:
    """A layer at one size.

    Args:
        layer, options: its name in ``layers``, and its arguments.
        shape: of the inputs.
        winograd: whether that algorithm is chosen for it.
    """

    layer: str
    options: dict
    shape: tuple[int, ...]
    winograd: bool = False

    def __str__(self) -> str:
        options = ", ".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.layer}({options})"


def _conv2d(filters, kernel_size, shape, winograd=False, **options) -> Case:
    options = {"filters": filters, "kernel_size": kernel_size, "padding": "same"} | options
    return Case("Conv2D", options, shape, winograd)


def _transposed(filters, kernel_size, shape, winograd=False) -> Case:
    options = {"filters": filters, "kernel_size": kernel_size, "padding": "same", "strides": 2}
    return Case("Conv2DTranspose", options, shape, winograd)


CASES = [
    _conv2d(64, 7, (2, 112, 112, 3), strides=2),
    _conv2d(64, 3, (4, 16, 16, 64), winograd=True),
    _conv2d(256, 3, (8, 8, 8, 256), winograd=True),
    _conv2d(64, 5, (8, 14, 14, 24), winograd=True),
    _conv2d(64, 3, (4, 16, 16, 64), winograd=True, groups=4),
    _conv2d(64, 3, (4, 16, 16, 64), strides=2),
    _conv2d(32, 3, (4, 16, 16, 64), dilation_rate=2),
    _conv2d(512, 3, (1, 7, 7, 512)),
    _conv2d(232, 1, (4, 8, 8, 1392)),
    Case("Conv1D", {"filters": 32, "kernel_size": 5}, (4, 100, 64)),
    Case("DepthwiseConv2D", {"kernel_size": 3}, (4, 56, 56, 32)),
    Case("DepthwiseConv2D", {"kernel_size": 7, "padding": "same"}, (4, 14, 14, 96)),
    Case("SeparableConv2D", {"filters": 256, "kernel_size": 3, "padding": "same"}, (4, 10, 10, 728)),
    _transposed(64, 4, (4, 16, 16, 128), winograd=True),
    _transposed(64, 3, (4, 8, 8, 512)),
    Case("Dense", {"units": 256}, (128, 5120)),
    Case("Dense", {"units": 1000}, (2, 2048)),
    Case("BatchNormalization", {}, (64, 32, 32, 16)),
    Case("BatchNormalization", {}, (16, 8, 8, 256)),
    Case("LayerNormalization", {}, (8, 7, 7, 768)),
    Case("GroupNormalization", {"groups": 8}, (4, 16, 16, 64)),
    Case("UnitNormalization", {}, (32, 512)),
    Case("AveragePooling2D", {"pool_size": 7}, (4, 28, 28, 64)),
    Case("GlobalAveragePooling2D", {}, (4, 56, 56, 64)),
    *(
        Case("Activation", {"activation": name}, (32, 10_000))
        for name in ("softmax", "log_softmax", "sigmoid", "tanh", "softplus", "gelu", "mish")
    ),
]


@dataclass
class Exactness:
    """How far both libraries are from float64, in roundings of float32.

    Attributes:
        winograd: whether ours may be as far as that algorithm goes.
        ours, keras: the root mean square of the error as a share of that of the array, divided by 2⁻²⁴: of
            the ``"outputs"``, of the gradient of the ``"inputs"``, and of the ``"weights"``, the largest.
    """

    winograd: bool
    ours: dict[str, float]
    keras: dict[str, float]

    def too_far(self) -> list[str]:
        """Return of which arrays ours is further from float64 than it may be."""
        times = TIMES_OF_WINOGRAD if self.winograd else TIMES
        return [kind for kind in self.ours if self.ours[kind] > times * self.keras[kind] + MORE]


def measure(case: Case) -> Exactness:
    """Make a pass in float32 here and in Keras, and one in float64 in Keras."""
    import keras

    layer = getattr(layers, case.layer)(**case.options, dtype="float32")
    # A mean, so that normalization has one to subtract.
    inputs = np.random.default_rng(len(str(case))).normal(1, 2, case.shape).astype("float32")
    upstream = prepare(layer, inputs, seed=1)
    weights = layer.get_weights()

    def theirs(dtype):
        keras_layer = getattr(keras.layers, case.layer)(**case.options, dtype=dtype)
        given = [weight.astype(dtype) for weight in weights]
        return run_keras(keras_layer, given, inputs.astype(dtype), upstream.astype(dtype), training=True)

    judge = theirs("float64")
    ours = distances(run_ours(layer, inputs, upstream, training=True), judge)
    winograd = case.winograd or get_convolution_algorithm() == "winograd"
    return Exactness(winograd, ours, distances(theirs("float32"), judge))


def distances(given: Pass, judge: Pass) -> dict[str, float]:
    """Return how far the arrays of a pass are from those of the judge, in roundings of float32."""
    found = {"outputs": distance(given.outputs, judge.outputs)}
    found["inputs"] = distance(given.grad_inputs, judge.grad_inputs)
    pairs = list(zip(given.grad_weights, judge.grad_weights, strict=True))
    if pairs:
        found["weights"] = max(distance(grad, exact) for grad, exact in pairs)
    return found


def distance(array: np.ndarray, exact: np.ndarray) -> float:
    """Return the length of the difference as a share of the length of ``exact``, in units of 2⁻²⁴."""
    return float(np.linalg.norm((array - exact).ravel()) / np.linalg.norm(exact.ravel()) * 2**24)


def section() -> list[str]:
    """Return the section of the document."""
    lines = [
        INTRODUCTION,
        "| | inputs | ours | Keras |",
        "|---|---|---|---|",
    ]
    for case in CASES:
        found = measure(case)
        shape = "×".join(map(str, case.shape))
        name = f"{case} ¹" if case.winograd else str(case)
        lines.append(f"| {name} | {shape} | {cell(found.ours)} | {cell(found.keras)} |")
    return [*lines, FOOTNOTE]


def cell(of: dict[str, float]) -> str:
    """Return the distances, in the order outputs · inputs · weights."""
    return " · ".join(f"{of[kind]:.1f}" for kind in KINDS if kind in of)


INTRODUCTION = """How far a layer in float32 is from the same layer in float64 (Keras's), **ours** and
**Keras's** on TensorFlow without oneDNN, at sizes that networks have, in training mode: *outputs ·
gradient of the inputs · gradients of the weights*. A distance is the root mean square of the difference
as a share of that of the array, in roundings of float32 (2⁻²⁴ = 6e-8); of several weights the largest.
`tests/parity/test_exactness.py` asserts that ours is at most twice as far as Keras's and a rounding
more, and eight times with Winograd's algorithm.
"""
FOOTNOTE = """
¹ Winograd's algorithm, which is up to three times as fast and not as exact
([decision 5](decisions/0005-winograd.md)); `set_convolution_algorithm("direct")` is as exact as Keras."""
