"""Fetching a file once, from the first mirror that has it, into a folder where it stays.

A downloaded file is used only if its SHA-256 sum is the known one, so it does not matter whether a
mirror, or the way to it, can be trusted.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnn_scratch.datasets.errors import DatasetError

CACHE_VARIABLE = "CNN_SCRATCH_DATA"
TIMEOUT = 20  # seconds without an answer, after which the next mirror is tried
CHUNK = 2**16  # bytes

# Called as progress(what, done, total) while something long goes on.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class RemoteFile:
    """A file on the network: its name, its SHA-256 sum, and the addresses it can be had from."""

    name: str
    sha256: str
    urls: tuple[str, ...]


def cache_folder() -> Path:
    """Return the folder for downloaded files: ``$CNN_SCRATCH_DATA``, or the system's cache folder."""
    if os.environ.get(CACHE_VARIABLE):
        return Path(os.path.expanduser(os.environ[CACHE_VARIABLE]))
    try:
        import pooch
    except ImportError:
        return Path(os.path.expanduser("~/.cache/cnn_scratch"))
    return Path(pooch.os_cache("cnn_scratch"))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 sum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(remote: RemoteFile, subfolder: str, progress: Progress | None = None) -> Path:
    """Return where the file is, after downloading it if it is not there yet.

    A file that is already there is used if its sum is right, and downloaded anew if not.

    Args:
        remote: the file.
        subfolder: of the cache folder, for example ``"mnist"``.
        progress: called with the file's name, the bytes received and the bytes to come.

    Raises:
        DatasetError: if no mirror could deliver the right file; the message names each mirror,
            what happened there, and where to put the file by hand.
    """
    folder = cache_folder() / subfolder
    path = folder / remote.name
    by_hand = (
        f"put {remote.name} into {folder} by hand, or give the folder that has it as data_dir (--data-dir)"
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        received = sha256_of(path) if path.exists() else None
    except OSError as error:
        raise DatasetError(
            f"Expected a cache folder that can be used. Received: {folder} ({error.strerror or error}). Set "
            f"{CACHE_VARIABLE} to another folder."
        ) from error
    if received == remote.sha256:
        return path

    problem = f"Could not download {remote.name}"
    if received is not None:
        problem = (
            f"Expected {path} to have the SHA-256 sum {remote.sha256}. Received: {received}; and it could "
            f"not be downloaded anew"
        )
    try:
        import pooch
    except ImportError as error:
        raise DatasetError(
            f"{problem}: the package pooch is missing. Run: pip install 'cnn_scratch[train]'. Or fetch "
            f"{remote.urls[0]} yourself and {by_hand}."
        ) from error
    failures = _try_mirrors(pooch, remote, folder, progress)
    if len(failures) < len(remote.urls):
        return path
    raise DatasetError(f"{problem}. Tried: {'; '.join(failures)}. Without a network, {by_hand}.")


def _try_mirrors(pooch, remote: RemoteFile, folder: Path, progress: Progress | None) -> list[str]:
    """Download from the first mirror that delivers; return what went wrong at those before it."""
    failures = []
    logger = pooch.get_logger()
    level = logger.level
    if progress is not None:
        logger.setLevel("WARNING")  # one report on the screen is enough
    try:
        for url in remote.urls:
            bar = _PoochProgress(remote.name, progress) if progress else False
            downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT, chunk_size=CHUNK)
            try:
                pooch.retrieve(
                    url, f"sha256:{remote.sha256}", fname=remote.name, path=folder, downloader=downloader
                )
                break
            except (OSError, ValueError) as error:  # every network error is an OSError
                failures.append(f"{url} ({_reason(error)})")
    finally:
        logger.setLevel(level)
    return failures


def _reason(error: Exception) -> str:
    """Say in a few words what an error of the network was."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code}"
    if isinstance(error, ValueError) and "hash" in str(error):
        return "the file there has another checksum"
    names = {kind.__name__ for kind in type(error).__mro__}
    if "Timeout" in names:
        return f"no answer in {TIMEOUT} s"
    if "ConnectionError" in names:
        return "no connection"
    return f"{type(error).__name__}: {error}"


class _PoochProgress:
    """What pooch takes for a progress bar: it passes the figures on to a function."""

    def __init__(self, what: str, progress: Progress):
        self.what = what
        self.progress = progress
        self.total = 0
        self.done = 0

    def update(self, amount: int) -> None:
        self.done = min(self.done + amount, self.total)  # the last piece is smaller than pooch says
        self.progress(self.what, self.done, self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        """Nothing to close."""
