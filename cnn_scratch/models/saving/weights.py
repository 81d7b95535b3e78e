"""Where the arrays of a model lie in a file, in Keras's layout.

Each layer is a group named by its class in snake case, counted per class in the order of the
layers; its arrays are the data sets 0, 1, 2, … of the group's ``vars``, trainable ones first::

    layers/conv2d/vars/0              kernel          (the attribute "name" of vars: the layer's own name)
    layers/conv2d/vars/1              bias
    layers/conv2d_1/vars/0
    layers/sequential/layers/dense/vars/0             a model inside the model
    optimizer/vars/0                  iterations, then the learning rate and the slots

A layer that stands in two models is written once, in the first of them.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from cnn_scratch.layers import Layer
from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.naming import to_snake_case
from cnn_scratch.parameter import Parameter

LAYERS, OLD_LAYERS = "layers", "_layer_checkpoint_dependencies"  # the latter in files of Keras 2.13
OPTIMIZER = "optimizer/vars/"
SCALED = "optimizer/inner_optimizer/vars/"  # inside of what Keras scales the loss of half precision with


class Stored(Protocol):
    """An array in a file: an HDF5 data set, or a member of an ``.npz``."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def read(self) -> np.ndarray:
        """Return the array."""


Plan = list[tuple[Parameter, Stored]]
Misfits = list[str]
Places = list[tuple[str, int | None]]  # of an optimizer's arrays: (slot, number of the parameter)
Order = Callable[[Any, int], Places]


def layer_groups(model, folder: str = LAYERS, seen: set[int] | None = None) -> Iterator[tuple[str, Layer]]:
    """Yield (path of the group, layer) for every layer of a model, and of the models in it.

    Keras 2.13 counted a layer that has weights twice, as one of all and as one with weights.
    """
    seen = set() if seen is None else seen
    counts: Counter[str] = Counter()
    for layer in model.layers:
        kind = to_snake_case(type(layer).__name__)
        path = f"{folder}/{kind}_{counts[kind]}" if counts[kind] else f"{folder}/{kind}"
        counts[kind] += 2 if folder == OLD_LAYERS and layer.weights else 1
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        yield path, layer
        if hasattr(layer, "layers"):
            yield from ((f"{path}/{inner}", child) for inner, child in layer_groups(layer, folder, seen))


def own_weights(layer: Layer) -> list[Parameter]:
    """Return the parameters that a group holds: a model has none of its own."""
    return [] if hasattr(layer, "layers") else layer.weights


# Writing ------------------------------------------------------------------------------------------


def write_weights(model, file) -> None:
    """Write all weights, and the optimizer's state if it has any, into an open ``h5py.File``."""
    for group, layer in layer_groups(model):
        _write(file, group, layer.name, [parameter.value for parameter in own_weights(layer)])
    _write(file, "", model.name, [])
    if state := optimizer_state(model):
        _write(file, "optimizer", model.optimizer.name, state)


def _write(file, group: str, name: str, arrays: list[np.ndarray]) -> None:
    variables = file.create_group(f"{group}/vars")
    variables.attrs["name"] = name
    for number, array in enumerate(arrays):
        variables.create_dataset(str(number), data=np.asarray(array))


def optimizer_state(model) -> list[Any]:
    """Return the optimizer's variables; before its first step, as in Keras, those that it has by then."""
    return model.trainer.optimizer.variables if model.trainer else []


# Reading ------------------------------------------------------------------------------------------


def plan_weights(
    model, arrays: Mapping[str, Stored], place: str, exact_dtype: bool, misfits: Misfits | None = None
) -> Plan:
    """Return which array belongs to which parameter, after checking all of them; nothing is read.

    Args:
        model: built, possibly without values.
        arrays: path → array, in the layout above.
        place: the file, for messages.
        exact_dtype: whether another float dtype than the parameter's is an error.
        misfits: what does not fit is left out of the plan, and said here.

    Raises:
        ModelFileError: an array is missing, left over, or of another shape or dtype, and there is no list
            of ``misfits``.
    """
    plan: Plan = []
    folder = OLD_LAYERS if any(path.startswith(f"{OLD_LAYERS}/") for path in arrays) else LAYERS
    groups = list(layer_groups(model, folder))
    for group, layer in groups:
        with noting(misfits):
            plan += _plan_layer(f"{group}/vars/", layer, arrays, place, exact_dtype)
    known = {f"{group}/vars/{n}" for group, layer in groups for n in range(len(own_weights(layer)))}
    extra = sorted(path for path in arrays if path.startswith(f"{folder}/") and path not in known)
    with noting(misfits):
        if extra:
            raise ModelFileError(
                f"The file {place} holds layers that model '{model.name}' does not have: "
                f"{', '.join(extra[:3])}{' …' if len(extra) > 3 else ''}"
            )
    return plan


