"""The tables of keras.applications as a Markdown document."""

from importlib.metadata import version

from tests.applications.catalogue import APPLICATIONS, SMALL_MODELS, smallest_of
from tests.applications.compare import BOUND, TIMES_KERAS
from tests.applications.training import EXACT, IMAGES, LEARNING_RATE, MOMENTUM, MOVED_BY, ROUNDINGS, TRIALS

INTRODUCTION = f"""# The models of keras.applications

Keras builds each of its 40 image models with `weights=None`. Every parameter and every moving
statistic gets a random value under which activations neither grow nor vanish, and Keras saves the
model to a `.keras` file. cnn_scratch reads the file. Then three questions are asked, and every bound
on the answer has a reason that is not the answer, save one, which is named:

1. Does **each layer** give what Keras's gives, on the same inputs?
2. Do **all layers together**, whose rounding errors add up, predict as exactly as Keras?
3. Does a model **learn** what Keras's learns?

`python -m tests.applications` answers the first two, `--train` the third, `--time` adds the column
of that name, and `--write` writes this page. A small model of each family is part of the tests
(`tests/applications/test_families.py`); errors planted in layers show that the comparisons find them
(`test_training.py`, there).

Keras computes on TensorFlow, without oneDNN except where it is timed. A difference is the largest
among the numbers of a layer, as a share of the largest number; one rounding of float32 is 6e-8.

## Predictions

- **one layer**: ours from Keras's, the worst layer, each given Keras's own outputs of the layers before
  it. It may be {BOUND:.1e}, 2⁻¹⁷: what Winograd's convolution could cost when this bound was set. It
  rounds a quarter as much since then ([why](decisions/0005-winograd.md)).
  A layer that computes something else is found here, and named.
- **all layers**: the worst layer when each reads the outputs of our own layers before it. Over
  hundreds of layers rounding errors grow, here as in Keras, by a factor that depends on the weights;
  so the distance between the two says little. Instead the same model in float64 is the judge, and the
  columns are the distances **of ours** and **of Keras's** from it. At each layer ours may be
  {TIMES_KERAS} times Keras's, because the same terms are added in another order, and besides the
  {BOUND:.1e} that a layer may add itself. The row of EfficientNetV2B3 is that of the "direct" convolution
  (`set_convolution_algorithm`): by default one of its 411 layers is 1.4e-4 from float64, 4.7 times as far as
  Keras, and may be 1.3e-4.
- **time**: of a prediction of 16 images, as a share of Keras's on TensorFlow with oneDNN on the
  same machine (below 1 we are faster); measured in turns, the median of the ratios. "–" stands
  where it was not measured.
"""

