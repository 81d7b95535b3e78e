"""Bugs in losses, metrics, regularizers, the training loop and the weights file."""

from tests.planted_bugs.bug import Bug

CATEGORICAL = "cnn_scratch/losses/categorical.py"
SPARSE = "cnn_scratch/losses/sparse_categorical.py"
BINARY = "cnn_scratch/losses/binary.py"
REDUCTION = "cnn_scratch/losses/reduction.py"
REGRESSION = "cnn_scratch/losses/regression.py"
ACCURACY = "cnn_scratch/metrics/accuracy.py"
METRIC = "cnn_scratch/metrics/metric.py"
TRAINING = "cnn_scratch/models/training.py"
MODEL = "cnn_scratch/models/model.py"
DATA = "cnn_scratch/models/data.py"
SEQUENTIAL = "cnn_scratch/models/sequential.py"
LOGITS = "cnn_scratch/models/logits.py"
WEIGHTS_FILE = "cnn_scratch/models/saving/weights.py"

LOSS_TESTS = ("tests/test_losses.py",)
METRIC_TESTS = ("tests/test_metrics.py",)
FIT_TESTS = ("tests/models/test_fit.py",)
SEQUENTIAL_TESTS = ("tests/models/test_sequential.py",)
FILE_TESTS = ("tests/models/test_weights_file.py",)

