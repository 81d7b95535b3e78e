"""Downloads, from a server on this machine: mirrors in turn, checksums, no network, no pooch."""

import dataclasses
import functools
import gzip
import hashlib
import http.server
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from cnn_scratch import datasets
from cnn_scratch.datasets import DatasetError, cifar10, download, mnist
from cnn_scratch.datasets.download import RemoteFile, fetch
from cnn_scratch.datasets.idx_set import IdxSet
from tests.datasets.files import IDX_STEMS, cifar_files, idx_bytes, mnist_arrays, write_tar

pytest.importorskip("pooch", reason="pooch downloads")

CONTENT = bytes(range(256)) * 1000


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/broken/"):
            self.send_error(503)
        elif self.path.startswith("/cut/"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"only this")
            self.close_connection = True
        else:
            super().do_GET()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server(tmp_path):
    """A server of the folder ``tmp_path/served``; ``server.asked`` lists what was asked for."""
    (tmp_path / "served").mkdir()
    handler = functools.partial(Handler, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.asked = []
        running.folder = tmp_path / "served"
        running.url = f"http://127.0.0.1:{running.server_port}/"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and no proxy on the way to this machine."""
    monkeypatch.setenv("CNN_SCRATCH_DATA", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def nobody():
    """The address of a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


def test_fetched_once(server, cache):
    (server.folder / "a.bin").write_bytes(CONTENT)
    remote = RemoteFile("a.bin", sha256(CONTENT), (server.url + "a.bin",))
    path = fetch(remote, "toy")
    assert path == cache / "toy" / "a.bin"
    assert path.read_bytes() == CONTENT
    assert fetch(remote, "toy") == path
    assert server.asked == ["/a.bin"]


def test_the_cache_folder(monkeypatch, tmp_path):
    import pooch

    assert download.cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("CNN_SCRATCH_DATA")
    assert download.cache_folder() == Path(pooch.os_cache("cnn_scratch"))


def test_mirrors_are_tried_in_turn(server, nobody):
    (server.folder / "a.bin").write_bytes(CONTENT)
    (server.folder / "other").mkdir()
    (server.folder / "other" / "a.bin").write_bytes(b"something else")
    mirrors = (
        nobody,
        server.url + "broken/",
        server.url + "missing/",
        server.url + "cut/",
        server.url + "other/",
    )
    urls = tuple(url + "a.bin" for url in (*mirrors, server.url))
    assert fetch(RemoteFile("a.bin", sha256(CONTENT), urls), "toy").read_bytes() == CONTENT
    assert server.asked == ["/broken/a.bin", "/missing/a.bin", "/cut/a.bin", "/other/a.bin", "/a.bin"]


def test_when_no_mirror_has_it(server, nobody, cache):
    (server.folder / "a.bin").write_bytes(b"something else")
    urls = (nobody + "a.bin", server.url + "broken/a.bin", server.url + "none/a.bin", server.url + "a.bin")
    with pytest.raises(DatasetError) as error:
        fetch(RemoteFile("a.bin", sha256(CONTENT), urls), "toy")
    assert str(error.value) == (
        f"Could not download a.bin. Tried: {urls[0]} (no connection); {urls[1]} (HTTP 503); {urls[2]} "
        f"(HTTP 404); {urls[3]} (the file there has another checksum). Without a network, put a.bin into "
        f"{cache / 'toy'} by hand, or give the folder that has it as data_dir (--data-dir)."
    )
    assert list((cache / "toy").iterdir()) == []  # nothing wrong is left behind


def test_a_mirror_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a.bin"
        with pytest.raises(DatasetError, match=r"a\.bin \(no answer in 0\.2 s\)"):
            fetch(RemoteFile("a.bin", sha256(CONTENT), (url,)), "toy")


def test_a_damaged_file_in_the_cache_is_fetched_anew(server, cache):
    (server.folder / "a.bin").write_bytes(CONTENT)
    (cache / "toy").mkdir(parents=True)
    (cache / "toy" / "a.bin").write_bytes(CONTENT[:-1])
    assert fetch(RemoteFile("a.bin", sha256(CONTENT), (server.url + "a.bin",)), "toy").read_bytes() == CONTENT


def test_a_damaged_file_in_the_cache_without_network(nobody, cache):
    (cache / "toy").mkdir(parents=True)
    (cache / "toy" / "a.bin").write_bytes(b"damaged")
    message = (
        rf"a\.bin to have the SHA-256 sum {sha256(CONTENT)}. Received: {sha256(b'damaged')}; .*no connection"
    )
    with pytest.raises(DatasetError, match=message):
        fetch(RemoteFile("a.bin", sha256(CONTENT), (nobody + "a.bin",)), "toy")
    assert (cache / "toy" / "a.bin").read_bytes() == b"damaged"  # a person's file is not removed


def test_a_file_put_there_by_hand_needs_neither_network_nor_pooch(nobody, cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    (cache / "toy").mkdir(parents=True)
    (cache / "toy" / "a.bin").write_bytes(CONTENT)
    assert fetch(RemoteFile("a.bin", sha256(CONTENT), (nobody,)), "toy") == cache / "toy" / "a.bin"


def test_without_pooch(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DatasetError) as error:
        mnist.load_data()
    name = "train-images-idx3-ubyte.gz"
    assert str(error.value) == (
        f"Could not download {name}: the package pooch is missing. Run: pip install 'cnn_scratch[train]'. "
        f"Or fetch {mnist.MIRRORS[0]}{name} yourself and put {name} into {cache / 'mnist'} by hand, "
        "or give the folder that has it as data_dir (--data-dir)."
    )
    monkeypatch.delenv("CNN_SCRATCH_DATA")
    assert download.cache_folder().name == "cnn_scratch"


def test_a_cache_folder_that_cannot_be_made(tmp_path, monkeypatch, nobody):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNN_SCRATCH_DATA", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"file/toy \(Not a directory\). Set CNN_SCRATCH_DATA to another"):
        fetch(RemoteFile("a.bin", sha256(CONTENT), (nobody,)), "toy")


def test_progress(server):
    (server.folder / "a.bin").write_bytes(CONTENT)
    calls = []
    remote = RemoteFile("a.bin", sha256(CONTENT), (server.url + "a.bin",))
    fetch(remote, "toy", progress=lambda *call: calls.append(call))
    assert {(name, total) for name, _, total in calls} == {("a.bin", len(CONTENT))}
    done = [done for _, done, _ in calls]
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)
    assert len(done) > 2


def test_mnist_from_the_second_mirror(server, cache, monkeypatch):
    arrays = mnist_arrays()
    files = []
    for stem, array in zip(IDX_STEMS, arrays):
        packed = gzip.compress(idx_bytes(array))
        (server.folder / f"{stem}.gz").write_bytes(packed)
        urls = (f"{server.url}broken/{stem}.gz", f"{server.url}{stem}.gz")
        files.append(RemoteFile(f"{stem}.gz", sha256(packed), urls))
    monkeypatch.setattr(mnist, "MNIST", IdxSet("mnist", tuple(files), ("mnist",)))
    data = datasets.load("mnist")
    np.testing.assert_array_equal(data.x_train[..., 0], arrays[0])
    np.testing.assert_array_equal(data.y_test, arrays[3])
    assert data.source == f"IDX files in {cache / 'mnist'}"
    (x_train, _), _ = mnist.load_data()
    np.testing.assert_array_equal(x_train, arrays[0])
    assert len(server.asked) == 8  # nothing was fetched twice


def test_cifar10(server, monkeypatch):
    contents, images, _ = cifar_files()
    archive = server.folder / "cifar-10-binary.tar.gz"
    write_tar(archive, {f"cifar-10-batches-bin/{name}": data for name, data in contents.items()})
    remote = RemoteFile(archive.name, sha256(archive.read_bytes()), (server.url + archive.name,))
    monkeypatch.setattr(cifar10, "CIFAR10", dataclasses.replace(cifar10.CIFAR10, archive=remote))
    _, (x_test, _) = cifar10.load_data()
    np.testing.assert_array_equal(x_test, images[5])
