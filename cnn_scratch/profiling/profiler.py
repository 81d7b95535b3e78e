"""Takes the time of every layer, the loss and the optimizer while a model works."""

import functools
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from cnn_scratch.callbacks import Callback
from cnn_scratch.layers import Layer
from cnn_scratch.losses import CROSSENTROPIES, is_open
from cnn_scratch.parameter import FlatParameters
from cnn_scratch.profiling.operations import bytes_in, bytes_moved, multiplications, shape_of
from cnn_scratch.profiling.peak import Peak, measure_peak
from cnn_scratch.profiling.profile import (
    BACKWARD,
    FORWARD,
    LOSS,
    OPTIMIZER,
    UPDATE,
    Profile,
    Work,
    make_profile,
)
from cnn_scratch.together import PredictedTogether, TrainedTogether

# What a model calls on its layers, and the pass that it belongs to.
PASSES = {"forward": FORWARD, "infer": FORWARD, "backward": BACKWARD, "backward_parameters": BACKWARD}


class Profiler(Callback):
    """Watches a model at work, and says where the time went.

    Inside its ``with`` block the classes of the model's layers, of its loss and of its optimizer
    carry methods that look at the clock and then do what they always do; afterwards the classes are
    what they were. No layer knows of it, and no result changes. ``fit`` tells it as a callback
    where a step ends; who calls a model by hand says so::

        with Profiler(model) as profiler:
            for batch in batches:
                model.train_on_batch(*batch)
                profiler.end_step()
        profiler.profile().show()

    Times are medians over the steps, so that the first one, in which kernels are compiled, and one
    that was disturbed do not count. Not for two models at a time in several threads.

    Args:
        model: a compiled model, or one that only predicts.
    """

    def __init__(self, model):
        self.model = model
        self.steps: list[tuple[float, dict[tuple[str, str], Work]]] = []
        self.kinds: dict[str, str] = {}  # the class of each layer, in the order of their first calls
        self._names: dict[int, str] = {}
        self._replaced: list[tuple[type, str, Callable | None]] = []
        self._busy = False
        self._flops: dict[str, int] = {}
        self._begin()

    # Steps ------------------------------------------------------------------------------------

    def __enter__(self) -> "Profiler":
        self._names = {id(layer): name for name, layer in layers_of(self.model)}
        classes = [type(layer) for _, layer in layers_of(self.model)]
        together = *TrainedTogether.__subclasses__(), *PredictedTogether.__subclasses__()
        for layer_class in dict.fromkeys([*classes, *together]):
            for method, which in PASSES.items():
                if hasattr(layer_class, method):
                    self._watch(layer_class, method, functools.partial(self._count_layer, which, method))
        losses = self.model.loss if isinstance(self.model.loss, list) else [self.model.loss]
        classes = [CROSSENTROPIES if is_open(loss) else [type(loss)] for loss in losses if loss is not None]
        for loss_class in dict.fromkeys(itertools.chain.from_iterable(classes)):
            for method in (FORWARD, BACKWARD):
                self._watch(loss_class, method, functools.partial(self._count_loss, method))
        if self.model.optimizer is not None:
            self._watch(type(self.model.optimizer), "step", self._count_update)
        self._begin()
        return self

    def __exit__(self, *error) -> None:
        for owner, method, original in reversed(self._replaced):
            if original is None:
                delattr(owner, method)
            else:
                setattr(owner, method, original)
        self._replaced.clear()

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        """Forget what was measured since the last step: a validation."""
        self._begin()

    def on_train_batch_end(self, batch: int, logs=None) -> None:
        self.end_step()

    def end_step(self) -> None:
        """Say that a training step, or a prediction, is done, and that the next one begins."""
        self.steps.append((time.perf_counter() - self._started - self._own_seconds, self._works))
        self._begin()

    def _begin(self) -> None:
        self._works: dict[tuple[str, str], Work] = {}
        self._own_seconds = 0.0  # of counting, which is no part of the step
        self._started = time.perf_counter()

    def profile(self, peak: Peak | None = None) -> Profile:
        """Return what was measured; measures the peak of the machine unless it is given.

        Raises:
            ValueError: no step was made.
        """
        if not self.steps:
            raise ValueError("Expected at least one step to profile. Received: none")
        return make_profile(self.model.name, self.kinds, self.steps, peak or measure_peak(self.model.dtype))

    # Watching ---------------------------------------------------------------------------------

    def _watch(self, owner: type, method: str, count: Callable[..., None]) -> None:
        """Let ``owner.method`` tell how long it took, and ``count`` what it was given and returned."""
        original = getattr(owner, method)

        @functools.wraps(original)
        def watched(thing, *arguments, **keywords):
            if self._busy:  # a part of what is being timed: ``infer`` calls ``forward``
                return original(thing, *arguments, **keywords)
            self._busy = True
            begin = time.perf_counter()
            try:
                result = original(thing, *arguments, **keywords)
            finally:
                end = time.perf_counter()
                self._busy = False
            count(thing, end - begin, result, *arguments)
            self._own_seconds += time.perf_counter() - end
            return result

        self._replaced.append((owner, method, vars(owner).get(method)))
        setattr(owner, method, watched)

    def _add(self, label: str, which: str, kind: str, seconds: float, moved: int, flops=0, shape=()) -> None:
        self.kinds.setdefault(label, kind)
        work = self._works.setdefault((label, which), Work())
        work.seconds += seconds
        work.flops += flops
        work.moved += moved
        work.shape = shape

    def _count_layer(
        self, which: str, method: str, layer: Layer, seconds: float, result: Any, *given
    ) -> None:
        """Add a pass of a layer, and what it had to multiply and to move.

        Args:
            which: the pass.
            method: the layer's method that was called.
            layer: the layer.
            seconds: that it took.
            result: what it returned.
            *given: its arguments.
        """
        # The last layer can be a copy that ends in logits: it has the name of the original.
        label = self._names.get(id(layer), layer.name)
        values = [weight.value for weight in layer.weights]
        count = bytes_in if values else bytes_moved  # without weights it may have nothing to do
        if which == FORWARD:
            outputs = result[0] if method == FORWARD else result
            self._flops[label] = 2 * multiplications(layer, shape_of(given[0]), shape_of(outputs))
            flops, moved = self._flops[label], count(given[0], outputs, values)
            shape = shape_of(outputs)
        else:
            # Two products of the forward's size: ∂kernel, and ∂inputs where these are wanted.
            products = 2 if method == BACKWARD else 1
            flops = products * self._flops.get(label, 0)
            written = [weight.grad for weight in layer.trainable_weights] if flops else []
            moved = count(given, result, values, written)
            shape = shape_of(given[0])
        self._add(label, which, type(layer).__name__, seconds, moved, flops, shape)

    def _count_loss(self, which: str, loss, seconds: float, result: Any, *given) -> None:
        self._add(LOSS, which, type(loss).__name__, seconds, bytes_in(given, result), 0)

    def _count_update(self, optimizer, seconds: float, result: None, flat: FlatParameters) -> None:
        values = bytes_in([parameter.value for parameter in flat.parameters])
        slots = bytes_in([slot for slot in optimizer.variables if getattr(slot, "size", 0) > 1])
        # read: values, gradients, slots; written: values, slots
        self._add(OPTIMIZER, UPDATE, type(optimizer).__name__, seconds, 3 * values + 2 * slots)


def layers_of(model, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Return the layers of a model, and of the models in it, with names such as ``inner/conv2d``."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from layers_of(layer, f"{prefix}{layer.name}/")
        else:
            yield prefix + layer.name, layer
