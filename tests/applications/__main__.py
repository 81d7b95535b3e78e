"""Holds the 40 models of keras.applications to Keras, layer by layer.

::

    python -m tests.applications                   every model that has no result yet
    python -m tests.applications --only ResNet50   the models with that in their name, again
    python -m tests.applications --families        a small model of each family (these are tests, too)
    python -m tests.applications --train           three training steps of each family's smallest model
    python -m tests.applications --time            predictions beside Keras's, on an idle machine
    python -m tests.applications --write           write docs/keras-applications.md from the results

Each model is measured in a process of its own, and its result kept in ``tests/applications/results.json``: a
run that was stopped goes on where it was.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RESULTS = Path(__file__).parent / "results.json"
DOCUMENT = ROOT / "docs" / "keras-applications.md"


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.applications", description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="NAME", help="models with NAME in their name, measured again")
    parser.add_argument("--families", action="store_true", help="a small model of each family")
    parser.add_argument(
        "--train", action="store_true", help="three training steps of the smallest model of each family"
    )
    parser.add_argument("--time", action="store_true", help="time predictions beside Keras's")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name} from the results")
    options = parser.parse_args()
    if options.write:
        from tests.applications.document import document

        DOCUMENT.write_text(document(read_results()), encoding="utf-8")
        print(f"written: {DOCUMENT}")
        return 0
    if options.families:
        command = ["pytest", "-q", "tests/applications/test_families.py"]
        return subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode
    kind = "train" if options.train else "time" if options.time else "predict"
    names = [name for name in _names(kind) if options.only is None or options.only in name]
    return max([_measure(kind, name, again=options.only is not None) for name in names], default=1)


def read_results() -> dict[str, dict]:
    """Return what was measured before: by kind and name."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def _names(kind: str) -> list[str]:
    from tests.applications.catalogue import APPLICATIONS, SMALL_MODELS

    return [one.family for one in SMALL_MODELS] if kind == "train" else [one.name for one in APPLICATIONS]


def _measure(kind: str, name: str, again: bool) -> int:
    """Measure one model, print and keep its result; return 1 if it failed, else 0."""
    if not again and name in read_results().get(kind, {}):
        return 0
    command = [sys.executable, "-m", "tests.applications.measure", kind, name]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        print(f"{name}: FAILED\n{run.stderr[-2000:]}", flush=True)
        return 1
    result = json.loads(run.stdout.splitlines()[-1])
    shown = {key: value if isinstance(value, str) else f"{value:.3g}" for key, value in result.items()}
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in shown.items()), flush=True)
    results = read_results()
    results.setdefault(kind, {})[name] = result
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
