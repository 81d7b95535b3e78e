"""What the NumPy definitions say: a pass through the reference of each layer, in float64."""

import numpy as np

from cnn_scratch import reference
from cnn_scratch.reference import (  # noqa: F401  loads the modules that are named below
    activations,
    adaptive_average_pooling2d,
    adaptive_max_pooling2d,
    add,
    average,
    average_pooling1d,
    average_pooling2d,
    batch_normalization,
    concatenate,
    conv1d,
    conv1d_transpose,
    conv2d,
    conv2d_transpose,
    cropping1d,
    cropping2d,
    dense,
    depthwise_conv1d,
    depthwise_conv2d,
    dot,
    dropout,
    elu,
    flatten,
    gaussian_dropout,
    gaussian_noise,
    global_average_pooling1d,
    global_average_pooling2d,
    global_max_pooling1d,
    global_max_pooling2d,
    identity,
    leaky_re_lu,
    max_pooling1d,
    max_pooling2d,
    maximum,
    minimum,
    multiply,
    p_re_lu,
    permute,
    r_re_lu,
    re_lu,
    repeat_vector,
    rescaling,
    reshape,
    resizing,
    separable_conv1d,
    separable_conv2d,
    softmax,
    spatial_dropout2d,
    subtract,
    up_sampling1d,
    up_sampling2d,
    zero_padding1d,
    zero_padding2d,
)
from cnn_scratch.shapes import Window, from_channels_last_array, to_channels_last_array
from tests.correctness import image_oracle, normalization_oracle
from tests.parity.compare import Pass
from tests.several import each

# Layers whose definition is a function ``name(inputs, *options)`` and its gradient
# ``name_gradient(inputs, grad_outputs, *options)``.
OPTIONS = {
    "max_pooling2d": lambda layer: (layer.window,),
    "average_pooling2d": lambda layer: (layer.window,),
    "max_pooling1d": lambda layer: (window_of_sequences(layer),),
    "average_pooling1d": lambda layer: (window_of_sequences(layer),),
    "adaptive_average_pooling2d": lambda layer: (layer.output_size,),
    "adaptive_max_pooling2d": lambda layer: (layer.output_size,),
    "cropping1d": lambda layer: (layer.cropping,),
    "cropping2d": lambda layer: (layer.cropping,),
    "zero_padding1d": lambda layer: (layer.padding,),
    "up_sampling1d": lambda layer: (layer.size,),
    "up_sampling2d": lambda layer: (layer.size, layer.interpolation),
    "resizing": lambda layer: (layer.height, layer.width, layer.interpolation, layer.antialias),
    "permute": lambda layer: (layer.dims,),
    "repeat_vector": lambda layer: (layer.n,),
    "global_average_pooling1d": lambda layer: (),
    "global_max_pooling1d": lambda layer: (),
    "global_average_pooling2d": lambda layer: (),
    "global_max_pooling2d": lambda layer: (),
    "add": lambda layer: (),
    "subtract": lambda layer: (),
    "multiply": lambda layer: (),
    "average": lambda layer: (),
    "maximum": lambda layer: (),
    "minimum": lambda layer: (),
    "concatenate": lambda layer: (layer.axis,),
    "dot": lambda layer: (layer.axes, layer.normalize),
    "flatten": lambda layer: (),
    "elu": lambda layer: (layer.alpha,),
    "leaky_re_lu": lambda layer: (layer.negative_slope,),
    "re_lu": lambda layer: (layer.max_value, layer.negative_slope, layer.threshold),
    "softmax": lambda layer: (tuple(layer.axis) if isinstance(layer.axis, list) else layer.axis,),
}


def window_of_sequences(layer):
    """Return the window of a pooling layer for sequences, as one for images of one column."""
    return Window((*layer.pool_size, 1), (*layer.strides, 1), layer.padding)


