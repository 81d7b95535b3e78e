"""Time a training step of single layers beside Keras on TensorFlow.

Run it from the project's folder, on an idle machine::

    python -m benchmarks.layers                     all cases
    python -m benchmarks.layers depthwise 1x1       those whose name contains one of the words
    python -m benchmarks.layers --forward           the forward pass alone, as in a prediction
    python -m benchmarks.layers --without-jit       leave out jit_compile, whose compilation takes long

A step is the forward pass, the gradient of the inputs and the gradients of all parameters. Every library
has its own process and the same number of threads; their turns are interleaved, and while one runs the
others are stopped. The numbers are medians of the turns. ``jit_compile`` on and off are both measured;
the ratio is that of the faster one to ours, so above 1 ours is faster.
"""

import argparse
import sys
from dataclasses import dataclass, field
from statistics import geometric_mean, median
from typing import Any

from benchmarks import machine
from benchmarks.measure import Worker, steps_for
from benchmarks.peers import QUIET_AND_ON_THE_CPU, THREAD_VARIABLES

ROUNDS = 5
SECONDS = 0.15  # of a turn


@dataclass(frozen=True)
class LayerCase:
    """One layer and the shape of its inputs.

    Attributes:
        name: for the table and for choosing.
        layer: the class, the same here and in Keras.
        shape: of the inputs, the batch first; or a tuple of the shapes of several.
        options: keyword arguments of the layer.
        jit: whether Keras's ``jit_compile`` is measured, too.
    """

    name: str
    layer: str
    shape: tuple[int, ...] | tuple[tuple[int, ...], ...]
    options: dict[str, Any] = field(default_factory=dict)
    jit: bool = True


def depthwise(name, shape, size, strides=1) -> LayerCase:
    options = {"kernel_size": size, "strides": strides, "padding": "same", "use_bias": False}
    return LayerCase(f"depthwise {size}×{size}, {name}", "DepthwiseConv2D", shape, options)


def convolution(name, shape, filters, size, strides=1, **options) -> LayerCase:
    options |= {"filters": filters, "kernel_size": size, "strides": strides, "padding": "same"}
    return LayerCase(name, "Conv2D", shape, options)


def image_layer(layer, **options) -> LayerCase:
    """Return the case of one that changes images at random.

    Without ``jit_compile``: XLA was not done with the first of them, RandomFlip, after three minutes.
    """
    return LayerCase(layer, layer, (64, 160, 160, 3), options, jit=False)


CASES = [
    depthwise("MobileNet", (16, 112, 112, 32), 3),
    depthwise("MobileNet, strides 2", (16, 112, 112, 64), 3, 2),
    depthwise("MobileNet", (16, 56, 56, 128), 3),
    depthwise("MobileNet", (16, 14, 14, 512), 3),
    depthwise("MobileNet", (16, 7, 7, 1024), 3),
    depthwise("EfficientNet", (16, 28, 28, 240), 5),
    depthwise("EfficientNet, strides 2", (16, 14, 14, 672), 5, 2),
    convolution("depthwise 7×7, ConvNeXt (groups)", (16, 14, 14, 384), 384, 7, groups=384),
    LayerCase(
        "separable 3×3, Xception",
        "SeparableConv2D",
        (16, 19, 19, 728),
        {"filters": 728, "kernel_size": 3, "padding": "same", "use_bias": False},
    ),
    convolution("1x1, ResNet 64 → 256", (16, 56, 56, 64), 256, 1),
    convolution("1x1, ResNet 128 → 512", (16, 28, 28, 128), 512, 1),
    convolution("1x1, ResNet 1024 → 512, strides 2", (16, 14, 14, 1024), 512, 1, 2),
    convolution("1x1, MobileNetV2 960 → 320", (16, 7, 7, 960), 320, 1),
    convolution("1x1, MobileNetV2 24 → 144", (16, 56, 56, 24), 144, 1),
    convolution("3×3, strides 2, 128 → 128", (16, 56, 56, 128), 128, 3, 2),
    convolution("7×7, strides 2, 3 → 64", (16, 224, 224, 3), 64, 7, 2),
    convolution("3×3, 4 groups", (16, 28, 28, 128), 128, 3, groups=4),
    LayerCase("1-D convolution", "Conv1D", (16, 1000, 64), {"filters": 128, "kernel_size": 5}),
    LayerCase(
        "transposed 4×4, strides 2",
        "Conv2DTranspose",
        (16, 16, 16, 128),
        {"filters": 64, "kernel_size": 4, "strides": 2, "padding": "same"},
    ),
    LayerCase(
        "average pooling 3×3, strides 1",
        "AveragePooling2D",
        (16, 56, 56, 64),
        {"pool_size": 3, "strides": 1, "padding": "same"},
    ),
    LayerCase("average pooling 2×2", "AveragePooling2D", (16, 56, 56, 64), {"pool_size": 2}),
    LayerCase("batch normalization", "BatchNormalization", (16, 56, 56, 256)),
    LayerCase("group normalization, small images", "GroupNormalization", (128, 14, 14, 32), {"groups": 8}),
    LayerCase("group normalization", "GroupNormalization", (16, 56, 56, 64), {"groups": 32}),
    LayerCase("concatenate", "Concatenate", ((16, 56, 56, 64), (16, 56, 56, 64))),
    LayerCase("multiply, squeeze and excite", "Multiply", ((16, 56, 56, 64), (16, 1, 1, 64))),
    image_layer("RandomFlip"),
    image_layer("RandomRotation", factor=0.1),
    image_layer("RandomZoom", height_factor=0.2),
    image_layer("RandomTranslation", height_factor=0.2, width_factor=0.2),
    image_layer("RandomContrast", factor=0.2),
    image_layer("RandomBrightness", factor=0.2),
]

