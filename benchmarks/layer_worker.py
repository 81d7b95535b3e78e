"""A process that holds one library and makes steps through single layers when told to.

It reads one JSON object a line and answers with one: an order ``{"library", "jit_compile", "layer",
"options", "shape"}`` makes a layer and its data, ``{"steps", "forward_only"}`` runs it and tells the seconds.
"""

import json
import sys
import time

import numpy as np


class Ours:
    """A layer of cnn_scratch with its data."""

    def __init__(self, order: dict):
        from cnn_scratch import layers
        from cnn_scratch.kernels.blas import single_threaded_blas
        from cnn_scratch.kernels.memory import keep_freed_memory

        keep_freed_memory()
        self._blas = single_threaded_blas()  # as in a training run, where it is opened once
        self._blas.__enter__()
        self.layer = getattr(layers, order["layer"])(**order["options"])
        inputs, shape = random_arrays(order, self.layer)
        self.inputs = (
            list(map(as_from_a_layer, inputs)) if isinstance(inputs, list) else as_from_a_layer(inputs)
        )
        self.upstream = as_from_a_layer(random_numbers(shape))
        self.layer.build_once(shape_of(order))

    def forward(self):
        self.layer(self.inputs)  # without a mode, as Keras's: what changes images at random does so

    def step(self):
        _, cache = self.layer.forward(self.inputs, training=True)
        for parameter in self.layer.trainable_weights:
            parameter.grad[...] = 0
        self.layer.backward(self.upstream, cache)

    def close(self):
        self._blas.__exit__(None, None, None)


class WithKeras:
    """A layer of Keras on TensorFlow with its data."""

    def __init__(self, order: dict):
        import keras
        import tensorflow as tf

        layer = getattr(keras.layers, order["layer"])(**order["options"])
        inputs, shape = random_arrays(order, layer)
        inputs, upstream = tf.nest.map_structure(tf.constant, (inputs, random_numbers(shape)))
        layer.build(shape_of(order))
        weights = [weight.value for weight in layer.trainable_weights]

        def step(inputs, upstream):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs, training=True)
            # The outputs are returned too: TensorFlow leaves out what nobody asks for.
            return outputs, tape.gradient(outputs, [inputs, weights], output_gradients=upstream)

        jit = order["jit_compile"]
        compiled_step, compiled = tf.function(step, jit_compile=jit), tf.function(layer, jit_compile=jit)
        self.step = lambda: compiled_step(inputs, upstream)
        self.forward = lambda: compiled(inputs)

    def close(self):
        pass


def as_from_a_layer(array) -> np.ndarray:
    """Return a copy that lies in memory as what another layer returns; TensorFlow's constants do, too."""
    from cnn_scratch.kernels.memory import aligned_empty

    aligned = aligned_empty(array.shape, array.dtype)
    aligned[...] = array
    return aligned


def random_numbers(shape) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def random_arrays(order, layer) -> tuple[np.ndarray | list[np.ndarray], tuple[int, ...]]:
    """Return inputs of the wanted shape or shapes, and the shape of their outputs."""
    shape = shape_of(order)
    inputs = [random_numbers(part) for part in shape] if isinstance(shape, list) else random_numbers(shape)
    return inputs, tuple(layer.compute_output_shape(shape))


def shape_of(order) -> tuple[int, ...] | list[tuple[int, ...]]:
    """Return the shape of the inputs, or the list of their shapes if the layer takes several."""
    shape = order["shape"]
    return [tuple(part) for part in shape] if isinstance(shape[0], list) else tuple(shape)


def main() -> None:
    """Answer one line after the other until there are no more."""
    subject = None
    for line in sys.stdin:
        order = json.loads(line)
        seconds = 0.0
        if "layer" in order:
            if subject:
                subject.close()
            subject = {"ours": Ours, "keras": WithKeras}[order["library"]](order)
        else:
            run = subject.forward if order["forward_only"] else subject.step
            start = time.perf_counter()
            for _ in range(order["steps"]):
                run()
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
