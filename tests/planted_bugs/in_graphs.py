"""Bugs in graph models: the walk, arithmetic, several outputs, configurations."""

from tests.planted_bugs.bug import Bug

GRAPH = "cnn_scratch/models/graph.py"
TOPOLOGY = "cnn_scratch/models/topology.py"
HEADS = "cnn_scratch/models/heads.py"
TRAINING = "cnn_scratch/models/training.py"
LOGITS = "cnn_scratch/models/logits.py"
CONFIG = "cnn_scratch/models/functional_config.py"
ARITHMETIC = "cnn_scratch/arithmetic.py"

GRAPH_TESTS = ("tests/models/test_functional.py",)
ARITHMETIC_TESTS = ("tests/test_arithmetic.py",)
PARITY_TESTS = ("tests/parity/test_functional.py", "-k", "config or order or random")

BUGS = [
    Bug(
        "graph: the last path wins",
        GRAPH,
        "self._sums[tensor] = self._sums[tensor] + gradient",
        "self._sums[tensor] = gradient",
        "Where paths meet, gradients replace each other instead of being added.",
        GRAPH_TESTS,
    ),
    Bug(
        "graph: a gradient that others hold is written into",
        GRAPH,
        "        if tensor in self._own:",
        "        if tensor in self._sums:",
        "The first gradient of a sum is an array that another path still reads.",
        GRAPH_TESTS,
    ),
    Bug(
        "graph: frozen parts are walked",
        GRAPH,
        "if node.layer.learning_weights or any(",
        "if True or any(",
        "A frozen base costs a backward pass for nothing.",
        GRAPH_TESTS,
    ),
    Bug(
        "graph: nothing is let go",
        GRAPH,
        "del outputs\n            for tensor in no_longer_read:\n                del values[tensor]\n",
        "del outputs\n",
        "A prediction holds the outputs of all layers at once.",
        GRAPH_TESTS,
    ),
    Bug(
        "graph: the mode of a call is forgotten",
        GRAPH,
        "node.layer.infer(node.fill_in(values), node.mode(training))",
        "node.layer.infer(node.fill_in(values), training)",
        "A base that was called with training=False is trained.",
        GRAPH_TESTS,
    ),
    Bug(
        "graph: depth by the shortest way",
        TOPOLOGY,
        "max(deepest + 1, depth_of_node.get(tensor.node, 0))",
        "deepest + 1",
        "Layers stand in another order than Keras's, and weights files do not fit.",
        PARITY_TESTS,
    ),
    Bug(
        "graph: calls that change the same averages in another order",
        TOPOLOGY,
        "return sorted((node for node in depth if node in inside), key=lambda node: -depth[node])",
        "return list(nodes)",
        "A batch normalization that is called twice ends with other averages than Keras's.",
        ("tests/parity/test_shared_state.py",),
    ),
    Bug(
        "training: the optimizer is built for nothing",
        TRAINING,
        "if trained:  # else",
        "if True:  # else",
        "After a step of a frozen model no layer can be thawed.",
        ("tests/parity/test_frozen.py",),
    ),
    Bug(
        "several outputs: gradients without loss_weights",
        TRAINING,
        "grad if grad is None or head.weight == 1 else grad * grad.dtype.type(head.weight)",
        "grad",
        "The loss is weighted, its gradient is not.",
        GRAPH_TESTS,
    ),
    Bug(
        "several outputs: dictionaries taken in their own order",
        HEADS,
        "given = [given.get(name) for name in names]",
        "given = list(given.values())",
        "The loss of one output is computed from the other's labels.",
        GRAPH_TESTS,
    ),
    Bug(
        "logits: a model without its softmax is called last",
        LOGITS,
        "nodes.insert(nodes.index(node) + 1, twin)",
        "nodes.append(twin)",
        "The averages in a model that is called twice are moved in another order.",
        ("tests/parity/test_shared_state.py",),
    ),
    Bug(
        "logits: the penalty on probabilities is put on logits",
        LOGITS,
        "if wanted is None or layer.output_penalty:",
        "if wanted is None:",
        "An activity regularizer behind a softmax sees what is before it.",
        GRAPH_TESTS,
    ),
    Bug(
        "config: calls counted over all models",
        CONFIG,
        "enumerate(node for node in operation.inbound_nodes if node in inside)",
        "enumerate(operation.inbound_nodes)",
        "A layer that another model uses too cannot be found again.",
        ("tests/models/test_functional_config.py",),
    ),
    Bug(
        "graph config: what Keras notes in every call is taken as a wish",
        CONFIG,
        "training=None if mode is NOTED_MODES.get(type(operation)) else mode",
        "training=mode",
        "Dropout in a graph that Keras wrote never drops.",
        PARITY_TESTS,
    ),
    Bug(
        "arithmetic: gradient of a broadcast number not summed",
        ARITHMETIC,
        "return gradient.sum(axis=(*range(new), *axes)).reshape(shape)",
        "return gradient.mean(axis=(*range(new), *axes)).reshape(shape)",
        "A number that was used many times learns as if it had been used once.",
        ARITHMETIC_TESTS,
    ),
    Bug(
        "arithmetic: a product not transposed",
        ARITHMETIC,
        "gradient = product(rows.swapaxes(-1, -2), matrix)",
        "gradient = (matrix.swapaxes(-1, -2) @ rows).reshape(*matrix.shape[:-2], rows.shape[-1], -1)",
        "The gradient of the second matrix has its numbers in other places.",
        ARITHMETIC_TESTS,
    ),
    Bug(
        "arithmetic: sign of a subtrahend",
        ARITHMETIC,
        "    def grad_second(self, grad, outputs, a, b):\n        return -grad\n",
        "    def grad_second(self, grad, outputs, a, b):\n        return grad\n",
        "What is subtracted learns in the wrong direction.",
        ARITHMETIC_TESTS,
    ),
    Bug(
        "sequential: in a graph it keeps its own output",
        "cnn_scratch/models/sequential.py",
        "return super().output if self.inbound_nodes else self.outputs[0]",
        "return self.outputs[0]",
        "No model can be made that ends behind a stack in another model.",
        ("tests/parity/test_functional.py", "-k", "stack"),
    ),
    Bug(
        "indexing: the gradient of what was left out",
        "cnn_scratch/indexing.py",
        "grad_inputs = np.zeros(input_shape, grad_outputs.dtype)",
        "grad_inputs = np.full(input_shape, grad_outputs.mean(), grad_outputs.dtype)",
        "Numbers that nobody read learn too.",
        ("tests/test_indexing.py",),
    ),
    Bug(
        "indexing: steps backwards",
        "cnn_scratch/indexing.py",
        "len(range(*part.indices(size)))",
        "max(0, part.indices(size)[1] - part.indices(size)[0])",
        "The shape of a part is right for steps of 1 only.",
        ("tests/test_indexing.py",),
    ),
    Bug(
        "outputs of one name: one loss in the list",
        "cnn_scratch/models/training.py",
        "for _ in range(max(1, times[name]))",
        "for _ in range(1)",
        "What evaluate returns is shorter than the outputs ask for, and all that follows is misread.",
        ("tests/models/test_functional.py", "-k", "share_a_name"),
    ),
]
