"""Documents of which one part is written by a command: what stands between its two marker lines."""

from pathlib import Path


def markers(command: str) -> tuple[str, str]:
    """Return the two lines between which the results of ``command`` stand."""
    return f"<!-- {command} --write: begin -->", f"<!-- {command} --write: end -->"


def replace_block(text: str, command: str, body: str, path: Path) -> str:
    """Return ``text`` with everything between the markers of ``command`` replaced by ``body``.

    Raises:
        ValueError: the two markers are not there once each, in this order.
    """
    begin, end = markers(command)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"Expected the lines {begin!r} and {end!r} once each in {path}.")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n\n{body}\n\n{end}{after}"


def write_block(path: Path, command: str, body: str) -> None:
    """Write ``body`` between the markers of ``command`` in the document at ``path``; the rest of it stays."""
    path.write_text(replace_block(path.read_text(encoding="utf-8"), command, body, path), encoding="utf-8")


def table(header: list[str], rows: list[list[str]], text_columns: int = 1) -> str:
    """Return a Markdown table; numbers, after the first ``text_columns``, stand to the right."""
    rule = ["---"] * text_columns + ["---:"] * (len(header) - text_columns)
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, rule, *rows])
