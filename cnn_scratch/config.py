"""Settings of the whole package."""

from cnn_scratch.kernels.compile import get_num_threads, set_num_threads

__all__ = ["get_num_threads", "set_num_threads"]
