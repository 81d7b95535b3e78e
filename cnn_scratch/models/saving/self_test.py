"""A test that travels with a model: one input, and the outputs that it had when the model was saved.

A file that is read on another machine, by another version, or after other kernels were compiled, must
give the same outputs. The input is made by a rule, so that a file holds only the outputs.
"""

import base64
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from cnn_scratch.arithmetic import Matmul
from cnn_scratch.layers import Dot, Layer
from cnn_scratch.models.saving.errors import ModelFileError
from cnn_scratch.models.saving.settings import TEXT, Setting, Unfit, integer, list_of

GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
MAX_NUMBERS = 1 << 23  # in the input and the outputs of all layers: 32 MiB
MAX_PRODUCTS = 5_000_000_000  # multiplications of the whole network: about a tenth of a second
MAX_OUTPUTS = 1 << 16

# Outputs are compared relative to the largest: another order of summation moves each sum by about
# √terms × 2⁻²⁴, and every layer adds its share. 1e-3 leaves room for a hundred layers and still sees
# a wrong weight, a wrong axis or a wrong kernel.
TOLERANCE = {"float32": 1e-3, "float64": 1e-6}


class SelfTestWarning(UserWarning):
    """This machine computes something else than the one that saved the model."""


def make_input(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return the input: element i is the fractional part of i × 0.618…, so all values from 0 to 1 occur.

    >>> make_input((1, 4), "float64").round(3)
    array([[0.   , 0.618, 0.236, 0.854]])
    """
    numbers = np.arange(math.prod(shape), dtype=np.float64) * GOLDEN_RATIO
    return (numbers % 1.0).astype(dtype).reshape(shape)


def record(model) -> dict[str, Any]:
    """Return the test of a model for its file: outputs, or the reason why there are none."""
    try:
        shape = _input_shape(model)
    except _Skipped as reason:
        return {"skipped": str(reason)}
    outputs = model.infer(make_input(shape, model.dtype))
    data = np.ascontiguousarray(outputs, outputs.dtype.newbyteorder("<")).tobytes()
    return {
        "input_shape": list(shape),
        "output_shape": list(outputs.shape),
        "dtype": outputs.dtype.name,
        "outputs": base64.b64encode(data).decode("ascii"),
    }


class _Skipped(Exception):  # noqa: N818, it is a reason and no error
    pass


def _input_shape(model) -> tuple[int, ...]:
    """Return the shape of one input, or raise ``_Skipped`` with a reason."""
    if model.input_ports.structure or model.output_ports.structure:
        raise _Skipped("the model has several inputs or outputs, or a dictionary of them")
    shape, outputs = model.input_shape, model.output_shape
    if None in (*shape[1:], *outputs[1:]):
        raise _Skipped(f"the sizes of inputs and outputs are not all known: {shape}, {outputs}")
    if shape[0] not in (None, 1):
        raise _Skipped(f"the model wants {shape[0]} samples at once")
    numbers, products = cost(model)
    if numbers > MAX_NUMBERS:
        raise _Skipped(f"one sample needs {numbers} numbers in all layers, more than {MAX_NUMBERS}")
    if products > MAX_PRODUCTS:
        raise _Skipped(f"one sample needs {products} multiplications, more than {MAX_PRODUCTS}")
    if math.prod(outputs[1:]) > MAX_OUTPUTS:
        raise _Skipped(f"one sample has {math.prod(outputs[1:])} outputs, more than {MAX_OUTPUTS}")
    return (1, *shape[1:])


def cost(model) -> tuple[int, int]:
    """Return how many numbers and how many multiplications one sample needs, from shapes alone."""
    numbers = math.prod(model.input_shape[1:])
    products = 0
    for layer, shapes, shape in _calls(model):
        size = math.prod(n or 1 for n in shape)
        numbers += size
        # Every parameter is used at most once for each place of the output's image.
        count = layer.count_params() if isinstance(layer, Layer) else 1
        products += count * max(1, size // (shape[-1] or 1))
        # Without a parameter, a pooling looks at a whole window for each output, and a product of two
        # inputs at most at a whole input.
        products += size * math.prod(getattr(layer, "pool_size", (0,)))
        if isinstance(layer, Dot | Matmul):
            products += size * max(math.prod(n or 1 for n in one) for one in shapes)
    return numbers, products


def _calls(model) -> Iterator[tuple[Any, list[tuple], tuple]]:
    """Yield (layer, input shapes, output shape) for every call in one pass, also those in models inside."""
    if hasattr(model, "graph"):
        calls = [
            (node.layer, [one.shape for one in node.tensors], tensor.shape)
            for node in model.graph.nodes
            for tensor in node.outputs
        ]
    else:
        shape = model.input_shape
        calls = []
        for layer in model.layers:
            shapes, shape = [shape], layer.compute_output_shape(shape)
            calls.append((layer, shapes, shape))
    for layer, shapes, shape in calls:
        if hasattr(layer, "layers"):
            yield from _calls(layer)
        elif isinstance(shape, tuple):
            yield layer, shapes, shape


def _string(value: Any, _) -> str:
    if type(value) is not str:
        raise Unfit
    return value


_TEST = {
    "skipped": TEXT,
    "input_shape": list_of(integer(0)),
    "output_shape": list_of(integer(0)),
    "dtype": TEXT,
    "outputs": Setting("a string", _string),
}


def read_test(value: Any, reader) -> dict[str, Any] | None:
    """Return the test from JSON, checked; the outputs as an array under ``"expected"``."""
    if value is None:
        return None
    test = reader.settings(_TEST, value, "self_test")
    if "skipped" in test:
        return test
    if missing := {"input_shape", "output_shape", "dtype", "outputs"} - set(test):
        reader.fail("self_test: expected an input and outputs", f"no {sorted(missing)}")
    dtype = test["dtype"]
    if dtype not in TOLERANCE:
        reader.fail("self_test: expected float32 or float64", dtype)
    size = math.prod(test["output_shape"])
    data = base64.b64decode(test["outputs"], validate=True)
    if size > MAX_OUTPUTS or len(data) != size * np.dtype(dtype).itemsize:
        reader.fail(f"self_test: expected {size} outputs, at most {MAX_OUTPUTS}", f"{len(data)} bytes")
    expected = np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(test["output_shape"])
    return test | {"expected": expected.astype(dtype)}


def difference(model, test: dict[str, Any]) -> float | None:
    """Return the largest difference of an output now, relative to the largest; ``None`` if not tested.

    Raises:
        ModelFileError: the test is not for such a model.
    """
    if "skipped" in test:
        return None
    try:
        shape = _input_shape(model)
    except _Skipped:
        return None
    if list(shape) != test["input_shape"] or model.compute_output_shape(shape) != tuple(test["output_shape"]):
        raise ModelFileError(
            f"self_test: expected a test for inputs {shape}. Received: one for {test['input_shape']} "
            f"with outputs {test['output_shape']}"
        )
    expected = test["expected"]
    outputs = model.infer(make_input(shape, model.dtype))
    same = (outputs == expected) | (np.isnan(outputs) & np.isnan(expected))
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.where(same, 0.0, np.abs(outputs.astype(np.float64) - expected))
    finite = np.abs(expected[np.isfinite(expected)])
    largest = float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))
    return largest and largest / (float(finite.max(initial=0.0)) or 1.0)


def check(model, test: dict[str, Any], place: str) -> None:
    """Warn if the model computes something else than when it was saved."""
    found = difference(model, test)
    if found is not None and not found <= TOLERANCE[test["dtype"]]:
        warnings.warn(
            f"The model in {place} does not pass its self-test on this machine: an output differs by "
            f"{found:.1e} of the largest one, expected at most {TOLERANCE[test['dtype']]:.0e}. Its "
            "predictions are not those of the machine that saved it.",
            SelfTestWarning,
            stacklevel=4,
        )