def run_reference(layer, weights, inputs, upstream, training, key) -> Pass:
    """Make a pass through the definition of ``layer``.

    Args:
        weights: the layer's weights before the pass.
        key: what a random layer in training draws its numbers from.
    """
    name = type(layer).__module__.rsplit(".", 1)[-1]
    x = each(lambda array: np.asarray(array, np.float64), inputs)
    g, *weights = (np.asarray(array, np.float64) for array in (upstream, *weights))
    moves = getattr(layer, "data_format", None) == "channels_first"
    if moves:
        x = to_channels_last_array(x, "channels_first") if x.ndim == 4 else np.moveaxis(x, 1, -1)
    if moves and g.ndim == 4:
        g = to_channels_last_array(g, "channels_first")
    kept_axes = g.shape
    if name.startswith("global") and layer.keepdims:
        g = g.reshape(len(g), -1)
    result = (
        WRITTEN_OUT[name](layer, x, g, weights, training, key)
        if name in WRITTEN_OUT
        else plain(name, layer, x, g)
    )
    outputs, grad_inputs = result.outputs, result.grad_inputs
    if name.startswith("global") and layer.keepdims:
        outputs = outputs.reshape(kept_axes)
    if moves:
        grad_inputs = np.moveaxis(grad_inputs, -1, 1)
        outputs = from_channels_last_array(outputs, "channels_first") if outputs.ndim == 4 else outputs
    return Pass(outputs, grad_inputs, result.grad_weights, result.state)


def plain(name, layer, x, g) -> Pass:
    """Make the pass of a layer of the table above."""
    module, options = getattr(reference, name), OPTIONS[name](layer)
    return Pass(getattr(module, name)(x, *options), getattr(module, f"{name}_gradient")(x, g, *options))


def through_activation(activation, linear, g):
    """Return the outputs for ``linear``, and ∂loss/∂linear."""
    function, options = getattr(activations, activation.name), activation.options
    if activation.name.endswith("softmax"):
        return function(linear, **options), getattr(activations, f"{activation.name}_backward")(
            linear, g, **options
        )
    return function(linear, **options), g * getattr(activations, f"{activation.name}_derivative")(
        linear, **options
    )


def of_activation(layer, x, g, weights, training, key):
    return Pass(*through_activation(layer.activation, x, g))


def of_conv2d(layer, x, g, weights, training, key):
    kernel, bias = weights if layer.use_bias else (weights[0], 0.0)
    linear = conv2d.conv2d(x, kernel, bias, layer.window, layer.groups)
    outputs, grad_linear = through_activation(layer.activation, linear, g)
    grad_inputs, *grads = conv2d.conv2d_gradients(x, kernel, grad_linear, layer.window, layer.groups)
    return Pass(outputs, grad_inputs, grads[: len(weights)])


def convolution(forward, backward, options):
    """Return the oracle of a convolution; ``options`` gives the arguments that say how, for each function."""

    def oracle(layer, x, g, weights, training, key):
        kernels, bias = (weights[:-1], weights[-1]) if layer.use_bias else (weights, 0.0)
        to_forward, to_backward = options(layer, g)
        outputs, grad_linear = through_activation(
            layer.activation, forward(x, *kernels, bias, *to_forward), g
        )
        grad_inputs, *grads = backward(x, *kernels, grad_linear, *to_backward)
        return Pass(outputs, grad_inputs, grads[: len(weights)])

    return oracle


def of_window(layer, g):
    return (layer.window,), (layer.window,)


def of_sequence(layer, g):
    window = (layer.strides[0], layer.padding, layer.dilation_rate[0])
    return window, window


def of_dense(layer, x, g, weights, training, key):
    kernel, bias = weights if layer.use_bias else (weights[0], 0.0)
    outputs, grad_linear = through_activation(layer.activation, dense.dense(x, kernel, bias), g)
    grad_inputs, *grads = dense.dense_gradients(x, kernel, grad_linear)
    return Pass(outputs, grad_inputs, grads[: len(weights)])


def of_batch_normalization(layer, x, g, weights, training, key):
    x, g = np.moveaxis(x, layer.axis, -1), np.moveaxis(g, layer.axis, -1)
    weights = list(weights)
    gamma = weights.pop(0) if layer.scale else np.ones(x.shape[-1])
    beta = weights.pop(0) if layer.center else np.zeros(x.shape[-1])
    moving = mean, variance = weights
    of_batch = training and layer.trainable
    if of_batch:
        mean, variance = batch_normalization.moments(x)
        grads = batch_normalization.batch_normalization_gradients(x, gamma, g, layer.epsilon)
        m = layer.momentum
        moving = [old * m + new * (1 - m) for old, new in zip(moving, (mean, variance), strict=True)]
    else:
        grads = batch_normalization.inference_gradients(x, gamma, g, mean, variance, layer.epsilon)
    outputs = batch_normalization.batch_normalization(x, gamma, beta, mean, variance, layer.epsilon)
    learnt = [grads[1]] * layer.scale + [grads[2]] * layer.center
    if not layer.trainable:
        learnt, moving = [], [gamma, beta, *moving]
    return Pass(
        np.moveaxis(outputs, -1, layer.axis), np.moveaxis(grads[0], -1, layer.axis), learnt, list(moving)
    )