def _plan_layer(
    start: str, layer: Layer, arrays: Mapping[str, Stored], place: str, exact_dtype: bool
) -> Plan:
    """Return the plan of one layer, whose arrays have paths that begin with ``start``."""
    parameters = own_weights(layer)
    found = [path for path in (f"{start}{n}" for n in range(len(parameters) + 1)) if path in arrays]
    owner = f"layer '{layer.name}' ({start.removesuffix('/vars/')} in {place})"
    if parameters and not found:
        raise ModelFileError(
            f"The file {place} has no group '{start[:-1]}': it holds the weights of another model."
        )
    if len(found) != len(parameters):
        raise ModelFileError(f"Expected {len(parameters)} arrays for {owner}. Received: {len(found)}")
    plan: Plan = []
    for number, parameter in enumerate(parameters):
        path = f"{start}{number}"
        if path not in arrays:
            raise ModelFileError(f"Expected an array '{path}' for {owner}. Received: none")
        check_fits(parameter, arrays[path], owner, exact_dtype)
        plan.append((parameter, arrays[path]))
    return plan


@contextmanager
def noting(misfits: Misfits | None) -> Iterator[None]:
    """Put what a ``ModelFileError`` says on the list of misfits, if there is one, and go on behind it."""
    try:
        yield
    except ModelFileError as error:
        if misfits is None:
            raise
        misfits.append(str(error))


def check_fits(parameter: Parameter, array: Stored, owner: str, exact_dtype: bool) -> None:
    """Raise unless an array has the shape of a parameter, and its dtype or (if not ``exact``) its kind."""
    if array.shape != parameter.shape:
        raise ModelFileError(
            f"Expected shape {parameter.shape} for '{parameter.name}' of {owner}. Received: {array.shape}"
        )
    wanted, given = np.dtype(parameter.dtype), array.dtype.newbyteorder("=")
    if given != wanted if exact_dtype else (given.kind == "f") != (wanted.kind == "f"):
        raise ModelFileError(f"Expected {wanted} for '{parameter.name}' of {owner}. Received: {given}")


def plan_optimizer(
    model, arrays: Mapping[str, Stored], place: str, orders: Sequence[Order]
) -> list[Stored | None]:
    """Return the arrays of the optimizer's state in order, none if the file has none, after checking them.

    Args:
        model: compiled, or not.
        arrays, place: as for ``plan_weights``.
        orders: what may stand where in the file; the first that fits counts.
    """
    group = SCALED if any(path.startswith(SCALED) for path in arrays) else OPTIMIZER
    state = {path: array for path, array in arrays.items() if path.startswith(group)}
    if not state or model.trainer is None:
        return []
    ordered = [state[path] for path in (f"{group}{n}" for n in range(len(state))) if path in state]
    planned = in_order_of_variables(ordered, model, orders) if len(ordered) == len(state) else None
    # The number of steps is all that plain SGD with a schedule keeps: a whole state, though as short as none.
    is_whole = planned is not None and model.trainable_weights
    if not is_whole and any(_is_unbuilt(state, model, order) for order in orders):
        return []  # Keras saves an optimizer that has not made a step so: the configuration says all
    if planned is None and len(ordered) == len(state) and _is_of_others(len(state), model, orders):
        warnings.warn(
            f"{place} holds the state of an optimizer for other weights than the trainable ones; layers "
            f"were frozen or set free after its last step: optimizer '{model.optimizer.name}' starts anew. "
            f"Expected: {len(_state_shapes(model, orders[0]))} arrays. Received: {len(state)}",
            stacklevel=4,
        )
        return []
    if planned is None:
        shapes = _state_shapes(model, orders[0])
        pairs = enumerate(zip(ordered, shapes, strict=False))
        wrong = next((n for n, (array, shape) in pairs if array.shape != shape), len(ordered))
        raise ModelFileError(
            f"Expected {len(shapes)} arrays for the state of optimizer '{model.optimizer.name}' in "
            f"{place}. Received: {len(state)} arrays; the first that does not fit is '{group}{wrong}'"
        )
    return planned


