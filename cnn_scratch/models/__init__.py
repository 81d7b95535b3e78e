"""Models: layers put together, and the training loop."""

from cnn_scratch.models.model import Model
from cnn_scratch.models.sequential import Sequential

__all__ = ["Model", "Sequential"]
