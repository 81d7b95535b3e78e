"""The parameters of a layer, and the arguments that they are made from: the class ``WithWeights``."""

from typing import Any

import numpy as np

from cnn_scratch import constraints, initializers, regularizers
from cnn_scratch.operation import Operation
from cnn_scratch.parameter import Parameter, are_values_left_out
from cnn_scratch.seed_generator import SeedGenerator
from cnn_scratch.shapes import Shape

# What a parameter is made with: the kind of argument, and the module that reads and writes it.
KINDS = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


class WithWeights(Operation):
    """The part of every ``Layer`` that makes its parameters, lists them, and copies them in and out.

    A layer with a parameter, ``kernel`` say, has the arguments ``kernel_initializer``,
    ``kernel_regularizer`` and ``kernel_constraint``. It keeps them in ``__init__``, makes the parameter
    with them in ``build``, and returns them in ``get_config``::

        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.kernel = self.add_weight("kernel", kernel_shape, **self.options_of("kernel"))
        return super().get_config() | {"units": self.units, **self.config_of("kernel")}

    Args:
        name: see ``Operation``.
        trainable: whether an optimizer may change the parameters.

    Raises:
        ValueError: ``trainable`` is not a boolean.
    """

    dtype: str
    built: bool

    def __init__(self, name: str | None = None, trainable: bool = True):
        super().__init__(name)
        if not isinstance(trainable, bool | np.bool_):
            raise ValueError(f"Expected `trainable` to be a boolean. Received: trainable={trainable!r}")
        self._trainable = bool(trainable)
        self._parameters: list[Parameter] = []
        self._seed_generators: list[SeedGenerator] = []

    # From arguments to parameters -------------------------------------------------------------

    def keep_options(self, role: str, initializer, regularizer=None, constraint=None) -> None:
        """Keep the arguments of a parameter, the first as ``self.<role>_initializer`` and so on.

        Raises:
            ValueError: an unknown initializer, regularizer or constraint.
        """
        setattr(self, f"{role}_initializer", initializers.get(initializer))
        setattr(self, f"{role}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{role}_constraint", constraints.get(constraint))

    def options_of(self, role: str) -> dict[str, Any]:
        """Return what ``keep_options`` kept, as arguments of ``add_weight``."""
        return {kind: getattr(self, f"{role}_{kind}") for kind in KINDS}

    def config_of(self, *roles: str) -> dict[str, Any]:
        """Return what ``keep_options`` kept for each role, under Keras's keys and as Keras writes it."""
        return {
            f"{role}_{kind}": module.serialize(getattr(self, f"{role}_{kind}"))
            for kind, module in KINDS.items()
            for role in roles
        }

    def add_weight(
        self,
        name: str = "variable",
        shape: Shape = (),
        initializer=None,
        regularizer=None,
        constraint=None,
        trainable: bool = True,
        dtype=None,
    ) -> Parameter:
        """Make a parameter, remember it in ``weights`` and return it.

        Args:
            name: its role in the layer.
            shape: all sizes known; one number by default, as in Keras.
            initializer: how it starts; ``None`` means ``"glorot_uniform"``, as in Keras.
            regularizer: a penalty on it, added to the loss.
            constraint: what it must be like after each step of the optimizer.
            trainable: whether an optimizer changes it (as long as the layer is trainable).
            dtype: the layer's by default.
        """
        path, constraint = f"{self.name}/{name}", constraints.get(constraint)
        about = (name, trainable, regularizers.get(regularizer), path, constraint)
        if are_values_left_out():
            parameter = Parameter.declared(shape, dtype or self.dtype, *about)
        else:
            initialize = initializers.get(initializer or "glorot_uniform")
            parameter = Parameter(initialize(shape, dtype=dtype or self.dtype), *about)
        self._parameters.append(parameter)
        return parameter

    def add_seed_generator(self, seed: int | None) -> SeedGenerator:
        """Make the source of a random layer's keys, remember its state in ``variables`` and return it."""
        self._seed_generators.append(SeedGenerator(seed))
        return self._seed_generators[-1]

    # All parameters ---------------------------------------------------------------------------

    @property
    def trainable(self) -> bool:
        """Whether an optimizer may change the parameters."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def weights(self) -> list[Parameter]:
        """All parameters, in Keras's order: the trainable ones first."""
        return sorted(self._parameters, key=lambda parameter: not parameter.trainable)

    @property
    def variables(self) -> list[Parameter]:
        """All parameters, and the state that is no weight (the counters of random layers)."""
        return self.weights + [generator.state for generator in self._seed_generators]

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The parameters that an optimizer changes."""
        return [p for p in self._parameters if p.trainable] if self.trainable else []

    @property
    def learning_weights(self) -> list[Parameter]:
        """The parameters that a model with this layer in it trains; see ``Composite``."""
        return self.trainable_weights

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """The parameters that no optimizer changes."""
        return [p for p in self._parameters if not p.trainable] if self.trainable else self.weights

    @property
    def trainable_variables(self) -> list[Parameter]:
        """The same as ``trainable_weights``."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Parameter]:
        """The variables that no optimizer changes."""
        trained = {id(parameter) for parameter in self.trainable_weights}
        return [variable for variable in self.variables if id(variable) not in trained]

    def get_weights(self) -> list[np.ndarray]:
        """Return copies of all parameters, in the order of ``weights``."""
        return [parameter.numpy() for parameter in self.weights]

    def set_weights(self, weights: list) -> None:
        """Copy arrays into the parameters: all of them, or none if one does not fit.

        Raises:
            ValueError: another number of arrays, or an array of another shape.
        """
        set_all(self.weights, weights, f"layer '{self.name}'")

    def count_params(self) -> int:
        """Return the number of numbers in all parameters.

        Raises:
            ValueError: the parameters are not there yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't built. "
                "Build it with `layer.build(input_shape)`, or call it on data."
            )
        return sum(parameter.size for parameter in self.weights)


def set_all(parameters: list[Parameter], arrays: list, owner: str) -> None:
    """Copy each array into its parameter, after checking that every one of them fits.

    Raises:
        ValueError: another number of arrays, or an array of another shape; nothing is copied then.
    """
    arrays = [np.asarray(array) for array in arrays]
    if len(arrays) != len(parameters):
        raise ValueError(
            f"You called `set_weights(weights)` on {owner} with a weight list of length {len(arrays)}, "
            f"but it was expecting {len(parameters)} weights."
        )
    for parameter, array in zip(parameters, arrays, strict=True):
        if array.shape != parameter.shape:
            raise ValueError(
                f"Weight '{parameter.path}' of {owner} expects shape {parameter.shape}. "
                f"Received: {array.shape}"
            )
    for parameter, array in zip(parameters, arrays, strict=True):
        parameter.assign(array)
