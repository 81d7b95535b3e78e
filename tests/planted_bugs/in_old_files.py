"""Bugs in reading what Keras 2 wrote."""

from tests.planted_bugs.bug import Bug

FOLDER = "cnn_scratch/models/saving"
TESTS = ("tests/saving/test_keras_2.py",)

BUGS = [
    Bug(
        "keras 2: layers with weights are counted once",
        f"{FOLDER}/weights.py",
        "counts[kind] += 2 if folder == OLD_LAYERS and layer.weights else 1",
        "counts[kind] += 1",
        "The second layer of a class is looked for under a name that Keras 2.13 did not give it.",
        TESTS,
    ),
    Bug(
        "keras 2: the first call of a model",
        f"{FOLDER}/keras2_graph.py",
        "address[1] - born.get(address[0], 0)",
        "address[1]",
        "In Keras 2, the first call of an inner model had the number 1.",
        TESTS,
    ),
    Bug(
        "keras 2: operands the other way round",
        f"{FOLDER}/keras2_graph.py",
        "operands.append(_tensor(second, born) if _is_address(second) else second)",
        "operands.insert(0, _tensor(second, born) if _is_address(second) else second)",
        "1 − x becomes x − 1.",
        TESTS,
    ),
    Bug(
        "keras 2: the slope of hard_sigmoid",
        f"{FOLDER}/keras2.py",
        "HARD_SIGMOID_SLOPE = 0.2",
        "HARD_SIGMOID_SLOPE = 1 / 6",
        "The function of Keras 3 under the same name.",
        TESTS,
    ),
    Bug(
        "keras 2: slots of old optimizers in today's order",
        f"{FOLDER}/keras2.py",
        'if is_old and type(optimizer).__name__ != "Ftrl":',
        "if False:",
        "Arrays of equal shape change their places in silence.",
        TESTS,
    ),
    Bug(
        "keras 2: Nadam's product starts again",
        "cnn_scratch/optimizers/nadam.py",
        "float(self.beta_1) ** self.iterations * np.prod(grown)",
        "1",
        "The first steps after loading are far too long.",
        TESTS,
    ),
]
