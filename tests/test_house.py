"""The house is in order: one name in many places, files of a readable length, nothing that loads code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from cnn_scratch import layers
from cnn_scratch.layers import Layer
from cnn_scratch.naming import to_snake_case

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cnn_scratch"
LAYERS = [getattr(layers, name) for name in layers.__all__]
LAYERS = [
    thing for thing in LAYERS if isinstance(thing, type) and issubclass(thing, Layer) and thing is not Layer
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_every_layer_has_its_file_its_definition_and_its_tests(layer):
    name = to_snake_case(layer.__name__)
    assert layer.__module__ == f"cnn_scratch.layers.{name}"
    wanted = [
        f"cnn_scratch/reference/{name}.py",
        f"tests/layers/test_{name}.py",
        f"tests/parity/test_{name}.py",
    ]
    assert [path for path in wanted if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_every_layer_explains_itself(layer):
    for section in ("Maths:", "Args:", "Input shape:", "Output shape:", "Raises:", "Example:", "reference/"):
        assert section in layer.__doc__ or (section == "Args:" and layer.__name__ == "Flatten"), section
    order = ["__init__", "compute_output_shape", "build", "forward", "backward", "get_config"]
    tree = ast.parse(Path(sys.modules[layer.__module__].__file__).read_text(encoding="utf-8"))
    (definition,) = [
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == layer.__name__
    ]
    methods = [
        node.name for node in definition.body if isinstance(node, ast.FunctionDef) and node.name in order
    ]
    assert methods == [name for name in order if name in methods]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.__name__)
def test_a_layer_is_not_subclassed(layer):
    assert [c for c in layer.__subclasses__() if c.__module__.startswith("cnn_scratch")] == []


def test_nothing_in_the_package_can_load_code():
    forbidden = {"pickle", "marshal", "yaml", "importlib", "dill", "shelve"}
    calls = {"eval", "exec", "__import__", "compile"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = set()
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").split(".")[0]}
            assert not names & forbidden, f"{path.name}:{node.lineno} imports {names & forbidden}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in calls, f"{path.name}:{node.lineno} calls {node.func.id}"
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                is_off = isinstance(node.value, ast.Constant) and node.value.value is False
                assert is_off, f"{path.name}:{node.value.lineno} allows pickles"
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load"):
                words = [keyword.arg for keyword in node.keywords]
                assert "allow_pickle" in words, f"{path.name}:{node.lineno}: say allow_pickle=False"


def test_hdf5_is_read_by_our_own_reader_only():
    """The C library may follow links and load filters for a file; it is used for writing."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "h5py.File":
                assert [ast.unparse(argument) for argument in node.args[1:]] == ["'w'"], path.name


def test_files_stay_short_enough_to_read():
    long = {
        str(p.relative_to(ROOT)): n
        for p in PACKAGE.rglob("*.py")
        if (n := len(p.read_text().splitlines())) > 350
    }
    assert long == {}


def test_no_compiler_flag_assumes_that_a_number_is_not_nan():
    """Of LLVM's fast-math flags there is "contract" only: a·b + c may become one instruction."""
    others = {"fast", "nnan", "ninf", "nsz", "arcp", "afn", "reassoc"}
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in others:
                found[f"{path.name}:{node.lineno}"] = node.value
            elif isinstance(node, ast.keyword) and node.arg in ("fastmath", "flags"):
                found[f"{path.name}:{node.value.lineno}"] = ast.unparse(node.value)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "fastmath":
                        found[f"{path.name}:{value.lineno}"] = ast.unparse(value)
    assert set(found.values()) == {"{'contract'}", "('contract',)"}, found


def test_kernels_take_few_arguments():
    """Eight with ``turns``; what belongs together is one tuple, or a NamedTuple that says what it is."""
    many = {}
    for path in (PACKAGE / "kernels").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                if len(arguments) > 8:
                    many[f"{path.name}: {node.name}"] = len(arguments)
    assert many == {}


def test_importing_the_package_brings_no_optional_package():
    optional = ["rich", "matplotlib", "PIL", "pooch", "h5py", "tensorflow", "keras", "torch"]
    code = f"import sys, cnn_scratch; print([name for name in {optional} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
