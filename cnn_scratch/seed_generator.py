"""The state of a random layer: a seed, and how many times it was used."""

from typing import Any

import numpy as np

from cnn_scratch.naming import auto_name
from cnn_scratch.parameter import Parameter
from cnn_scratch.random import check_seed, make_default_seed


class SeedGenerator:
    """Gives a random layer another key for every draw, and remembers only how many it gave.

    A key is the pair (seed, count). Everything that is drawn is a function of the key and of the
    place in the array (``kernels/philox.py``), so ``backward`` can make the mask of its
    ``forward`` again from the key, and a training run continues exactly from these two numbers.

    Args:
        seed: an integer, taken modulo 2³²; by default one that the package's own generator draws.
        name: made from the class's name if not given.

    Attributes:
        state: [seed, count], a ``Parameter`` of two uint32 that no optimizer changes, as in Keras.

    Raises:
        ValueError: ``seed`` is neither an integer nor ``None``.

    Example:
        >>> generator = SeedGenerator(seed=7)
        >>> [generator.next().tolist() for _ in range(3)]
        [[7, 0], [7, 1], [7, 2]]
        >>> generator.state.numpy().tolist()
        [7, 3]
    """

    def __init__(self, seed: int | None = None, name: str | None = None):
        check_seed(seed)
        self.name = name or auto_name("SeedGenerator")
        self.initial_seed = None if seed is None else int(seed)
        start = make_default_seed() if seed is None else self.initial_seed
        state = np.array([start % 2**32, 0], np.uint32)
        path = f"{self.name}/seed_generator_state"
        self.state = Parameter(state, "seed_generator_state", trainable=False, path=path)

    def next(self) -> np.ndarray:
        """Return the key (seed, count), a copy of the state, and count one further."""
        key = self.state.numpy()
        self.state.value += np.array([0, 1], np.uint32)  # wraps around after 2³² draws
        return key

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that would make this generator again, at its start."""
        return {"seed": self.initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        """Make a generator from what ``get_config`` returned."""
        return cls(**config)