def of_p_re_lu(layer, x, g, weights, training, key):
    grad_inputs, grad_alpha = p_re_lu.p_re_lu_gradients(x, weights[0], g)
    return Pass(p_re_lu.p_re_lu(x, weights[0]), grad_inputs, [grad_alpha])


def of_random(forward, backward):
    """Return the oracle of a layer that does something in training only."""

    def oracle(layer, x, g, weights, training, key):
        return Pass(forward(layer, x, key), backward(layer, g, key)) if training else Pass(x, g)

    return oracle


def noise_shape_of(layer, x):
    wanted = layer.noise_shape or x.shape
    return tuple(size if n is None else n for n, size in zip(wanted, x.shape, strict=True))


def of_r_re_lu(layer, x, g, weights, training, key):
    bounds = layer.lower, layer.upper, key if training else None
    return Pass(r_re_lu.r_re_lu(x, *bounds), r_re_lu.r_re_lu_gradient(x, g, *bounds))


WRITTEN_OUT = (
    image_oracle.REFERENCE
    | normalization_oracle.REFERENCE
    | {
        "activation": of_activation,
        "conv2d": of_conv2d,
        "dense": of_dense,
        "depthwise_conv2d": convolution(
            depthwise_conv2d.depthwise_conv2d, depthwise_conv2d.depthwise_conv2d_gradients, of_window
        ),
        "separable_conv2d": convolution(
            separable_conv2d.separable_conv2d, separable_conv2d.separable_conv2d_gradients, of_window
        ),
        "conv2d_transpose": convolution(
            conv2d_transpose.conv2d_transpose,
            conv2d_transpose.conv2d_transpose_gradients,
            lambda layer, g: ((layer.window, g.shape[1:3]), (layer.window,)),
        ),
        "conv1d": convolution(conv1d.conv1d, conv1d.conv1d_gradients, of_sequence),
        "depthwise_conv1d": convolution(
            depthwise_conv1d.depthwise_conv1d, depthwise_conv1d.depthwise_conv1d_gradients, of_sequence
        ),
        "separable_conv1d": convolution(
            separable_conv1d.separable_conv1d, separable_conv1d.separable_conv1d_gradients, of_sequence
        ),
        "conv1d_transpose": convolution(
            conv1d_transpose.conv1d_transpose,
            conv1d_transpose.conv1d_transpose_gradients,
            lambda layer, g: ((g.shape[1], *of_sequence(layer, g)[0]), of_sequence(layer, g)[0]),
        ),
        "batch_normalization": of_batch_normalization,
        "p_re_lu": of_p_re_lu,
        "r_re_lu": of_r_re_lu,
        "reshape": lambda layer, x, g, *_: Pass(
            reshape.reshape(x, g.shape[1:]), reshape.reshape_gradient(x, g)
        ),
        "identity": lambda layer, x, g, *_: Pass(identity.identity(x), identity.identity_gradient(g)),
        "rescaling": lambda layer, x, g, *_: Pass(
            rescaling.rescaling(x, layer.scale, layer.offset), rescaling.rescaling_gradient(g, layer.scale)
        ),
        "zero_padding2d": lambda layer, x, g, *_: Pass(
            zero_padding2d.zero_padding2d(x, layer.padding),
            zero_padding2d.zero_padding2d_gradient(x, g, layer.padding),
        ),
        "dropout": of_random(
            lambda layer, x, key: dropout.dropout(x, layer.rate, key, noise_shape_of(layer, x)),
            lambda layer, g, key: dropout.dropout_gradient(g, layer.rate, key, noise_shape_of(layer, g)),
        ),
        "spatial_dropout2d": of_random(
            lambda layer, x, key: spatial_dropout2d.spatial_dropout2d(x, layer.rate, key),
            lambda layer, g, key: spatial_dropout2d.spatial_dropout2d_gradient(g, layer.rate, key),
        ),
        "gaussian_dropout": of_random(
            lambda layer, x, key: gaussian_dropout.gaussian_dropout(x, layer.rate, key),
            lambda layer, g, key: gaussian_dropout.gaussian_dropout_gradient(g, layer.rate, key),
        ),
        "gaussian_noise": of_random(
            lambda layer, x, key: gaussian_noise.gaussian_noise(x, layer.stddev, key),
            lambda layer, g, key: gaussian_noise.gaussian_noise_gradient(g),
        ),
    }
)