TRAINING = f"""
## Training

The smallest model of each family learns for three steps: {IMAGES} random images with random labels, a
learning rate of {LEARNING_RATE:.4f} with a momentum of {MOMENTUM}, batch normalization in training mode,
dropout and stochastic depth off. The loss has to fall. Compared is what was learned: the change of each
weight and moving statistic (a weight itself hardly moves in three steps, and would agree whatever its
gradient is), the momentums, which are sums of gradients, and what the model predicts afterwards.
Distances are Euclidean norms, as shares of the norm of the change.

- **float64**: ours from Keras's, the worst variable. Here rounding hardly matters, so this shows that
  both compute the same function and the same gradients. It may be {EXACT:.0e}: 2⁻⁵³ for each of up to
  2¹⁴ terms of a sum, through 2⁸ layers, there and back. A gradient that is wrong in the sixth digit is
  found.
- **gradients, float32**: the distances of the momentums from those of Keras in float64, **of ours** and
  **of Keras's** in float32, all momentums of a model taken as one. Ours may be {ROUNDINGS} times
  Keras's. The same is asked of weights, moving statistics and predictions.
- **share of bound**: the largest, among those four, of our distance as a share of what it may be.

A gradient jumps where the input of a ReLU passes 0. So a rounding error may, rarely, move a gradient by a
hundredth instead of a millionth, and in one of the two libraries only. Where ours is further than
{ROUNDINGS} times Keras's distance, it is tried out how far rounding can lead: up to {TRIALS} times our
model learns in float64 from weights that are moved at random by up to {MOVED_BY} roundings of float32,
which moves a sum as far as float32 rounds it ([how far](correctness.md#how-exact-float32-is)). The
longest jump that is found is then added to the bound; **trials** says how many were made. (This rule,
unlike the factor {ROUNDINGS}, was made after the first measurements had shown such jumps. At first it was
4 trials of 4 roundings, less than rounding is, and too few for VGG19, whose weights jump by 1.7e-2 in 7
of 24 trials, and in ours.) The random weights are such that jumps seldom matter: most inputs of a ReLU
are above 0 and far from it. Under others, with means of 0, the gradients of MobileNet explode, and two
trainings part whatever the library.

- **convolution**: the algorithm with which the row was measured (`set_convolution_algorithm`). "auto"
  is what everybody gets. It rounds more than Keras's sums, and where that takes the input of a ReLU over 0,
  trials of Keras's size need not find it. That happened in DenseNet121: weights 6.2e-4 from float64, where
  they may be 4.9e-4, and the jump of most trials is 2.9e-4. Its row is that of "direct". Which models
  these are is chance.

Keras rounds three constants to float32 even in float64: those of Rescaling and Normalization layers, and
√2 in gelu. For this comparison the models hold rounded constants, and Keras is given √2 in full.
"""

HEAD = (
    "| model | images | layers | parameters | one layer | all layers: ours | Keras's | time |",
    "|---|---:|---:|---:|---:|---:|---:|---:|",
)
TRAINING_HEAD = (
    "| model | images | float64 | gradients, float32: ours | Keras's "
    "| share of bound | trials | convolution |",
    "|---|---:|---:|---:|---:|---:|---:|---|",
)


def document(results: dict[str, dict]) -> str:
    """Return the page."""
    predicted, trained = results.get("predict", {}), results.get("train", {})
    agreeing = sum(one.name in predicted for one in APPLICATIONS)
    learning = sum(one.family in trained for one in SMALL_MODELS)
    versions = f"\nKeras {version('keras')}, TensorFlow {version('tensorflow-cpu')}."
    return "\n".join(
        [
            INTRODUCTION,
            f"{agreeing} of {len(APPLICATIONS)} models predict what Keras's do.\n",
            *HEAD,
            *(_row(one, results) for one in APPLICATIONS),
            TRAINING,
            f"{learning} of {len(SMALL_MODELS)} families learn what Keras's do.\n",
            *TRAINING_HEAD,
            *(_training_row(one.family, trained) for one in SMALL_MODELS),
            versions,
            "",
        ]
    )


def _row(application, results: dict[str, dict]) -> str:
    predicted, timed = (results.get(kind, {}).get(application.name, {}) for kind in ("predict", "time"))
    size = predicted.get("size", application.size)
    return _line(
        application.name,
        f"{size}×{size}",
        _number(predicted.get("layers"), "d"),
        _number(predicted.get("parameters"), ",d"),
        *(_number(predicted.get(key), ".1e") for key in ("own", "grown", "keras")),
        _number(timed.get("ratio"), ".2f"),
    )


def _training_row(family: str, trained: dict[str, dict]) -> str:
    application, size = smallest_of(family)
    result = trained.get(family, {})
    return _line(
        application.name,
        f"{size}×{size}",
        *(_number(result.get(key), ".1e") for key in ("exact", "momentums", "momentums of Keras")),
        _number(result.get("share"), ".2f"),
        _number(result.get("trials"), "d"),
        result.get("algorithm", "–"),
    )


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _number(value, form: str) -> str:
    return "–" if value is None else format(value, form)
