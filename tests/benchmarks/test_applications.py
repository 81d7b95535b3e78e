"""``python -m benchmarks.applications``, with workers that know how long they took."""

import argparse

import pytest

from benchmarks import applications, document


class FakeWorker:
    """Answers what a library would: a step of ours takes 1 s, of Keras 2 s; a prediction a tenth of it."""

    def __init__(self):
        self.is_paused, self.orders = False, []

    def ask(self, message):
        assert not self.is_paused
        self.orders.append(message)
        if "model" in message:
            self.seconds = {"ours": 1.0, "Keras": 2.0}[message["library"]]
            return {"seconds": 0.0}
        return {
            "seconds": message["steps"] * self.seconds * (1 if message["task"] == "training step" else 0.1)
        }

    def pause(self):
        self.is_paused = True

    def resume(self):
        self.is_paused = False


@pytest.fixture
def found():
    workers = {library: FakeWorker() for library in applications.LIBRARIES}
    seconds = applications.measure(workers, {"model": "ResNet50"}, rounds=3)
    assert all(worker.is_paused for worker in workers.values())
    return {"ResNet50": seconds}


def test_every_round_times_each_library_at_each_task(found):
    assert found["ResNet50"] == {
        "training step": {"Keras": [2.0] * 3, "ours": [1.0] * 3},
        "prediction": {"Keras": pytest.approx([0.2] * 3), "ours": pytest.approx([0.1] * 3)},
    }


def test_the_table_is_written_between_its_marker_lines(found, tmp_path, monkeypatch):
    path = tmp_path / "performance.md"
    path.write_text("before\n" + "\n".join(document.markers(applications.PROGRAM)) + "\nafter\n")
    monkeypatch.setattr(applications, "DOCUMENT", path)
    applications.write(found, argparse.Namespace(threads=2, batch_size=16, size=96, jit=False))
    text = path.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "| ResNet50 | 1000 ms | 2000 ms | 2.00× | 100 ms | 200 ms | 2.00× |" in text
    assert "Geometric mean of the ratios: 2.00× (training step), 2.00× (prediction)." in text


def test_the_document_has_the_marker_lines():
    text = applications.DOCUMENT.read_text()
    assert document.replace_block(text, applications.PROGRAM, "x", applications.DOCUMENT)
