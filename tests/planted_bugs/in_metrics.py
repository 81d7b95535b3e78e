"""Bugs in the four counts, the area under a curve and the F-scores."""

from tests.planted_bugs.bug import Bug

CONFUSION = "cnn_scratch/metrics/confusion.py"
AUC = "cnn_scratch/metrics/auc.py"
IOU = "cnn_scratch/metrics/iou.py"
F_SCORE = "cnn_scratch/metrics/f_score.py"

TESTS = ("tests/test_confusion_metrics.py",)

R2_SCORE = "cnn_scratch/metrics/r2_score.py"
R2_TESTS = ("tests/test_r2_score.py",)

BUGS = [
    Bug(
        "R²: the mean is not taken off",
        R2_SCORE,
        "variation = squares - total * (total / count)",
        "variation = squares",
        "The labels vary around 0, not around their mean.",
        R2_TESTS,
    ),
    Bug(
        "R²: weights forgotten in the errors",
        R2_SCORE,
        "weights * (y_true - y_pred) ** 2",
        "(y_true - y_pred) ** 2",
        "A miss counts the same whatever its weight.",
        R2_TESTS,
    ),
    Bug(
        "counts: the threshold itself is positive",
        CONFUSION,
        "self._counts(y_true != 0, y_pred > threshold)",
        "self._counts(y_true != 0, y_pred >= threshold)",
        "In Keras a prediction has to be above it.",
        TESTS,
    ),
    Bug(
        "counts: weights of a column are spread over a square",
        CONFUSION,
        "    if given.ndim == y_pred.ndim + 1 and given.shape[-1] == 1:\n        given = given[..., 0]\n",
        "",
        "(N, 1) weights of (N,) predictions do not fit.",
        TESTS,
    ),
    Bug(
        "counts: the result changes afterwards",
        CONFUSION,
        "else self.count.copy()",
        "else self.count",
        "What one epoch wrote into the history is that of the last.",
        TESTS,
    ),
    Bug(
        "area: equal to an uneven threshold is above it",
        AUC,
        'y_pred, side="left")',
        'y_pred, side="right")',
        "A prediction has to be above its threshold.",
        TESTS,
    ),
    Bug(
        "area: floor instead of ceiling",
        AUC,
        "np.maximum(np.ceil(steps), 1)",
        "np.maximum(np.floor(steps) + 1, 1)",
        "A prediction of 1 would be above the last threshold.",
        ("tests/parity/test_confusion_metrics.py", "-k", "test_area"),
    ),
    Bug(
        "area: precision as a trapezoid",
        AUC,
        'if self.curve == "PR" and self.summation_method == "interpolation":',
        "if False:",
        "Between two thresholds precision is not a straight line.",
        TESTS,
    ),
    Bug(
        "area: smaller and larger mixed up",
        AUC,
        '{"majoring": np.maximum, "minoring": np.minimum}',
        '{"majoring": np.minimum, "minoring": np.maximum}',
        "The bound from below is the one from above.",
        TESTS,
    ),
    Bug(
        "area: weights of labels forgotten in the mean",
        AUC,
        "if self.multi_label and self.label_weights is not None:",
        "if False:",
        "Every label counts the same.",
        TESTS,
    ),
    Bug(
        "F-score: β not squared",
        F_SCORE,
        "square = self.beta**2",
        "square = self.beta",
        "Right for β = 1 only.",
        TESTS,
    ),
    Bug(
        "F-score: zeros are of every class",
        F_SCORE,
        " & (np.abs(y_pred) > 1e-9)",
        "",
        "A row of zeros is called all classes.",
        TESTS,
    ),
    Bug(
        "F-score: micro is macro",
        F_SCORE,
        'self._counts.sum(axis=1, keepdims=True) if self.average == "micro" else self._counts',
        "self._counts",
        "Classes are averaged, not counted together.",
        TESTS,
    ),
    Bug(
        "cosine: the metric is the loss",
        "cnn_scratch/metrics/loss_metrics.py",
        "return -losses.cosine_similarity(y_true, y_pred, axis)",
        "return losses.cosine_similarity(y_true, y_pred, axis)",
        "A better model has a smaller cosine.",
        TESTS,
    ),
    Bug(
        "iou: what is in both counted twice",
        IOU,
        "table.sum(axis=0) + table.sum(axis=1) - both",
        "table.sum(axis=0) + table.sum(axis=1)",
        "The union is too large by the intersection.",
        ("tests/test_iou.py",),
    ),
    Bug(
        "iou: no other classes in the mean",
        IOU,
        "shares.sum() / (is_there.sum() + EPSILON)",
        "shares.sum() / shares.size",
        "A class that neither labels nor predictions have counts as 0.",
        ("tests/test_iou.py",),
    ),
]
