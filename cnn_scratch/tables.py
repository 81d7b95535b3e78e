"""Tables on the screen: plain text, or with rich where that package is there."""


def plain_table(title: str, header: list[str], rows: list[list[str]]) -> str:
    """Return a table as text.

    >>> print(plain_table("Test", ["class", "images"], [["cat", "12"], ["horse", "7"]]))
    Test
      class  images
      cat        12
      horse       7
    """
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = [title]
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        lines.append("  " + "  ".join(cells))
    return "\n".join(lines)


def print_rich_table(title: str, header: list[str], rows: list[list[str]]) -> bool:
    """Print a table with rich; return whether that package is there."""
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    # Text, not str: a model or a class called "[red]" is a name and no instruction to rich.
    title = Text(title, style="bold")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(header):
        table.add_column(name, justify="right" if number else "left", style="" if number else "cyan")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
    return True
