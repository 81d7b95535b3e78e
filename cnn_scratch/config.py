"""Settings of the whole package."""

from cnn_scratch.absent import absent
from cnn_scratch.kernels.compile import get_num_threads, set_num_threads
from cnn_scratch.kernels.conv2d import get_algorithm as get_convolution_algorithm
from cnn_scratch.kernels.conv2d import set_algorithm as set_convolution_algorithm

__all__ = [
    "epsilon",
    "floatx",
    "get_convolution_algorithm",
    "get_num_threads",
    "image_data_format",
    "set_convolution_algorithm",
    "set_num_threads",
]

_FLOAT64 = "Say it to the layers: layers.Dense(10, dtype='float64')."
_THREADS = "There is one backend, Numba; config.set_num_threads says on how many threads."
_SAFE = "A file never brings code here: give classes of your own to load_model(path, custom_objects={…})."
INSTEAD = {
    "set_floatx": _FLOAT64,
    "set_dtype_policy": _FLOAT64,
    "dtype_policy": "A layer says it itself: layer.dtype.",
    "set_image_data_format": "Say it to the layers: layers.Conv2D(8, 3, data_format='channels_first').",
    "set_epsilon": "Layers and optimizers take it as the argument `epsilon`.",
    "backend": _THREADS,
    "set_backend": _THREADS,
    "enable_unsafe_deserialization": _SAFE,
    "set_max_epochs": "Use `fit(epochs=…)`.",
    "set_max_steps_per_epoch": "Use `fit(steps_per_epoch=…)`.",
}

__getattr__ = absent(__name__, __all__, INSTEAD)


def floatx() -> str:
    """Return the dtype that layers have if none is given."""
    return "float32"


def epsilon() -> float:
    """Return the small number that keeps probabilities away from 0 and 1."""
    return 1e-7


def image_data_format() -> str:
    """Return on which axis images have their channels by default."""
    return "channels_last"
