"""Settings of the whole package."""

from cnn_scratch.kernels.compile import get_num_threads, set_num_threads
from cnn_scratch.kernels.conv2d import get_algorithm as get_convolution_algorithm
from cnn_scratch.kernels.conv2d import set_algorithm as set_convolution_algorithm

__all__ = [
    "get_convolution_algorithm",
    "get_num_threads",
    "set_convolution_algorithm",
    "set_num_threads",
]
