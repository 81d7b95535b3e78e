"""The table that ``model.summary()`` prints: Keras's, in plain text."""

import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Sequence

from cnn_scratch.layers import Layer
from cnn_scratch.parameter import Parameter
from cnn_scratch.structure import map_structure
from cnn_scratch.symbolic import Node

HEADER = ("Layer (type)", "Output Shape", "Param #", "Connected to")
SHARES = (0.45, 0.80, 1.0)  # where each column ends, as a share of the line
GRAPH_SHARES = (0.3, 0.56, 0.74, 1.0)  # the same for a graph, with the column of connections
TRAINABLE_SHARE = 0.84  # of the line, for the columns before that of ``show_trainable``
LONGEST, GRAPH_LONGEST = 88, 108  # characters per line
TRAINABLE_LONGER = 12  # with ``show_trainable``
NARROWEST = 40  # in a terminal with less, the table is wider than the terminal


def print_summary(
    model,
    line_length: int | None = None,
    print_fn=None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    positions: Sequence[float] | None = None,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print one row per layer, then the numbers of parameters and their memory.

    Args:
        model: a model; layers that are not built yet have the shape ``?``. If its layers form a graph
            and not a chain, a fourth column says what each reads: layer[call][output].
        line_length: characters per line; by default as in Keras, at most 88 (108 with four columns,
            12 more with ``show_trainable``) and what the terminal has, but at least 40.
        print_fn: called once with the whole text; ``print`` by default.
        expand_nested: whether the layers of models inside the model have rows too.
        show_trainable: whether a last column says which layers learn: Y or N, - for one without parameters.
        positions: where each column ends, as a share of the line; of the columns before the last with
            ``show_trainable``. Four of them, as in Keras's documentation, will do for three columns.
        layer_range: the names of the first and the last layer that have a row, or regular expressions.

    Raises:
        ValueError: a line too short, fewer positions than columns, or a range that is none.
    """
    lines = summary_lines(model, line_length, expand_nested, show_trainable, positions, layer_range)
    text = "\n".join(lines)
    (print_fn or print)(text)


def summary_lines(
    model,
    line_length: int | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    positions: Sequence[float] | None = None,
    layer_range: Sequence[str] | None = None,
) -> list[str]:
    """Return what ``print_summary`` prints, line by line."""
    nodes = None if is_chain(model) else set(model.graph.nodes)
    shares, longest = (SHARES, LONGEST) if nodes is None else (GRAPH_SHARES, GRAPH_LONGEST)
    longest += TRAINABLE_LONGER if show_trainable else 0
    line_length = line_length or max(NARROWEST, min(longest, shutil.get_terminal_size().columns - 4))
    columns = len(shares)
    if positions is not None:
        if len(positions) < columns:
            raise ValueError(f"Expected {columns} positions, one per column. Received: positions={positions}")
        shares = (*positions[: columns - 1], positions[-1])
    header = HEADER[:columns]
    layers = _in_range(model.operations if hasattr(model, "graph") else model.layers, layer_range)
    rows = [(*row[:columns], row[-1]) for row in _rows(layers, expand_nested, nodes or set())]
    if show_trainable:
        header = (*header, "Trainable")
        shares = (*(share * TRAINABLE_SHARE for share in shares), 1.0)
    else:
        rows = [row[:-1] for row in rows]
    return [f'Model: "{model.name}"', *_table(header, rows, shares, line_length), *_totals(model)]


def is_chain(model) -> bool:
    """Return whether every layer reads only the one before it, so that connections go without saying."""
    if not hasattr(model, "graph"):
        return True
    nodes = model.graph.nodes
    readers = Counter(tensor.node for node in nodes for tensor in node.tensors)
    return (
        len(model.inputs) == 1
        and all(len(node.tensors) == 1 for node in nodes)
        and max(readers.values(), default=0) <= 1
        and len({node.layer for node in nodes}) == len(nodes)
    )


def _in_range(layers: list, layer_range: Sequence[str] | None) -> list:
    """Return the layers from the first that matches one pattern to the last that matches the other."""
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(pattern, str) for pattern in layer_range):
        raise ValueError(f"Expected the names of two layers. Received: layer_range={layer_range}")
    first, last = (
        [place for place, layer in enumerate(layers) if re.match(pattern, layer.name)]
        for pattern in layer_range
    )
    if not first or not last:
        raise ValueError(
            f"Expected the names of two layers among {[layer.name for layer in layers]}. "
            f"Received: layer_range={layer_range}"
        )
    if min(first) > max(last):  # the other way round, as in Keras
        first, last = last, first
    return layers[min(first) : max(last) + 1]


def _rows(layers: list, expand_nested: bool, nodes: set[Node], depth: int = 0):
    """Yield the cells of one layer after the other."""
    for layer in layers:
        prefix = "   " * depth + "└ " if depth else ""
        name = f"{prefix}{layer.name} ({type(layer).__name__})"
        learns = "-" if not isinstance(layer, Layer) or not layer.weights else "NY"[layer.trainable]
        yield name, _shape(layer), _count(layer), _connections(layer, nodes), learns
        if expand_nested and hasattr(layer, "layers"):
            yield from _rows(layer.layers, expand_nested, nodes, depth + 1)


def _shape(layer) -> str:
    if not layer.inbound_nodes:
        return "?"
    shapes = map_structure(lambda tensor: str(tensor.shape), layer.inbound_nodes[-1].returned)
    return str(shapes).replace("'", "")


def _count(layer) -> str:
    if not isinstance(layer, Layer):
        return "0"
    return f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"


def _connections(layer, nodes: set[Node]) -> str:
    """Return what the layer reads in this model: ``conv2d[0][0], add[0][0]``."""
    read = [tensor for node in layer.inbound_nodes if node in nodes for tensor in node.tensors]
    found = [f"{t.name}[{t.layer.inbound_nodes.index(t.node)}][{t.index}]" for t in read]
    return ", ".join(found) or "-"


def _table(
    header: tuple[str, ...], rows: list[tuple[str, ...]], shares: tuple[float, ...], line_length: int
) -> list[str]:
    ends = [int(share * line_length) for share in shares]
    widths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    if min(widths) < 4:
        raise ValueError(
            f"Insufficient console width to print the summary. Received: line_length={line_length}"
        )
    widths = _fitted(widths, line_length)
    lines = ["┏" + "┳".join("━" * (w + 2) for w in widths) + "┓"]
    lines += _cells(header, widths, "┃")
    lines.append("┡" + "╇".join("━" * (w + 2) for w in widths) + "┩")
    for number, row in enumerate(rows):
        if number:
            lines.append("├" + "┼".join("─" * (w + 2) for w in widths) + "┤")
        lines += _cells(row, widths, "│")
    lines.append("└" + "┴".join("─" * (w + 2) for w in widths) + "┘")
    return lines


def _fitted(widths: list[int], line_length: int) -> list[int]:
    """Return narrower columns, each by as much as the others: the borders must fit into the line, too."""
    excess = sum(width + 3 for width in widths) + 1 - line_length
    result = []
    for place, width in enumerate(widths):
        share = max(0, round(excess / (len(widths) - place)))
        result.append(max(1, width - share))
        excess -= share
    return result


def _cells(row: tuple[str, ...], widths: list[int], border: str) -> list[str]:
    """Return the lines of one row; a text too long for its column goes on in the next line."""
    columns = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
    height = max(len(column) for column in columns)
    lines = []
    for texts in zip(*(column + [""] * (height - len(column)) for column in columns), strict=True):
        # The numbers of parameters, in the third column, are aligned to the right.
        padded = [
            f" {text:>{width}} " if place == 2 else f" {text:<{width}} "
            for place, (text, width) in enumerate(zip(texts, widths, strict=True))
        ]
        lines.append(border + border.join(padded) + border)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text; of a word that is too long there is the beginning, as in Keras."""
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines] or [""]


def _totals(model) -> list[str]:
    trainable, fixed = model.trainable_weights, model.non_trainable_weights
    state = []
    if model.trainer and model.trainer.parameters:
        state = model.trainer.optimizer.variables
    numbers = {"Total": [*trainable, *fixed, *state], "Trainable": trainable, "Non-trainable": fixed}
    if state:
        numbers["Optimizer"] = state
    return [
        f" {name} params: {sum(p.size for p in group):,} ({memory(group)})" for name, group in numbers.items()
    ]


def memory(parameters: list[Parameter]) -> str:
    """Return the memory of parameters in Keras's units: 964.00 B, 2.85 KB, 13.37 MB."""
    number = float(sum(p.size * _itemsize(p) for p in parameters))
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1024 or unit == "GB":
            return f"{number:.2f} {unit}"
        number /= 1024
    return f"{number:.2f} GB"


def _itemsize(parameter) -> int:
    array = getattr(parameter, "value", parameter)
    return array.dtype.itemsize
