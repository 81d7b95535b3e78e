"""The goals of speed: how many times as fast as the best other library, and whether that is reached."""

from dataclasses import dataclass

from benchmarks.cases import Case
from benchmarks.peers import OURS
from benchmarks.results import Measurement, by_case, ours_of, ratio

HEADER = ["goal", "wanted", "measured", "best other library", ""]
REACHED, MISSED = "reached", "missed"


@dataclass(frozen=True)
class Goal:
    """A case, and how fast cnn_scratch shall be at it.

    Args:
        case: what is measured.
        least_ratio: to the fastest other library in the same run.
        most_bytes: of memory, if that is a goal.
        most_seconds: of a step, if that is a goal.
    """

    case: Case
    least_ratio: float
    most_bytes: float | None = None
    most_seconds: float | None = None

    def rows(self, group: list[Measurement]) -> list[list[str]]:
        """Return a row for each number wanted; none if ours, or every other library, is missing."""
        ours, others = ours_of(group), [m for m in group if m.worked and m.peer is not OURS]
        if ours is None or not others:
            return []
        best = max(others, key=lambda m: m.rate)
        reached = ratio(ours, best)
        rows = [
            [
                str(self.case),
                f"≥ {self.least_ratio:.1f}×",
                f"{reached:.2f}×",
                f"{best.peer.title}, {best.rate:,.0f} images/s",
                verdict(reached >= self.least_ratio),
            ]
        ]
        if self.most_bytes is not None and ours.peak_bytes is not None:
            wanted, held = f"≤ {self.most_bytes / 1e9:.1f} GB", f"{ours.peak_bytes / 1e9:.2f} GB"
            rows.append(["its memory", wanted, held, "", verdict(ours.peak_bytes <= self.most_bytes)])
        if self.most_seconds is not None:
            seconds = self.case.batch_size / ours.rate
            wanted, took = f"≤ {1000 * self.most_seconds:.2f} ms", f"{1000 * seconds:.3f} ms"
            rows.append(["its time", wanted, took, "", verdict(seconds <= self.most_seconds)])
        return rows


def verdict(reached: bool) -> str:
    """Return the word for the last column."""
    return REACHED if reached else MISSED


GOALS = [
    Goal(Case("mnist_convnet", 128), 2.0),
    Goal(Case("cifar_seed", 128), 3.0),
    Goal(Case("vgg_small", 128), 1.5),
    Goal(Case("cifar_seed", 10_000), 3.0, most_bytes=2.5e9),
    Goal(Case("mnist_convnet", 128, predicts=True), 1.5),
    Goal(Case("cifar_seed", 128, predicts=True), 1.5),
    Goal(Case("vgg_small", 128, predicts=True), 1.5),
    Goal(Case("mnist_convnet", 1, predicts=True), 1.0, most_seconds=0.15e-3),
]


def goal_rows(measurements: list[Measurement]) -> list[list[str]]:
    """Return the table below ``HEADER``: the goals whose cases were measured."""
    groups = by_case(measurements)
    return [row for goal in GOALS for row in goal.rows(groups.get(goal.case, []))]
