"""Initializers: the first values of a layer's parameters, called as ``initializer(shape, dtype)``."""

from typing import Any

from cnn_scratch.absent import absent
from cnn_scratch.initializers.constant import Constant, Identity, Ones, Zeros
from cnn_scratch.initializers.initializer import Initializer
from cnn_scratch.initializers.random_initializers import (
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
)
from cnn_scratch.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)
from cnn_scratch.serialization import class_table, deserialize_callable, serialize_object

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "deserialize",
    "get",
    "serialize",
]

# The same classes under Keras's other names, as in ``kernel_initializer=initializers.he_normal()``.
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
# Two of them hide modules of the same names, which nobody needs under these.
constant, identity, ones, orthogonal, zeros = Constant, Identity, Ones, Orthogonal, Zeros
variance_scaling = VarianceScaling
IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal

__getattr__ = absent(__name__, __all__)

_TABLE = class_table(
    Zeros,
    Ones,
    Constant,
    Identity,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    GlorotUniform,
    GlorotNormal,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    aliases={
        "zero": Zeros,
        "one": Ones,
        "normal": RandomNormal,
        "uniform": RandomUniform,
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
    },
)


def get(identifier: Any) -> Initializer | None:
    """Return the initializer for a name, a serialized node, a class or a callable; ``None`` for ``None``.

    Raises:
        ValueError: the name is unknown, or the object cannot be called.
    """
    return deserialize_callable(identifier, _TABLE, "initializer")


def serialize(initializer: Initializer | None) -> dict | None:
    """Return an initializer as a Keras node."""
    return serialize_object("keras.initializers", initializer)


def deserialize(node: Any) -> Initializer | None:
    """Return the initializer that a Keras node describes."""
    return get(node)
