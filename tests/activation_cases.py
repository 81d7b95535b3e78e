"""Every activation, and what the tests of activations do with one."""

from cnn_scratch import activations
from cnn_scratch.activation import Activation
from cnn_scratch.built_in_activations import BUILT_IN

# Every activation with its default options, and with others.
CASES = [
    *((name, {}) for name in sorted(BUILT_IN) if name != "threshold"),
    ("relu", {"negative_slope": 0.25}),
    ("relu", {"negative_slope": -0.5}),
    ("relu", {"max_value": 2.0}),
    ("relu", {"max_value": 6}),
    ("relu", {"threshold": 0.75}),
    ("relu", {"threshold": -0.5}),
    ("relu", {"negative_slope": 0.25, "threshold": 0.75}),
    ("relu", {"negative_slope": 0.25, "max_value": 2.0}),
    ("relu", {"negative_slope": -0.25, "max_value": 2.0, "threshold": -0.5}),
    ("leaky_relu", {"negative_slope": -0.5}),
    ("elu", {"alpha": 0.3}),
    ("celu", {"alpha": 0.3}),
    ("gelu", {"approximate": True}),
    ("hard_sigmoid", {"slope": 0.25}),
    ("soft_shrink", {"threshold": 1.5}),
    ("hard_shrink", {"threshold": 0.0}),
    ("squareplus", {"b": 1.0}),
    ("threshold", {"threshold": 0.5, "default_value": -7.0}),
]


def make(case) -> Activation:
    name, options = case
    return activations.get(name).with_options(**options)


def case_id(case):
    return (
        case[0] + "".join(f"-{key}={value}" for key, value in case[1].items())
        if isinstance(case, tuple)
        else None
    )


def both_ways(activation, x, grad):
    outputs, cache = activation.forward(x)
    return outputs, activation.backward(grad, cache)
