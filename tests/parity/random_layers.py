"""What the parity tests of the random layers share."""

import numpy as np


def forward_and_gradient(layer, inputs, upstream):
    """Return outputs and input gradient of our layer in training."""
    outputs, cache = layer.forward(inputs, training=True)
    return outputs, layer.backward(upstream, cache)


def keras_forward_and_gradient(layer, inputs, upstream):
    """Return outputs and input gradient of Keras's layer in training."""
    import tensorflow as tf

    tensor = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        outputs = layer(tensor, training=True)
    gradient = tape.gradient(outputs, tensor, output_gradients=tf.constant(upstream))
    return outputs.numpy(), np.zeros_like(inputs) if gradient is None else gradient.numpy()


def shared_axes(outputs):
    """Return the axes along which all numbers are the same."""
    return [axis for axis in range(outputs.ndim) if (np.ptp(outputs, axis=axis) == 0).all()]


def assert_normal(z, deviations=5):
    """Check that numbers have the first four moments and the 5 % tails of the normal distribution.

    Each statistic of n numbers has a known standard error; 5 of them are allowed, which a right
    generator misses less than once in a million times.
    """
    z = np.asarray(z, np.float64).reshape(-1)
    for power, moment, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((z**power).mean() - moment) < deviations * np.sqrt(variance / z.size), f"moment {power}"
    assert abs((np.abs(z) > 1.959964).mean() - 0.05) < deviations * np.sqrt(0.05 * 0.95 / z.size)
