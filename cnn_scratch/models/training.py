"""One training step: forward, loss, backward, update. The heart of ``fit``."""

from collections.abc import Sequence

import numpy as np

from cnn_scratch import activations, losses, metrics, optimizers
from cnn_scratch.kernels.memory import keep_freed_memory
from cnn_scratch.models.data import Data
from cnn_scratch.parameter import FlatParameters


class Trainer:
    """Trains one model with one optimizer and one loss, and keeps the running means of an epoch.

    Args:
        model: a ``Model``.
        optimizer: a name or an ``Optimizer``.
        loss: a name or a ``Loss``.
        metric_list: names or metrics.
        weighted_metric_list: names or metrics that see the weights of the samples.
    """

    def __init__(
        self,
        model,
        optimizer,
        loss,
        metric_list: Sequence | None = None,
        weighted_metric_list: Sequence | None = None,
    ):
        keep_freed_memory()
        self.model = model
        self.optimizer = optimizers.get(optimizer)
        self.loss = losses.get(loss)
        self.loss_mean = metrics.Mean(name="loss")
        # "accuracy" means one of three metrics; which one is known when the first batch is.
        self._wanted = [(m, False) for m in metric_list or ()] + [
            (m, True) for m in weighted_metric_list or ()
        ]
        self.metrics: list[tuple[metrics.Metric, bool]] | None = None
        self.parameters: FlatParameters | None = None
        # A metric that does not exist is reported now, not after the first batch.
        for metric, _ in self._wanted:
            metrics.resolve(metric, (1, 1), (1, 1))

    # Steps ------------------------------------------------------------------------------------

    def train_step(self, batch: Data) -> None:
        """Make one step of gradient descent on a batch, and add its results to the running means."""
        self._require_labels(batch)
        self.model.build_once(batch.x.shape)
        parameters = self.flat_parameters()
        network, loss, activation = self._network_and_loss()

        parameters.zero_grads()
        predictions, cache = network.forward(batch.x, training=True)
        value, loss_cache = loss.forward(batch.y, predictions, batch.sample_weight)
        value += network.activity_loss(cache) + self._penalty()
        network.backward_parameters(loss.backward(loss_cache), cache)
        self._add_penalty_gradients()
        self.optimizer.step(parameters)

        self._count(batch, value, activation(predictions))

    def test_step(self, batch: Data) -> None:
        """Add the loss and metrics of a batch to the running means, without changing the model."""
        self._require_labels(batch)
        network, loss, activation = self._network_and_loss()
        predictions, cache = network.forward(batch.x, training=False)
        value = loss(batch.y, predictions, batch.sample_weight)
        value += network.activity_loss(cache) + self._penalty()
        self._count(batch, value, activation(predictions))

    def _network_and_loss(self):
        """Return the network, the loss and the activation that turns its predictions into outputs.

        A cross-entropy right behind its softmax (or sigmoid) is computed from the logits: the same
        function, but exact where a probability is close to 0 or 1. Keras on TensorFlow does the same.
        """
        wanted = getattr(self.loss, "logits_activation", None)
        if wanted is not None:
            network, activation = self.model.without_final_activation()
            if activation is activations.get(wanted):
                return network, self.loss.with_logits(), activation
        return self.model, self.loss, activations.linear

    def flat_parameters(self) -> FlatParameters:
        """Return the trainable parameters in one buffer, laid out when they are first needed."""
        trained = self.model.trainable_weights
        current = self.parameters.parameters if self.parameters else None
        if current is None or [id(p) for p in current] != [id(p) for p in trained]:
            if not trained:
                raise ValueError(
                    f"Model '{self.model.name}' has no trainable weights, so it cannot be trained."
                )
            self.parameters = FlatParameters(trained)
            self.optimizer.build(self.parameters)
        self.parameters.claim()
        return self.parameters

    def _require_labels(self, batch: Data) -> None:
        if self.loss is None:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        if batch.y is None:
            raise ValueError("Expected labels for every sample. Received: y=None")

    # Penalties on parameters ------------------------------------------------------------------

    def _penalty(self) -> float:
        return sum(p.regularizer(p.value) for p in self.model.trainable_weights if p.regularizer)

    def _add_penalty_gradients(self) -> None:
        # forward: loss += regularizer(parameter)
        for parameter in self.model.trainable_weights:
            if parameter.regularizer:
                parameter.grad += parameter.regularizer.gradient(parameter.value)

    # Running means ----------------------------------------------------------------------------

    def _count(self, batch: Data, value, outputs: np.ndarray) -> None:
        # Each batch counts by its size, so a smaller last one does not weigh too much.
        self.loss_mean.update_state(np.mean(value), sample_weight=len(batch))
        if self.metrics is None:
            self.metrics = [
                (metrics.resolve(m, batch.y.shape, outputs.shape), weighted) for m, weighted in self._wanted
            ]
        for metric, weighted in self.metrics:
            metric.update_state(batch.y, outputs, batch.sample_weight if weighted else None)

    def logs(self) -> dict[str, float]:
        """Return the running mean of the loss, and each metric so far."""
        logs = {"loss": self.loss_mean.result()}
        for metric, _ in self.metrics or ():
            logs[metric.name] = metric.result()
        return logs

    def reset(self) -> None:
        """Start the running means again."""
        self.loss_mean.reset_state()
        for metric, _ in self.metrics or ():
            metric.reset_state()
