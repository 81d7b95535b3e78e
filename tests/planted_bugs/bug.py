"""What a planted bug is."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Bug:
    """One realistic mistake: a piece of a file of the package, and what stands there instead.

    Attributes:
        name: short and unique, for ``--only``.
        file: path from the project's root.
        old: the text to replace; it stands in the file exactly once.
        new: the mistake.
        says: what is wrong, in a sentence.
        tests: arguments of pytest, the tests that should notice: files, node ids, ``-k …``.
    """

    name: str
    file: str
    old: str
    new: str
    says: str
    tests: tuple[str, ...]

    def planted_in(self, source: str) -> str:
        """Return the source of the file with the bug in it.

        Raises:
            ValueError: the old text is not there exactly once, or the new one is the same.
        """
        found = source.count(self.old)
        if found != 1 or self.old == self.new:
            raise ValueError(
                f"Planted bug '{self.name}': expected its old text exactly once in {self.file}, and "
                f"another text in its place. Received: {found} times {self.old!r}"
            )
        return source.replace(self.old, self.new)

    def fingerprint(self) -> str:
        """Return eight letters that change when what is planted, or what should notice it, does."""
        text = repr((self.name, self.file, self.old, self.new, self.tests))
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def test_files(self) -> list[str]:
        """Return the files that ``tests`` name."""
        files = []
        arguments = iter(self.tests)
        for argument in arguments:
            if argument.startswith("-"):
                next(arguments)  # an option and its value
            else:
                files.append(argument.split("::")[0])
        return files
