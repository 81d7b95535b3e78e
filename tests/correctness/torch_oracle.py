"""What PyTorch says: the same layer in its words, with its automatic differentiation."""

from __future__ import annotations

import math

import numpy as np

from tests.correctness import normalization_oracle
from tests.parity.compare import Pass
from tests.several import each


def run_torch(layer, weights, inputs, upstream, training) -> Pass | None:
    """Make a pass through PyTorch's counterpart of ``layer``; ``None`` where it has none."""
    import torch

    forward = FORWARD.get(type(layer).__name__)
    if forward is None:
        return None
    x = each(lambda array: torch.tensor(array, requires_grad=True), inputs)
    tensors = [torch.tensor(w, requires_grad=True) for w in weights]
    with torch.backends.mkldnn.flags(
        enabled=False
    ):  # oneDNN is wrong for some convolutions; see differences.md
        outputs = call(forward, layer, x, tensors, training)
        if outputs is None:
            return None
        outputs.backward(torch.tensor(upstream))
    learnt = tensors[: len(layer.trainable_weights)]
    grad_inputs = each(lambda tensor: tensor.grad.numpy(), x)
    return Pass(outputs.detach().numpy(), grad_inputs, [t.grad.numpy() for t in learnt], state=None)


def call(forward, layer, x, tensors, training):
    """Return the outputs; images change their axes on the way in and out, because PyTorch has NCHW only."""
    is_last = type(layer).__name__ in IMAGES and layer.data_format == "channels_last"
    outputs = forward(layer, x.permute(0, 3, 1, 2) if is_last else x, tensors, training)
    return outputs.permute(0, 2, 3, 1) if outputs is not None and is_last and outputs.ndim == 4 else outputs


def padded(layer, x, value=0.0):
    """Return images with the border that the layer's window asks for; PyTorch's own is symmetric."""
    from torch.nn import functional

    top, bottom, left, right = layer.window.pads(*x.shape[2:])
    # A stride that passes the end leaves pixels out; only a real border is padded.
    return functional.pad(x, (left, right, top, bottom), value=value)


def conv2d(layer, x, weights, training):
    from torch.nn import functional

    kernel, bias = weights if layer.use_bias else (weights[0], None)
    kernel = kernel.permute(3, 2, 0, 1).contiguous()
    linear = functional.conv2d(
        padded(layer, x), kernel, bias, layer.strides, 0, layer.dilation_rate, layer.groups
    )
    return apply_function(layer.activation, linear)


def depthwise(layer, x, kernel, bias=None):
    """Return PyTorch's depthwise convolution: one with a group per channel."""
    from torch.nn import functional

    C = kernel.shape[2]
    kernel = kernel.permute(2, 3, 0, 1).flatten(0, 1).unsqueeze(1)  # (C·M, 1, KH, KW)
    return functional.conv2d(padded(layer, x), kernel, bias, layer.strides, 0, layer.dilation_rate, C)


def depthwise_conv2d(layer, x, weights, training):
    return apply_function(layer.activation, depthwise(layer, x, *weights))


def separable_conv2d(layer, x, weights, training):
    from torch.nn import functional

    spread = depthwise(layer, x, weights[0])
    pointwise = weights[1].permute(3, 2, 0, 1)
    return apply_function(layer.activation, functional.conv2d(spread, pointwise, *weights[2:]))


def dense(layer, x, weights, training):
    linear = x @ weights[0]
    if layer.use_bias:
        linear = linear + weights[1]
    return apply_function(layer.activation, linear)


def max_pooling2d(layer, x, weights, training):
    from torch.nn import functional

    return (
        functional.max_pool2d(padded(layer, x, -np.inf), layer.pool_size, layer.strides)
        if x.shape[0]
        else None
    )


def average_pooling2d(layer, x, weights, training):
    import torch
    from torch.nn import functional

    def sums(images):
        return functional.avg_pool2d(
            padded(layer, images), layer.pool_size, layer.strides, divisor_override=1
        )

    return sums(x) / sums(torch.ones_like(x)) if x.shape[0] else None


def global_pooling(name):
    def forward(layer, x, weights, training):
        return getattr(x, name)(dim=(2, 3), keepdim=layer.keepdims)

    return forward


def zero_padding2d(layer, x, weights, training):
    from torch.nn import functional

    (top, bottom), (left, right) = layer.padding
    return functional.pad(x, (left, right, top, bottom))


def batch_normalization(layer, x, weights, training):
    from torch.nn import functional

    weights = list(weights)
    gamma = weights.pop(0) if layer.scale else None
    beta = weights.pop(0) if layer.center else None
    mean, variance = (w.detach() for w in weights)
    of_batch = training and layer.trainable
    moved = x.movedim(layer.axis, 1)
    outputs = functional.batch_norm(moved, mean, variance, gamma, beta, of_batch, 0.0, layer.epsilon)
    return outputs.movedim(1, layer.axis)