def _is_unbuilt(state: Mapping[str, Stored], model, order: Order) -> bool:
    """Return whether a state is that of an optimizer that has not seen the parameters."""
    unbuilt = len(order(model.optimizer, 0))
    scalars = unbuilt + len(model.optimizer.scalar_slots())
    only_scalars = len(state) in (unbuilt, scalars) and all(array.shape == () for array in state.values())
    expected = len(order(model.optimizer, len(model.trainable_weights)))
    return only_scalars and (expected > scalars or not model.trainable_weights)


def _is_of_others(size: int, model, orders: Sequence[Order]) -> bool:
    """Return whether an optimizer's state has so many arrays when another number of weights is trained."""
    counts = set(range(1, len(model.weights) + 1)) - {len(model.trainable_weights)}
    return any(len(order(model.optimizer, count)) == size for order in orders for count in counts)


def state_places(optimizer, count: int) -> Places:
    """Return (slot, number of the parameter) for each of the optimizer's ``variables``."""
    slots = [(slot, n) for group in optimizer.state_groups() for n in range(count) for slot in group]
    return [*_first_places(optimizer), *slots, *((slot, None) for slot in _scalars(optimizer, count))]


def early_state_places(optimizer, count: int) -> Places:
    """Return the same for the first versions of Keras 3, which had the scalar slots before the others."""
    slots = [(slot, n) for group in optimizer.state_groups() for n in range(count) for slot in group]
    return [*_first_places(optimizer), *((slot, None) for slot in _scalars(optimizer, count)), *slots]


def _first_places(optimizer) -> Places:
    rate: Places = [] if callable(optimizer._learning_rate) else [("learning_rate", None)]
    return [("iterations", None), *rate]


def _scalars(optimizer, count: int) -> list[str]:
    return list(optimizer.scalar_slots()) if count else []


def in_order_of_variables(arrays: list[Stored], model, orders: Sequence[Order]) -> list[Stored | None] | None:
    """Return the arrays of a state in the order of the optimizer's ``variables``, ``None`` where one lacks.

    Returns:
        ``None`` alone if they fit into none of the orders.
    """
    count = len(model.trainable_weights)
    for order in orders:
        if [array.shape for array in arrays] == _state_shapes(model, order):
            found = dict(zip(order(model.optimizer, count), arrays, strict=True))
            return [found.get(place) for place in state_places(model.optimizer, count)]
    return None


def _state_shapes(model, order: Order) -> list[tuple[int, ...]]:
    """Return the shape of the array in each place."""
    parameters = model.trainable_weights
    places = order(model.optimizer, len(parameters))
    return [
        () if number is None else model.optimizer.slot_form(slot, parameters[number].shape)[0]
        for slot, number in places
    ]


def apply(model, plan: Plan, state: list[Stored | None]) -> None:
    """Read all arrays, then put them into the model: into its memory, or as its memory if it has none."""
    arrays = [array.read() for _, array in plan]
    state_arrays = [array and array.read() for array in state]
    for (parameter, _), array in zip(plan, arrays, strict=True):
        if parameter.value.flags.writeable:
            parameter.assign(array)
        else:
            parameter.value = array
    finish(model)
    if state_arrays:
        optimizer = model.trainer.optimizer
        optimizer.build(model.trainer.flat_parameters())  # makes the slots
        pairs = zip(state_arrays, optimizer.variables, strict=True)
        optimizer.set_weights([variable if array is None else array for array, variable in pairs])
        if optimizer.scalar_slots() and state_arrays[-1] is None:
            optimizer.restore_scalars()


def finish(model) -> None:
    """Tell the layers that derive something from their weights that these are new."""
    for _, layer in layer_groups(model):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
