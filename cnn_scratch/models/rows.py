"""The outputs of many batches as one array."""

import numpy as np


class Rows:
    """Collects the outputs of many batches, one below the other.

    Args:
        samples: how many there will be; ``None`` if not known.
    """

    def __init__(self, samples: int | None):
        self.samples = samples
        self._filled = 0
        self._whole: list[np.ndarray] = []  # one array per output of the model
        self._parts: list[list[np.ndarray]] = []

    def add(self, outputs: list[np.ndarray]) -> None:
        """Copy the outputs of one batch."""
        if self.samples is None:
            self._parts.append([np.array(one) for one in outputs])
            return
        self._whole = self._whole or [np.empty((self.samples, *one.shape[1:]), one.dtype) for one in outputs]
        end = self._filled + len(outputs[0])
        for whole, some in zip(self._whole, outputs, strict=True):
            whole[self._filled : end] = some
        self._filled = end

    def arrays(self) -> list[np.ndarray]:
        """Return one array for each output of the model."""
        if self.samples is None:
            return [np.concatenate(parts) for parts in zip(*self._parts, strict=True)]
        return [whole[: self._filled] for whole in self._whole]
