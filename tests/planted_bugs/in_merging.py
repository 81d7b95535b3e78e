"""Bugs in the layers with several inputs."""

from tests.planted_bugs.bug import Bug

BUGS = [
    Bug(
        "merging: repeated numbers not summed",
        "cnn_scratch/layers/merging.py",
        "grad = grad.sum(axis=repeated, keepdims=True)",
        "grad = grad.mean(axis=repeated, keepdims=True)",
        "An input that was repeated gets the mean of the gradients, not their sum.",
        ("tests/layers/test_add.py",),
    ),
    Bug(
        "merging: aligned at the front",
        "cnn_scratch/layers/merging.py",
        "return (shape[0], *(1,) * missing, *shape[1:])",
        "return (*shape, *(1,) * missing)",
        "Inputs of other ranks are aligned at their first axes, not at their last.",
        ("tests/layers/test_add.py",),
    ),
    Bug(
        "subtract: sign of the second gradient",
        "cnn_scratch/layers/subtract.py",
        "-self.sum_to(grad_outputs, input_shapes[1])",
        "self.sum_to(grad_outputs, input_shapes[1])",
        "The second input learns in the wrong direction.",
        ("tests/layers/test_subtract.py",),
    ),
    Bug(
        "average: gradient not divided",
        "cnn_scratch/layers/average.py",
        "share = grad_outputs / len(input_shapes)",
        "share = grad_outputs",
        "The mean's gradient is that of a sum.",
        ("tests/layers/test_average.py",),
    ),
    Bug(
        "multiply: one factor of three forgotten",
        "cnn_scratch/layers/multiply.py",
        "others = arrays[:i] + arrays[i + 1 :]",
        "others = (arrays[:i] + arrays[i + 1 :])[:1]",
        "The gradient has one of the other inputs only: right for two inputs.",
        ("tests/layers/test_multiply.py",),
    ),
    Bug(
        "maximum: last of equals wins",
        "cnn_scratch/kernels/winners.py",
        "wins = not sign * a[k] >= sign * b[k]",
        "wins = not sign * a[k] > sign * b[k]",
        "At a tie the last input gets the gradient instead of the first.",
        ("tests/layers/test_maximum.py",),
    ),
    Bug(
        "minimum: NaN lost",
        "cnn_scratch/kernels/winners.py",
        "a[k] = b[k] if wins & (a[k] == a[k]) else a[k]",
        "a[k] = b[k] if wins else a[k]",
        "A NaN in the first input is replaced by the next number.",
        ("tests/layers/test_minimum.py",),
    ),
    Bug(
        "concatenate: parts taken from the front",
        "cnn_scratch/layers/concatenate.py",
        "copy_blocks(rows, 0, start, columns, 0, 0, *columns.shape[1:])",
        "copy_blocks(rows, 0, 0, columns, 0, 0, *columns.shape[1:])",
        "Every input gets the gradient of the first: all shapes are right.",
        ("tests/layers/test_concatenate.py",),
    ),
    Bug(
        "concatenate: last piece of rows lost",
        "cnn_scratch/kernels/blocks.py",
        """rows = source.shape[0] * height
    piece_rows = max(1, NUMBERS_IN_A_PIECE // max(1, width))
    for piece in shared(turns, (rows + piece_rows - 1) // piece_rows):""",
        """rows = source.shape[0] * height
    piece_rows = max(1, NUMBERS_IN_A_PIECE // max(1, width))
    for piece in shared(turns, max(1, rows // piece_rows)):""",
        "Rows beyond the last whole piece are not copied.",
        ("tests/layers/test_concatenate.py",),
    ),
    Bug(
        "dot: part along the vector kept",
        "cnn_scratch/layers/dot.py",
        "return (grad - unit * along) / length",
        "return grad / length",
        "The length of a vector is taken for a constant in the gradient of the division by it.",
        ("tests/layers/test_dot.py",),
    ),
    Bug(
        "dot: gradient not put back",
        "cnn_scratch/layers/dot.py",
        "moved = np.moveaxis(grad_x, -1, one), np.moveaxis(grad_y, 1, two)",
        "moved = grad_x.reshape(first), grad_y.reshape(second)",
        "The summed axis stays at the end in the gradient: its shape is right, its numbers are mixed up.",
        ("tests/layers/test_dot.py",),
    ),
]
