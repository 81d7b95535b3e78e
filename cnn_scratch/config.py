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

__getattr__ = absent(__name__, __all__)


def floatx() -> str:
    """Return the dtype that layers have if none is given."""
    return "float32"


def epsilon() -> float:
    """Return the small number that keeps probabilities away from 0 and 1."""
    return 1e-7


def image_data_format() -> str:
    """Return where the channels of an image stand if nothing is said."""
    return "channels_last"
