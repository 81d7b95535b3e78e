"""Names that Keras gives by itself: ``Conv2D`` → ``conv2d``, ``conv2d_1``, ``conv2d_2``, …"""

import re
from collections import Counter

_counts: Counter[str] = Counter()


def to_snake_case(name: str) -> str:
    """Return a class name in Keras's snake case.

    >>> to_snake_case("BatchNormalization"), to_snake_case("MaxPooling2D"), to_snake_case("PReLU")
    ('batch_normalization', 'max_pooling2d', 'p_re_lu')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(class_name: str) -> str:
    """Return the next free name for an object of this class."""
    prefix = to_snake_case(class_name)
    number = _counts[prefix]
    _counts[prefix] += 1
    return f"{prefix}_{number}" if number else prefix


def reset_names(free_memory: bool = True) -> None:
    """Start counting again, as ``keras.utils.clear_session`` does.

    Args:
        free_memory: accepted for Keras's sake; what nobody uses any more is freed in any case.
    """
    _counts.clear()
