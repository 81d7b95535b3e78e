"""The counters of random layers: a run that goes on from a file draws the numbers that would have come.

Keras does not save them; here they are notes beside the model, by the path of the layer's group.
"""

from typing import Any

from cnn_scratch.models.saving.weights import layer_groups
from cnn_scratch.seed_generator import SeedGenerator


def random_state(model) -> dict[str, list[int]]:
    """Return path → [seed, count] for every random layer."""
    return {path: generator.state.value.tolist() for path, generator in _generators(model)}


def _generators(model):
    for path, layer in layer_groups(model):
        if hasattr(layer, "layers"):
            continue
        for number, generator in enumerate(layer._seed_generators):
            yield f"{path}/{number}", generator


def read_random_state(value: Any, model, reader) -> list[tuple[SeedGenerator, list[int]]]:
    """Return (generator, state) for every random layer that the notes know.

    Raises:
        ModelFileError: they are not such notes, or for other layers.
    """
    if value is None:
        return []
    known = dict(_generators(model))
    if type(value) is not dict or not set(value) <= set(known):
        reader.fail("random_state: expected states of the model's random layers", str(value)[:80])
    for state in value.values():
        if (
            type(state) is not list
            or len(state) != 2
            or not all(type(n) is int and 0 <= n < 2**32 for n in state)
        ):
            reader.fail("random_state: expected [seed, count], each below 2³²", state)
    return [(known[path], state) for path, state in value.items()]
