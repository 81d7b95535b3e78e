"""A Keras model and ours, compared at the output of every layer.

Twice: each layer on what Keras's layers before it gave, so that a difference belongs to that layer alone and
has a tight bound; and all layers on what our own layers before them gave, as in a prediction. There rounding
errors grow, and where they grow much the same model in float64 tells whose they are.
"""

from dataclasses import dataclass

import keras
import numpy as np

import cnn_scratch

# 64 units in the last place of the layer's largest value: what Winograd's convolution may cost
# (docs/decisions/0005-winograd.md).
BOUND = {"float32": 2.0**-17, "float64": 2.0**-46}
# Rounding errors grow from layer to layer, in Keras as here: over 800 layers of random weights up to a
# thousandfold.
GROWN_BOUND = {"float32": 2.0**-10, "float64": 2.0**-39}
# Where they grow more, the same model in float64 decides: ours may be as many times as far from its outputs
# as Keras's are as Winograd's rounding is larger than that of direct sums (6e-6 beside 1e-6, see there).
FURTHER_THAN_KERAS = 6


@dataclass(frozen=True)
class LayerDifference:
    """How far the outputs of one layer are from Keras's: the largest difference / the largest value."""

    layer: str
    dtype: str
    own: float  # given Keras's inputs
    grown: float  # given the outputs of our layers before it

    def is_small(self) -> bool:
        """Return whether both differences are within their bounds."""
        return self.own <= BOUND[self.dtype] and self.grown <= GROWN_BOUND[self.dtype]


def compare_layers(ours, theirs: keras.Model, images: np.ndarray) -> list[LayerDifference]:
    """Return a difference per call of a layer, in the order in which they are computed."""
    nodes = ours.graph.nodes
    expected = _outputs_of_keras(theirs, images)
    names = _numbered(node.layer.name for node in nodes)
    assert sorted(names) == sorted(set(expected) - set(_numbered(ours.input_names)))
    known = dict(zip(ours.inputs, ours.prepare_inputs(images), strict=True))
    known |= {node.outputs[0]: expected[name] for node, name in zip(nodes, names, strict=True)}
    grown = cnn_scratch.Model(ours.inputs, [node.outputs[0] for node in nodes]).predict(images)
    differences = []
    for node, name, whole in zip(nodes, names, grown, strict=True):
        check_health(name, expected[name])
        own = node.layer.infer(node.fill_in(known))
        differences.append(
            LayerDifference(
                name, whole.dtype.name, _relative(own, expected[name]), _relative(whole, expected[name])
            )
        )
    return differences


def assert_same_predictions(ours, theirs: keras.Model, images) -> list[LayerDifference]:
    """Return the differences; raise, and name the first layer, if one is too large."""
    differences = compare_layers(ours, theirs, images)
    wrong = [one for one in differences if not one.is_small()]
    if wrong and all(one.own <= BOUND[one.dtype] and one.dtype == "float32" for one in wrong):
        ratios = compare_with_float64(ours, theirs, images)
        wrong = [one for one in wrong if ratios[one.layer] > FURTHER_THAN_KERAS]
    assert not wrong, f"{len(wrong)} of {len(differences)} layers differ, the first is {wrong[0]}"
    # The model itself, which lets go of what it has read, and keeps nothing for a backward pass.
    whole = _relative(ours.predict(images), keras.ops.convert_to_numpy(theirs(images, training=False)))
    assert whole <= GROWN_BOUND[differences[-1].dtype], f"predictions: {whole:.1e}"
    return differences


def compare_with_float64(ours, theirs: keras.Model, images: np.ndarray) -> dict[str, float]:
    """Return, for each layer, our largest error / Keras's: the distances of both to float64."""
    exact = cnn_scratch.models.model_from_json(ours.to_json().replace('"float32"', '"float64"'))
    exact.set_weights(ours.get_weights())
    keras_outputs = _outputs_of_keras(theirs, images)
    names = _numbered(node.layer.name for node in ours.graph.nodes)
    outputs, truth = (
        cnn_scratch.Model(model.inputs, [node.outputs[0] for node in model.graph.nodes]).predict(images)
        for model in (ours, exact)
    )
    assert {values.dtype.name for values in truth} == {"float64"}
    return {
        name: _relative(our, true) / max(_relative(keras_outputs[name], true), 2.0**-24)
        for name, our, true in zip(names, outputs, truth, strict=True)
    }


def check_health(name: str, values: np.ndarray) -> None:
    """Raise if a comparison of these outputs would be blind: exploded, dead or saturated."""
    size = np.abs(values).max()
    assert np.isfinite(values).all(), f"{name}: not finite"
    assert size < 1e4, f"{name}: as large as {size:.1e}"
    assert values.std() > 1e-5 * size, f"{name}: constant"
    assert np.count_nonzero(values) > 0.02 * values.size, f"{name}: dead"
    if name in ("predictions", "softmax"):
        assert values.max() < 0.99, f"{name}: saturated"


def _relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    assert ours.shape == theirs.shape
    return float(np.abs(ours.astype(np.float64) - theirs).max() / np.abs(theirs).max())


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
