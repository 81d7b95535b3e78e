"""Your own classes that are graphs of layers, written as in Keras::

    class Encoder(Model):
        def __init__(self, size=8, **options):
            inputs = Input((28, 28, 1))
            x = layers.Flatten()(inputs)
            super().__init__(inputs=inputs, outputs=layers.Dense(size)(x), **options)
            self.size = size

When such a class is first used, ``Functional`` replaces ``Model`` among its bases, as in Keras.
"""

import inspect
from abc import update_abstractmethods
from typing import Any


def as_graph(cls: type) -> type:
    """Return ``Functional`` for ``Model``. Make any other class a subclass of ``Functional``, and return it.

    A class that defines all methods of a model itself, as ``Sequential`` does, is returned as it is.
    """
    from cnn_scratch.models.functional import Functional  # which is a Model itself
    from cnn_scratch.models.model import Model

    if cls is Model:
        return Functional
    if issubclass(cls, Model) and cls.__abstractmethods__:
        cls.__bases__ = tuple(map(as_graph, cls.__bases__))
        update_abstractmethods(cls)
    return cls


def is_made_of_a_graph(cls: type) -> bool:
    """Return whether ``__init__`` takes (inputs, outputs, name), or any arguments.

    Such a model is saved as its graph. A class that makes its layers itself is saved as its arguments.
    """
    given = inspect.getfullargspec(cls.__init__)
    takes_anything = given.varargs is not None and given.varkw is not None
    return given.args[1:] == ["inputs", "outputs", "name"] or takes_anything


def made_of_arguments(cls: type, config: dict[str, Any]) -> Any:
    """Return ``cls(**config)``.

    Raises:
        TypeError: these are not the arguments of the class.
    """
    try:
        return cls(**config)
    except TypeError as error:
        raise TypeError(
            "Unable to revive model from config. When overriding the `get_config()` method, make sure that "
            f"the returned config contains all items used as arguments in the constructor to {cls.__name__}, "
            "which is the default behavior. You can override this default behavior by defining a "
            "`from_config(cls, config)` class method to specify how to create an instance of "
            f"{cls.__name__} from its config.\n\nReceived config={config}\n\n"
            f"Error encountered during deserialization: {error}"
        ) from error
