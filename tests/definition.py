"""One call that holds a layer to its definition in ``cnn_scratch/reference``: outputs and every gradient."""

import numpy as np


def check_definition(layer, input_shape, define, bound, seed=7):
    """Compare a forward and a backward pass with the definition, on random numbers.

    Args:
        layer: not built; its weights get random values.
        input_shape: with the batch size first.
        define: called as ``define(inputs, upstream, *weights)`` with arrays in float64, returns the outputs,
            the gradient of the inputs and the gradients of the weights by the definition. One gradient more,
            that of a bias which the layer does not have, is left out.
        bound: the largest |ours − theirs| of an array, as a share of its largest |theirs|; for 0 the
            numbers must be equal to the bit.
    """
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=input_shape).astype(layer.dtype)
    layer.build_once(inputs.shape)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    outputs, cache = layer.forward(inputs)
    upstream = rng.normal(size=outputs.shape).astype(layer.dtype)
    computed = [outputs, layer.backward(upstream, cache), *(weight.grad for weight in layer.weights)]

    exact = (array.astype("float64") for array in (inputs, upstream, *layer.get_weights()))
    expected = define(*exact)
    assert len(expected) in (len(computed), len(computed) + 1)
    for ours, theirs in zip(computed, expected, strict=False):
        if bound:
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound * np.abs(theirs).max())
        else:
            np.testing.assert_array_equal(ours, theirs)
