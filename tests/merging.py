"""What the layers that merge their inputs number by number have in common: shapes, and the comparison."""

import numpy as np

from tests.several import some_inputs

# Inputs that fit together; some are broadcast.
SHAPES_TO_MERGE = {
    "equal": [(2, 3, 2), (2, 3, 2)],
    "three": [(2, 3), (2, 3), (2, 3)],
    "one": [(2, 3, 2)],
    "the first repeated": [(2, 1, 3), (2, 4, 3)],
    "both repeated": [(2, 1, 3, 1), (2, 4, 1, 2)],
    "a number per channel": [(2, 2, 3, 4), (2, 1, 1, 4), (2, 2, 3, 4)],
    "other ranks": [(2, 3), (2, 4, 3), (2, 1, 2, 1, 3)],
    "no axis but the batch": [(3,), (3, 2)],
}

# Shapes of inputs, and the shape of what they are merged into.
MERGED_SHAPES = [
    ([(2, 3), (2, 3)], (2, 3)),
    ([(None, 4, 1), (5, 1, 3)], (5, 4, 3)),
    ([(2, None, 3), (2, 4, 3)], (2, None, 3)),
    ([(2, 3), (2, 4, 3)], (2, 4, 3)),
    ([(2,), (2, 3, 4)], (2, 3, 4)),
    ([(2, 3)], (2, 3)),
    ([(2, 3), (2, 3), (2, 1, 3), (2, 5, 5, 1)], (2, 5, 5, 3)),
]

# Shapes that a layer of the name 'merge' refuses, and what it says.
REFUSED_SHAPES = [
    ([(2, 3), (3, 3)], r"'merge' cannot merge inputs with different batch sizes. .*\(2, 3\), \(3, 3\)"),
    ([(2, 3), (1, 3)], r"different batch sizes"),
    ([(2, 3), (2, 4)], r"'merge' have incompatible shapes.*Received: shapes \[\(2, 3\), \(2, 4\)\]"),
    ([(2, 3), (2, 3, 4)], r"incompatible shapes"),
    ([(2, 3), ()], r"expected min_ndim=1, found ndim=0"),
]


def check_definition(layer, definition, gradient, input_shapes) -> None:
    """Compare outputs and gradients with the functions of ``reference/``.

    An output has three terms or factors at most; a gradient is a sum over 16 places at most.
    """
    epsilon = {"float32": 2**-24, "float64": 2**-53}[layer.dtype]
    inputs = some_inputs(input_shapes, layer.dtype)
    outputs, cache = layer.forward(inputs)
    exact = [array.astype("float64") for array in inputs]
    expected = definition(exact)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=4 * epsilon * np.abs(expected).max())
    (upstream,) = some_inputs([outputs.shape], layer.dtype, seed=8)
    expected = gradient(exact, upstream.astype("float64"))
    for grad, one in zip(layer.backward(upstream, cache), expected, strict=True):
        np.testing.assert_allclose(grad, one, rtol=0, atol=20 * epsilon * np.abs(one).max())
