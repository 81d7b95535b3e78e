"""The command's options: what they mean, and one clear line for each mistake."""

import pytest

from benchmarks import machine, report
from benchmarks.cases import INPUT_SHAPES, Case
from benchmarks.goals import GOALS
from benchmarks.peers import OURS, PEERS
from benchmarks.train_step import parse, read_case


def test_everything_is_measured_by_default():
    options = parse([])
    trained = [Case(model, 128) for model in INPUT_SHAPES]
    assert options.cases[: len(trained)] == trained
    assert options.cases[len(trained) :] == [
        Case("cifar_seed", 10_000),
        Case("mnist_convnet", 128, predicts=True),
        Case("cifar_seed", 128, predicts=True),
        Case("vgg_small", 128, predicts=True),
        Case("mnist_convnet", 1, predicts=True),
    ]
    assert options.peers == [peer for peer in PEERS.values() if peer.name != "torch-compile"]
    assert (options.plan.threads, options.plan.rounds) == (machine.usable_cores(), 7)


def test_a_model_can_have_a_batch_of_its_own():
    options = parse(["--models", "lenet", "cifar_seed:10000", "--batch-size", "64"])
    assert options.cases == [Case("lenet", 64), Case("cifar_seed", 10_000)]


def test_ours_always_takes_part_and_nobody_twice():
    assert parse(["--peers", "torch", "torch"]).peers == [OURS, PEERS["torch"]]
    assert parse(["--peers", "all"]).peers == list(PEERS.values())


def test_quick_is_short_and_can_be_changed():
    options = parse(["--quick"])
    assert [case.model for case in options.cases] == ["lenet", "mnist_convnet", "mnist_convnet"]
    assert options.plan.rounds == 1
    assert parse(["--quick", "--rounds", "2", "--peers", "torch"]).plan.rounds == 2


def test_goals_are_measured_beside_every_library():
    options = parse(["--goals"])
    assert options.cases == [goal.case for goal in GOALS]
    assert options.peers == list(PEERS.values())
    assert options.plan.rounds == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--models lenett", "argument --models: unknown name 'lenett'. Did you mean 'lenet'?"),
        ("--models xyz", "unknown name 'xyz'. Expected some of lenet, mnist_convnet, cifar_seed, vgg_small."),
        ("--models lenet:", "batch size of lenet: expected a whole number of at least 1. Received: ''"),
        ("--models lenet:-3", "expected a whole number of at least 1. Received: '-3'"),
        ("--peers pytorch", "argument --peers: unknown name 'pytorch'. Did you mean 'torch'?"),
        ("--batch-size 0", "argument --batch-size: expected a whole number of at least 1. Received: '0'"),
        ("--rounds 1.5", "argument --rounds: expected a whole number of at least 1. Received: '1.5'"),
        ("--threads 99999", "argument --threads: expected at most"),
        ("--seconds nan", "argument --seconds: expected a number of seconds above 0. Received: 'nan'"),
        ("--seconds 0", "argument --seconds: expected a number of seconds above 0. Received: '0'"),
        ("--quick --write", "--quick is too short to be written down."),
        ("--goals --models lenet", "--goals has its own models."),
        ("--output here", "--output has a meaning only with --write."),
        ("--fast", "unrecognized arguments: --fast"),
    ],
)
def test_a_mistake_is_answered_in_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        parse(arguments.split())
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_document_without_the_markers_is_refused_before_anything_is_measured(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="--write needs it")
    (tmp_path / report.DOCUMENT).write_text("no markers", encoding="utf-8")
    with pytest.raises(SystemExit):
        parse(["--write", "--output", str(tmp_path)])
    assert "argument --output: Expected the lines" in capsys.readouterr().err


def test_the_documentation_has_a_place_for_the_results():
    report.check_document(parse([]).output / report.DOCUMENT)


def test_a_third_part_of_a_name_asks_for_predictions():
    assert read_case("lenet:64:predict", 128) == Case("lenet", 64, predicts=True)
    assert str(Case("lenet", 1, predicts=True)) == "lenet, prediction, one image"
    with pytest.raises(ValueError, match=r"expected NAME:BATCH:predict\. Received: 'lenet:64:train'"):
        read_case("lenet:64:train", 128)
