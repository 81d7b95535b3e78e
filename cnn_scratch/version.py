"""The version of cnn_scratch."""

__version__ = "0.1.0"
