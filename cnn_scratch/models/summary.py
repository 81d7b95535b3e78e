"""The table that ``model.summary()`` prints: Keras's, in plain text."""

import shutil
import textwrap

from cnn_scratch.parameter import Parameter

HEADER = ("Layer (type)", "Output Shape", "Param #")
SHARES = (0.45, 0.80, 1.0)  # where each column ends, as a share of the line


def print_summary(model, line_length: int | None = None, print_fn=None, expand_nested: bool = False) -> None:
    """Print one row per layer, then the numbers of parameters and their memory.

    Args:
        model: a model; layers that are not built yet have the shape ``?``.
        line_length: characters per line; by default as in Keras, at most 88 and what the terminal has.
        print_fn: called once with the whole text; ``print`` by default.
        expand_nested: whether the layers of models inside the model have rows too.
    """
    line_length = line_length or min(88, shutil.get_terminal_size().columns - 4)
    rows = list(_rows(model, expand_nested))
    text = "\n".join([f'Model: "{model.name}"', *_table(rows, line_length), *_totals(model)])
    (print_fn or print)(text)


def _rows(model, expand_nested: bool, depth: int = 0):
    shape = model.input_shape if model.built else None
    for layer in model.layers:
        shape = layer.compute_output_shape(shape) if shape and layer.built else None
        prefix = "   " * depth + "└ " if depth else ""
        count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        yield f"{prefix}{layer.name} ({type(layer).__name__})", str(shape or "?"), count
        if expand_nested and hasattr(layer, "layers"):
            yield from _rows(layer, expand_nested, depth + 1)


def _table(rows: list[tuple[str, str, str]], line_length: int) -> list[str]:
    ends = [int(share * line_length) for share in SHARES]
    widths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    lines = ["┏" + "┳".join("━" * (w + 2) for w in widths) + "┓"]
    lines += _cells(HEADER, widths, "┃")
    lines.append("┡" + "╇".join("━" * (w + 2) for w in widths) + "┩")
    for number, row in enumerate(rows):
        if number:
            lines.append("├" + "┼".join("─" * (w + 2) for w in widths) + "┤")
        lines += _cells(row, widths, "│")
    lines.append("└" + "┴".join("─" * (w + 2) for w in widths) + "┘")
    return lines


def _cells(row: tuple[str, str, str], widths: list[int], border: str) -> list[str]:
    """Return the lines of one row; a text too long for its column goes on in the next line."""
    columns = [textwrap.wrap(text, width) or [""] for text, width in zip(row, widths, strict=True)]
    height = max(len(column) for column in columns)
    lines = []
    for texts in zip(*(column + [""] * (height - len(column)) for column in columns), strict=True):
        padded = [f" {texts[0]:<{widths[0]}} ", f" {texts[1]:<{widths[1]}} ", f" {texts[2]:>{widths[2]}} "]
        lines.append(border + border.join(padded) + border)
    return lines


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
