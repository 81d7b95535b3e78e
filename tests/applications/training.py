"""Three steps of training in Keras and here, from the same weights, on the same images.

What is compared is what was **learned**: the change of every weight and moving statistic, every momentum
(the change of a number that was 0), and what the model predicts at the end. (A weight itself hardly moves in
three steps, and would agree whatever the gradients are.) Judged twice:

* in float64 Keras and we must agree to 1e-9: the mathematics is the same;
* in float32 we must be about as near to that result as Keras in float32 is: so are the rounding errors.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

import cnn_scratch
from tests.applications.precision import constants_of_float32, copy_weights, float64
from tests.applications.randomize import TRAINING, images_for, randomize, without_randomness

STEPS = 3
IMAGES = 16  # so that the last batch normalization, at one place of each image, has a variance
# Near the usual 0.001 and 0.9, and exact in float32, to which Keras rounds them.
LEARNING_RATE, MOMENTUM = 2**-10, 0.875
# float64: an operation rounds by 2⁻⁵³. The longest sums have 2¹⁴ terms (16 images of 32×32 places), and
# errors add up over 2⁸ layers, there and back: 2⁻⁵³⁺¹⁴⁺⁹.
EXACT = 2.0**-30
# float32: we may be this many times as far from float64 as Keras. Both add up the same terms in another
# order, so the errors are of one size; but Winograd's transforms, which Keras does not use here, round more,
# in some of the layers (docs/decisions/0005-winograd.md).
ROUNDINGS = 4
# A gradient jumps where a ReLU's input passes 0, so one rounding error may move it far, in Keras or here. If
# ours is too far, it is tried out where rounding can lead: in float64, up to so many times, from weights that
# are moved by up to so many roundings. That moves a sum by 4.6 (the root mean square of uniform numbers is
# 8 / √3), as far as float32 rounds it, here and in Keras (docs/correctness.md, "How exact float32 is").
TRIALS, MOVED_BY = 24, 8

Learned = dict[str, dict[str, np.ndarray]]  # by kind and variable: its change


@dataclass(frozen=True)
class Distance:
    """How far what was learned is from the truth: Euclidean norms, as shares of that of the true change."""

    whole: float  # all variables of a kind as one
    worst: float  # of the worst single variable
    variable: str


Distances = dict[str, Distance]  # by kind: weights, statistics, momentums, predictions


@dataclass(frozen=True)
class Training:
    """What our model and Keras's learned: how far it is from what Keras's learned in float64."""

    exact: Distances  # of our model in float64
    ours: Distances  # in float32
    keras: Distances
    moved: Iterable[Distances]  # of our model in float64, from weights that are moved; made when asked for

    def assert_exact(self) -> float:
        """Return the largest difference in float64, or raise and name the variable if it is too large."""
        one = max(self.exact.values(), key=lambda distance: distance.worst)
        assert one.worst <= EXACT, (
            f"{one.variable}: {one.worst:.1e} from Keras in float64 (bound {EXACT:.0e})"
        )
        return one.worst

    def assert_as_near_as_keras(self) -> dict[str, float]:
        """Return our distance and Keras's to float64, and our share of the bound; raise if it is above 1.

        The bound is ``ROUNDINGS`` times Keras's distance. If that is not enough, what lies behind the jumps
        that rounding can cause is added: the longest of them that trials find.
        """
        bounds = {kind: ROUNDINGS * self.keras[kind].whole for kind in self.exact}
        jumps, trials, moved = dict.fromkeys(bounds, 0.0), 0, iter(self.moved)
        while any(self.ours[kind].whole > bound + jumps[kind] for kind, bound in bounds.items()):
            one = next(moved, None)
            if one is None:
                break
            trials += 1
            for kind, bound in bounds.items():
                if one[kind].whole > bound:
                    jumps[kind] = max(jumps[kind], one[kind].whole)
        result = {"share": 0.0, "trials": trials}
        for kind, ordinary in bounds.items():
            bound, ours, theirs = ordinary + jumps[kind], self.ours[kind].whole, self.keras[kind].whole
            assert ours <= bound, f"{kind}: {ours:.1e} from float64, Keras {theirs:.1e} (bound {bound:.1e})"
            result |= {kind: ours, f"{kind} of Keras": theirs}
            result["share"] = max(result["share"], ours / bound)
        return result


def train(
    build: Callable[[], keras.Model], folder: Path, seed: int = 0
) -> tuple[Training, cnn_scratch.Model]:
    """Train a model for three steps in Keras and here, in both precisions; return our model in float64, too.

    Args:
        build: returns Keras's model, in ``keras.config.floatx()``.
        folder: for the files that Keras writes and we read.
        seed: of weights, images and labels.
    """
    rng = np.random.default_rng(seed)
    theirs = build()
    images = images_for(theirs, IMAGES, seed + 1)
    labels = rng.integers(0, theirs.output_shape[-1], IMAGES)
    randomize(theirs, images, seed, TRAINING)
    ours = _through_a_file(theirs, folder / "model.keras")
    with float64():
        theirs64 = build()
        copy_weights(theirs, theirs64)
        ours64 = _through_a_file(theirs64, folder / "model64.keras")
        truth = _three_steps(theirs64, images, labels)
        del theirs64  # the largest models take gigabytes

    def distances(model) -> Distances:
        learned = _three_steps(model, images, labels)
        return {kind: _distance(learned[kind], truth[kind]) for kind in truth if truth[kind]}

    def moved() -> Iterator[Distances]:
        for _ in range(TRIALS):
            other = cnn_scratch.models.load_model(folder / "model64.keras")
            given = other.get_weights()
            factors = (1 + MOVED_BY * 2.0**-24 * rng.uniform(-1, 1, weight.shape) for weight in given)
            other.set_weights([weight * factor for weight, factor in zip(given, factors, strict=True)])
            yield distances(other)

    return Training(distances(ours64), distances(ours), distances(theirs), moved()), ours64


def _through_a_file(theirs: keras.Model, path: Path):
    """Make Keras's model ready for training, and return ours from its file."""
    without_randomness(theirs)
    constants_of_float32(theirs)
    optimizer = keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM)
    theirs.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=True)
    theirs.save(path)
    return cnn_scratch.models.load_model(path)


