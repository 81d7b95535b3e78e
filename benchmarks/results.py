"""What was measured, and the few numbers that sum it up."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.cases import Case
from benchmarks.peers import OURS, Peer


@dataclass
class Measurement:
    """One library on one case.

    Args:
        seconds_per_step: one mean per round; element r of two libraries was measured in the same round.
        ready_seconds: from the start of its process to the end of its first step.
        parameters: how many numbers its weights hold.
        peak_bytes: the most memory its process held.
        versions: of the packages it is made of.
        failure: why there are no numbers, if so.
    """

    case: Case
    peer: Peer
    seconds_per_step: list[float] = field(default_factory=list)
    ready_seconds: float | None = None
    parameters: int | None = None
    peak_bytes: int | None = None
    versions: dict[str, str] = field(default_factory=dict)
    failure: str | None = None

    @property
    def rates(self) -> list[float]:
        """Images per second, round by round."""
        return [self.case.batch_size / seconds for seconds in self.seconds_per_step]

    @property
    def rate(self) -> float:
        """The median of the rounds, in images per second."""
        return median(self.rates)

    @property
    def worked(self) -> bool:
        """Whether there are numbers."""
        return self.failure is None and bool(self.seconds_per_step)


def ratio(ours: Measurement, peer: Measurement) -> float:
    """Return how many times as fast ``ours`` is: the median over rounds of the ratio within a round.

    Both were measured within seconds of each other in every round, so what slows the machine down
    for a while slows both, and leaves their ratio alone. A slow library can have had fewer rounds.
    """
    pairs = zip(ours.rates, peer.rates, strict=False)
    return median(our_rate / peer_rate for our_rate, peer_rate in pairs)


def by_case(measurements: list[Measurement]) -> dict[Case, list[Measurement]]:
    """Return the measurements of each case, in the order they were made."""
    groups: dict[Case, list[Measurement]] = {}
    for measurement in measurements:
        groups.setdefault(measurement.case, []).append(measurement)
    return groups


def ours_of(group: list[Measurement]) -> Measurement | None:
    """Return the measurement of cnn_scratch among those of one case, if it worked."""
    return next((m for m in group if m.peer is OURS and m.worked), None)


def refuse_other_models(group: list[Measurement]) -> None:
    """Mark a library whose model is not of the same size as ours as failed: it computed something else."""
    ours = ours_of(group)
    for measurement in group:
        if ours and measurement.worked and measurement.parameters != ours.parameters:
            theirs = f"its model has {measurement.parameters:,} parameters"
            measurement.failure = f"{theirs}, that of cnn_scratch {ours.parameters:,}"
