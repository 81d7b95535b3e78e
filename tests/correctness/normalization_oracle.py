"""The NumPy definitions, and PyTorch's words, for the layers of ``normalization_cases.py``."""

import numpy as np

from cnn_scratch.axes import counted_from_0
from cnn_scratch.reference import (
    activity_regularization,
    alpha_dropout,
    custom_scale_layer,
    group_normalization,
    layer_normalization,
    layer_scale,
    normalization,
    rms_normalization,
    spatial_dropout1d,
    stochastic_depth,
    unit_normalization,
)
from tests.parity.compare import Pass


def along(axes, weight, inputs):
    """Return a weight so that it broadcasts to the inputs: with size 1 along all but ``axes``."""
    return weight.reshape([size if axis in axes else 1 for axis, size in enumerate(inputs.shape)])


def of_layer_normalization(layer, x, g, weights, training, key):
    axes = counted_from_0(layer.axis, x.shape, layer.name)
    given = [along(axes, weight, x) for weight in weights]
    gamma = given[0] if layer.scale else 1.0
    beta = given[-1] if layer.center else 0.0
    outputs = layer_normalization.layer_normalization(x, gamma, beta, axes, layer.epsilon)
    grad_inputs, *grads = layer_normalization.layer_normalization_gradients(x, gamma, g, axes, layer.epsilon)
    grads = [grads[0]] * layer.scale + [grads[1]] * layer.center
    return Pass(outputs, grad_inputs, [grad.reshape(w.shape) for grad, w in zip(grads, weights, strict=True)])


def of_rms_normalization(layer, x, g, weights, training, key):
    axes = counted_from_0(layer.axis, x.shape, layer.name)
    scale = along(axes, weights[0], x)
    outputs = rms_normalization.rms_normalization(x, scale, axes, layer.epsilon)
    grad_inputs, grad = rms_normalization.rms_normalization_gradients(x, scale, g, axes, layer.epsilon)
    return Pass(outputs, grad_inputs, [grad.reshape(weights[0].shape)])


def of_group_normalization(layer, x, g, weights, training, key):
    x, g = np.moveaxis(x, layer.axis, -1), np.moveaxis(g, layer.axis, -1)
    gamma = weights[0] if layer.scale else np.ones(x.shape[-1])
    beta = weights[-1] if layer.center else np.zeros(x.shape[-1])
    options = layer.groups, layer.epsilon
    outputs = group_normalization.group_normalization(x, gamma, beta, *options)
    grads = group_normalization.group_normalization_gradients(x, gamma, g, *options)
    return Pass(
        np.moveaxis(outputs, -1, layer.axis),
        np.moveaxis(grads[0], -1, layer.axis),
        [grads[1]] * layer.scale + [grads[2]] * layer.center,
    )


def of_unit_normalization(layer, x, g, weights, training, key):
    axes = counted_from_0(layer.axis, x.shape, layer.name)
    grad_inputs = unit_normalization.unit_normalization_gradient(x, g, axes)
    return Pass(unit_normalization.unit_normalization(x, axes), grad_inputs)


def of_normalization(layer, x, g, weights, training, key):
    kept = [axis % x.ndim for axis in layer.axis]
    statistics = weights[:2] or (np.asarray(layer.input_mean), np.asarray(layer.input_variance))
    mean, variance = (along(kept, statistic, x) for statistic in statistics)
    outputs = normalization.normalization(x, mean, variance, layer.invert)
    return Pass(outputs, normalization.normalization_gradient(g, variance, layer.invert), [], weights)


def of_layer_scale(layer, x, g, weights, training, key):
    grad_inputs, grad_gamma = layer_scale.layer_scale_gradients(x, weights[0], g)
    return Pass(layer_scale.layer_scale(x, weights[0]), grad_inputs, [grad_gamma])


def of_random(forward, backward, option):
    """Return the oracle of a layer that does something in training only."""

    def oracle(layer, x, g, weights, training, key):
        rate = getattr(layer, option)
        return Pass(forward(x, rate, key), backward(g, rate, key)) if training else Pass(x, g)

    return oracle


REFERENCE = {
    "layer_normalization": of_layer_normalization,
    "rms_normalization": of_rms_normalization,
    "group_normalization": of_group_normalization,
    "unit_normalization": of_unit_normalization,
    "normalization": of_normalization,
    "layer_scale": of_layer_scale,
    "activity_regularization": lambda layer, x, g, *_: Pass(
        activity_regularization.activity_regularization(x),
        activity_regularization.activity_regularization_gradient(x, g),
    ),
    "custom_scale_layer": lambda layer, x, g, *_: Pass(
        custom_scale_layer.custom_scale_layer(x, layer.scale),
        custom_scale_layer.custom_scale_layer_gradient(x, g, layer.scale),
    ),
    "alpha_dropout": of_random(alpha_dropout.alpha_dropout, alpha_dropout.alpha_dropout_gradient, "rate"),
    "spatial_dropout1d": of_random(
        spatial_dropout1d.spatial_dropout1d, spatial_dropout1d.spatial_dropout1d_gradient, "rate"
    ),
    "stochastic_depth": of_random(
        stochastic_depth.stochastic_depth, stochastic_depth.stochastic_depth_gradient, "drop_path_rate"
    ),
}


def torch_layer_norm(layer, x, weights, training):
    """Normalize over the last axes, which is all that PyTorch does."""
    from torch.nn import functional

    axes = counted_from_0(layer.axis, x.shape, layer.name)
    if axes != tuple(range(axes[0], x.ndim)):
        return None
    gamma = weights[0] if layer.scale else None
    beta = weights[-1] if layer.center else None
    return functional.layer_norm(x, x.shape[axes[0] :], gamma, beta, layer.epsilon)


def torch_rms_norm(layer, x, weights, training):
    from torch.nn import functional

    axes = counted_from_0(layer.axis, x.shape, layer.name)
    return functional.rms_norm(x, x.shape[axes[0] :], weights[0], layer.epsilon)


def torch_group_norm(layer, x, weights, training):
    from torch.nn import functional

    gamma = weights[0] if layer.scale else None
    beta = weights[-1] if layer.center else None
    moved = x.movedim(layer.axis, 1)
    return functional.group_norm(moved, layer.groups, gamma, beta, layer.epsilon).movedim(1, layer.axis)


def torch_normalize(layer, x, weights, training):
    from torch.nn import functional

    return functional.normalize(x, dim=layer.axis) if isinstance(layer.axis, int) else None


TORCH = {
    "LayerNormalization": torch_layer_norm,
    "RMSNormalization": torch_rms_norm,
    "GroupNormalization": torch_group_norm,
    "UnitNormalization": torch_normalize,
    "LayerScale": lambda layer, x, weights, training: x * weights[0],
    "CustomScaleLayer": lambda layer, inputs, weights, training: inputs[0] + layer.scale * inputs[1],
}