def _three_steps(model, images: np.ndarray, labels: np.ndarray) -> Learned:
    """Train ``model``, ours or Keras's, and return what it learned."""
    dtype = "float64" if "float64" in str(model.weights[0].dtype) else "float32"
    start = [weight.astype(np.float64) for weight in model.get_weights()]
    losses = [float(model.train_on_batch(images.astype(dtype), labels)) for _ in range(STEPS)]
    assert np.isfinite(losses).all(), losses
    assert losses[-1] < losses[0], f"not a healthy training: {losses}"
    learned: Learned = {"weights": {}, "statistics": {}, "momentums": {}}
    for variable, before, after in zip(model.weights, start, model.get_weights(), strict=True):
        kind = "weights" if variable.trainable else "statistics"
        learned[kind][f"{len(learned[kind])}: {variable.path}"] = after - before
    momentums = model.optimizer.variables[2:]  # behind the number of steps and the learning rate
    for variable, momentum in zip(model.trainable_weights, momentums, strict=True):
        name = f"{len(learned['momentums'])}: momentum of {variable.path}"
        learned["momentums"][name] = np.asarray(momentum, dtype=np.float64)
    outputs = np.asarray(model(images.astype(dtype), training=False), dtype=np.float64)
    return learned | {"predictions": {"predictions": outputs}}


def _distance(values: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> Distance:
    """Compare variables of one kind.

    A bias before a batch normalization has a gradient of 0, computed as rounding errors of sums that cancel:
    so the norm of a variable counts for at least a thousandth of that of all.
    """
    norms = [np.linalg.norm(true) for true in truth.values()]
    errors = [
        np.linalg.norm(value - true) for value, true in zip(values.values(), truth.values(), strict=True)
    ]
    whole = np.linalg.norm(norms)
    shares = [error / max(norm, whole / 1000) for error, norm in zip(errors, norms, strict=True)]
    worst = int(np.argmax(shares))
    return Distance(float(np.linalg.norm(errors) / whole), float(shares[worst]), list(truth)[worst])
