"""LearningRate: a number, with what Keras's variable of this name has besides."""

import numpy as np


class LearningRate(float):
    """The learning rate of an optimizer's next step, as ``optimizer.learning_rate`` returns it.

    It is a plain float. In Keras it is a variable, so programs call ``numpy`` and ``assign`` on it; these do
    the same here.

    Args:
        value: the number.
        optimizer: the one whose learning rate it is.

    Example:
        >>> from cnn_scratch.optimizers import SGD
        >>> optimizer = SGD(0.5)
        >>> optimizer.learning_rate.assign(0.25)
        >>> optimizer.learning_rate, optimizer.learning_rate / 2
        (0.25, 0.125)
    """

    def __new__(cls, value: float, optimizer):
        """Make a float that knows its optimizer."""
        rate = super().__new__(cls, value)
        rate._optimizer = optimizer
        return rate

    def __reduce__(self):
        """Let copies and pickles be plain floats."""
        return float, (float(self),)

    def numpy(self) -> np.float32:
        """Return the number as NumPy has it."""
        return np.float32(self)

    def assign(self, value: float) -> None:
        """Set the learning rate of the optimizer.

        Raises:
            TypeError: it follows a schedule.
        """
        self._optimizer.learning_rate = value
