"""Bugs in the training of graph models, where a normalization is computed with what stands behind it."""

from tests.planted_bugs.bug import Bug

ACTIVATION = "cnn_scratch/normalized_activation.py"
STEPS = "cnn_scratch/models/training_steps.py"
KERNELS = "cnn_scratch/kernels/batch_normalization.py"

TESTS = ("tests/models/test_training_steps.py",)

BUGS = [
    Bug(
        "training step: the mode of the normalization is forgotten",
        STEPS,
        "step.training = normalization.training\n",
        "pass\n",
        "A normalization that was called with training=False uses the statistics of the batch.",
        TESTS,
    ),
    Bug(
        "training step: what others read is not made",
        STEPS,
        "if readers[tensor] == 1 and tensor.node in inside else None",
        "if tensor.node in inside else None",
        "A tensor with two readers is left out.",
        TESTS,
    ),
    Bug(
        "training step: a normalization is moved behind its next call",
        STEPS,
        "if parts is not None and not is_called_between(parts[0], node):",
        "if parts is not None:",
        "The averages of a normalization that is called twice are moved in another order.",
        ("tests/parity/test_shared_state.py",),
    ),
    Bug(
        "training step: gradients pass above the ceiling",
        KERNELS,
        "every | ((output > above) & (output <= highest))",
        "every | (output > above)",
        "ReLU6 lets the gradient of a number above 6 through.",
        TESTS,
    ),
    Bug(
        "training step: the gradient of what is added is that of the sum's output",
        ACTIVATION,
        "return [grad_inputs, grad_linear] if self.addition",
        "return [grad_inputs, grad_outputs] if self.addition",
        "The short cut of a residual block learns from outputs that ReLU has stopped.",
        TESTS,
    ),
    Bug(
        "batch normalization: a number is taken for the mean",
        KERNELS,
        "            square[c] -= off * mean[c]\n",
        "",
        "Differences from the mean of the first rows are taken for differences from the mean.",
        ("tests/layers/test_batch_normalization.py",),
    ),
]
