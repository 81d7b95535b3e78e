"""Heads: what ``compile`` said about each output of a model."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from cnn_scratch import losses, metrics
from cnn_scratch.models.ports import Ports


class Head:
    """One output of a model while it is trained: its loss, its share of the whole loss, its metrics.

    Args:
        name: of the output.
        loss: a name or a loss; ``None`` if nothing is learnt from this output. ``"crossentropy"`` stays a
            name until ``choose_loss``.
        weight: the factor of this loss in the whole.
        metric_list: names or metrics.
        weighted_metric_list: names or metrics that see the weights of the samples.
    """

    def __init__(
        self,
        name: str,
        loss: Any = None,
        weight: float = 1.0,
        metric_list: Sequence = (),
        weighted_metric_list: Sequence = (),
    ):
        self.name = name
        self.loss = loss if losses.is_open(loss) else losses.get(loss)
        self.weight = weight
        self.loss_mean = metrics.Mean(name=f"{name}_loss")
        # "accuracy" means one of three metrics; which one is known when the first batch is.
        self._wanted = [(m, False) for m in metric_list] + [(m, True) for m in weighted_metric_list]
        self.metrics: list[tuple[metrics.Metric, bool]] = []
        # A metric that does not exist is reported now, not after the first batch.
        for metric, _ in self._wanted:
            metrics.resolve(metric, (1, 1), (1, 1))

    @property
    def wants_metrics(self) -> bool:
        """Whether there is any metric to count."""
        return bool(self._wanted)

    def choose_loss(self, labels_shape: Sequence[int], output_shape: Sequence[int]) -> None:
        """Make a loss of a name that means one or another, depending on the labels."""
        if losses.is_open(self.loss):
            self.loss = losses.resolve(self.loss, labels_shape, output_shape)

    def count_metrics(self, labels: np.ndarray | None, outputs: np.ndarray, sample_weight) -> None:
        """Add a batch to the metrics."""
        if labels is None:
            return
        if len(self.metrics) < len(self._wanted):
            self.metrics = [
                (metrics.resolve(m, labels.shape, outputs.shape), weighted) for m, weighted in self._wanted
            ]
        for metric, weighted in self.metrics:
            metric.update_state(labels, outputs, sample_weight=sample_weight if weighted else None)

    def reset(self) -> None:
        """Start the running means again."""
        self.loss_mean.reset_state()
        for metric, _ in self.metrics or self._wanted:
            if isinstance(metric, metrics.Metric):  # one that was given may have counted elsewhere
                metric.reset_state()


def make_heads(ports: Ports, loss, loss_weights, metric_list, weighted_metric_list) -> list[Head]:
    """Return one head per output from the arguments of ``compile``.

    Args:
        ports: the outputs.
        loss: one for every output, a list of one per output, or a dictionary by name, which may leave out
            some of the outputs if the model returns a dictionary itself.
        loss_weights: numbers in the same forms.
        metric_list, weighted_metric_list: a list of metrics for a model of one output; for several,
            a list with one entry per output (a metric, a list of metrics or ``None``), or a
            dictionary by name.

    Raises:
        ValueError: a name that no output has, or another number of entries than there are outputs.
    """
    names = ports.names
    if _is_by_name(loss) and isinstance(ports.structure, dict):
        loss = dict.fromkeys(names) | loss
    weights = _per_output(loss_weights, names, "loss_weights", default=1.0)
    if not all(isinstance(weight, Real) for weight in weights):
        raise ValueError(f"Expected `loss_weights` to be numbers. Received: loss_weights={loss_weights}")
    parts = zip(
        names,
        _per_output(loss, names, "loss"),
        weights,
        _metrics_per_output(metric_list, names, "metrics"),
        _metrics_per_output(weighted_metric_list, names, "weighted_metrics"),
        strict=True,
    )
    return [Head(*part) for part in parts]


def order_of_losses(heads: Sequence[Head], ports: Ports, loss) -> list[Head]:
    """Return the heads that have a loss, in the order in which ``evaluate`` lists their losses.

    If a model returns a dictionary, that is the order in which the losses were written down, or else the
    outputs, as in Keras.
    """
    by_name = {head.name: head for head in heads}
    if isinstance(ports.structure, dict):
        heads = [by_name[name] for name in (loss if _is_by_name(loss) else ports.structure)]
    return [head for head in heads if head.loss is not None]


def _per_output(given, names: Sequence[str], argument: str, default=None) -> list:
    """Return one entry of an argument of ``compile`` per output."""
    if _is_by_name(given):
        if not set(given) <= set(names) or (argument == "loss" and len(given) < len(names)):
            raise ValueError(
                f"Expected the keys {list(names)} in the dictionary `{argument}`, one per output. "
                f"Received: {argument}={given}"
            )
        given = [given.get(name) for name in names]
    elif not isinstance(given, list | tuple):
        given = [given] * len(names)
    if len(given) != len(names):
        raise ValueError(
            f"`{argument}` must have one entry per output, for {list(names)}. Received: {argument}={given}"
        )
    return [default if one is None else one for one in given]


def _metrics_per_output(given, names: Sequence[str], argument: str) -> list[list]:
    """Return a list of metrics per output."""
    if given is not None and not isinstance(given, list | tuple | dict):
        raise ValueError(
            f"Expected `{argument}` argument to be a list, tuple, or dict. Received: {argument}={given}"
        )
    if len(names) == 1 and not _is_by_name(given):
        return [[metric for one in given or () for metric in _as_list(one)]]
    return [_as_list(one) for one in _per_output(given, names, argument)]


def _as_list(given) -> list:
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _is_by_name(given) -> bool:
    """Return whether this is a dictionary of outputs, and not the serialized form of one object."""
    return isinstance(given, dict) and "class_name" not in given