LIBRARIES = {
    "ours": {"library": "ours", "jit_compile": False},
    "Keras": {"library": "keras", "jit_compile": False},
    "Keras, jit_compile": {"library": "keras", "jit_compile": True},
}


def measure(case: LayerCase, workers: dict[str, Worker], forward_only: bool) -> dict[str, float]:
    """Return the median seconds of a step in each library that is measured."""
    steps, times = {}, {}
    if not case.jit:
        workers = {name: worker for name, worker in workers.items() if not LIBRARIES[name]["jit_compile"]}
    for name, worker in workers.items():
        order = LIBRARIES[name] | {"layer": case.layer, "options": case.options, "shape": case.shape}
        worker.resume()
        worker.ask(order)
        run = {"steps": 1, "forward_only": forward_only}
        worker.ask(run)
        steps[name] = run | {"steps": steps_for(SECONDS, worker.ask(run)["seconds"])}
        times[name] = []
        worker.pause()
    for _ in range(ROUNDS):
        for name, worker in workers.items():
            worker.resume()
            worker.ask(steps[name] | {"steps": 1})  # caches are cold and threads asleep
            times[name].append(worker.ask(steps[name])["seconds"] / steps[name]["steps"])
            worker.pause()
    return {name: median(seconds) for name, seconds in times.items()}


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="words of the cases' names")
    parser.add_argument("--forward", action="store_true", help="the forward pass alone")
    parser.add_argument("--without-jit", action="store_true", help="leave out Keras with jit_compile")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    options = parser.parse_args()
    cases = [case for case in CASES if not options.names or any(name in case.name for name in options.names)]
    if not cases:
        sys.exit(f"Expected a word of one of: {[case.name for case in CASES]}. Received: {options.names}")
    environment = dict.fromkeys(THREAD_VARIABLES, str(options.threads)) | QUIET_AND_ON_THE_CPU
    command = [sys.executable, "-m", "benchmarks.layer_worker"]
    names = [name for name in LIBRARIES if not (options.without_jit and "jit" in name)]
    workers = {name: Worker(command, environment | {"KERAS_BACKEND": "tensorflow"}) for name in names}
    print(f"{machine.describe()}; {options.threads} threads; milliseconds, float32\n")
    print(f"| layer | inputs | {' | '.join(names)} | ratio |\n|{'---|' * (len(names) + 3)}")
    ratios = []
    try:
        for case in cases:
            seconds = measure(case, workers, options.forward)
            ours, *theirs = seconds.values()
            ratios.append(min(theirs) / ours)
            cells = [f"{1000 * seconds[name]:.2f}" if name in seconds else "–" for name in names]
            shapes = case.shape if isinstance(case.shape[0], tuple) else (case.shape,)
            shapes = ", ".join("×".join(map(str, shape)) for shape in shapes)
            print(f"| {case.name} | {shapes} | {' | '.join(cells)} | {ratios[-1]:.2f} |", flush=True)
    finally:
        for worker in workers.values():
            worker.close()
    print(f"\ngeometric mean of the ratios: {geometric_mean(ratios):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
