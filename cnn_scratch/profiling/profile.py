"""The result of profiling: one line for each part of a step, and the rest."""

import sys
from dataclasses import dataclass
from statistics import median

from cnn_scratch.profiling.peak import Peak
from cnn_scratch.tables import plain_table, print_rich_table

FORWARD, BACKWARD, UPDATE = "forward", "backward", "update"
LOSS, OPTIMIZER, REST = "loss", "optimizer", "the rest (Python)"
PLACES = {LOSS: 1, OPTIMIZER: 2}  # after the layers, which stay as they are
FILLS = {FORWARD: "█", BACKWARD: "▓", UPDATE: "▒", REST: "░"}
LONGEST = 50  # characters of a bar
HEADER = ["layer", "pass", "output", "ms", "of step", "GFLOP/s", "MB", "GB/s", "of peak"]
EXPLANATION = (
    "of peak: the least time in which this machine could multiply or move as much, as a share of the time "
    "taken. MB: every array that comes in or goes out, once. An algorithm that needs fewer multiplications "
    "than the definition (Winograd's), and data that are still in a cache, can pass 100 %."
)


@dataclass
class Work:
    """What one part of a step took and did; two calls in one step are added up.

    Args:
        seconds: of the clock.
        flops: floating-point operations of its products; an addition and a multiplication are two.
        moved: bytes of the arrays that came in or went out, each once: the least that has to be moved.
        shape: of the outputs.
    """

    seconds: float = 0.0
    flops: int = 0
    moved: int = 0
    shape: tuple = ()


@dataclass(frozen=True)
class Part:
    """A layer's forward or backward pass, the loss's, or the update: its work in a typical step.

    Args:
        label: the layer's name, ``loss`` or ``optimizer``.
        kind: the name of its class.
        which: the pass.
        work: the median time, and what was done in it.
    """

    label: str
    kind: str
    which: str
    work: Work

    @property
    def works(self) -> bool:
        """Whether anything is calculated or moved: a ``Flatten`` only gives its array another shape."""
        return bool(self.work.flops or self.work.moved)

    @property
    def flop_rate(self) -> float:
        """Floating-point operations per second."""
        return self.work.flops / self.work.seconds

    @property
    def byte_rate(self) -> float:
        """Bytes per second."""
        return self.work.moved / self.work.seconds

    def share_of(self, peak: Peak) -> float:
        """Return how near it comes to what the machine can do: at 1 it is as fast as that."""
        return peak.seconds(self.work.flops, self.work.moved) / self.work.seconds


