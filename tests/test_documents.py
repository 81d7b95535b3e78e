"""What the documents say is so: links lead somewhere, files that they name are there, programs run."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLACES = ("", "cnn_scratch", "cnn_scratch/models", "cnn_scratch/models/saving", "cnn_scratch/layers")
# Files of a run, of a model or of a person's own, which the documents speak of.
NOT_OURS = re.compile(r"(history|profile)\.csv|(config|metadata|results)\.json|photos/|runs/|profile/")


def documents() -> list[Path]:
    """Return the documents that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True
    )
    names = listed.stdout.split() or [str(path.relative_to(ROOT)) for path in ROOT.glob("*.md")]
    return [ROOT / name for name in names if (ROOT / name).exists()]


def python_blocks(document: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_names_of_files_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    links = {link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    missing = [link for link in links if link and not (document.parent / link).exists()]
    named = re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:py|md|json|csv))?|[\w-]+\.(?:md|json|csv))`", text)
    for name in set(named):
        found = any(os.path.exists(ROOT / place / name) for place in PLACES)
        if not found and not (document.parent / name).exists() and not NOT_OURS.fullmatch(name):
            missing.append(name)
    assert missing == []


def test_the_programs_of_the_readme_run(tmp_path, monkeypatch, capsys):
    """The first trains (for one epoch here) and saves a model, the second makes a graph."""
    monkeypatch.chdir(tmp_path)
    first, second = python_blocks(ROOT / "README.md")[:2]
    assert "epochs=20" in first
    names = {}
    exec(first.replace("epochs=20", "epochs=1"), names)
    assert names["x_train"].shape == (1438, 8, 8)
    assert Path("digits.keras").exists()
    exec(second, names)
    assert names["model"].output_shape == (None, 10)