BUGS = [
    Bug(
        "categorical cross-entropy: sum taken for a constant",
        CATEGORICAL,
        "return minus_weighted_sum(grad_probabilities, probabilities, self.axis) / total",
        "return grad_probabilities / total",
        "A missing term: probabilities are divided by their sum, which depends on each of them.",
        LOSS_TESTS,
    ),
    Bug(
        "label smoothing: not divided by the classes",
        "cnn_scratch/losses/loss.py",
        "self.label_smoothing / classes",
        "self.label_smoothing",
        "The labels add up to more than 1.",
        LOSS_TESTS,
    ),
    Bug(
        "categorical cross-entropy: gradient of clipped numbers",
        CATEGORICAL,
        "np.where(inside, -grad_values * targets / clipped, 0)",
        "-grad_values * targets / clipped",
        "Where a probability was clipped the gradient is not 0 but 10⁷.",
        LOSS_TESTS,
    ),
    Bug(
        "sparse cross-entropy: labels not checked",
        SPARSE,
        "labels = _checked_labels(labels, y_pred.shape[-1])",
        "labels = labels.astype(np.int64)",
        "A label of −1 silently means the last class.",
        LOSS_TESTS,
    ),
    Bug(
        "sparse cross-entropy: sign at the label",
        SPARSE,
        "gradient[at(labels)] -= 1 / clipped[at(labels)]",
        "gradient[at(labels)] += 1 / clipped[at(labels)]",
        "A wrong sign in one place of each row.",
        LOSS_TESTS,
    ),
    Bug(
        "sparse cross-entropy: mask the wrong way round",
        SPARSE,
        "mask = labels != self.ignore_class",
        "mask = labels == self.ignore_class",
        "Only the class that should be ignored counts.",
        LOSS_TESTS,
    ),
    Bug(
        "binary cross-entropy: overflow",
        BINARY,
        "np.maximum(y_pred, 0) - y_pred * targets + np.log1p(np.exp(-np.abs(y_pred)))",
        "np.log1p(np.exp(y_pred)) - y_pred * targets",
        "The textbook's form: infinite for large logits.",
        LOSS_TESTS,
    ),
    Bug(
        "binary cross-entropy: mean not in the gradient",
        BINARY,
        "grad_values / targets.dtype.type(targets.shape[self.axis])",
        "grad_values",
        "A missing factor 1/D.",
        LOSS_TESTS,
    ),
    Bug(
        "mean squared error: factor 2",
        REGRESSION,
        "return 2 * mean_backward(grad_values, errors) * errors",
        "return mean_backward(grad_values, errors) * errors",
        "The derivative of x² is taken for x.",
        LOSS_TESTS,
    ),
    Bug(
        "regression: sign of the error",
        REGRESSION,
        "return y_pred - y_true.astype(y_pred.dtype, copy=False)",
        "return y_true.astype(y_pred.dtype, copy=False) - y_pred",
        "The loss is right, its gradient points uphill.",
        LOSS_TESTS,
    ),
    Bug(
        "reduction: weights not in the gradient",
        REDUCTION,
        "return loss, _sum_to_shape(factors / values.dtype.type(divisor), values.shape)",
        "return loss, _sum_to_shape(np.ones_like(factors) / values.dtype.type(divisor), values.shape)",
        "Sample weights change the loss and not what is learnt.",
        LOSS_TESTS,
    ),
    Bug(
        "reduction: mean over samples, not positions",
        REDUCTION,
        "divisor = weighted.size\n    elif",
        "divisor = len(weighted)\n    elif",
        "With one loss per pixel the mean is too large.",
        LOSS_TESTS,
    ),
    Bug(
        "reduction: masked samples in the mean",
        REDUCTION,
        "weights *= dtype.type(mask.size / max(1, np.count_nonzero(mask)))",
        "weights *= dtype.type(1)",
        "The mean divides by all samples, also by the ignored ones.",
        LOSS_TESTS,
    ),
    Bug(
        "binary accuracy: exactly at the threshold",
        ACCURACY,
        "return (y_pred > threshold) == y_true",
        "return (y_pred >= threshold) == y_true",
        "A probability of exactly 0.5 counts as a yes.",
        METRIC_TESTS,
    ),
    Bug(
        "top-k accuracy: off by one",
        ACCURACY,
        "valid & (better < k)",
        "valid & (better <= k)",
        "The label may be number k + 1.",
        METRIC_TESTS,
    ),
    Bug(
        "metric: weights not in the count",
        METRIC,
        "self.count += float(values.size if weights is None else weights.sum())",
        "self.count += float(values.size)",
        "A weighted mean is divided by the number of samples.",
        METRIC_TESTS,
    ),
    Bug(
        "metric: mean of the batches' means",
        METRIC,
        "self.total += float(values.sum())\n"
        "        self.count += float(values.size if weights is None else weights.sum())",
        "self.total += float(values.sum()) / float(values.size if weights is None else weights.sum())\n"
        "        self.count += 1.0",
        "A small batch weighs as much as a large one.",
        METRIC_TESTS,
    ),
    Bug(
        "accuracy: labels of shape (N, 1)",
        "cnn_scratch/metrics/__init__.py",
        "if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:",
        "if len(y_true_shape) < len(y_pred_shape):",
        "Integer labels in a column are taken for one-hot ones.",
        METRIC_TESTS,
    ),
    Bug(
        "regularizer: factor 2",
        "cnn_scratch/regularizers.py",
        "gradient += x.dtype.type(2 * l2) * x",
        "gradient += x.dtype.type(l2) * x",
        "The derivative of x² is taken for x.",
        ("tests/test_regularizers.py",),
    ),
    Bug(
        "training: gradients not zeroed",
        TRAINING,
        "        parameters.zero_grads()\n",
        "",
        "Each step uses the gradients of all steps before it too.",
        (*FIT_TESTS, *SEQUENTIAL_TESTS),
    ),
    Bug(
        "training: a gradient added to what is left over",
        "cnn_scratch/parameter.py",
        "adds = not self._grad_is_outdated",
        "adds = True",
        "The zeros that were not written were needed.",
        ("tests/test_parameter.py",),
    ),
    Bug(
        "training: in inference mode",
        TRAINING,
        "network.forward(batch.inputs, training=True)",
        "network.forward(batch.inputs, training=False)",
        "Dropout and batch normalization never train.",
        FIT_TESTS,
    ),
    Bug(
        "evaluation: in training mode",
        TRAINING,
        "network.forward(batch.inputs, training=False)",
        "network.forward(batch.inputs, training=True)",
        "Validation drops units and moves the statistics of batch normalization.",
        FIT_TESTS,
    ),
    Bug(
        "training: penalty not in the gradient",
        TRAINING,
        "        self._add_penalty_gradients()\n        self.optimizer",
        "        self.optimizer",
        "Regularizers raise the loss and change nothing else.",
        SEQUENTIAL_TESTS,
    ),
    Bug(
        "training: last smaller batch",
        TRAINING,
        "self.loss_mean.add(float(np.mean(value)), len(batch))\n        for head, y",
        "self.loss_mean.add(float(np.mean(value)), 1)\n        for head, y",
        "A smaller last batch weighs as much as the others in the loss of an epoch.",
        FIT_TESTS,
    ),
    Bug(
        "training: any activation taken for a softmax",
        LOGITS,
        "if activation is not activations.get(wanted):",
        "if activation in (None, activations.linear):",
        "The loss is computed from the logits of a sigmoid as if they were those of a softmax.",
        FIT_TESTS,
    ),
    Bug(
        "fit: metrics never start again",
        MODEL,
        "trainer.reset()\n        for step, batch in enumerate(batches):",
        "for step, batch in enumerate(batches):",
        "The loss of an epoch is the mean over all epochs so far.",
        FIT_TESTS,
    ),
    Bug(
        "fit: initial_epoch ignored",
        MODEL,
        "for epoch in range(initial_epoch, epochs):",
        "for epoch in range(epochs):",
        "A run that goes on starts counting at 0.",
        FIT_TESTS,
    ),
    Bug(
        "fit: validation in the wrong epochs",
        MODEL,
        "(epoch + 1) % validation_freq == 0",
        "epoch % validation_freq == 0",
        "Off by one: epochs are counted from 0 here.",
        FIT_TESTS,
    ),
    Bug(
        "validation split: the first samples",
        DATA,
        "return self.take(slice(0, at)), self.take(slice(at, None))",
        "return self.take(slice(len(self) - at, None)), self.take(slice(0, len(self) - at))",
        "Keras takes the last samples.",
        FIT_TESTS,
    ),
    Bug(
        "class weights: by position",
        DATA,
        "weights[np.round(classes) == label] = weight",
        "weights[label] = weight",
        "The class's number is taken for that of a sample, so nearly all weights stay 1.",
        FIT_TESTS,
    ),
    Bug(
        "fit: not shuffled",
        DATA,
        "order = shuffled_indices(len(self)) if shuffle else None",
        "order = None",
        "Every epoch sees the samples in the same order.",
        FIT_TESTS,
    ),
    Bug(
        "sequential: activity penalty not in the gradient",
        SEQUENTIAL,
        "gradient = gradient + activity_gradient(layer.activity_regularizer, outputs)",
        "pass",
        "The penalty on a layer's outputs is in the loss only.",
        SEQUENTIAL_TESTS,
    ),
    Bug(
        "sequential: one layer too few walked back",
        SEQUENTIAL,
        "stop=trained.index(True))",
        "stop=trained.index(True) + 1)",
        "The first layer with weights gets no gradient.",
        SEQUENTIAL_TESTS,
    ),
    Bug(
        "weights file: order of the arrays",
        WEIGHTS_FILE,
        '[state[path] for path in (f"optimizer/vars/{n}" for n in range(len(state))) if path in state]',
        "[state[path] for path in sorted(state)]",
        "HDF5 lists names by the alphabet: array 10 comes before array 2.",
        FILE_TESTS,
    ),
    Bug(
        "weights file: changed by halves",
        WEIGHTS_FILE,
        "        plan.append((parameter, arrays[path]))",
        "        plan.append((parameter, arrays[path]))\n        parameter.assign(arrays[path].read())",
        "A file that does not fit has changed the layers before the one that does not.",
        FILE_TESTS,
    ),
    Bug(
        "weights file: written by layer name",
        WEIGHTS_FILE,
        "kind = to_snake_case(type(layer).__name__)",
        "kind = layer.name",
        "Keras looks for the class's name, and counts.",
        FILE_TESTS,
    ),
    Bug(
        "weights file: no optimizer",
        WEIGHTS_FILE,
        "return trainer.optimizer.variables if trainer and trainer.parameters else []",
        "return []",
        "A run that goes on from the file has lost its momentum.",
        FILE_TESTS,
    ),
]
