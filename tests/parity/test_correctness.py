"""The correctness table: an error is measured as it says, and every group can be measured."""

import numpy as np
import pytest

from cnn_scratch import layers, losses, metrics, optimizers
from tests.correctness import mean_rows, other_rows, training_rows
from tests.correctness.case import CASES
from tests.correctness.convolution_cases import CONVOLUTIONS
from tests.correctness.document import cell, summary, table
from tests.correctness.image_cases import IMAGES
from tests.correctness.measure import Row, measure_case
from tests.correctness.merging_cases import MERGING
from tests.correctness.normalization_cases import NORMALIZING
from tests.correctness.other_cases import FUNCTIONS, OTHERS
from tests.correctness.spatial_cases import SPATIAL
from tests.correctness.window_cases import WINDOWS
from tests.parity.compare import Pass, errors, relative_error
from tests.parity.test_metrics import METRICS
from tests.several import as_list

GROUPS = CONVOLUTIONS + WINDOWS + SPATIAL + IMAGES + MERGING + NORMALIZING + OTHERS + FUNCTIONS


def test_relative_error():
    nan, inf = np.nan, np.inf
    assert relative_error([1.0, 2.0], [1.0, 4.0]) == 0.5  # 2 of the largest, which is 4
    assert relative_error([0.0, 1e-3], [0.0, 0.0]) == 1e-3  # nothing to be relative to
    assert relative_error([nan, inf, 1.0], [nan, inf, 1.0]) == 0
    for ours, theirs in (([nan], [1.0]), ([1.0], [nan]), ([inf], [-inf]), ([1.0], [1.0, 1.0])):
        assert relative_error(ours, theirs) == np.inf
    assert relative_error(np.zeros((0, 3)), np.zeros((0, 3))) == 0


def test_errors_keeps_the_three_kinds_apart():
    ours = Pass(np.ones(2), np.ones(3), [np.ones(1), np.ones(1)], [np.ones(1)])
    theirs = Pass(np.ones(2), 2 * np.ones(3), [np.ones(1), 4 * np.ones(1)], [10 * np.ones(1)])
    assert errors(ours, theirs) == {"outputs": 0.9, "inputs": 0.5, "weights": 0.75}
    unknown = Pass(np.ones(2), np.ones(3), [], None)
    assert errors(Pass(np.ones(2), np.ones(3)), unknown) == {"outputs": 0, "inputs": 0}


@pytest.mark.filterwarnings("ignore")  # TensorFlow's, of shapes that it has not seen yet
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group.layer}, {group.option}")
def test_the_first_case_of_every_group(group):
    row = Row(group.layer, group.option, "float64")
    measure_case(row, group, group.cases()[0], 0)
    for oracle, found in row.errors.items():
        # Keras has a few constants in float32; see docs/correctness.md.
        bound = {"Keras": 1e-7, "PyTorch": 1e-7, "NumPy": 1e-11, "differences": 1e-6}[oracle]
        assert all(error < bound for error in found.values()), (oracle, found)
    assert "NumPy" in row.errors


def test_everything_public_has_a_row():
    functions = {"Activation"}  # measured with each of its functions
    measured = {
        layers: {group.layer for group in GROUPS} | functions | {"Layer", "InputLayer"},
        losses: {*training_rows.LOSSES, *other_rows.LOSSES, "Loss", "Crossentropy"},
        metrics: {*METRICS, *other_rows.METRICS, *other_rows.AREAS, *mean_rows.METRICS}
        | {"Metric", "MeanMetricWrapper"},
        optimizers: {*training_rows.OPTIMIZERS, "Optimizer"},
    }
    for module, names in measured.items():
        classes = {name for name in module.__all__ if isinstance(getattr(module, name), type)}
        assert classes - names == set(), module.__name__


def test_groups_are_many_different_and_the_same_each_time():
    names = [(group.layer, group.option) for group in GROUPS]
    assert len(set(names)) == len(names)
    for group in GROUPS[::10]:
        first, second = group.cases(), group.cases()
        assert len(first) == CASES >= 20
        for one, two in zip(first, second, strict=True):
            for array, again in zip(as_list(one.inputs), as_list(two.inputs), strict=True):
                np.testing.assert_array_equal(array, again)


def test_table():
    row = Row("Dense", "no options", "float32", 20)
    row.add("Keras", {"outputs": 0.0, "inputs": 2e-8})
    row.add("Keras", {"outputs": 1e-7, "inputs": 1e-8})
    assert cell(row.errors["Keras"]) == "1e-7 · 2e-8"
    assert cell({"weights": 0.0}) == "– · – · 0"
    other = Row("Dense", "no options", "float32", 20, {"Keras": {"outputs": 3e-7}})
    assert summary([row, other])[0] == "40 cases in 2 rows.\n"
    assert summary([row, other])[-1] == "| Keras | float32 | 3e-7 | 3e-7 | Dense, no options |"
    assert table([row])[2] == "| Dense | no options | float32 | 20 | 1e-7 · 2e-8 | – | – | – |"
