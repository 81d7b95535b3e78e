"""Bugs in what makes programs for Keras run: batches from anywhere, callbacks, schedules, image folders."""

from tests.planted_bugs.bug import Bug

SOURCES = "cnn_scratch/models/sources.py"
SCHEDULES = "cnn_scratch/optimizers/schedules.py"
CALLBACKS = "cnn_scratch/callbacks/"

SOURCE_TESTS = ("tests/models/test_sources.py",)
CALLBACK_TESTS = ("tests/callbacks/test_callbacks.py", "tests/parity/test_callbacks.py")
SCHEDULE_TESTS = ("tests/parity/test_schedules.py", "-k", "not file")
FOLDER_TESTS = ("tests/parity/test_image_dataset.py",)

BUGS = [
    Bug(
        "sources: every epoch begins anew",
        SOURCES,
        "batch = None if self._rest is None else next(self._rest, None)",
        "batch = None if step == 0 or self._rest is None else next(self._rest, None)",
        "With steps_per_epoch only the first batches are ever seen.",
        SOURCE_TESTS,
    ),
    Bug(
        "sources: the validation goes on where it was",
        SOURCES,
        "    def restart(self) -> None:\n"
        '        """Let the next epoch begin with the first batch."""\n        self._rest = None',
        "    def restart(self) -> None:\n"
        '        """Let the next epoch begin with the first batch."""\n        pass',
        "Each epoch is validated on other samples.",
        SOURCE_TESTS,
    ),
    Bug(
        "sources: 32 samples a step whatever the steps",
        SOURCES,
        "in_each_step = -(-len(self.data) // self._limit) if self._limit else 32",
        "in_each_step = 32",
        "With steps_per_epoch and no batch size, an epoch ends when the few large batches are used up.",
        ("tests/parity/test_sources.py", "-k", "divide"),
    ),
    Bug(
        "heads: losses of a dictionary in the order of their names",
        "cnn_scratch/models/heads.py",
        "heads = [by_name[name] for name in (loss if _is_by_name(loss) else ports.structure)]",
        "heads = list(heads)",
        "The list that evaluate returns has its losses in another order than Keras's.",
        ("tests/parity/test_functional.py", "-k", "order_of_the_dictionary"),
    ),
    Bug(
        "files: models inside each other without end",
        "cnn_scratch/models/saving/api.py",
        "if nesting(model) > MAX_NESTING:",
        "if nesting(model) > 2 * MAX_NESTING:",
        "A model is written that nobody can read.",
        ("tests/models/test_other_names.py", "-k", "inside_each_other"),
    ),
    Bug(
        "activations: a layer's default is the function's",
        "cnn_scratch/activations.py",
        "leaky_relu.with_options(negative_slope=0.3)",
        "leaky_relu",
        "LeakyReLU has the slope 0.3 if none is given, leaky_relu 0.2.",
        ("tests/test_activations.py", "-k", "layer_as"),
    ),
    Bug(
        "identity: gradient as it comes",
        "cnn_scratch/layers/identity.py",
        "return self.prepare_gradient(grad_outputs, cache)",
        "return grad_outputs",
        "A gradient of another shape or dtype passes the door.",
        ("tests/layers/test_identity.py",),
    ),
    Bug(
        "sources: class weights forgotten",
        SOURCES,
        "yield make_data(self.model, *parts, class_weight=self.class_weight)",
        "yield make_data(self.model, *parts)",
        "class_weight has no effect on batches.",
        SOURCE_TESTS,
    ),
    Bug(
        "sources: batches of predictions kept, not copied",
        "cnn_scratch/models/rows.py",
        "whole[self._filled : end] = some",
        "whole[: len(some)] = some",
        "Every batch of predictions overwrites the one before.",
        SOURCE_TESTS,
    ),
    Bug(
        "sources: PyDataset in its own order",
        SOURCES,
        "order = shuffled_indices(number) if self.shuffle else range(number)",
        "order = range(number)",
        "shuffle=True has no effect.",
        SOURCE_TESTS,
    ),
    Bug(
        "callbacks: smaller is better for accuracies",
        CALLBACKS + "monitor.py",
        'return metric.direction == "up"',
        "return False",
        "The worst accuracy counts as the best.",
        CALLBACK_TESTS,
    ),
    Bug(
        "callbacks: min_delta on the wrong side",
        CALLBACKS + "monitor.py",
        "return value + self.min_delta < reference",
        "return value - self.min_delta < reference",
        "A number that gets a little worse counts as an improvement.",
        CALLBACK_TESTS,
    ),
    Bug(
        "early stopping: one epoch too late",
        CALLBACKS + "early_stopping.py",
        "if self.wait >= self.patience and epoch > 0:",
        "if self.wait > self.patience and epoch > 0:",
        "Off by one.",
        CALLBACK_TESTS,
    ),
    Bug(
        "early stopping: last weights restored",
        CALLBACKS + "early_stopping.py",
        "        self.wait += 1\n",
        "        self.wait += 1\n        self.best_weights = self.model.get_weights()\n",
        "The best epoch's weights are overwritten in every epoch.",
        CALLBACK_TESTS,
    ),
    Bug(
        "reduce lr: no cooldown",
        CALLBACKS + "reduce_lr_on_plateau.py",
        "self.cooldown_counter = self.cooldown",
        "self.cooldown_counter = 0",
        "The learning rate falls again at once.",
        CALLBACK_TESTS,
    ),
    Bug(
        "checkpoint: worse models replace better ones",
        CALLBACKS + "model_checkpoint.py",
        "        self.best = current\n",
        "",
        "The first model is the one to beat for ever.",
        CALLBACK_TESTS,
    ),
    Bug(
        "schedules: warm-up counts as decay",
        SCHEDULES,
        "share = min(f32(step - warmup), f32(self.decay_steps))",
        "share = min(f32(step), f32(self.decay_steps))",
        "The learning rate jumps at the end of the warm-up.",
        SCHEDULE_TESTS,
    ),
    Bug(
        "schedules: boundary in the next piece",
        SCHEDULES,
        "np.searchsorted(self.boundaries, step)",
        'np.searchsorted(self.boundaries, step, side="right")',
        "At a boundary the new value comes one step too early.",
        SCHEDULE_TESTS,
    ),
    Bug(
        "optimizer state: iterations of SGD lost in a file",
        "cnn_scratch/models/saving/weights.py",
        "return only_scalars and (expected > scalars or not model.trainable_weights)",
        "return only_scalars",
        "A schedule starts again at step 0 when the model is loaded.",
        ("tests/parity/test_schedules.py", "-k", "file"),
    ),
    Bug(
        "image folder: labels and files shuffled apart",
        "cnn_scratch/utils/image_files.py",
        "np.random.RandomState(seed).shuffle(array)",
        "np.random.RandomState(seed + len(array)).shuffle(array)",
        "Other files than in Keras are set aside for the validation.",
        FOLDER_TESTS,
    ),
    Bug(
        "image folder: border before the image is resized",
        "cnn_scratch/utils/image_resize.py",
        "self._with_border(image) if self.pad else self._whole(image)",
        "self._whole(image)",
        "The image is squeezed instead of getting a border.",
        FOLDER_TESTS,
    ),
    Bug(
        "batches: a generator is closed after a run",
        "cnn_scratch/models/sources.py",
        "            for batch in self.batches:  # noqa: UP028\n                yield batch\n",
        "            yield from self.batches\n",
        "The second validation with one generator finds no samples.",
        ("tests/models/test_sources.py", "-k", "several_runs"),
    ),
    Bug(
        "recall: counts what was called in vain",
        "cnn_scratch/metrics/precision_and_recall.py",
        "return is_true & ~is_called",
        "return ~is_true & is_called",
        "It is precision under another name.",
        ("tests/parity/test_metrics.py", "-k", "shares"),
    ),
    Bug(
        "freezing: a layer in a frozen model never learns again",
        "cnn_scratch/models/composite.py",
        "return _once(parameter for layer in self.layers for parameter in layer.learning_weights)",
        "return _once(parameter for layer in self.layers for parameter in layer.trainable_weights)",
        "The last layers of a base that was frozen as a whole are meant to learn, and do not.",
        ("tests/models/test_functional.py", "-k", "freezing or frozen"),
    ),
]
