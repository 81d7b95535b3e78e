"""Models from their configurations, without memory for their parameters."""

from typing import Any

from cnn_scratch.models.saving.errors import ModelFileError, shorten
from cnn_scratch.models.saving.keras2_graph import modern_graph
from cnn_scratch.models.saving.settings import BOOLEAN, DTYPE, SHAPE, TEXT, Setting, Unfit, optional

# One layer may be called often, a model in a model all the more: a short file could ask for a day of work.
MAX_CALLS = 30_000
MAX_ENDS = 1000  # inputs, or outputs, of one model; tensors that one call reads
MAX_NESTING = 32


def _list(value: Any, _) -> list:
    if type(value) is not list:
        raise Unfit
    return value


def _ends(value: Any, _) -> Any:
    """An address, a list of addresses, or an object of them; ``functional_config`` looks into it."""
    if type(value) not in (list, dict) or len(value) > MAX_ENDS:
        raise Unfit
    return value


_SEQUENTIAL = {
    "name": TEXT,
    "trainable": BOOLEAN,
    "dtype": DTYPE,
    "layers": Setting("a list of layers", _list),
    "build_input_shape": optional(SHAPE),
}
_FUNCTIONAL = {
    "name": TEXT,
    "trainable": BOOLEAN,
    "dtype": DTYPE,
    "layers": Setting("a list of layers", _list),
    "input_layers": Setting(f"at most {MAX_ENDS} addresses of tensors", _ends),
    "output_layers": Setting(f"at most {MAX_ENDS} addresses of tensors", _ends),
}


class ModelReader:
    """Puts models together from nodes, and counts what that costs.

    Args:
        reader: the ``NodeReader`` for the layers.
    """

    def __init__(self, reader):
        self._reader = reader
        self._costs: dict[
            int, tuple[Any, int]
        ] = {}  # of each model, which is kept so that its id stays its own
        self._calls = 0
        self._depth = 0

    def read(self, cls: type, config: dict, label: str):
        """Return a model of class ``cls``."""
        from cnn_scratch.models.functional import Functional
        from cnn_scratch.models.sequential import Sequential

        self._depth += 1
        if self._depth > MAX_NESTING:
            self._reader.fail(f"expected at most {MAX_NESTING} models inside each other", label)
        is_graph = issubclass(cls, Functional)
        known, others = _FUNCTIONAL if is_graph else _SEQUENTIAL, {}
        if cls not in (Functional, Sequential):  # your own class may write more
            others = {key: value for key, value in config.items() if key not in known}
            config = {key: value for key, value in config.items() if key in known}
        settings = self._reader.settings(known, config, label)
        if missing := {"layers", *(("input_layers", "output_layers") if is_graph else ())} - set(settings):
            self._reader.fail(f"{label}: expected {', '.join(sorted(missing))}", "none")
        try:
            make = self._graph if is_graph else self._stack
            model = make(cls, settings, others, label)
        except ModelFileError:
            raise
        except (ValueError, TypeError, KeyError, ArithmeticError, AttributeError, IndexError) as error:
            raise ModelFileError(f"{self._reader.place}: {label}: {shorten(str(error))}") from error
        self._depth -= 1
        return model

    def _stack(self, cls: type, settings: dict, others: dict, label: str):
        layers = [self._reader.layer(node) for node in settings["layers"]]
        cost = self._count(((layer, 1) for layer in layers), label)
        model = cls.from_config({**others, **settings, "layers": layers})
        self._costs[id(model)] = (model, cost)
        return model

    def _graph(self, cls: type, settings: dict, others: dict, label: str):
        from cnn_scratch.models.functional_config import graph_from_config

        for entry in settings["layers"]:
            calls = entry.get("inbound_nodes") if type(entry) is dict else None
            if type(calls) is not list or type(entry.get("name")) is not str:
                self._reader.fail(f"{label}: expected layers with a name and a list of inbound_nodes", entry)
        settings = modern_graph(settings)
        entries = settings["layers"]
        layers = [self._reader.layer(entry) for entry in entries]
        calls = zip(layers, (len(entry["inbound_nodes"]) for entry in entries), strict=True)
        cost = self._count(calls, label)
        made = iter(layers)
        inputs, outputs = graph_from_config(settings, lambda _: next(made))
        about = {key: settings.get(key) for key in ("name", "trainable")}
        model = cls(inputs=inputs, outputs=outputs, **about, **others)
        self._costs[id(model)] = (model, cost)
        return model

    def _count(self, calls, label: str) -> int:
        """Return how many layers are called in one pass through a model; an error if that is too much."""
        cost = sum(times * self._costs.get(id(layer), (None, 1))[1] for layer, times in calls)
        self._calls += cost
        if self._calls > MAX_CALLS:
            self._reader.fail(f"{label}: expected at most {MAX_CALLS} calls of layers", self._calls)
        return cost
