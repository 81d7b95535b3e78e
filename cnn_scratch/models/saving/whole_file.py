"""Files that are there as a whole, or as they were before."""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path of a new file, which takes the place of ``path`` at the end.

    A run that is interrupted while it saves must not leave half a file in the place of a whole one; so the
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
    except (RuntimeError, OSError) as error:  # of HDF5, when the disk is full: many words without a number
        if getattr(error, "errno", None) is not None:
            raise
        reason = re.search("error message = '(.+?)'", str(error))
        message = f"Could not write the file ({reason[1] if reason else error})"
        raise OSError(errno.EIO, message, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)
