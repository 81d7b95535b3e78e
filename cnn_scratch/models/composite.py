"""Composite: what a layer that is made of layers has, beside what it computes."""

from cnn_scratch.layers import Layer
from cnn_scratch.models import saving
from cnn_scratch.models.summary import print_summary
from cnn_scratch.parameter import Parameter


class Composite(Layer):
    """A layer made of layers: it has their parameters, and none of its own."""

    layers: list[Layer]
    metadata = saving.ModelMetadata()  # class names and the preparation of images, kept in files

    # Parameters -------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Parameter]:
        """The parameters of all layers, layer by layer, as in Keras; each once."""
        return _once(parameter for layer in self.layers for parameter in layer.weights)

    @property
    def variables(self) -> list[Parameter]:
        return _once(variable for layer in self.layers for variable in layer.variables)

    @property
    def trainable_weights(self) -> list[Parameter]:
        return self.learning_weights if self.trainable else []

    @property
    def learning_weights(self) -> list[Parameter]:
        """The parameters that a model around this one trains.

        A layer that learns again inside of a frozen model is among them: what counts is the layer, as in
        Keras.
        """
        return _once(parameter for layer in self.layers for parameter in layer.learning_weights)

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        trained = {id(parameter) for parameter in self.trainable_weights}
        return [parameter for parameter in self.weights if id(parameter) not in trained]

    @Layer.trainable.setter
    def trainable(self, value: bool) -> None:
        """Set ``trainable`` of the model and of every layer in it, as Keras does."""
        self._trainable = bool(value)
        for layer in getattr(self, "layers", ()):
            layer.trainable = value

    # Looking and keeping ----------------------------------------------------------------------

    def summary(
        self,
        line_length: int | None = None,
        print_fn=None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        positions=None,
        layer_range=None,
    ) -> None:
        """Print the layers with their output shapes and numbers of parameters, as Keras does.

        Args:
            line_length, print_fn, expand_nested, show_trainable, positions, layer_range: see
                ``models/summary.py``.
        """
        print_summary(self, line_length, print_fn, expand_nested, show_trainable, positions, layer_range)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or its place.

        Raises:
            ValueError: there is no such layer, or not exactly one of the two arguments was given.
        """
        if (name is None) == (index is None):
            raise ValueError(
                f"Provide either a layer name or a layer index. Received: name={name}, index={index}"
            )
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"Expected a layer index below {len(self.layers)}. Received: index={index}")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}"
        )

    def to_json(self, **options) -> str:
        """Return the configuration as JSON, for ``models.model_from_json`` here or in Keras.

        Args:
            options: of ``json.dumps``, ``indent`` for example.
        """
        return saving.model_to_json(self, **options)

    def save(self, filepath, overwrite: bool = True, zipped: bool | None = None) -> None:
        """Write the whole model to a file ``….keras``, which Keras reads too; see ``saving.save_model``.

        Args:
            filepath, overwrite: see there.
            zipped: ``True``, which ``None`` means, too: one file. Keras has folders besides.
        """
        if zipped is not None and not zipped:
            raise ValueError(
                f"A model is written to one file: expected zipped=True. Received: zipped={zipped}"
            )
        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath, overwrite: bool = True) -> None:
        """Write all weights, and the optimizer's state, to a file ``….weights.h5`` that Keras reads too."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath, skip_mismatch: bool = False, by_name: bool = False) -> None:
        """Read the weights, and the optimizer's state if it is there; see ``saving.load_weights``.

        Raises:
            ModelFileError: the file is damaged, or does not fit the model; nothing is changed then.
        """
        saving.load_weights(self, filepath, skip_mismatch, by_name)


def _once(parameters) -> list[Parameter]:
    """Return the parameters without repetitions: a layer may be part of two models in this one."""
    return list({id(parameter): parameter for parameter in parameters}.values())
