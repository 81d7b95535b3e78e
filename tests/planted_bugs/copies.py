"""Temporary copies of the project, in which bugs are planted and the tests are run."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.planted_bugs.bug import PROJECT, Bug

KERNELS = "cnn_scratch/kernels"
LONGEST = 600  # seconds for the tests of one bug


@dataclass(frozen=True)
class Outcome:
    """What the tests said to a bug.

    Attributes:
        bug: the bug that was planted.
        verdict: ``"caught"`` (a test failed), ``"missed"`` (all passed), or what else happened, such as
            ``"broken"``: the tests could not even be collected, so no test can claim the catch.
        test: the first test that failed.
        report: the end of pytest's output.
    """

    bug: Bug
    verdict: str
    test: str = ""
    report: str = ""


class Copy:
    """A copy of the package and its tests in a folder of its own.

    Compiled kernels are kept beside their source files, and count as long as the file's time of
    change and its size stay the same; so both are copied, and only a changed kernel is compiled again.

    Args:
        folder: where the copy goes.
        source: what is copied: the project, or another copy with more compiled kernels in it.
    """

    def __init__(self, folder: Path, source: Path = PROJECT):
        self.folder = folder
        self.source = source
        folder.mkdir()
        for name in ("cnn_scratch", "tests"):
            shutil.copytree(source / name, folder / name)
        shutil.copy2(source / "pyproject.toml", folder)

    def try_bug(self, bug: Bug) -> Outcome:
        """Plant a bug, run its tests, and take it out again."""
        path = self.folder / bug.file
        path.write_text(bug.planted_in(path.read_text(encoding="utf-8")), encoding="utf-8")
        if bug.file.startswith(KERNELS):
            self._forget_compiled(path.stem)
        try:
            result = self.run_tests(["-x", "--tb=no", *bug.tests], LONGEST)
        except subprocess.TimeoutExpired:
            return Outcome(bug, "hung", report=f"no end after {LONGEST} s")
        finally:
            self._restore()
        failed = re.findall(r"^FAILED (.+?)(?: - |$)", result.stdout, re.MULTILINE)
        verdicts = {0: "missed", 1: "caught" if failed else "broken"}
        verdict = verdicts.get(result.returncode, "broken")
        return Outcome(bug, verdict, failed[0] if failed else "", result.stdout[-2000:])

    def run_tests(self, arguments: list[str], timeout: float | None = None) -> subprocess.CompletedProcess:
        """Run pytest in this copy, for at most ``timeout`` seconds."""
        environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
        environment |= {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, timeout=timeout, capture_output=True, text=True
        )

    def _forget_compiled(self, module: str) -> None:
        """Delete the machine code of the kernels that contain code of ``module``.

        A changed file is noticed, but not the files that call its functions.
        """
        kernels = self.folder / KERNELS
        stale, found = {module}, set()
        while stale:
            name = stale.pop()
            found.add(name)
            importing = rf"kernels(\.{name} import| import {name}\b)"
            users = {p.stem for p in kernels.glob("*.py") if re.search(importing, p.read_text("utf-8"))}
            stale |= users - found
        for name in found:
            for path in (kernels / "__pycache__").glob(f"{name}.*.nb[ic]"):
                path.unlink()

    def _restore(self) -> None:
        shutil.rmtree(self.folder / "cnn_scratch")
        shutil.copytree(self.source / "cnn_scratch", self.folder / "cnn_scratch")
