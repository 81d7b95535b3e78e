"""Three steps of training in Keras and here, from the same weights, on the same images.

What is compared is what was **learned**: the change of every weight and moving statistic, every momentum
(the change of a number that was 0), and what the model predicts at the end. (A weight itself hardly moves in
three steps, and would agree whatever the gradients are.) Judged twice:

* in float64 Keras and we must agree to 1e-9: the mathematics is the same;
* in float32 we must be about as near to that result as Keras in float32 is: so are the rounding errors.
"""

from collections.abc import Callable
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
# order, so the errors are of one size; but Winograd's transforms, which Keras does not use here, round up to
# six times as much, in some of the layers (docs/decisions/0005-winograd.md).
ROUNDINGS = 4
# A gradient jumps where a ReLU's input passes 0, so one rounding error may move it far, in Keras or here. How
# far is tried out: in float64, from weights moved by so many roundings, so many times.
MOVED = 4

Learned = dict[str, dict[str, np.ndarray]]  # what is learned: the variables and their changes


@dataclass(frozen=True)
class Training:
    """What three steps gave: in float64 here and in Keras, in float32 in both, and from moved weights."""

    ours: Learned
    keras: Learned
    ours_in_float32: Learned
    keras_in_float32: Learned
    moved: list[Learned]

    def assert_exact(self) -> float:
        """Return the largest difference in float64, or raise and name the variable if it is too large."""
        found = [
            (value, name)
            for kind, variables in self.keras.items()
            for name, value in _differences(self.ours[kind], variables).items()
        ]
        difference, where = max(found)
        assert difference <= EXACT, f"{where}: {difference:.1e} from Keras in float64 (bound {EXACT:.0e})"
        return difference

    def assert_as_near_as_keras(self) -> dict[str, float]:
        """Return our distance and Keras's to float64, and our share of the bound; raise if it is above 1."""
        result = {}
        for kind in self.keras:
            ours, theirs, *moved = (
                _distance(one[kind], self.keras[kind])
                for one in (self.ours_in_float32, self.keras_in_float32, *self.moved)
            )
            bound = max(ROUNDINGS * theirs, *moved)
            assert ours <= bound, f"{kind}: {ours:.1e} from float64, Keras {theirs:.1e} (bound {bound:.1e})"
            result |= {kind: ours, f"{kind} of Keras": theirs}
            result["share"] = max(result.get("share", 0), ours / bound if ours else 0)
        return result


def train_all(
    build: Callable[[], keras.Model], folder: Path, seed: int = 0
) -> tuple[Training, cnn_scratch.Model]:
    """Return what our model and Keras's learned, and our model in float64.

    Args:
        build: returns Keras's model, in ``keras.config.floatx()``.
        folder: for the files that Keras writes and we read.
        seed: of weights, images and labels.
    """
    theirs32 = build()
    images = images_for(theirs32, IMAGES, seed + 1)
    labels = np.random.default_rng(seed).integers(0, theirs32.output_shape[-1], IMAGES)
    randomize(theirs32, images, seed, TRAINING)
    _compile(theirs32)
    ours32 = _through_a_file(theirs32, folder / "float32.keras")
    with float64():
        theirs = build()
        copy_weights(theirs32, theirs)
        _compile(theirs)
        ours = _through_a_file(theirs, folder / "float64.keras")
        exact = _three_steps(theirs, images, labels)
    rng = np.random.default_rng(seed)
    moved = []
    for _ in range(MOVED):
        other = cnn_scratch.models.load_model(folder / "float64.keras")
        other.set_weights(
            [w * (1 + ROUNDINGS * 2.0**-24 * rng.uniform(-1, 1, w.shape)) for w in other.get_weights()]
        )
        moved.append(_three_steps(other, images, labels))
    return Training(
        ours=_three_steps(ours, images, labels),
        keras=exact,
        ours_in_float32=_three_steps(ours32, images, labels),
        keras_in_float32=_three_steps(theirs32, images, labels),
        moved=moved,
    ), ours


def _compile(model: keras.Model) -> None:
    without_randomness(model)
    constants_of_float32(model)
    optimizer = keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM)
    model.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=True)


def _through_a_file(theirs: keras.Model, path: Path):
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


def _differences(values: dict[str, np.ndarray], exact: dict[str, np.ndarray]) -> dict[str, float]:
    """Return, for each variable, |value − exact| as a share of |exact|, both Euclidean norms.

    A bias before a batch normalization has a gradient of 0, computed as rounding errors of sums that cancel:
    so the norm of a variable counts for at least a thousandth of that of all.
    """
    norms = [np.linalg.norm(one) for one in exact.values()]
    least = np.linalg.norm(norms) / 1000
    return {
        name: float(np.linalg.norm(value - one) / (max(norm, least) or 1))
        for (name, one), value, norm in zip(exact.items(), values.values(), norms, strict=True)
    }


def _distance(values: dict[str, np.ndarray], exact: dict[str, np.ndarray]) -> float:
    """Return the root of the mean square of the differences."""
    return float(np.sqrt(np.mean(np.square(list(_differences(values, exact).values()) or [0.0]))))
