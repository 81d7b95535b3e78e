"""Callbacks: what is told about the course of a training run."""

from cnn_scratch.callbacks.callback import Callback, CallbackList
from cnn_scratch.callbacks.history import History
from cnn_scratch.callbacks.progress import Progress

__all__ = ["Callback", "CallbackList", "History", "Progress"]
