"""One call that holds a layer to Keras: outputs, input gradient and every weight gradient.

``run_ours`` and ``run_keras`` make a pass through a layer, ``errors`` says how far two passes are apart (the
correctness table is made of these numbers), and ``compare_with_keras`` asserts that it is not too far.
"""

import copy
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from cnn_scratch import activations
from tests.several import as_list, each, shape_of

EPSILON = {"float32": 2.0**-24, "float64": 2.0**-53}
# Roundings in g·φ′(z), of both libraries together. For tanh φ′ = 1 − y², and y is off by up to 2.5 units of
# 2⁻²⁴ here and 6.1 in TensorFlow (measured at three million places), the square by twice as much; and each of
# the two rounds the square, the difference and the product. The sigmoid (1.5 and 2.4) needs less.
ROUNDINGS_OF_A_SLOPE = 22


@dataclass(frozen=True)
class Pass:
    """What a layer gave forward and backward: outputs, the gradients, and its state afterwards."""

    outputs: np.ndarray
    grad_inputs: np.ndarray | list[np.ndarray]  # a list for a layer with several inputs
    grad_weights: list = field(default_factory=list)
    state: list | None = field(default_factory=list)  # the weights that are not trained, after the pass

    def without(self, part: "Pass") -> "Pass":
        """Return the same pass with other gradients: those of ``part`` are taken off."""
        grads = [grad - other for grad, other in zip(self.grad_weights, part.grad_weights, strict=True)]
        return Pass(self.outputs, self.grad_inputs - part.grad_inputs, grads, self.state)


def compare_with_keras(layer, keras_layer, inputs, terms, training=False, check_state=True):
    """Run both layers on the same inputs, weights and random upstream gradient, and compare.

    Args:
        layer: ours, not built, with the same dtype as ``keras_layer``.
        inputs: an array, or a list of them for a layer with several inputs.
        terms: the length of the longest sum behind one number; 0 when the numbers must be equal to
            the bit. The bound on a difference is ``terms · 2⁻²⁴ · scale`` in float32 (2⁻⁵³ in
            float64), where ``scale`` is the largest number compared: with inputs of both signs this
            is less than the textbook's n·2⁻²⁴·Σ|a||b|.
        training: the mode of both.
        check_state: whether the non-trainable weights after the pass are compared too.
    """
    inputs = each(lambda array: array.astype(layer.dtype), inputs)
    upstream = prepare(layer, inputs, seed=int(as_list(inputs)[0].size + terms))
    weights = layer.get_weights()
    ours = run_ours(layer, inputs, upstream, training)
    theirs = run_keras(keras_layer, weights, inputs, upstream, training)

    bound = terms * EPSILON[layer.dtype]
    assert_close("outputs", ours.outputs, theirs.outputs, bound)
    if has_slopes(layer):
        ours = ours.without(compare_slopes(layer, keras_layer, inputs, upstream, bound))
    for grad, expected in zip(as_list(ours.grad_inputs), as_list(theirs.grad_inputs), strict=True):
        # where an input was repeated, its gradient is a sum over the repetitions as well
        repeated = upstream.size // max(grad.size, 1) if isinstance(inputs, list) and terms else 0
        assert_close("grad inputs", grad, expected, bound + repeated * EPSILON[layer.dtype])
    assert len(ours.grad_weights) == len(theirs.grad_weights)
    names = [parameter.name for parameter in layer.trainable_weights]
    for name, grad, expected in zip(names, ours.grad_weights, theirs.grad_weights, strict=True):
        # a parameter's gradient is a sum over the batch and all places as well
        places = upstream.size // max(grad.shape[-1] if grad.shape else 1, 1)
        assert_close(f"grad {name}", grad, expected, bound + places * EPSILON[layer.dtype])
    if check_state:
        names = [variable.name for variable in layer.non_trainable_weights]
        for name, value, expected in zip(names, ours.state, theirs.state, strict=True):
            assert_close(f"state {name}", value, expected, bound)


