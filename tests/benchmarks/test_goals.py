"""The goals table: the best other library counts, and the verdict is what the numbers say."""

from benchmarks import report
from benchmarks.cases import Case
from benchmarks.goals import GOALS, MISSED, REACHED, Goal, goal_rows
from benchmarks.measure import Plan
from benchmarks.peers import OURS, PEERS
from benchmarks.results import Measurement

CASE = GOALS[0].case  # mnist_convnet, batch 128, at least 2 times


def measured(peer, seconds, case=CASE, peak_bytes=10**9, **more):
    return Measurement(case, peer, seconds, ready_seconds=1.0, parameters=1, peak_bytes=peak_bytes, **more)


def test_the_best_other_library_decides():
    slow, fast = measured(PEERS["torch"], [9.0] * 3), measured(PEERS["keras-tensorflow"], [2.1, 2.0, 1.0])
    failed = measured(PEERS["keras-jax"], [], failure="no memory")
    (row,) = goal_rows([measured(OURS, [1.0] * 3), slow, failed, fast])
    assert row == [str(CASE), "≥ 2.0×", "2.00×", "Keras + TensorFlow, jit off, 64 images/s", REACHED]
    (row,) = goal_rows([measured(OURS, [1.01] * 3), slow, fast])
    assert row[2:] == ["1.98×", "Keras + TensorFlow, jit off, 64 images/s", MISSED]


def test_memory_and_time_are_goals_of_their_own():
    case = Case("cifar_seed", 10_000)
    group = [measured(OURS, [1.0], case, peak_bytes=2.6e9), measured(PEERS["torch"], [3.5], case)]
    assert [row[-1] for row in goal_rows(group)] == [REACHED, MISSED]
    case = Case("mnist_convnet", 1, predicts=True)
    group = [measured(OURS, [0.14e-3], case), measured(PEERS["torch"], [0.13e-3], case)]
    rows = goal_rows(group)
    assert rows[0][1:3] + rows[0][4:] == ["≥ 1.0×", "0.93×", MISSED]
    assert rows[1] == ["its time", "≤ 0.15 ms", "0.140 ms", "", REACHED]


def test_what_was_not_measured_has_no_row():
    assert goal_rows([]) == []
    assert goal_rows([measured(OURS, [1.0])]) == []
    assert goal_rows([measured(PEERS["torch"], [1.0])]) == []


def test_the_report_has_the_goals_before_the_tables():
    group = [measured(OURS, [1.0]), measured(PEERS["torch"], [3.0])]
    text = report.markdown(report.Report(group, [], Plan(1, 1, 1), "command", 0.0))
    assert text.index("### Goals") < text.index("### mnist_convnet")
    assert "| mnist_convnet, batch 128 | ≥ 2.0× | 3.00× | PyTorch, 43 images/s | reached |" in text


def test_every_goal_has_a_case_of_its_own():
    assert len({goal.case for goal in GOALS}) == len(GOALS)
    assert all(isinstance(goal, Goal) and goal.least_ratio >= 1 for goal in GOALS)
