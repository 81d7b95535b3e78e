"""How much there is to install: cnn_scratch and the packages it needs, beside the other libraries.

Run it from the project's folder::

    python -m benchmarks.install_size            prints the table
    python -m benchmarks.install_size --write    writes it into docs/performance.md

It adds up the files of the packages that are installed here, and of all that these require. Compiled
Python files (``.pyc``) are left out: Python makes them when a module is first imported. Optional parts
(the extras) are not counted.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks import document
from cnn_scratch.tables import plain_table

PROGRAM = "python -m benchmarks.install_size"
ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
# What a person asks pip for; the first of several names that is installed.
LIBRARIES: dict[str, list[tuple[str, ...]]] = {
    "PyTorch": [("torch",)],
    "Keras + PyTorch": [("keras",), ("torch",)],
    "Keras + JAX": [("keras",), ("jax",)],
    "Keras + TensorFlow": [("keras",), ("tensorflow-cpu", "tensorflow")],
}
HEADER = ["library", "packages", "files", "MB", "× ours", "the largest"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--output", type=Path, default=DOCUMENT, metavar="FILE", help="another document")
    options = parser.parse_args(arguments)
    rows = table_rows()
    print(plain_table("What has to be installed", HEADER, rows))
    if options.write:
        document.write_block(options.output, PROGRAM, document.table(HEADER, rows))
        print(f"Wrote {options.output}.")
    return 0


def table_rows() -> list[list[str]]:
    """Return a row per library that is installed here; ours first."""
    sizes = {"cnn_scratch": our_sizes()}
    for title, wanted in LIBRARIES.items():
        names = [next((name for name in names if is_installed(name)), None) for names in wanted]
        if None not in names:
            sizes[title] = sizes_of(closure(names))
    ours = total(sizes["cnn_scratch"].values())[1]
    return [_row(title, packages, ours) for title, packages in sizes.items()]


def _row(title: str, packages: dict[str, tuple[int, int]], ours: int) -> list[str]:
    files, size = total(packages.values())
    largest = sorted(packages.items(), key=lambda item: -item[1][1])[:3]
    names = ", ".join(f"{name} {number / 1e6:,.0f}" for name, (_, number) in largest)
    times = "" if title == "cnn_scratch" else f"{size / ours:.1f}×"
    return [title, f"{len(packages):,}", f"{files:,}", f"{size / 1e6:,.0f}", times, names]


def our_sizes() -> dict[str, tuple[int, int]]:
    """Return the files and bytes of this package, and of each package that it requires."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [Requirement(text).name for text in project["dependencies"]]
    ours = [path for path in (ROOT / "cnn_scratch").rglob("*") if path.is_file() and counts(path)]
    return {"cnn_scratch": (len(ours), sum(path.stat().st_size for path in ours))} | sizes_of(closure(needed))


def closure(names: Iterable[str]) -> dict[str, Distribution]:
    """Return the installed packages with these names, and all that they require, and so on."""
    found: dict[str, Distribution] = {}
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found or not is_installed(name):
            continue
        found[name] = distribution(name)
        for text in found[name].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return found


def is_installed(name: str) -> bool:
    """Return whether a package of this name is installed."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def sizes_of(packages: dict[str, Distribution]) -> dict[str, tuple[int, int]]:
    """Return the number of files, and their bytes, of each package."""
    sizes = {}
    for name, package in packages.items():
        paths = [Path(package.locate_file(file)) for file in package.files or () if counts(file)]
        sizes[name] = total((1, path.stat().st_size) for path in paths if path.is_file())
    return sizes


def counts(path) -> bool:
    """Return whether a file was installed, and not made later by running Python or Numba."""
    return path.suffix not in (".pyc", ".nbi", ".nbc")


def total(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the sum of files and the sum of bytes."""
    files = size = 0
    for more_files, more in sizes:
        files, size = files + more_files, size + more
    return files, size


if __name__ == "__main__":
    sys.exit(main())