def has_slopes(layer) -> bool:
    """Return whether the activation behind a layer's sums has another slope at another sum."""
    straight = (None, activations.linear, activations.relu)
    return bool(layer.weights) and getattr(layer, "activation", None) not in straight


def compare_slopes(layer, keras_layer, inputs, upstream, bound) -> Pass:
    """Compare the sums z behind an activation φ, and ∂loss/∂z; return what gradients owe to other sums.

    Both libraries take the slope of φ at their own sums. With g for the upstream gradient ∂loss/∂z is
    g·φ′(z), and so they differ there by as much as::

        |g| · max |φ″| · |z − z′|          tanh: φ″ = −2·y·(1 − y²), at most 4 / (3·√3) = 0.77

    That is added to no bound, since it can be said exactly: it is what φ′ makes of g at the one sum, less
    what it makes of it at the other. What is left of the difference are roundings of φ′ and of the product.

    The whole difference goes through the linear part of the layer to the gradients of inputs and parameters
    like any ∂loss/∂z. Taken off there, what remains has the bound of a layer without activation.

    Args:
        layer, keras_layer: built, with the same weights.
        inputs, upstream: arrays.
        bound: of a difference between the sums, as a share of the largest.
    """
    import tensorflow as tf

    linear = copy.copy(layer)  # it shares the parameters
    linear.activation = activations.linear
    sums, _ = linear.forward(inputs)
    activation, keras_layer.activation = keras_layer.activation, lambda x: x
    their_sums = keras_layer(tf.convert_to_tensor(inputs))
    keras_layer.activation = activation
    assert_close("sums", sums, their_sums.numpy(), bound)

    grad = slope_times(layer.activation, sums, upstream)
    with tf.GradientTape() as tape:
        tape.watch(their_sums)
        outputs = activation(their_sums)
    their_grad = tape.gradient(outputs, their_sums, output_gradients=tf.constant(upstream)).numpy()
    exact, their_exact = (
        slope_times(layer.activation, z.astype("float64"), upstream.astype("float64"))
        for z in (sums, their_sums.numpy())
    )
    rounding = ROUNDINGS_OF_A_SLOPE * EPSILON[layer.dtype] * np.abs(upstream).max(initial=0.0)
    np.testing.assert_allclose(
        grad - their_grad, exact - their_exact, rtol=0, atol=rounding, err_msg="slopes"
    )
    return run_ours(linear, inputs, grad - their_grad)


def slope_times(activation, sums, upstream):
    """Return g·φ′(z): what comes back from an activation."""
    return activation.backward(upstream, activation.forward(sums)[1])


def prepare(layer, inputs, seed) -> np.ndarray:
    """Build ``layer``, give it random weights of both signs, and return a random upstream gradient."""
    rng = np.random.default_rng(seed)
    layer.build_once(shape_of(inputs))
    layer.set_weights([rng.uniform(0.2, 1.0, w.shape) * random_signs(rng, w) for w in layer.weights])
    return rng.normal(size=layer.compute_output_shape(shape_of(inputs))).astype(layer.dtype)


def run_ours(layer, inputs, upstream, training=False) -> Pass:
    """Make a pass through our layer."""
    outputs, cache = layer.forward(inputs, training=training)
    for parameter in layer.trainable_weights:
        parameter.grad[...] = 0
    grad_inputs = layer.backward(upstream, cache)
    grads = [parameter.grad.copy() for parameter in layer.trainable_weights]
    return Pass(outputs, grad_inputs, grads, [w.numpy() for w in layer.non_trainable_weights])


