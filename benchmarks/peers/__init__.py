"""The libraries that are compared. A peer's own file is imported in its worker process only."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from benchmarks.cases import Case

# Numba, OpenMP, MKL, OpenBLAS, TensorFlow, and XLA (so JAX too) read these when they are imported.
THREAD_VARIABLES = [
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "NPROC",
    "PJRT_NPROC",
]
QUIET_AND_ON_THE_CPU = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}


class Network(Protocol):
    """One model in one library, ready to train: all that a worker needs to know of it."""

    parameters: int  # how many numbers the weights hold, the moving statistics included
    versions: dict[str, str]

    def step(self) -> float:
        """Make one training step on the whole batch and return its loss."""

    def predict(self) -> float:
        """Predict the whole batch and return one of the probabilities (or logits)."""


@dataclass(frozen=True)
class Peer:
    """A library at one setting.

    Args:
        name: what ``--peers`` calls it.
        title: what the tables call it.
        packages: what must be installed for it.
        make: builds its network; called as ``make(case, threads)`` in the worker.
        keras_backend: the backend, if it is Keras.
        by_default: whether it takes part when ``--peers`` is not given.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    make: Callable[[Case, int], Network]
    keras_backend: str | None = None
    by_default: bool = True

    def missing_packages(self) -> list[str]:
        """Return the packages that would have to be installed first."""
        return [package for package in self.packages if find_spec(package) is None]

    def environment(self, threads: int) -> dict[str, str]:
        """Return the variables that give a worker ``threads`` threads, whatever library it loads."""
        variables = dict.fromkeys(THREAD_VARIABLES, str(threads)) | QUIET_AND_ON_THE_CPU
        if self.keras_backend:
            variables["KERAS_BACKEND"] = self.keras_backend
        return variables


def _ours(case: Case, threads: int) -> Network:
    from benchmarks.peers.ours import Ours

    return Ours(case)


def _keras(jit_compile) -> Callable[[Case, int], Network]:
    def make(case: Case, threads: int) -> Network:
        from benchmarks.peers.with_keras import WithKeras

        return WithKeras(case, threads, jit_compile)

    return make


def _torch(compiled: bool) -> Callable[[Case, int], Network]:
    def make(case: Case, threads: int) -> Network:
        from benchmarks.peers.with_torch import WithTorch

        return WithTorch(case, threads, compiled)

    return make


OURS = Peer("cnn_scratch", "cnn_scratch", ("numba",), _ours)
PEERS = {
    peer.name: peer
    for peer in [
        OURS,
        Peer(
            "keras-tensorflow",
            "Keras + TensorFlow, jit off",
            ("keras", "tensorflow"),
            _keras(False),
            keras_backend="tensorflow",
        ),
        Peer(
            "keras-tensorflow-auto",
            "Keras + TensorFlow, jit auto",
            ("keras", "tensorflow"),
            _keras("auto"),
            keras_backend="tensorflow",
        ),
        Peer("keras-torch", "Keras + PyTorch", ("keras", "torch"), _keras("auto"), keras_backend="torch"),
        Peer("keras-jax", "Keras + JAX", ("keras", "jax"), _keras("auto"), keras_backend="jax"),
        Peer("torch", "PyTorch", ("torch",), _torch(False)),
        Peer("torch-compile", "PyTorch, torch.compile", ("torch",), _torch(True), by_default=False),
    ]
}
