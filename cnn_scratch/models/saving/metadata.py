"""What a program needs besides the network: the names of the classes, and how images become inputs."""

from dataclasses import asdict, dataclass
from typing import Any

from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.settings import (
    BOOLEAN,
    NUMBER,
    TEXT,
    Setting,
    Unfit,
    integer,
    list_of,
    optional,
)

MAX_SIDE = 4096  # of an image, as in `datasets.images`
MAX_CLASSES = 100_000


@dataclass(frozen=True)
class Preparation:
    """How an image file becomes an input: resized and made gray as by ``datasets.images``, then scaled.

    Attributes:
        image_size: (H, W).
        grayscale: one channel instead of three.
        value_range: what the bytes 0 and 255 become.
    """

    image_size: tuple[int, int]
    grayscale: bool = False
    value_range: tuple[float, float] = (0, 255)

    def __post_init__(self):
        low, high = self.value_range
        if not low < high:
            raise ValueError(f"Expected `value_range` to be (low, high). Received: {self.value_range}")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one input, (H, W, C)."""
        return (*self.image_size, 1 if self.grayscale else 3)


@dataclass(frozen=True)
class ModelMetadata:
    """Notes that are kept in a model's file; ``model.metadata``.

    Attributes:
        class_names: of the outputs, in order; empty if unknown.
        preparation: of images, or ``None`` if unknown.
    """

    class_names: tuple[str, ...] = ()
    preparation: Preparation | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the notes as JSON has them."""
        preparation = None
        if self.preparation is not None:
            preparation = {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in asdict(self.preparation).items()
            }
        return {"class_names": list(self.class_names), "preparation": preparation}


_PREPARATION = {
    "image_size": list_of(integer(1, MAX_SIDE), 2),
    "grayscale": BOOLEAN,
    "value_range": list_of(NUMBER, 2),
}
_NOTES = {
    "class_names": list_of(TEXT),
    "preparation": optional(Setting("an object", lambda value, reader: _preparation(value, reader))),
}


def read_metadata(value: Any, reader) -> ModelMetadata:
    """Return the notes from JSON; ``reader`` checks them (a ``NodeReader``).

    Raises:
        ModelFileError: they are not such notes.
    """
    notes = reader.settings(_NOTES, value, "class_names and preparation")
    names = tuple(notes.get("class_names", ()))
    if len(names) > MAX_CLASSES:
        reader.fail(f"expected at most {MAX_CLASSES} class names", len(names))
    return ModelMetadata(names, notes.get("preparation"))


def _preparation(value: Any, reader) -> Preparation:
    if type(value) is not dict:
        raise Unfit
    settings = reader.settings(_PREPARATION, value, "preparation")
    if missing := set(_PREPARATION) - set(settings):
        reader.fail("preparation: expected image_size, grayscale and value_range", f"no {sorted(missing)}")
    try:
        return Preparation(**{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})
    except ValueError as error:
        raise ModelFileError(f"{reader.place}: preparation: {error}") from None
