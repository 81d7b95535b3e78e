"""How fast one core multiplies: BLAS, the loop of ``kernels/tile.py``, and the convolutions made of them.

    python -m benchmarks.product

Prints GFLOP/s of one thread, counted in the processor time of that thread, the best of several runs.
"""

import argparse
import time

import numpy as np

from cnn_scratch.config import set_num_threads
from cnn_scratch.kernels import conv2d_direct, conv2d_im2col
from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.compile import compiled
from cnn_scratch.kernels.tile import ROWS, tile_width, write_tile
from cnn_scratch.shapes import Window

# name: inputs (N, H, W, C), filters
LAYERS = {
    "mnist_convnet, second": ((128, 13, 13, 32), 64),
    "vgg_small, second": ((128, 32, 32, 64), 64),
    "vgg_small, last": ((128, 8, 8, 256), 256),
}


def gflops(work, run, repeats=7):
    """Return the rate of the fastest of several runs, each of ``work`` floating-point operations."""
    run()
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        run()
        times.append(time.thread_time() - start)
    return work / min(times) / 1e9


@compiled
def many_tiles(left, terms, right, target, bias, floor, times):
    for _ in range(times):
        write_tile(left, terms, right, target, bias, floor)


def tile_rate():
    width, terms, times = int(tile_width(4)), 288, 5000
    rng = np.random.default_rng(0)
    a = rng.random(terms + ROWS, dtype="float32")
    b = rng.random(terms * width, dtype="float32")
    left, sums, right = (a, np.arange(ROWS), 0, 0), (np.zeros(1, np.int64), terms, 1), (b, 0, 0, width)
    target = (np.empty(ROWS * width, np.float32), np.arange(ROWS) * width, 0, width)
    bias, floor = (np.zeros(width, np.float32), 0), np.float32(0)
    return gflops(
        2 * ROWS * width * terms * times, lambda: many_tiles(left, sums, right, target, bias, floor, times)
    )


def blas_rate(size=1000):
    a = np.random.default_rng(0).random((size, size), dtype="float32")
    return gflops(2 * size**3, lambda: a @ a)


def layer_rates(algorithm, shape, filters):
    """Return the rates of forward, the kernel's gradient and the inputs' gradient of a 3×3 layer."""
    rng = np.random.default_rng(0)
    window = Window((3, 3))
    N, H, W, C = shape
    inputs = rng.random(shape, dtype="float32")
    kernel = rng.random((3, 3, C, filters), dtype="float32")
    bias = np.zeros(filters, np.float32)
    outputs = np.empty((N, *window.output_size(H, W), filters), np.float32)
    grads = np.empty_like(inputs)
    geometry = window.arguments(H, W)
    work = 2 * outputs.size * 9 * C
    return [
        gflops(work, lambda: algorithm.forward(inputs, kernel, bias, geometry, False, outputs)),
        gflops(work, lambda: algorithm.grad_parameters(inputs, outputs, geometry)),
        gflops(work, lambda: algorithm.grad_inputs(outputs, kernel, geometry, grads)),
    ]


def main():
    argparse.ArgumentParser(
        prog="python -m benchmarks.product", description=__doc__.split("\n")[0]
    ).parse_args()
    set_num_threads(1)
    with single_threaded_blas(in_kernels=True):
        print(f"{'BLAS, 1000×1000 matrices':36}{blas_rate():6.0f} GFLOP/s")
        print(f"{'write_tile, 288 terms':36}{tile_rate():6.0f} GFLOP/s")
        print(f"\n{'3×3 layer: forward, ∂kernel, ∂inputs':36}{'direct':>20}{'im2col':>20}")
        for name, (shape, filters) in LAYERS.items():
            columns = [layer_rates(algorithm, shape, filters) for algorithm in (conv2d_direct, conv2d_im2col)]
            print(
                f"{name:36}" + "".join("  " + "".join(f"{rate:6.0f}" for rate in rates) for rates in columns)
            )


if __name__ == "__main__":
    main()
