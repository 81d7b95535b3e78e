"""What the lessons share: their options, the look of their pictures, and helpers to draw and to check.

There is nothing about networks in here. ``check`` stops a lesson when a statement turns out to be false, so
everything that a lesson says about its numbers is tested.
"""

import argparse
import sys
from pathlib import Path

import matplotlib
import numpy as np

IN_NOTEBOOK = "ipykernel" in sys.modules
parser = argparse.ArgumentParser(description=(sys.modules["__main__"].__doc__ or "").partition("\n")[0])
parser.add_argument("--quick", action="store_true", help="train for a few epochs only, write small pictures")
parser.add_argument("--output", type=Path, default=Path(__file__).with_name("output"), metavar="DIR")
options = parser.parse_args([] if IN_NOTEBOOK else None)
options.output.mkdir(parents=True, exist_ok=True)

if not IN_NOTEBOOK:
    matplotlib.use("Agg")  # pictures go to files, so no display is needed
import matplotlib.pyplot as plt

plt.rcParams |= {
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "savefig.dpi": 50 if options.quick else 130,
    "font.size": 10,
    "axes.titlesize": 11,
    "figure.titlesize": 14,
    "figure.titleweight": "bold",
    "image.interpolation": "nearest",
}
ORANGE, TEAL, YELLOW = "#e66101", "#018571", "#f5c400"
SIGNED = "PuOr_r"  # purple below zero, white at zero, orange above


def save(figure, name):
    """Write a picture to the output folder."""
    figure.savefig(options.output / name)
    print(f"  picture: {name}")


def check(statement, is_true):
    """Stop unless a statement is true."""
    if not is_true:
        raise SystemExit(f"  NOT TRUE: {statement}")
    print(f"  checked: {statement}")


def finish():
    """Say that the lesson is at its end."""
    print(f"Everything checked. The pictures are in {options.output}")


def draw_map(axes, values, title="", cmap="gray", **limits):
    """Draw an image or an activation map."""
    axes.imshow(values, cmap=cmap, **limits)
    axes.set(xticks=[], yticks=[], title=title)


def draw_grid(axes, matrix, title, limit=None, fontsize=11):
    """Draw a small matrix with its numbers."""
    limit = limit or 2.4 * np.abs(matrix).max()  # stay off the dark ends of the colours
    axes.imshow(matrix, cmap=SIGNED, vmin=-limit, vmax=limit)
    for (r, c), value in np.ndenumerate(matrix):
        axes.text(c, r, f"{value:.3g}".replace("-", "−"), ha="center", va="center", fontsize=fontsize)
    axes.set_xticks(np.arange(-0.5, matrix.shape[1]), [])
    axes.set_yticks(np.arange(-0.5, matrix.shape[0]), [])
    axes.grid(color="0.75", linewidth=0.8)
    axes.tick_params(length=0)
    axes.set_title(title)
