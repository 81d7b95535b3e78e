"""The table of the 40 models as a Markdown document."""

from importlib.metadata import version

from tests.applications.catalogue import APPLICATIONS
from tests.applications.compare import BOUND, FURTHER_THAN_KERAS, GROWN_BOUND
from tests.applications.training import BOUND as TRAINED_BOUND
from tests.applications.training import BOUND_OF_ROUNDED, ROUNDED

INTRODUCTION = f"""# The models of keras.applications

Keras builds each of its 40 image models with `weights=None`. Every parameter and every moving
statistic gets a random value under which activations neither grow nor vanish, and Keras saves the
model to a `.keras` file. cnn_scratch reads the file, and the outputs of **every layer** are
compared with Keras's on TensorFlow, in float32.

`python -m tests.applications` measures it, `--train` and `--time` the columns of those names, and
`--write` writes this page. A small model of each family is part of the tests
(`tests/applications/test_families.py`).

**How to read it.** A difference is the largest |ours − Keras's| among the outputs of a layer, as a
share of the largest |Keras's|; one rounding is 6e-8.

- **one layer**: the worst layer, each given Keras's own outputs of the layers before it. It may be
  {BOUND["float32"]:.1e}, the rounding of Winograd's convolution
  ([why](decisions/0005-winograd.md)).
- **all layers**: the worst layer when each reads our outputs. Rounding errors grow over hundreds of
  layers of random weights, in Keras as here; the bound is {GROWN_BOUND["float32"]:.1e}.
- **predictions**: the probabilities of the whole model.
- **trained**: the largest difference in the weights and momentums after three steps, in float64, of
  the family's small model, with dropout and stochastic depth off. It may be {TRAINED_BOUND:.0e};
  {BOUND_OF_ROUNDED:.0e} in the families {", ".join(sorted(ROUNDED))}, where Keras rounds constants
  to float32.
- **time**: of a prediction of 16 images, as a share of Keras's on TensorFlow with oneDNN on the
  same machine (below 1 we are faster); measured in turns, the median of the ratios. "–" stands
  where it was not measured.

Beyond the bound of *all layers* the same model in float64 decides whose the rounding errors are: ours
may be {FURTHER_THAN_KERAS} times as far from its outputs as Keras's, since Winograd's rounding is
larger than that of direct sums. So it is for EfficientNetV2L, of whose 1,030 layers 17 are beyond;
there Keras's own error reaches 1.3e-3, and no layer of ours is more than 3.6 times as far from
float64 as Keras's.

The random values were chosen so that errors grow little, with EfficientNetB7 as the measure: under wider ones
they grew more, in Keras as here. So *one layer* is the strong result, and *all layers* shows that nothing
is lost between the layers. The steps of training are small (a learning rate of 2⁻²⁰), because with
random weights larger ones leave every bound within three steps; what is compared is mostly the momentums,
which are the gradients.
"""

HEAD = (
    "| model | images | layers | parameters | one layer | all layers | predictions | trained | time |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
)


def document(results: dict[str, dict]) -> str:
    """Return the page."""
    measured = results.get("predict", {})
    rows = [_row(one, results) for one in APPLICATIONS]
    agreeing = sum(one.name in measured for one in APPLICATIONS)
    count = f"{agreeing} of {len(APPLICATIONS)} models agree with Keras.\n"
    versions = f"\nKeras {version('keras')}, TensorFlow {version('tensorflow-cpu')}."
    return "\n".join([INTRODUCTION, count, *HEAD, *rows, versions]) + "\n"


def _row(application, results: dict[str, dict]) -> str:
    name = application.name
    predicted, timed = (results.get(kind, {}).get(name, {}) for kind in ("predict", "time"))
    trained = results.get("train", {}).get(application.family, {})
    size = predicted.get("size", application.size)
    cells = [
        name,
        f"{size}×{size}",
        _number(predicted.get("layers"), "d"),
        _number(predicted.get("parameters"), ",d"),
        *(_number(predicted.get(key), ".1e") for key in ("own", "grown", "predictions")),
        _number(trained.get("trained"), ".1e"),
        _number(timed.get("ratio"), ".2f"),
    ]
    return "| " + " | ".join(cells) + " |"


def _number(value, form: str) -> str:
    return "–" if value is None else format(value, form)
