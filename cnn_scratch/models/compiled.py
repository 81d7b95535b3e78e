"""What ``compile`` says about a model: how it is trained, and what is measured."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from cnn_scratch.activation import Activation
from cnn_scratch.metrics import Metric
from cnn_scratch.models import saving
from cnn_scratch.models.composite import Composite
from cnn_scratch.models.ports import Ports
from cnn_scratch.models.training import Trainer, unwrap


class Compiled(Composite):
    """A layer made of layers that can be given an optimizer, losses and metrics.

    A concrete model says what goes in, what comes out, and how to end in logits.
    """

    trainer: Trainer | None = None

    # What a concrete model says -----------------------------------------------------------------

    @property
    @abstractmethod
    def input_ports(self) -> Ports:
        """The names of the inputs, and the form in which they are given."""

    @property
    @abstractmethod
    def output_ports(self) -> Ports:
        """The names of the outputs, and the form in which they are returned."""

    @abstractmethod
    def with_logits(self, wanted: Sequence[str | None]) -> tuple["Compiled", list[Activation | None]]:
        """Return a model that shares all parameters but ends in logits, and the activations left out.

        The loss of a softmax is far more exact when it is computed from the logits. Layers keep
        nothing but parameters, so a shallow copy that shares them is a model in its own right.

        Args:
            wanted: for each output the name of the activation to leave out if it is the last thing
                that happens, or ``None``.

        Returns:
            The model, and for each output the activation that turns its logits into the outputs of
            this one; ``None`` where nothing was left out.
        """

    # Compiling and measuring ------------------------------------------------------------------

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile="auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is to be trained.

        Args:
            optimizer: a name or an optimizer.
            loss: a name or a loss. A model of several outputs takes a list of one per output, a
                dictionary by the outputs' names, or one for all; ``None`` for an output that
                nothing is learnt from.
            loss_weights: the factors of these losses in the whole, in the same forms.
            metrics: names or metrics, computed beside the loss; of several outputs a list with one
                entry per output, or a dictionary by name.
            weighted_metrics: the same, with the weights of samples and classes taken into account.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: of Keras; without a meaning here.

        Raises:
            ValueError: an unknown name, or not as many entries as there are outputs.
        """
        self.trainer = Trainer(self, optimizer, loss, loss_weights, metrics, weighted_metrics)

    @property
    def compiled(self) -> bool:
        """Whether ``compile`` was called."""
        return self.trainer is not None

    @property
    def optimizer(self):
        """The optimizer given to ``compile``."""
        return self.trainer.optimizer if self.trainer else None

    @property
    def loss(self):
        """The loss given to ``compile``; a list of one per output if there are several."""
        losses = [head.loss for head in self.trainer.heads] if self.trainer else [None]
        return unwrap(losses)

    @property
    def metrics(self) -> list[Metric]:
        """What is measured: the mean of the loss, those of the outputs if there are several, the metrics.

        Metrics that were asked for by name are there as soon as they have seen a batch.
        """
        return self.trainer.measured() if self.trainer else []

    @property
    def metrics_names(self) -> list[str]:
        """The names of what ``evaluate`` returns; none before ``compile``."""
        return list(self.trainer.logs()) if self.trainer else []

    def get_compile_config(self) -> dict[str, Any]:
        """Return what ``compile`` was given, as Keras's files have it; ``{}`` before ``compile``."""
        return saving.serialize_compilation(self.trainer) if self.trainer else {}

    def get_metrics_result(self) -> dict[str, float]:
        """Return the loss and the metrics since the last ``reset_metrics``, as ``fit`` shows them."""
        return self.trainer.logs() if self.trainer else {}

    def reset_metrics(self) -> None:
        """Start the running means of the loss and the metrics again."""
        self._compiled().reset()

    def _compiled(self) -> Trainer:
        if self.trainer is None:
            raise ValueError(
                f"You must call `compile()` before using model '{self.name}' for training or evaluation."
            )
        return self.trainer
