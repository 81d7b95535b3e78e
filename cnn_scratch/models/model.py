"""What every model can do: ``compile``, ``fit``, ``evaluate``, ``predict``."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from cnn_scratch.callbacks import Callback, CallbackList, History, Progress
from cnn_scratch.kernels.compile import single_threaded_blas
from cnn_scratch.layers import Layer
from cnn_scratch.models import weights_file
from cnn_scratch.models.data import Data, as_array, make_data, unpack_validation_data
from cnn_scratch.models.summary import print_summary
from cnn_scratch.models.training import Trainer


class Model(Layer):
    """A layer made of layers, that can be trained.

    A concrete model keeps the contract of ``Layer`` (``forward`` returns outputs and a cache,
    ``backward`` walks it back) and says how to end in logits; everything else stands here.
    """

    layers: list[Layer]
    trainer: Trainer | None = None

    @abstractmethod
    def without_final_activation(self) -> tuple["Model", Any]:
        """Return a model that shares all parameters but ends in logits, and the activation left out."""

    # Setting up -------------------------------------------------------------------------------

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        metrics: Sequence | None = None,
        weighted_metrics: Sequence | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile="auto",
    ) -> None:
        """Say how the model is to be trained.

        Args:
            optimizer: a name or an optimizer.
            loss: a name or a loss.
            metrics: names or metrics, computed beside the loss.
            weighted_metrics: the same, with the weights of samples and classes taken into account.
            run_eagerly, steps_per_execution, jit_compile: of Keras; accepted, without a meaning here.

        Raises:
            ValueError: an unknown name.
        """
        self.trainer = Trainer(self, optimizer, loss, metrics, weighted_metrics)

    @property
    def optimizer(self):
        """The optimizer given to ``compile``."""
        return self.trainer.optimizer if self.trainer else None

    @property
    def loss(self):
        """The loss given to ``compile``."""
        return self.trainer.loss if self.trainer else None

    @property
    def metrics_names(self) -> list[str]:
        """The names of what ``evaluate`` returns."""
        return list(self._compiled().logs())

    def reset_metrics(self) -> None:
        """Start the running means of the loss and the metrics again."""
        self._compiled().reset()

    def _compiled(self) -> Trainer:
        if self.trainer is None:
            raise ValueError(
                f"You must call `compile()` before using model '{self.name}' for training or evaluation."
            )
        return self.trainer

    # Training ---------------------------------------------------------------------------------

    def fit(
        self,
        x=None,
        y=None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data=None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight=None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Train for a number of epochs; each visits every sample once.

        Args:
            x: samples, (N, …).
            y: labels, (N,) or (N, …).
            batch_size: samples per step, 32 if not given.
            epochs: the number of the last epoch.
            verbose: 0 says nothing, 1 shows a progress bar, 2 prints a line per epoch; ``"auto"``
                is 1 in a terminal and 2 in a log.
            callbacks: told about the beginning and end of every epoch and batch.
            validation_split: this share of the samples, the **last** ones before shuffling, is set
                aside and only evaluated.
            validation_data: (x, y) or (x, y, sample_weight) to evaluate after an epoch instead.
            shuffle: whether the order is drawn anew for each epoch.
            class_weight: a factor per class (an integer) for the loss.
            sample_weight: a factor per sample for the loss.
            initial_epoch: the number of epochs done before.
            validation_batch_size: samples per step of the validation; ``batch_size`` if not given.
            validation_freq: validate after every so many epochs.

        Returns:
            A ``History`` whose ``history`` maps each name to one number per epoch.

        Raises:
            ValueError: the model is not compiled, or the data do not fit.
        """
        trainer = self._compiled()
        batch_size = check_batch_size(batch_size)
        data = make_data(x, y, sample_weight, class_weight)
        validation = unpack_validation_data(validation_data) if validation_data is not None else None
        if validation_split and validation is None:
            data, validation = data.split(validation_split)
        if not len(data) or data.y is None:
            raise ValueError(f"`fit` expects samples and labels. Received: {len(data)} samples, y={y!r}")

        history, progress = History(), Progress(verbose)
        listeners = CallbackList([*(callbacks or ()), progress, history])
        plan = {
            "epochs": epochs,
            "steps": -(-len(data) // batch_size),
            "samples": len(data),
            "batch_size": batch_size,
        }
        self.stop_training = False
        listeners.begin_training(self, plan)
        # Closing: Ctrl-C must not leave half a bar on the screen.
        with single_threaded_blas(), closing(progress):
            for epoch in range(initial_epoch, epochs):
                listeners.on_epoch_begin(epoch)
                logs = self._train_epoch(trainer, data.batches(batch_size, shuffle), listeners)
                if validation is not None and (epoch + 1) % validation_freq == 0:
                    results = self._evaluate(
                        validation, validation_batch_size or batch_size, CallbackList(())
                    )
                    logs |= {f"val_{name}": value for name, value in results.items()}
                listeners.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
        listeners.on_train_end()
        return history

    def _train_epoch(self, trainer: Trainer, batches, listeners: CallbackList) -> dict[str, float]:
        trainer.reset()
        for step, batch in enumerate(batches):
            listeners.on_train_batch_begin(step)
            trainer.train_step(batch)
            listeners.on_train_batch_end(step, trainer.logs())
            if self.stop_training:
                break
        return trainer.logs()

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight=None,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
    ):
        """Return the loss and the metrics on data that is not trained on.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: as for ``fit``.
            return_dict: whether to return a dictionary instead of a list.

        Returns:
            The loss alone if there are no metrics, else [loss, metric, …].
        """
        data = make_data(x, y, sample_weight)
        batch_size = check_batch_size(batch_size)
        progress = Progress(verbose, evaluating=True)
        listeners = CallbackList([*(callbacks or ()), progress])
        listeners.begin_training(
            self, {"steps": -(-len(data) // batch_size), "samples": len(data), "batch_size": batch_size}
        )
        with single_threaded_blas(), closing(progress):
            logs = self._evaluate(data, batch_size, listeners)
        return logs if return_dict else unwrap(list(logs.values()))

    def _evaluate(self, data: Data, batch_size: int, listeners: CallbackList) -> dict[str, float]:
        trainer = self._compiled()
        trainer.reset()
        listeners.on_test_begin()
        for step, batch in enumerate(data.batches(batch_size)):
            trainer.test_step(batch)
            listeners.on_test_batch_end(step, trainer.logs())
        logs = trainer.logs()
        listeners.on_test_end(logs)
        return logs

    def predict(self, x, batch_size: int | None = None, verbose: int | str = 0) -> np.ndarray:
        """Return the outputs for all samples, computed batch by batch.

        Args:
            x: samples, (N, …).
            batch_size: samples at a time, 32 if not given.
            verbose: accepted as in Keras; a prediction shows no bar.
        """
        batch_size = check_batch_size(batch_size)
        x = as_array(x, "x")
        if x is None or not len(x):
            raise ValueError(f"`predict` expects at least one sample. Received: x={x!r}")
        outputs = None
        with single_threaded_blas():
            for start in range(0, len(x), batch_size):
                batch = self.infer(x[start : start + batch_size])
                if outputs is None:
                    outputs = np.empty((len(x), *batch.shape[1:]), batch.dtype)
                outputs[start : start + batch_size] = batch
        return outputs

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict: bool = False):
        """Make one step on one batch; return the running loss and metrics (see ``reset_metrics``)."""
        self._compiled().train_step(make_data(x, y, sample_weight, class_weight))
        logs = self._compiled().logs()
        return logs if return_dict else unwrap(list(logs.values()))

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict: bool = False):
        """Return the running loss and metrics with one more batch, without training on it."""
        self._compiled().test_step(make_data(x, y, sample_weight))
        logs = self._compiled().logs()
        return logs if return_dict else unwrap(list(logs.values()))

    # Looking and keeping ----------------------------------------------------------------------

    def summary(self, line_length: int | None = None, print_fn=None, expand_nested: bool = False) -> None:
        """Print the layers with their output shapes and numbers of parameters, as Keras does."""
        print_summary(self, line_length, print_fn, expand_nested)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or its place.

        Raises:
            ValueError: there is no such layer, or not exactly one of the two arguments was given.
        """
        if (name is None) == (index is None):
            raise ValueError(
                f"Provide either a layer name or a layer index. Received: name={name}, index={index}"
            )
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"Expected a layer index below {len(self.layers)}. Received: index={index}")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}"
        )

    def save_weights(self, filepath, overwrite: bool = True) -> None:
        """Write all weights, and the optimizer's state, to a file ``….weights.h5`` that Keras reads too."""
        weights_file.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath) -> None:
        """Read the weights, and the optimizer's state if it is there, from a ``….weights.h5`` file.

        Raises:
            ValueError: the file is not one, or does not fit the model; nothing is changed then.
        """
        weights_file.load_weights(self, filepath)


def check_batch_size(batch_size: int | None) -> int:
    """Return ``batch_size``, 32 for ``None``, or raise a ``ValueError``."""
    if batch_size is None:
        return 32
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"`batch_size` must be a positive integer. Received: batch_size={batch_size!r}")
    return int(batch_size)


def unwrap(values: list[float]):
    """Return the only element of a list that has one, else the list."""
    return values[0] if len(values) == 1 else values
