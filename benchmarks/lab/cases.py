"""The convolutions of the lab, the versions, and the data."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from benchmarks.lab import (
    v1_plain_loops,
    v2_loop_order,
    v3_threads,
    v4_im2col,
    v5_tiles,
    v6_registers,
    v7_winograd,
)

VERSIONS = [v1_plain_loops, v2_loop_order, v3_threads, v4_im2col, v5_tiles, v6_registers, v7_winograd]
FORWARD, GRAD_KERNEL = "forward", "grad_kernel"
TASKS = {FORWARD: "forward", GRAD_KERNEL: "∂kernel"}


@dataclass(frozen=True)
class Case:
    """A convolution with stride 1 over images that have their border of zeros already.

    Args:
        outputs: height and width of the outputs.
        channels, filters, kernel_size: C, F and KH = KW.
        images: of a batch; a slow version is given fewer.
    """

    outputs: int
    channels: int
    filters: int
    kernel_size: int
    images: int = 128

    def __str__(self) -> str:
        size, kernel = f"{self.outputs}×{self.outputs}", f"{self.kernel_size}×{self.kernel_size}"
        return f"{kernel} kernel, {self.channels} channels → {self.filters} filters, {size} outputs"

    @property
    def flops(self) -> int:
        """Floating-point operations per image, by the definition; forward and ∂kernel need as many."""
        return 2 * self.outputs**2 * self.filters * self.kernel_size**2 * self.channels

    def data(self, images: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return inputs (N, H, W, C), kernel (KH, KW, C, F) and ∂loss/∂outputs (N, OH, OW, F)."""
        rng = np.random.default_rng(seed)
        side, kernel = self.outputs + self.kernel_size - 1, self.kernel_size
        shapes = [
            (images, side, side, self.channels),
            (kernel, kernel, self.channels, self.filters),
            (images, self.outputs, self.outputs, self.filters),
        ]
        return tuple(rng.standard_normal(shape, dtype=np.float32) for shape in shapes)


CASES = {
    "vgg_small": Case(32, 64, 64, 3),
    "vgg_deep": Case(8, 256, 256, 3),
    "mnist_convnet": Case(11, 32, 64, 3),
    "cifar_seed": Case(32, 3, 20, 5),
}


def name_of(version: ModuleType) -> str:
    """Return the short name, ``v1``."""
    return version.__name__.rsplit(".", 1)[-1].split("_")[0]


def title_of(version: ModuleType) -> str:
    """Return the first line of its docstring, without its name and its full stop."""
    return version.__doc__.splitlines()[0].split(": ", 1)[1].rstrip(".")


def versions_for(case: Case, task: str) -> list[ModuleType]:
    """Return the versions that can do a task on a case."""
    able = [version for version in VERSIONS if hasattr(version, task)]
    return [version for version in able if getattr(version, "can", lambda case: True)(case)]