@dataclass(frozen=True)
class Profile:
    """Where the time of a step goes.

    Args:
        model: its name.
        parts: in the model's order, the loss and the optimizer last.
        rest: the seconds of a step that belong to no part: Python, metrics, the batch.
        steps: how many were measured.
        batch_size: samples in a step.
        peak: of this machine.
    """

    model: str
    parts: list[Part]
    rest: float
    steps: int
    batch_size: int
    peak: Peak

    @property
    def seconds(self) -> float:
        """The time of a step: the sum of all lines."""
        return sum(part.work.seconds for part in self.parts) + self.rest

    @property
    def trains(self) -> bool:
        """Whether the steps were training steps."""
        return any(part.which == BACKWARD for part in self.parts)

    def title(self) -> str:
        """Return what was measured, in one line."""
        task = "training" if self.trains else "prediction"
        return (
            f"{self.model}, {task}, batch {self.batch_size:,}: {1000 * self.seconds:,.2f} ms per step, "
            f"{self.batch_size / self.seconds:,.0f} samples/s (median of {self.steps} steps)"
        )

    def rows(self) -> list[list[str]]:
        """Return the table below ``HEADER``, as text."""
        rows = [self._row(part) for part in self.parts]
        blank = [""] * (len(HEADER) - 5)
        rows.append([REST, "", "", *self._time(self.rest), *blank])
        return [*rows, ["step", "", "", *self._time(self.seconds), *blank]]

    def _row(self, part: Part) -> list[str]:
        shape = "×".join(map(str, part.work.shape[1:])) if part.which == FORWARD else ""
        return [
            f"{part.label} ({part.kind})" if part.which in (FORWARD, UPDATE) else "",
            part.which,
            shape,
            *self._time(part.work.seconds),
            f"{part.flop_rate / 1e9:,.0f}" if part.work.flops else "",
            f"{part.work.moved / 1e6:,.1f}",
            *(
                [f"{part.byte_rate / 1e9:,.1f}", percent(part.share_of(self.peak))]
                if part.works
                else ["", ""]
            ),
        ]

    def _time(self, seconds: float) -> list[str]:
        return [f"{1000 * seconds:,.2f}", percent(seconds / self.seconds, 1)]

    def bars(self) -> list[str]:
        """Return a bar chart of the times as text: a line for each layer, its passes one after the other."""
        times: dict[str, dict[str, float]] = {}
        for part in self.parts:
            times.setdefault(part.label, {})[part.which] = part.work.seconds
        times[REST] = {REST: self.rest}
        longest = max(sum(passes.values()) for passes in times.values())
        names = max(map(len, times))
        passes_met = dict.fromkeys(part.which for part in self.parts)
        lines = ["  ".join(f"{FILLS[which]} {which}" for which in passes_met)]
        for label, passes in times.items():
            bar, end = "", 0.0
            for which, seconds in passes.items():
                end += seconds
                bar = bar.ljust(round(LONGEST * end / longest), FILLS[which])
            lines.append(f"{label.rjust(names)} {bar} {percent(end / self.seconds)}")
        return lines

    def show(self) -> None:
        """Print the table, in a terminal with rich if that is there, the bar chart and the notes."""
        print()
        table = self.title(), HEADER, self.rows()
        if not (sys.stdout.isatty() and print_rich_table(*table)):
            print(plain_table(*table))
        print("\n".join(["", *self.bars(), "", *self.notes()]), flush=True)

    def notes(self) -> list[str]:
        """Return the lines below the table."""
        return [f"This machine's peak: {self.peak}.", EXPLANATION]


def make_profile(
    model: str, kinds: dict[str, str], steps: list[tuple[float, dict[tuple[str, str], Work]]], peak: Peak
) -> Profile:
    """Return the typical step.

    Args:
        model: its name.
        kinds: the class behind each label, in the order of their first calls.
        steps: for each step its seconds, and the work of each (label, pass).
        peak: of this machine.
    """
    parts = []
    for label in sorted(kinds, key=lambda label: PLACES.get(label, 0)):
        for which in (FORWARD, BACKWARD, UPDATE):
            works = [step[label, which] for _, step in steps if (label, which) in step]
            if works:
                parts.append(Part(label, kinds[label], which, typical(works)))
    rests = [seconds - sum(work.seconds for work in step.values()) for seconds, step in steps]
    batch_size = max((part.work.shape[0] for part in parts if part.work.shape), default=0)
    return Profile(model, parts, median(rests), len(steps), batch_size, peak)


def typical(works: list[Work]) -> Work:
    """Return the work of a whole batch (the last one of an epoch can be smaller) in the median time."""
    most = max(works, key=lambda work: work.moved)
    whole = [work.seconds for work in works if work.moved == most.moved]
    return Work(median(whole), most.flops, most.moved, most.shape)


def percent(share: float, digits: int = 0) -> str:
    """Return a share as it stands in tables and pictures.

    >>> percent(0.256), percent(0.256, digits=1), percent(0.0001)
    ('26 %', '25.6 %', '<1 %')
    """
    smallest = 10**-digits
    if 0 < 100 * share < smallest / 2:
        return f"<{smallest:g} %"
    return f"{100 * share:.{digits}f} %"
