"""What the pictures share: colours, and names that fit."""

TRAINING, VALIDATION, TEST = "#2b6cb0", "#dd6b20", "#4a5568"
GRID = "#e2e8f0"


def label(name: str, most: int = 16) -> str:
    """Return a class name as it can stand in a picture: not too long, and ``$`` without a meaning.

    >>> label("a name that goes on and on")
    'a name that goe…'
    """
    short = name if len(name) <= most else name[: most - 1].rstrip() + "…"
    return short.replace("$", r"\$")


def new_figure(width: float, height: float):
    """Return an empty Matplotlib figure, in inches, that arranges its parts without overlap."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")
