"""A Keras model and ours, compared at the output of every layer.

Twice: each layer on what Keras's layers before it gave, so that a difference belongs to that layer alone; and
all layers on what our own layers before them gave, as in a prediction. There rounding errors grow, in Keras
as here, by a factor that depends on the weights. So our model in float64 is the judge: in float32 we must be
about as near to it as Keras.
"""

from dataclasses import dataclass

import keras
import numpy as np

import cnn_scratch

# 64 units in the last place of the layer's largest value: what Winograd's convolution could cost when this
# bound was set (docs/decisions/0005-winograd.md).
BOUND = 2.0**-17
# Apart from that our errors may be this many times as large as Keras's: both add up the same terms in another
# order, so they are of one size, and of many errors the largest are compared.
TIMES_KERAS = 4


@dataclass(frozen=True)
class LayerDifference:
    """How far the outputs of one layer are off: the largest difference / the largest value."""

    layer: str
    own: float  # from Keras's, given Keras's inputs
    grown: float  # from float64, given the outputs of our layers before it
    keras: float  # Keras's from float64, given the outputs of Keras's layers before it

    @property
    def bound(self) -> float:
        """How large ``grown`` may be: what the layer may add itself, and what it may inherit."""
        return BOUND + TIMES_KERAS * self.keras

    def is_small(self) -> bool:
        """Return whether both differences are within their bounds."""
        return self.own <= BOUND and self.grown <= self.bound


def compare_layers(ours, theirs: keras.Model, images: np.ndarray) -> list[LayerDifference]:
    """Return a difference per call of a layer, in the order in which they are computed."""
    nodes = ours.graph.nodes
    expected = _outputs_of_keras(theirs, images)
    names = _numbered(node.layer.name for node in nodes)
    assert sorted(names) == sorted(set(expected) - set(_numbered(ours.input_names)))
    known = dict(zip(ours.inputs, ours.prepare_inputs(images), strict=True))
    known |= {node.outputs[0]: expected[name] for node, name in zip(nodes, names, strict=True)}
    differences = []
    for node, name, whole, exact in zip(
        nodes, names, _outputs(ours, images), _outputs(in_float64(ours), images), strict=True
    ):
        check_health(name, expected[name])
        assert (whole.dtype.name, exact.dtype.name) == ("float32", "float64")
        own = node.layer.infer(node.fill_in(known))
        differences.append(
            LayerDifference(
                name,
                own=relative(own, expected[name]),
                grown=relative(whole, exact),
                keras=relative(expected[name], exact),
            )
        )
    return differences


def assert_same_predictions(ours, theirs: keras.Model, images) -> list[LayerDifference]:
    """Return the differences; raise, and name the first layer, if one is too large."""
    differences = compare_layers(ours, theirs, images)
    wrong = [one for one in differences if not one.is_small()]
    assert not wrong, f"{len(wrong)} of {len(differences)} layers differ, the first is {wrong[0]}"
    # The model itself, which lets go of what it has read, and keeps nothing for a backward pass.
    whole = relative(ours.predict(images), keras.ops.convert_to_numpy(theirs(images, training=False)))
    last = differences[-1]
    assert whole <= last.grown + last.keras + BOUND, f"predictions: {whole:.1e}"
    return differences


def in_float64(ours):
    """Return our model computing in float64, with the same weights."""
    exact = cnn_scratch.models.model_from_json(ours.to_json().replace('"float32"', '"float64"'))
    exact.set_weights(ours.get_weights())
    return exact


def relative(values: np.ndarray, exact: np.ndarray) -> float:
    """Return the largest difference as a share of the largest exact value."""
    assert values.shape == exact.shape
    return float(np.abs(values.astype(np.float64) - exact).max() / np.abs(exact).max())


def check_health(name: str, values: np.ndarray) -> None:
    """Raise if a comparison of these outputs would be blind: exploded, dead or saturated."""
    size = np.abs(values).max()
    assert np.isfinite(values).all(), f"{name}: not finite"
    assert size < 1e4, f"{name}: as large as {size:.1e}"
    assert values.std() > 1e-5 * size, f"{name}: constant"
    assert np.count_nonzero(values) > 0.02 * values.size, f"{name}: dead"
    if name in ("predictions", "softmax"):
        assert values.max() < 0.99, f"{name}: saturated"


def _outputs(model, images: np.ndarray) -> list[np.ndarray]:
    return cnn_scratch.Model(model.inputs, [node.outputs[0] for node in model.graph.nodes]).predict(images)


def _outputs_of_keras(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    names, outputs = [], []

    def watched(operation):
        def call(*inputs, **options):
            result = operation(*inputs, **options)
            names.append(operation.name)
            outputs.append(keras.ops.convert_to_numpy(result))
            return result

        return call

    model._run_through_graph([keras.ops.convert_to_tensor(images)], operation_fn=watched)
    return dict(zip(_numbered(names), outputs, strict=True))


def _numbered(names) -> list[str]:
    """Return the names, the second of a name with ``:1`` behind it, and so on."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        result.append(name if count == 0 else f"{name}:{count}")
    return result
