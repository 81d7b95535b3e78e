"""Measures everything against Keras, PyTorch, the NumPy definitions and finite differences.

::

    python -m tests.correctness              all of it; writes docs/correctness.md
    python -m tests.correctness --only ReLU  the layers whose name contains ReLU; prints, writes nothing
"""

import argparse
import logging
import os
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # it is wrong for some convolutions; see differences.md

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "correctness.md"


def main() -> int:
    """Run the command."""
    from tests.correctness.document import table, write_document

    parser = argparse.ArgumentParser(prog="python -m tests.correctness", description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="NAME", help="layers whose name contains NAME; writes nothing")
    options = parser.parse_args()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # PyTorch's, each time that oneDNN is switched off
    warnings.filterwarnings("ignore", message="TF32 acceleration on top of oneDNN")
    start = time.perf_counter()
    sections = {}
    for title, rows in all_sections(options.only):
        sections[title] = list(rows)
        print(f"{title}: {len(sections[title])} rows, {time.perf_counter() - start:.0f} s", flush=True)
    if options.only:
        print("\n".join(line for rows in sections.values() if rows for line in table(rows)))
        return 0
    write_document(sections, DOCUMENT)
    print(f"written: {DOCUMENT}")
    return 0


def all_sections(only: str | None):
    """Yield (title, rows) for every section."""
    from tests.correctness.convolution_cases import CONVOLUTIONS
    from tests.correctness.image_cases import IMAGES
    from tests.correctness.measure import measure
    from tests.correctness.merging_cases import MERGING
    from tests.correctness.normalization_cases import NORMALIZING
    from tests.correctness.other_cases import FUNCTIONS, OTHERS
    from tests.correctness.spatial_cases import SPATIAL
    from tests.correctness.window_cases import WINDOWS

    groups = {
        "Convolution, pooling and padding": WINDOWS,
        "Depthwise, separable, transposed and 1-D convolutions": CONVOLUTIONS,
        "Other sizes and shapes": SPATIAL,
        "Images that change at random": IMAGES,
        "Layers with several inputs": MERGING,
        "Normalization, and the layers of Keras's networks": NORMALIZING,
        "Other layers": OTHERS,
        "Activation functions": FUNCTIONS,
    }
    for title, members in groups.items():
        yield title, (row for group in members if (only or "") in group.layer for row in measure(group))
    if only is None:
        from tests.correctness import mean_rows, other_rows, training_rows

        parts = training_rows.ALL | other_rows.ALL | mean_rows.ALL
        yield from ((title, make_rows()) for title, make_rows in parts.items())


if __name__ == "__main__":
    sys.exit(main())
