"""Bugs in the constraints of parameters, and in when they are applied."""

from tests.planted_bugs.bug import Bug

CONSTRAINTS = "cnn_scratch/constraints.py"
OPTIMIZER = "cnn_scratch/optimizers/optimizer.py"
VALUES = ("tests/test_constraints.py",)
LAYERS = ("tests/parity/test_constraints.py", "-k", "every_layer")

BUGS = [
    Bug(
        "constraints: not after a step",
        OPTIMIZER,
        "self._end_step(range(len(self._parameters)))",
        "self._end_step([])",
        "Training forgets them; a loop of one's own does not.",
        VALUES,
    ),
    Bug(
        "constraints: without a gradient",
        OPTIMIZER,
        "for i in places:\n            self._parameters[i].constrain()",
        "for parameter in self._parameters:\n            parameter.constrain()",
        "What no gradient came for is changed all the same.",
        VALUES,
    ),
    Bug(
        "constraints: lost on the way to the parameter",
        "cnn_scratch/layers/weights.py",
        "about = (name, trainable, regularizers.get(regularizer), path, constraint)",
        "about = (name, trainable, regularizers.get(regularizer), path)",
        "The layer knows of it and the parameter does not.",
        LAYERS,
    ),
    Bug(
        "constraints: out of the flat buffer",
        "cnn_scratch/parameter.py",
        "self.assign(self.constraint(self.value))",
        "self.value = self.constraint(self.value)",
        "The parameter gets memory of its own; the next steps change another array.",
        VALUES,
    ),
    Bug(
        "max norm: shorter vectors become longer",
        CONSTRAINTS,
        "np.minimum(norms, w.dtype.type(self.max_value))",
        "w.dtype.type(self.max_value)",
        "Every vector has the largest norm.",
        VALUES,
    ),
    Bug(
        "unit norm: over all axes",
        CONSTRAINTS,
        '_norms(w, self.axis))\n\n    def get_config(self) -> dict:\n        return {"axis": self.axis}',
        '_norms(w, None))\n\n    def get_config(self) -> dict:\n        return {"axis": self.axis}',
        "The whole kernel has norm 1, and its columns less.",
        VALUES,
    ),
    Bug(
        "min max norm: rate the other way round",
        CONSTRAINTS,
        "dtype(self.rate) * bounded + dtype(1 - self.rate) * norms",
        "dtype(1 - self.rate) * bounded + dtype(self.rate) * norms",
        "With rate 1, nothing is done.",
        VALUES,
    ),
    Bug(
        "constraints: axes as a list",
        CONSTRAINTS,
        "axes = tuple(axis) if isinstance(axis, list | tuple) else axis",
        "axes = axis[0] if isinstance(axis, list | tuple) else axis",
        "Of several axes, only the first counts.",
        VALUES,
    ),
]
