"""A convolution and the pooling behind it in one pass: how the gradient comes back through the pooling."""

import numpy as np
import pytest

from cnn_scratch.kernels import conv2d_direct, conv2d_pooled, max_pooling2d
from cnn_scratch.shapes import Window

POOLING = Window((2, 2), (2, 2))


@pytest.mark.parametrize(
    ("shape", "F", "times"),
    [
        pytest.param((9, 10, 12, 2), 70, 0, id="pieces of the batch"),
        pytest.param((1, 10, 12, 2), 70, 1, id="groups of filters"),
    ],
)
@pytest.mark.parametrize("relu", [False, True])
def test_images_are_unpooled_once_and_the_bits_are_those_of_two_passes(shape, F, times, relu, monkeypatch):
    """In pieces of the batch each image is unpooled where it is used; groups of filters share all images."""
    rng = np.random.default_rng(0)
    inputs, kernel = rng.standard_normal(shape), rng.standard_normal((3, 3, shape[3], F))
    geometry, size = Window((3, 3)).arguments(*shape[1:3]), (shape[1] - 2, shape[2] - 2)
    outputs, places = conv2d_pooled.forward(inputs, kernel, np.zeros(F), geometry, relu, size, POOLING)
    grads, relu_outputs = rng.standard_normal(outputs.shape), outputs if relu else None
    unpooled = max_pooling2d.grad_inputs(grads, places, POOLING, (len(inputs), *size, F), relu_outputs)
    expected = conv2d_direct.grad_parameters(inputs, unpooled, geometry)

    calls, unpool = [], max_pooling2d.unpool
    monkeypatch.setattr(conv2d_direct, "unpool", lambda *given: calls.append(unpool(*given)))
    ours = conv2d_pooled.grad_parameters(inputs, grads, geometry, size, POOLING, places, relu_outputs)
    assert len(calls) == times
    for one, other in zip(ours, expected, strict=True):
        assert one.tobytes() == other.tobytes()
