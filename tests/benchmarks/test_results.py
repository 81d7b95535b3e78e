"""The sums that the benchmark does, its tables, and what it writes. No time is measured here."""

import pytest

from benchmarks import report
from benchmarks.cases import INPUT_SHAPES, LABEL_SETS, Case, random_batch
from benchmarks.measure import Plan
from benchmarks.peers import OURS, PEERS
from benchmarks.results import Measurement, by_case, ours_of, ratio, refuse_other_models
from cnn_scratch import zoo

CASE = Case("lenet", 100)
TORCH, JAX = PEERS["torch"], PEERS["keras-jax"]


def measured(peer, seconds, parameters=10, **more):
    return Measurement(
        CASE, peer, seconds, ready_seconds=1.5, parameters=parameters, peak_bytes=2_500_000_000, **more
    )


def test_the_rate_is_the_median_of_the_rounds():
    measurement = measured(OURS, [1.0, 0.1, 0.5])
    assert measurement.rates == [100, 1000, 200]
    assert measurement.rate == 200


def test_the_ratio_is_taken_within_each_round():
    # Ours is always twice as fast, though the machine was five times as slow in the second round.
    assert ratio(measured(OURS, [1.0, 5.0, 1.1]), measured(TORCH, [2.0, 10.0, 2.2])) == pytest.approx(2)
    # One disturbed round does not decide.
    assert ratio(measured(OURS, [1.0, 9.0, 1.0]), measured(TORCH, [3.0, 3.0, 3.0])) == pytest.approx(3)


def test_groups_by_case_keep_the_order():
    other = Measurement(Case("lenet", 7), OURS)
    first, second = measured(TORCH, [1.0]), measured(OURS, [1.0])
    assert by_case([first, other, second]) == {CASE: [first, second], other.case: [other]}
    assert ours_of([first, second]) is second
    assert ours_of([first]) is None


def test_a_model_of_another_size_is_refused():
    group = [measured(OURS, [1.0], 10), measured(TORCH, [0.1], 11), measured(JAX, [0.1], 10)]
    refuse_other_models(group)
    assert [m.worked for m in group] == [True, False, True]
    assert group[1].failure == "its model has 11 parameters, that of cnn_scratch 10"


def test_the_table_has_ours_first_then_the_fastest_first():
    group = [
        measured(JAX, [4.0, 4.0]),
        measured(PEERS["keras-torch"], [], failure="out of memory"),
        measured(TORCH, [0.5, 0.5]),
        measured(OURS, [1.0, 2.0]),
    ]
    table = report.rows(group)
    assert [row[0] for row in table] == ["cnn_scratch", "PyTorch", "Keras + JAX", "Keras + PyTorch"]
    assert table[0] == ["cnn_scratch", "75", "50 – 100", "1,333.3", "", "2.5 GB", "1.5 s"]
    assert table[1][4] == "0.38×"  # the median of 0.5 and 0.25
    assert table[3] == ["Keras + PyTorch", "failed", "", "", "", "", ""]
    assert {len(row) for row in table} == {len(report.COLUMNS)}


def test_the_document_keeps_what_stands_around_the_results(tmp_path):
    path = tmp_path / "performance.md"
    path.write_text(f"above\n\n{report.BEGIN}\nold numbers\n{report.END}\n\nbelow\n", encoding="utf-8")
    run = report.Report(
        [measured(OURS, [1.0]), measured(JAX, [], failure="no memory")],
        [TORCH],
        Plan(1, 3, 2.0),
        "command",
        0.0,
    )
    for _ in range(2):  # writing again changes nothing
        report.write_document(path, run)
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"above\n\n{report.BEGIN}\n\n![")
        assert text.endswith(f"{report.END}\n\nbelow\n")
        assert text.count("| cnn_scratch | 100 |") == 1
        assert "old numbers" not in text
        assert "lenet, batch 100: Keras + JAX failed: no memory" in text
        assert "1 thread for every library; 3 rounds of about 2 s for each" in text


@pytest.mark.parametrize("text", ["nothing", report.BEGIN, f"{report.END}\n{report.BEGIN}"])
def test_a_document_without_a_place_for_the_results_is_refused(tmp_path, text):
    path = tmp_path / "performance.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"Expected the lines .* once each in .*performance.md"):
        report.check_document(path)


def test_a_document_that_is_not_there_is_begun(tmp_path):
    report.check_document(tmp_path / "performance.md")
    run = report.Report([measured(OURS, [1.0])], [], Plan(1, 1, 1), "command", 0.0)
    report.write_document(tmp_path / "performance.md", run)
    assert (tmp_path / "performance.md").read_text(encoding="utf-8").startswith("# Performance\n")


def test_the_picture_is_written(tmp_path):
    pytest.importorskip("matplotlib", reason="draws the picture")
    from benchmarks.chart import write_chart

    write_chart(tmp_path / "picture.png", [measured(OURS, [1.0, 2.0]), measured(TORCH, [2.0, 3.0])], "a note")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_every_model_of_the_zoo_is_measured_on_the_data_of_its_kind():
    assert set(INPUT_SHAPES) == set(zoo.MODELS)
    images, labels = random_batch(Case("cifar_seed", 5))
    assert (images.shape, images.dtype) == ((5, 32, 32, 3), "float32")
    assert (labels.shape, labels.dtype) == ((LABEL_SETS, 5), "int64")
    assert set(labels.ravel()) <= set(range(10))


@pytest.mark.parametrize("model", INPUT_SHAPES)
def test_the_models_in_keras_are_those_of_the_zoo(model):
    pytest.importorskip("tensorflow", reason="the backend of Keras")
    from benchmarks.peers.ours import Ours
    from benchmarks.peers.with_keras import MODELS

    ours = Ours(Case(model, 1)).model
    theirs = MODELS[model]()
    assert [type(layer).__name__ for layer in ours.layers[:-1]] == [type(layer).__name__ for layer in theirs]
    for layer, their_layer in zip(ours.layers, theirs, strict=False):
        config, their_config = layer.get_config(), their_layer.get_config()
        for key in {"filters", "units", "kernel_size", "padding", "pool_size", "rate", "activation"} & set(
            config
        ):
            assert config[key] == their_config[key], key
