"""The list of planted bugs fits the code: each can still be planted, and names tests that exist.

That the tests catch them is shown by ``python -m tests.planted_bugs``.
"""

import ast

import pytest

from tests.planted_bugs.bug import PROJECT, Bug
from tests.planted_bugs.catalogue import BUGS


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_can_be_planted(bug):
    source = (PROJECT / bug.file).read_text(encoding="utf-8")
    ast.parse(bug.planted_in(source))  # a mistake, not a syntax error
    assert bug.test_files()
    for file in bug.test_files():
        assert (PROJECT / file).is_file(), file


def test_there_are_enough_and_no_two_are_the_same():
    assert len(BUGS) >= 60
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert len({(bug.file, bug.old, bug.new) for bug in BUGS}) == len(BUGS)


def test_a_bug_that_does_not_fit_is_refused():
    bug = Bug("name", "file.py", "a = 1", "a = 2", "says", ("tests/x.py", "-k", "y", "tests/z.py::test_z"))
    assert bug.planted_in("a = 1\n") == "a = 2\n"
    assert bug.test_files() == ["tests/x.py", "tests/z.py"]
    for source in ("b = 1", "a = 1; a = 1"):
        with pytest.raises(ValueError, match=r"exactly once in file\.py"):
            bug.planted_in(source)
