"""What every model can do: ``fit``, ``evaluate``, ``predict``."""

from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from typing import Any

import numpy as np

from cnn_scratch.callbacks import Callback, CallbackList, History, Progress
from cnn_scratch.kernels.blas import single_threaded_blas
from cnn_scratch.kernels.memory import keep_freed_memory
from cnn_scratch.models.compiled import Compiled
from cnn_scratch.models.data import check_epochs, make_data
from cnn_scratch.models.other_names import OWN_LOOP, STEPS, OtherNames
from cnn_scratch.models.own_graph import as_graph
from cnn_scratch.models.rehearsal import Rehearsed
from cnn_scratch.models.rows import Rows
from cnn_scratch.models.sources import Source, make_source, make_validation, warn_of_the_end
from cnn_scratch.models.training import Trainer
from cnn_scratch.profiling import Profiler
from cnn_scratch.structure import flatten


class Model(OtherNames, Compiled):
    """A layer made of layers, that can be trained.

    ``Model(inputs, outputs)`` is a graph of layers, see ``Functional``; a stack of them is a
    ``Sequential``. Both keep the contract of ``Layer`` (``forward`` returns outputs and a cache,
    ``backward`` walks it back). What they have in common stands in ``Composite`` (their layers),
    ``Compiled`` (how they are trained) and here. Your own class can be a graph,
    too: call ``super().__init__(inputs=inputs, outputs=outputs)``, see ``models/own_graph.py``.

    Example:
        A block whose input takes a short cut around two layers, as in a residual network:

        >>> import numpy as np
        >>> from cnn_scratch import Input, layers
        >>> inputs = Input((8,))
        >>> x = layers.Dense(8, activation="relu")(inputs)
        >>> x = layers.Dense(8)(x)
        >>> outputs = layers.Dense(2)(x + inputs)
        >>> model = Model(inputs, outputs)
        >>> model(np.zeros((5, 8))).shape
        (5, 2)
        >>> model.count_params()          # twice 8·8 + 8, and 8·2 + 2
        162
    """

    def __new__(cls, *arguments, **options):
        """Let ``Model(inputs, outputs)`` make a ``Functional``, and your own class be one."""
        if any(hasattr(cls, name) for name in STEPS):
            raise TypeError(
                f"Class {cls.__name__} cannot be used, since nothing here differentiates a `call`, or "
                f"calls what Keras does in a step: {', '.join(STEPS[1:])}. Write a function that makes "
                "the model and returns it: `Sequential(layers)` or `Model(inputs, outputs)`. Or call the "
                "layers in `__init__`, and end with `super().__init__(inputs=inputs, outputs=outputs)`. "
                f"For a loop of one's own: {OWN_LOOP}"
            )
        return super().__new__(as_graph(cls))

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects=None) -> "Model":
        """Return the graph of layers that a configuration describes.

        Args:
            config: what ``get_config`` returned, here or in Keras.
            custom_objects: name → class, for layers of one's own.
        """
        from cnn_scratch.models.functional import Functional

        return Functional.from_config.__func__(as_graph(cls), config, custom_objects)

    # Training ---------------------------------------------------------------------------------

    def fit(
        self,
        x=None,
        y=None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callback | Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data=None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight=None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | list[int] = 1,
        profile: bool = False,
    ) -> History:
        """Train for a number of epochs; each visits every sample once.

        Args:
            x: samples, (N, …); for several inputs a list of arrays, or a dictionary by the inputs' names.
                Or something that makes batches (x, y) or (x, y, sample_weight): a generator, a
                ``PyDataset``, what ``image_dataset_from_directory`` returns; see ``models/sources.py``.
            y: labels, (N,) or (N, …); for several outputs a list or a dictionary as well.
            batch_size: samples per step; if not given, 32, or what ``steps_per_epoch`` makes of the samples.
            epochs: the number of the last epoch.
            verbose: 0 says nothing, 1 shows a progress bar, 2 prints a line per epoch; ``"auto"``
                is 1 in a terminal and 2 in a log.
            callbacks: one or a list of them; told about the beginning and end of every epoch and batch.
            validation_split: this share of the samples, the **last** ones before shuffling, is set
                aside and only evaluated.
            validation_data: (x, y) or (x, y, sample_weight) to evaluate after an epoch instead, or
                something that makes batches.
            shuffle: whether the order is drawn anew for each epoch.
            class_weight: a factor per class (an integer) for the loss of the training.
            sample_weight: a factor per sample for the loss; for several outputs also one array each.
            initial_epoch: the number of epochs done before.
            steps_per_epoch: batches per epoch, all there are if not given; the next epoch goes on
                where this one ended.
            validation_steps: the same for the validation; a generator goes on, others begin anew.
            validation_batch_size: samples per step of the validation; ``batch_size`` if not given.
            validation_freq: validate after every so many epochs, or after those of a list, counted from 1.
            profile: whether a table of where the time of a step went, and a bar chart, are printed at the
                end; not of Keras.

        Returns:
            A ``History`` whose ``history`` maps each name to one number per epoch.

        Raises:
            ValueError: the model is not compiled, or the data do not fit.
        """
        trainer = self._compiled()
        check_epochs(epochs=epochs, initial_epoch=initial_epoch)
        source = make_source(self, x, y, sample_weight, class_weight, batch_size, steps_per_epoch, shuffle)
        source.require_labels()
        validation = None
        if validation_data is not None:
            options = {"batch_size": validation_batch_size or batch_size, "steps": validation_steps}
            validation = make_validation(self, validation_data, **options)
        elif validation_split:
            validation = source.split_off(validation_split, validation_batch_size, validation_steps)

        history, progress, profiler = History(), Progress(verbose), Profiler(self) if profile else None
        given = CallbackList(callbacks)
        listeners = CallbackList([given, profiler, progress, history])
        listeners.introduce(self, source.plan(epochs=epochs, verbose=verbose))
        self.stop_training, self._initial_epoch = False, 0  # a callback may set the latter
        self.history = history
        logs = {}
        listeners.on_train_begin()
        # Closing: Ctrl-C must not leave half a bar on the screen.
        with single_threaded_blas(), closing(progress), profiler or nullcontext():
            first = self._initial_epoch or initial_epoch
            for epoch in range(first, epochs):
                batches = source.first_epoch("fit") if epoch == first else source.epoch()
                if batches is None:
                    warn_of_the_end()
                    break
                listeners.on_epoch_begin(epoch)
                logs = self._train_epoch(trainer, batches, listeners)
                if validation is not None and _is_validated(epoch, validation_freq):
                    results = self._evaluate(validation, given)
                    logs |= {f"val_{name}": value for name, value in results.items()}
                # A copy, to which callbacks add for those behind them (the learning rate, for the history).
                listeners.on_epoch_end(epoch, dict(logs))
                if self.stop_training:
                    break
            if epochs > 0:
                trainer.optimizer.finalize_variable_values()
        listeners.on_train_end(logs)
        if profiler and profiler.steps:
            profiler.profile().show()
        return history

    def _train_epoch(self, trainer: Trainer, batches, listeners: CallbackList) -> dict[str, float]:
        """Make one step per batch, unless a callback stops; return the means over the epoch."""
        trainer.reset()
        for step, batch in enumerate(batches):
            listeners.on_train_batch_begin(step)
            with Rehearsed(trainer, batch):
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
        steps: int | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
        return_dict: bool = False,
    ):
        """Return the loss and the metrics on data that is not trained on.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: as for ``fit``.
            steps: the number of batches, all there are if not given.
            return_dict: whether to return a dictionary instead of a list.

        Returns:
            The loss alone if there are no metrics, else [loss, metric, …].
        """
        source = make_source(self, x, y, sample_weight, batch_size=batch_size, steps=steps)
        progress = Progress(verbose)
        listeners = CallbackList([callbacks, progress])
        listeners.introduce(self, source.plan(epochs=1, verbose=verbose))
        with single_threaded_blas(), closing(progress):
            self._evaluate(source, listeners)
        return self._compiled().results(return_dict)

    def _evaluate(self, source: Source, listeners: CallbackList) -> dict[str, float]:
        """Return the means over all batches of a source, from its beginning."""
        trainer = self._compiled()
        trainer.reset()
        source.restart()
        listeners.on_test_begin()
        for step, batch in enumerate(source.first_epoch("evaluate")):
            listeners.on_test_batch_begin(step)
            trainer.test_step(batch)
            listeners.on_test_batch_end(step, trainer.logs())
        logs = trainer.logs()
        listeners.on_test_end(logs)
        return logs

    def predict(
        self,
        x,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
    ):
        """Return the outputs for all samples, computed batch by batch.

        Args:
            x: samples, (N, …), or something that makes batches, as for ``fit``.
            batch_size: samples at a time, 32 if not given.
            verbose: accepted as in Keras; a prediction shows no bar.
            steps: the number of batches, all there are if not given.
            callbacks: told about the beginning and end, and of every batch.

        Returns:
            An array; a list or a dictionary of arrays if the model has several outputs.
        """
        source = make_source(self, x, batch_size=batch_size, steps=steps)
        listeners = CallbackList(callbacks)
        listeners.introduce(self, source.plan(epochs=1, verbose=verbose))
        listeners.on_predict_begin()
        rows = Rows(source.samples)
        with single_threaded_blas():
            for step, batch in enumerate(source.first_epoch("predict")):
                listeners.on_predict_batch_begin(step)
                outputs = self.infer(batch.inputs)
                rows.add(flatten(outputs))
                listeners.on_predict_batch_end(step, {"outputs": outputs})
        listeners.on_predict_end()
        return self.output_ports.pack(rows.arrays())

    def predict_on_batch(self, x):
        """Return the outputs for one batch."""
        keep_freed_memory()
        return self.infer(make_data(self, x).inputs)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict: bool = False):
        """Make one step on one batch; return its loss and metrics."""
        self.reset_metrics()
        trainer, batch = self._compiled(), make_data(self, x, y, sample_weight, class_weight)
        with single_threaded_blas(), Rehearsed(trainer, batch):
            trainer.train_step(batch)
        return self._compiled().results(return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict: bool = False):
        """Return the loss and metrics of one batch, without training on it."""
        self.reset_metrics()
        self._compiled().test_step(make_data(self, x, y, sample_weight))
        return self._compiled().results(return_dict)


def _is_validated(epoch: int, validation_freq: int | list[int]) -> bool:
    """Return whether an epoch, counted from 0, ends with a validation."""
    if isinstance(validation_freq, list):
        return epoch + 1 in validation_freq
    if not isinstance(validation_freq, int | np.integer):
        raise ValueError(
            "Expected `validation_freq` to be a list or int. "
            f"Received: validation_freq={validation_freq} of the type {type(validation_freq)}."
        )
    return (epoch + 1) % validation_freq == 0
