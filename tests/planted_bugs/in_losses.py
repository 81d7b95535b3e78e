"""Bugs in the focal, hinge, robust and relative losses, and in the divergences."""

from tests.planted_bugs.bug import Bug

FOCAL = "cnn_scratch/losses/focal.py"
HINGE = "cnn_scratch/losses/hinge.py"
DIVERGENCE = "cnn_scratch/losses/divergence.py"
ROBUST = "cnn_scratch/losses/robust.py"
OVERLAP = "cnn_scratch/losses/overlap.py"
RELATIVE = "cnn_scratch/losses/relative.py"

TESTS = ("tests/test_other_losses.py",)

BUGS = [
    Bug(
        "focal: the factor taken for a constant",
        FOCAL,
        "weights * (along_wrong + along_entropies)",
        "weights * along_entropies",
        "A missing term: the focal factor depends on the prediction too.",
        TESTS,
    ),
    Bug(
        "focal: what is right counts, not what is wrong",
        FOCAL,
        "wrong = targets * no + (1 - targets) * yes",
        "wrong = targets * yes + (1 - targets) * no",
        "Easy samples are learnt and hard ones left alone.",
        TESTS,
    ),
    Bug(
        "focal: the slope of σ forgotten in the factor",
        FOCAL,
        "(yes_no if self.from_logits else 1)",
        "1",
        "Right for probabilities, wrong for logits.",
        TESTS,
    ),
    Bug(
        "focal: infinite slope of a root",
        FOCAL,
        "    if gamma >= 1:\n        return gamma * base ** (gamma - 1)\n",
        "    if True:\n        return gamma * base ** (gamma - 1)\n",
        "With γ below 1 a perfect answer has the gradient NaN.",
        TESTS,
    ),
    Bug(
        "categorical focal: softmax left out of the gradient",
        FOCAL,
        "(probabilities if self.from_logits else 1 / total)",
        "(1 / total)",
        "The gradient is that of the probabilities, not of the logits.",
        TESTS,
    ),
    Bug(
        "hinge: labels of 0 stay 0",
        HINGE,
        "signs = 2 * signs - 1",
        "signs = 1 * signs",
        "A no has the loss 1 whatever is predicted.",
        TESTS,
    ),
    Bug(
        "hinge: no slope at the kink",
        HINGE,
        "np.where(margins >= 0, -signs",
        "np.where(margins > 0, -signs",
        "TensorFlow takes the slope of the left side.",
        TESTS,
    ),
    Bug(
        "categorical hinge: equals do not share",
        HINGE,
        "share = is_best / is_best.sum(axis=-1, keepdims=True, dtype=targets.dtype)",
        "share = is_best",
        "Two best wrong answers are each pushed with the whole force.",
        TESTS,
    ),
    Bug(
        "Kullback-Leibler: gradient of clipped numbers",
        DIVERGENCE,
        "np.where(inside, -grad_values[..., None] * targets / clipped, 0)",
        "-grad_values[..., None] * targets / clipped",
        "Where a probability was clipped the gradient is not 0 but 10⁷.",
        TESTS,
    ),
    Bug(
        "Huber: the line does not meet the square",
        ROBUST,
        "self.delta * size - self.delta**2 / 2",
        "self.delta * size",
        "The loss jumps by δ²/2 where the line begins; its gradient is right.",
        TESTS,
    ),
    Bug(
        "Huber: delta is not in files",
        ROBUST,
        'return {**super().get_config(), "delta": self.delta}',
        "return super().get_config()",
        "A model that is loaded trains with δ = 1.",
        TESTS,
    ),
    Bug(
        "log cosh: overflow",
        ROBUST,
        "values = size + np.log1p(np.exp(-2 * size)) - LOG_2",
        "values = np.log(np.cosh(errors))",
        "The textbook's form: infinite for an error of 100 in float32.",
        TESTS,
    ),
    Bug(
        "logarithmic error: gradient below 0",
        RELATIVE,
        "np.where(inside, 2 * mean_backward(grad_values, errors) * errors / larger, 0)",
        "2 * mean_backward(grad_values, errors) * errors / larger",
        "Numbers below 0 were cut off, and have no slope.",
        TESTS,
    ),
    Bug(
        "cosine: the length counts",
        RELATIVE,
        "across = np.where(is_long, directions * cosines, 0) - targets",
        "across = -targets",
        "A missing term: the length depends on the prediction.",
        TESTS,
    ),
    Bug(
        "dice: the area taken for a constant",
        OVERLAP,
        "(2 * targets - share) / total",
        "2 * targets / total",
        "A missing term: a larger prediction is a larger area, too.",
        TESTS,
    ),
    Bug(
        "tversky: the mistakes exchanged",
        OVERLAP,
        "missed * self.alpha + invented * self.beta",
        "missed * self.beta + invented * self.alpha",
        "What was missed has the weight of what is too much.",
        TESTS,
    ),
]