def apply_function(activation, x):
    """Apply PyTorch's function of the same name and options; ``None`` where it has none."""
    from torch.nn import functional

    o, name = activation.options, activation.name
    functions = {
        "linear": lambda: x,
        "relu": lambda: functional.relu(x) if activation.options == activation.defaults else None,
        "relu6": lambda: functional.relu6(x),
        "leaky_relu": lambda: functional.leaky_relu(x, o["negative_slope"]),
        "elu": lambda: functional.elu(x, o["alpha"]),
        "selu": lambda: functional.selu(x),
        "celu": lambda: functional.celu(x, o["alpha"]),
        "gelu": lambda: functional.gelu(x, approximate="tanh" if o["approximate"] else "none"),
        "silu": lambda: functional.silu(x),
        "sigmoid": lambda: x.sigmoid(),
        "hard_sigmoid": lambda: functional.hardsigmoid(x),
        "hard_silu": lambda: functional.hardswish(x),
        "tanh": lambda: x.tanh(),
        "hard_tanh": lambda: functional.hardtanh(x),
        "tanh_shrink": lambda: functional.tanhshrink(x),
        "soft_shrink": lambda: functional.softshrink(x, o["threshold"]),
        "hard_shrink": lambda: functional.hardshrink(x, o["threshold"]),
        "softplus": lambda: functional.softplus(x, threshold=50),
        "softsign": lambda: functional.softsign(x),
        "softmax": lambda: x.softmax(o["axis"]),
        "log_softmax": lambda: x.log_softmax(o["axis"]),
        "log_sigmoid": lambda: functional.logsigmoid(x),
        "exponential": lambda: x.exp(),
        "mish": lambda: functional.mish(x),
        "threshold": lambda: functional.threshold(x, o["threshold"], o["default_value"]),
    }
    return functions[name]() if name in functions else None


def of_activation(layer, x, weights, training):
    return apply_function(layer.activation, x)


def p_re_lu(layer, x, weights, training):
    from torch.nn import functional

    alpha = weights[0]
    if alpha.ndim == 3 and alpha.shape[:2] == (1, 1):  # a slope per channel
        return functional.prelu(x.movedim(-1, 1), alpha.reshape(-1)).movedim(1, -1)
    return None


def r_re_lu(layer, x, weights, training):
    from torch.nn import functional

    return None if training else functional.rrelu(x, layer.lower, layer.upper, training=False)


def adaptive(name):
    def forward(layer, x, weights, training):
        from torch.nn import functional

        return getattr(functional, name)(x, layer.output_size)

    return forward


def permute(layer, x, weights, training):
    return x.permute(0, *layer.dims)


def cropping2d(layer, x, weights, training):
    (top, bottom), (left, right) = layer.cropping
    return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]


def up_sampling2d(layer, x, weights, training):
    """Nearest only: the positions of the others are float32 in Keras and here."""
    if layer.interpolation != "nearest":
        return None
    return x.repeat_interleave(layer.size[0], 2).repeat_interleave(layer.size[1], 3)


def merging(function):
    """Return the pass of a layer that merges its inputs number by number, aligned behind the batch."""

    def forward(layer, inputs, weights, training):
        rank = max(x.ndim for x in inputs)
        aligned = [x.reshape(x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]) for x in inputs]
        return function(aligned)

    return forward


def concatenate(layer, inputs, weights, training):
    import torch

    return torch.cat(inputs, dim=layer.axis)


IMAGES = (
    "Conv2D",
    "DepthwiseConv2D",
    "SeparableConv2D",
    "MaxPooling2D",
    "AveragePooling2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "ZeroPadding2D",
    "Cropping2D",
    "UpSampling2D",
    "AdaptiveAveragePooling2D",
    "AdaptiveMaxPooling2D",
)
FORWARD = normalization_oracle.TORCH | {
    "Add": merging(sum),
    "Subtract": merging(lambda inputs: inputs[0] - inputs[1]),
    "Multiply": merging(math.prod),
    "Average": merging(lambda inputs: sum(inputs) / len(inputs)),
    "Concatenate": concatenate,
    "AdaptiveAveragePooling2D": adaptive("adaptive_avg_pool2d"),
    "AdaptiveMaxPooling2D": adaptive("adaptive_max_pool2d"),
    "Permute": permute,
    "Cropping2D": cropping2d,
    "UpSampling2D": up_sampling2d,
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "Dense": dense,
    "MaxPooling2D": max_pooling2d,
    "AveragePooling2D": average_pooling2d,
    "GlobalAveragePooling2D": global_pooling("mean"),
    "GlobalMaxPooling2D": global_pooling("amax"),
    "ZeroPadding2D": zero_padding2d,
    "BatchNormalization": batch_normalization,
    "Activation": of_activation,
    "ReLU": of_activation,
    "LeakyReLU": of_activation,
    "ELU": of_activation,
    "Softmax": of_activation,
    "PReLU": p_re_lu,
    "RReLU": r_re_lu,
}
