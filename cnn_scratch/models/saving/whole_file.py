"""Files that are there as a whole, or as they were before."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path of a new file, which takes the place of ``path`` at the end.

    A run that is interrupted while it saves must not leave half a file in place of a whole one; so the
    new file is a neighbour until then, and is removed if anything fails. Its name is drawn anew each time:
    two processes may save to one path, and the last one to end wins. A link stays, and leads to the new file.

    Raises:
        FileNotFoundError: the folder is not there.
        IsADirectoryError: ``path`` is a folder.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "No such folder to save in", str(path.parent))
    if target.is_dir():
        raise IsADirectoryError(
            errno.EISDIR, "Expected the name of a file to save. Received a folder", str(path)
        )
    partial = target.with_name(f"{target.name[:50]}-{secrets.token_hex(8)}.partial")
    try:
        yield partial
        partial.replace(target)
    except (RuntimeError, OSError) as error:
        if getattr(error, "filename", None) is not None:
            raise
        # A full disk: Python does not name the file, HDF5 names the neighbour in many words.
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else f"Could not write the file ({error})"
        raise OSError(number or errno.EIO, reason, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)