def run_keras(keras_layer, weights, inputs, upstream, training=False) -> Pass:
    """Make the same pass through a Keras layer, on TensorFlow."""
    import tensorflow as tf

    if not keras_layer.built:
        keras_layer.build(shape_of(inputs))
    keras_layer.set_weights(weights)
    tensors = each(tf.convert_to_tensor, inputs)
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = keras_layer(tensors, training=training)
    trained = [w.value for w in keras_layer.trainable_weights]
    grad_inputs, grads = tape.gradient(outputs, [tensors, trained], output_gradients=tf.constant(upstream))
    if isinstance(inputs, list):
        grad_inputs = [dense(grad, array) for grad, array in zip(grad_inputs, inputs, strict=True)]
    else:
        grad_inputs = dense(grad_inputs, inputs)
    state = [np.asarray(w) for w in keras_layer.non_trainable_weights]
    return Pass(outputs.numpy(), grad_inputs, [grad.numpy() for grad in grads], state)


def errors(ours: Pass, theirs: Pass) -> dict[str, float]:
    """Return the largest relative error of the outputs, of the input gradient and of the weight gradients.

    The state, if it is known, counts with the outputs. There is no ``"weights"`` for a layer without.
    """
    states = [] if theirs.state is None else zip(ours.state, theirs.state, strict=True)
    found = {
        "outputs": max(relative_error(a, b) for a, b in [(ours.outputs, theirs.outputs), *states]),
        "inputs": max(
            relative_error(a, b)
            for a, b in zip(as_list(ours.grad_inputs), as_list(theirs.grad_inputs), strict=True)
        ),
    }
    pairs = list(zip(ours.grad_weights, theirs.grad_weights, strict=True))
    if pairs:
        found["weights"] = max(relative_error(a, b) for a, b in pairs)
    return found


def relative_error(ours, theirs) -> float:
    """Return the largest |ours − theirs| as a share of the largest finite |theirs| (of 1 if that is 0).

    NaN beside NaN, and an infinity beside the same one, are equal; beside anything else they are
    infinitely far apart, and so are arrays of two shapes.
    """
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        return np.inf
    equal = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(invalid="ignore"):
        distance = np.where(equal, 0.0, np.abs(ours.astype(float) - theirs))
    largest = np.abs(theirs[np.isfinite(theirs)]).max(initial=0.0)
    worst = distance.max(initial=0.0)
    return np.inf if np.isnan(worst) else float(worst / (largest or 1.0))


def random_signs(rng, weight):
    """Return random signs, except for variances, which are positive."""
    if "variance" in weight.name:
        return 1.0
    return rng.choice([-1.0, 1.0], weight.shape)


def dense(gradient, inputs):
    """Return TensorFlow's gradient as an array; ``None`` means that nothing depends on the inputs."""
    return np.zeros_like(inputs) if gradient is None else gradient.numpy()


def assert_close(name, ours, theirs, bound):
    """Compare two arrays: equal bits for a bound of 0, else |ours − theirs| ≤ bound · max(1, largest)."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{name}: shape {ours.shape}, Keras has {theirs.shape}"
    if bound == 0:
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
        return
    finite = np.abs(theirs[np.isfinite(theirs)])
    scale = max(1.0, finite.max(initial=0.0))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound * scale, err_msg=name)


@st.composite
def images(draw, min_size=1, max_size=9, max_channels=4):
    """Draw a batch of images (N, H, W, C) with odd shapes, of standard normal numbers."""
    shape = (
        draw(st.integers(1, 3)),
        draw(st.integers(min_size, max_size)),
        draw(st.integers(min_size, max_size)),
        draw(st.integers(1, max_channels)),
    )
    return np.random.default_rng(draw(st.integers(0, 2**16))).normal(size=shape)


@st.composite
def sequences(draw, min_length=1, max_channels=4):
    """Draw a batch of sequences (N, L, C) of standard normal numbers."""
    shape = draw(st.tuples(st.integers(1, 3), st.integers(min_length, 20), st.integers(1, max_channels)))
    return np.random.default_rng(draw(st.integers(0, 2**16))).normal(size=shape)


def pairs(low=1, high=3):
    """Draw two integers between ``low`` and ``high``: kernel sizes, strides, dilations."""
    return st.tuples(st.integers(low, high), st.integers(low, high))


dtypes = st.sampled_from(["float32", "float64"])
paddings = st.sampled_from(["valid", "same"])
