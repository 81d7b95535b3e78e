"""One group measured against every oracle that it has."""

import warnings
from dataclasses import dataclass, field

import numpy as np

from cnn_scratch import layers
from cnn_scratch.testing import check_gradients
from tests.correctness.case import Case, Group
from tests.correctness.reference_oracle import run_reference
from tests.correctness.torch_oracle import run_torch
from tests.parity.compare import errors, prepare, run_keras, run_ours
from tests.several import each

ORACLES = ("Keras", "PyTorch", "NumPy", "differences")


@dataclass
class Row:
    """The largest errors of a group in one dtype.

    Attributes:
        what, option: which layer, with which option.
        dtype: of the computation.
        cases: how many were measured.
        errors: for each oracle the largest error of ``"outputs"``, ``"inputs"`` and ``"weights"``.
    """

    what: str
    option: str
    dtype: str
    cases: int = 0
    errors: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, oracle: str, found: dict[str, float]) -> None:
        """Take the errors of one case into account."""
        worst = self.errors.setdefault(oracle, {})
        for kind, error in found.items():
            worst[kind] = max(worst.get(kind, 0.0), error)


def measure(group: Group) -> list[Row]:
    """Return a row for float32 and one for float64."""
    rows = []
    for dtype in ("float32", "float64"):
        row = Row(group.layer, group.option, dtype)
        for number, case in enumerate(group.cases()):
            measure_case(row, group, case, number)
            row.cases += 1
        rows.append(row)
    return rows


def measure_case(row: Row, group: Group, case: Case, number: int) -> None:
    """Make a pass through our layer and through each oracle, with the same weights and upstream gradient."""
    name = "Activation" if group.layer.startswith("`") else group.layer
    layer = getattr(layers, name)(**case.options, dtype=row.dtype)
    inputs = each(lambda array: array.astype(row.dtype), case.inputs)
    upstream = prepare(layer, inputs, seed=number)
    weights = layer.get_weights()
    generator = getattr(layer, "seed_generator", None)
    key = generator.state.numpy() if generator else None
    given = case.handed(inputs) if case.handed else inputs
    ours = run_ours(layer, given, upstream, case.training)

    if not {"Keras", f"Keras {row.dtype}"} & set(group.without):
        theirs = run_keras(
            make_keras_layer(group, name, case, row.dtype), weights, inputs, upstream, case.training
        )
        row.add("Keras", errors(ours, theirs))
    if "PyTorch" not in group.without:
        theirs = torch_pass(layer, weights, inputs, upstream, case.training)
        if theirs is not None:
            row.add("PyTorch", errors(ours, theirs))
    theirs = run_reference(layer, weights, inputs, upstream, case.training, key)
    row.add("NumPy", errors(ours, theirs))
    if "differences" not in group.without and row.dtype == "float64":
        row.add("differences", finite_differences(layer, inputs, case.training))


def torch_pass(layer, weights, inputs, upstream, training):
    """Return PyTorch's pass, or ``None`` if PyTorch is not installed or has no such layer."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return None
    return run_torch(layer, weights, inputs, upstream, training)


def make_keras_layer(group: Group, name: str, case: Case, dtype: str):
    import keras

    make = group.keras_layer or getattr(keras.layers, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of arguments that Keras will rename
        return make(**case.options, dtype=dtype)


def finite_differences(layer, inputs, training) -> dict[str, float]:
    """Return the largest errors along random directions."""
    found: dict[str, float] = {}
    for check in check_gradients(layer, inputs, training=training, tolerance=np.inf):
        kind = "inputs" if check.name.split("[")[0] == "inputs" else "weights"
        found[kind] = max(found.get(kind, 0.0), check.error)
    return found
