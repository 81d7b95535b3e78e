"""The model that ``predict`` and ``inspect`` are given: finding it and reading it."""

import os
import warnings
from pathlib import Path

from cnn_scratch.command.errors import UsageError
from cnn_scratch.models.saving import load_model


def find(path: str) -> Path:
    """Return the file of a model: itself, or ``model.keras`` in a run folder.

    Raises:
        UsageError: there is none.
    """
    found = Path(os.path.expanduser(path))
    if (found / "model.keras").is_file():
        return found / "model.keras"
    if not found.is_file():
        raise UsageError(f"Expected a model file, or a run folder with model.keras in it. Received: {path}")
    return found


def load(path: Path):
    """Return the model of a file, and the warnings that came with it as lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = load_model(path, compile=False)
    return model, [str(warning.message) for warning in caught]
