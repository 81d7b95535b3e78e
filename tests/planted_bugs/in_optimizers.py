"""Bugs in the optimizers that are written in NumPy."""

from tests.planted_bugs.bug import Bug

FOLDER = "cnn_scratch/optimizers"
BY_THE_BOOK = ("tests/test_optimizers.py", "-k", "reference")
ALL_OPTIMIZERS = ("tests/test_optimizers.py",)

BUGS = [
    Bug(
        "blocks: gradients not scaled",
        f"{FOLDER}/blocks.py",
        "grads[part] * common.scale",
        "grads[part]",
        "The gradient is not shortened to the norm.",
        ALL_OPTIMIZERS,
    ),
    Bug(
        "blocks: weight decay taken twice",
        f"{FOLDER}/blocks.py",
        "w -= w * common.decay",
        "w -= 2 * w * common.decay",
        "Twice too strong, and only in the optimizers without a kernel.",
        ALL_OPTIMIZERS,
    ),
    Bug(
        "adamax: forgets nothing",
        f"{FOLDER}/adamax.py",
        "np.maximum(beta_2 * u, np.abs(g), out=u)",
        "np.maximum(u, np.abs(g), out=u)",
        "The largest gradient does not fade.",
        BY_THE_BOOK,
    ),
    Bug(
        "adadelta: remembers the learning rate",
        f"{FOLDER}/adadelta.py",
        "np.square(step)",
        "np.square(learning_rate * step)",
        "The learning rate is part of the step that is remembered.",
        BY_THE_BOOK,
    ),
    Bug(
        "nadam: the product once per parameter",
        f"{FOLDER}/nadam.py",
        'product = dtype(self._scalars["u_product"])',
        'self.begin_step()\n        product = dtype(self._scalars["u_product"])',
        "Where parameters are treated one by one, the product of the momenta shrinks too fast.",
        ALL_OPTIMIZERS,
    ),
    Bug(
        "nadam: the momentum of this step twice",
        f"{FOLDER}/nadam.py",
        "warm_up ** (step + one)",
        "warm_up**step",
        "The momentum of the next step is the one of this step.",
        BY_THE_BOOK,
    ),
    Bug(
        "lion: moves the mean first",
        f"{FOLDER}/lion.py",
        "            w -= rate * np.sign(",
        "            m[:] = beta_2 * m + (one - beta_2) * g\n            w -= rate * np.sign(",
        "The mean has seen the gradient before it is used.",
        BY_THE_BOOK,
    ),
    Bug(
        "ftrl: shrinkage halved",
        f"{FOLDER}/ftrl.py",
        "dtype(2 * self.l2_shrinkage_regularization_strength)",
        "dtype(self.l2_shrinkage_regularization_strength)",
        "The gradient of λ·w² is 2·λ·w.",
        BY_THE_BOOK,
    ),
    Bug(
        "ftrl: small weights stay",
        f"{FOLDER}/ftrl.py",
        "np.where(np.abs(z) <= limit, dtype(0), (np.sign(z) * limit - z) / strength)",
        "(np.sign(z) * limit - z) / strength",
        "No weight becomes zero; those within the limit change their sign.",
        BY_THE_BOOK,
    ),
]
