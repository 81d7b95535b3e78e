"""One training step: forward, loss, backward, update. The heart of ``fit``."""

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np

from cnn_scratch import metrics, optimizers
from cnn_scratch.activation import Activation
from cnn_scratch.kernels.memory import keep_freed_memory
from cnn_scratch.losses import Loss
from cnn_scratch.models.data import Data
from cnn_scratch.models.heads import make_heads, order_of_losses
from cnn_scratch.parameter import FlatParameters, Parameter
from cnn_scratch.structure import flatten


class Trainer:
    """Trains one model with one optimizer, and keeps the running means of an epoch.

    Args:
        model: a ``Model``.
        optimizer: a name or an ``Optimizer``.
        loss, loss_weights, metric_list, weighted_metric_list: see ``Model.compile``.
    """

    def __init__(
        self, model, optimizer, loss, loss_weights=None, metric_list=None, weighted_metric_list=None
    ):
        keep_freed_memory()
        self.model = model
        self.optimizer = optimizers.get(optimizer)
        self.heads = make_heads(model.output_ports, loss, loss_weights, metric_list, weighted_metric_list)
        self.heads_with_loss = order_of_losses(self.heads, model.output_ports, loss)
        self.given = {  # for files
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metric_list,
            "weighted_metrics": weighted_metric_list,
        }
        self.loss_mean = metrics.Mean(name="loss")
        self.parameters: FlatParameters | None = None
        self._has_warned = False
        self.is_rehearsed = False  # whether ``rehearsal.py`` has done what it can for the first step

    # Steps ------------------------------------------------------------------------------------

    def train_step(self, batch: Data) -> None:
        """Make one step of gradient descent on a batch, and add its results to the running means.

        If there is nothing to train it only measures, and updates what changes in training, such as the
        moving averages of batch normalization.
        """
        self._prepare(batch)
        parameters = self.flat_parameters()
        network, losses, activations = self._network_and_losses()

        parameters.zero_grads()
        outputs, cache = network.forward(batch.inputs, training=True)
        predictions = flatten(outputs)
        value, loss_caches = self._loss_forward(losses, batch, predictions)
        value += network.activity_loss(cache) + _penalty(parameters.parameters)
        if parameters.parameters:
            grads = self._loss_backward(losses, loss_caches)
            network.backward_parameters(network.output_ports.pack(grads), cache)
            self._add_penalty_gradients()
            self.optimizer.step(parameters)
        else:
            warnings.warn(f"Model '{self.model.name}' does not have any trainable weights.", stacklevel=4)

        self._count(batch, value, predictions, activations)

    def test_step(self, batch: Data) -> None:
        """Add the loss and metrics of a batch to the running means, without changing the model."""
        self._prepare(batch)
        network, losses, activations = self._network_and_losses()
        outputs, cache = network.forward(batch.inputs, training=False)
        predictions = flatten(outputs)
        value, _ = self._loss_forward(losses, batch, predictions)
        value += network.activity_loss(cache) + _penalty(self.model.trainable_weights)
        self._count(batch, value, predictions, activations)

    def _network_and_losses(self) -> tuple:
        """Return the network without its last activations, and for each output its loss and that activation.

        A cross-entropy right after its softmax (or sigmoid) is computed from the logits: the same
        function, but exact where a probability is close to 0 or 1. Keras on TensorFlow does the same.
        An activation that stays in the network is ``None``.
        """
        wanted = [
            head.loss and (head.loss.logits_activation or head.loss.mistaken_activation)
            for head in self.heads
        ]
        network, left_out = self.model.with_logits(wanted)
        losses = [
            head.loss if activation is None else head.loss.with_logits()
            for head, activation in zip(self.heads, left_out, strict=True)
        ]
        if not self._has_warned:
            self._has_warned = True
            self._warn_of_mistaken_logits(left_out)
        return network, losses, left_out

    def _warn_of_mistaken_logits(self, left_out: list[Activation | None]) -> None:
        for head, activation in zip(self.heads, left_out, strict=True):
            if activation is not None and head.loss.mistaken_activation:
                warnings.warn(
                    f"Loss '{head.loss.name}' received `from_logits=True`, but the outputs were produced by "
                    f"a {activation.name} activation and thus are no logits. The logits behind it are "
                    "taken, as in Keras. Was this intended?",
                    stacklevel=5,
                )

    def flat_parameters(self) -> FlatParameters:
        """Return the trainable parameters in one buffer, laid out when they are first needed."""
        trained = self.model.trainable_weights
        current = self.parameters.parameters if self.parameters else None
        if current is None or [id(p) for p in current] != [id(p) for p in trained]:
            self.parameters = FlatParameters(trained)
            if trained:  # else the optimizer waits for what is made trainable later
                self.optimizer.build(self.parameters)
        self.parameters.claim()
        return self.parameters

    def _prepare(self, batch: Data) -> None:
        """Build the model, and choose the losses that depend on the labels; raise if there are none."""
        if not self.heads_with_loss:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        if batch.y is None:
            raise ValueError("Expected labels for every sample. Received: y=None")
        self.model.build_once(batch.x[0].shape)
        for head, labels, output in zip(self.heads, batch.y, self.model.outputs, strict=True):
            head.choose_loss(np.shape(labels), output.shape)

    # Losses and penalties ---------------------------------------------------------------------

    def _loss_forward(self, losses: list[Loss | None], batch: Data, predictions: list[np.ndarray]) -> tuple:
        """Return Σ weight · loss over the outputs, and what each loss needs to walk back."""
        total, caches = 0.0, []
        for head, loss, y, weights, prediction in zip(
            self.heads, losses, batch.y, batch.weights_per_output, predictions, strict=True
        ):
            if loss is None:
                caches.append(None)
                continue
            value, cache = loss.forward(y, prediction, weights)
            caches.append(cache)
            if len(losses) > 1:
                head.loss_mean.add(float(np.mean(value)), len(batch))
            total = total + (value if head.weight == 1 else head.weight * value)
        return total, caches

    def _loss_backward(self, losses: list[Loss | None], caches: list) -> list[np.ndarray | None]:
        grads = []
        for head, loss, cache in zip(self.heads, losses, caches, strict=True):
            grad = None if loss is None else loss.backward(cache)
            # forward: total += weight · loss
            grads.append(grad if grad is None or head.weight == 1 else grad * grad.dtype.type(head.weight))
        return grads

    def _add_penalty_gradients(self) -> None:
        # forward: loss += regularizer(parameter)
        for parameter in self.parameters.parameters:
            if parameter.regularizer:
                parameter.grad += parameter.regularizer.gradient(parameter.value)

    # Running means ----------------------------------------------------------------------------

    def _count(
        self, batch: Data, value, predictions: list[np.ndarray], activations: list[Activation | None]
    ) -> None:
        """Add a batch to the running means; the metrics see what ``activations`` make of logits."""
        # Each batch counts by its size, so a smaller last one does not weigh too much.
        mean = value if isinstance(value, float) else float(np.mean(value))
        self.loss_mean.add(mean, len(batch))
        for head, y, weights, prediction, activation in zip(
            self.heads, batch.y, batch.weights_per_output, predictions, activations, strict=True
        ):
            if head.wants_metrics:
                outputs = prediction if activation is None else activation(prediction)
                head.count_metrics(y, outputs, weights)

    def logs(self) -> dict[str, float]:
        """Return the running mean of the loss, of the loss of each output, and each metric so far."""
        logs = {"loss": self.loss_mean.result()}
        if len(self.heads_with_loss) > 1:
            logs |= {head.loss_mean.name: head.loss_mean.result() for head in self.heads_with_loss}
        return logs | self._metric_logs()

    def results(self, return_dict: bool):
        """Return what ``evaluate`` returns: the dictionary, or its numbers as a list (one alone as it is).

        Outputs of the same name have one loss in the dictionary, that of the last of them. The list has it
        once for each of them, as in Keras.
        """
        logs = self.logs()
        times = Counter(head.loss_mean.name for head in self.heads_with_loss)
        values = [value for name, value in logs.items() for _ in range(max(1, times[name]))]
        return logs if return_dict else unwrap(values)

    def measured(self) -> list[metrics.Metric]:
        """Return the running means and the metrics behind ``logs``."""
        of_outputs = self.heads_with_loss if len(self.heads_with_loss) > 1 else ()
        return [self.loss_mean, *(head.loss_mean for head in of_outputs), *self.named_metrics().values()]

    def _metric_logs(self) -> dict[str, float]:
        """Return what the metrics say, those that say several things by name last, as in Keras."""
        logs, others = {}, {}
        for name, metric in self.named_metrics().items():
            result = metric.result()
            if isinstance(result, dict):
                others |= result
            else:
                logs[name] = _as_number(result)
        return logs | {name: _as_number(others[name]) for name in sorted(others)}

    def named_metrics(self) -> dict[str, metrics.Metric]:
        """Return the metrics under Keras's names; with several outputs sorted, as Keras returns them."""
        named: dict[str, metrics.Metric] = {}
        for is_weighted in (False, True):
            for head in self.heads:
                prefix = f"{head.name}_" if len(self.heads) > 1 else ""
                for metric, weighted in head.metrics:
                    if weighted == is_weighted:
                        named[_free_name(prefix, metric.name, weighted, named)] = metric
        return dict(sorted(named.items())) if len(self.heads) > 1 else named

    def reset(self) -> None:
        """Start the running means again."""
        self.loss_mean.reset_state()
        for head in self.heads:
            head.reset()


def _penalty(parameters: Sequence[Parameter]) -> float:
    return sum(p.regularizer(p.value) for p in parameters if p.regularizer)


def _as_number(result):
    """Return one number as a float; several, of each class perhaps, as an array."""
    if type(result) is float:
        return result
    array = np.array(result)
    return array if array.ndim else float(array)


def _free_name(prefix: str, name: str, weighted: bool, taken: dict) -> str:
    """Return Keras's name for a metric: ``accuracy``, ``weighted_accuracy``, ``accuracy_1``, …"""
    full = prefix + name
    if weighted and full in taken:
        full = f"{prefix}weighted_{name}"
    number, stem = 0, full
    while full in taken:
        number += 1
        full = f"{stem}_{number}"
    return full


def unwrap(values: list[float]):
    """Return the only element of a list that has one, else the list."""
    return values[0] if len(values) == 1 else values
