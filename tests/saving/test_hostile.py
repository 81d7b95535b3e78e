"""Files that want something else than to be a model: each is refused, soon, by one error with a reason."""

import copy
import io
import json
import struct

import h5py
import numpy as np
import pytest

from cnn_scratch import Input, Sequential, layers, saving
from cnn_scratch.naming import reset_names
from cnn_scratch.parameter import without_values
from tests.saving.files import (
    Entry,
    archive_of,
    check_refused,
    good_entries,
    good_members,
    hdf5_bytes,
    with_config,
    with_hdf5,
    with_member,
    with_notes,
    zip_bytes,
)


def refused(tmp_path, content: bytes, message: str) -> None:
    path = tmp_path / "hostile.keras"
    path.write_bytes(content)
    before = sorted(p.name for p in tmp_path.iterdir())
    check_refused(lambda: saving.load_model(path), message, "hostile.keras")
    assert sorted(p.name for p in tmp_path.iterdir()) == before


# The archive ------------------------------------------------------------------------------------------


def more(*entries, **options):
    return lambda: zip_bytes([*good_entries(), *entries], **options)


def other(**changes):
    return lambda: zip_bytes(good_entries(**changes))


def bomb(name, size):
    return lambda: zip_bytes([*good_entries()[:2], Entry(name, bytes(size), method=8)])


def overlapping():
    entries = good_entries()
    entries[2].start = 0  # the list says: all three begin where the first one does
    entries[2].local_name = entries[0].name
    return zip_bytes(entries)


def over_the_list():
    entries = good_entries()
    entries[2].size = entries[2].packed = len(entries[2].data) + 50
    entries[2].local_size = entries[2].size
    return zip_bytes(entries)


ARCHIVES = {
    "empty": (lambda: b"", "expected a ZIP archive"),
    "no archive": (lambda: b"not an archive at all" * 9, "expected a ZIP archive"),
    "no members": (lambda: zip_bytes([]), "expected the members config.json and model.weights.h5"),
    "no weights": (lambda: zip_bytes(good_entries()[:2]), "expected the members config.json and"),
    "no configuration": (lambda: zip_bytes(good_entries()[2:]), "expected the members config.json and"),
    "two kinds of weights": (more(Entry(b"model.weights.npz", b"")), "expected the members config.json and"),
    "path up": (more(Entry(b"../../evil.py", b"x")), "'../../evil.py': expected members metadata.json"),
    "absolute path": (more(Entry(b"/etc/passwd", b"x")), "'/etc/passwd': expected members"),
    "path of Windows": (more(Entry(rb"C:\evil", b"x")), "expected members"),
    "a folder": (more(Entry(b"assets/", b"")), "'assets/': expected members"),
    "an asset": (more(Entry(b"assets/vocabulary.txt", b"x")), "expected members"),
    "a name with a NUL": (more(Entry(b"config.json\0.txt", b"x")), "expected members"),
    "a name in another case": (more(Entry(b"Config.json", b"x")), "expected members"),
    "a name that is no UTF-8": (more(Entry(b"\xff\xfe", b"x")), "utf-8"),
    "a very long name": (more(Entry(b"a" * 60_000, b"x")), "expected members"),
    "a member twice": (more(Entry(b"config.json", b"{}")), "expected the member once"),
    "members over each other": (overlapping, "to agree"),
    "a member over the list": (over_the_list, "is damaged|expected .* bytes of members"),
    "encrypted": (other(config=dict(flags=1)), "expected no encryption"),
    "strongly encrypted": (other(weights=dict(flags=0x41)), "expected no encryption"),
    "another method": (other(config=dict(method=12)), r"expected method 0 \(stored\) or 8"),
    "wrong check sum": (other(weights=dict(crc=1)), "model.weights.h5 is damaged: .* check sum 00000001"),
    "wrong check sum, compressed": (other(config=dict(crc=1, method=8)), "config.json is damaged"),
    "two names for one member": (other(config=dict(local_name=b"CONFIG.JSON")), "to agree"),
    "two sizes for one member": (other(config=dict(local_size=1)), "to agree"),
    "a size that is not there": (
        other(weights=dict(size=10**9, packed=10**9)),
        "expected .* bytes of members",
    ),
    "a size that is a lie": (other(config=dict(method=8, size=30_000, local_size=30_000)), "is damaged"),
    "cut off inside": (other(config=dict(method=8, packed=200)), "is damaged|cut off|to agree|over another"),
    "stored and smaller": (other(config=dict(size=100)), "stored, but 100 bytes are"),
    "too many members": (more(*[Entry(b"x", b"")] * 40), "at most 16 members"),
    "a number of members that is a lie": (more(count=60_000), "at most 16 members"),
    "fewer members than listed": (more(count=2), "expected 2 members"),
    "bytes before the archive": (more(before=b"MZ" * 50), "."),
    "a start beyond the end": (other(config=dict(start=2**31)), "needs 30 bytes at byte 2147483648"),
    "a bomb for configuration": (bomb(b"config.json", 10**8), "expected the member once"),
    "a bomb for metadata": (
        lambda: zip_bytes([Entry(b"metadata.json", bytes(10**8), 8), *good_entries()[1:]]),
        "at most 8388608 bytes",
    ),
    "a bomb for weights": (bomb(b"model.weights.h5", 10**8), "at most 50 times the size"),
    "part of several": (lambda: zip_bytes(good_entries())[:-18] + struct.pack("<H", 3) + bytes(16), "."),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archive(tmp_path, name):
    make, message = ARCHIVES[name]
    content = make()
    if name == "bytes before the archive":  # all places in the list are shifted
        content = b"shift" + content
    refused(tmp_path, content, message)


def test_a_bomb_inside_a_small_size(tmp_path):
    """The list says 1000 bytes; what comes out of the compressed data does not end."""
    entries = good_entries(config=dict(data=bytes(10**8), method=8, size=1000, local_size=1000))
    refused(tmp_path, zip_bytes(entries), "config.json is damaged: expected 1000 bytes")


@pytest.mark.parametrize("step", range(24))
def test_cut_off(tmp_path, step):
    content = archive_of(good_members())
    refused(tmp_path, content[: len(content) * step // 24], ".")


# JSON -------------------------------------------------------------------------------------------------

TEXTS = {
    "empty": (b"", "expected JSON"),
    "no object": (b"[]", "expected an object"),
    "a number": (b"7", "expected an object"),
    "not UTF-8": (b'{"a": "\xff"}', "expected JSON"),
    "UTF-16": ("{}".encode("utf-16"), "expected JSON"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "expected JSON"),
    "NaN": (b'{"class_name": NaN}', "NaN, which is no JSON"),
    "Infinity": (b'{"class_name": -Infinity}', "-Infinity, which is no JSON"),
    "an infinite number": (b'{"class_name": 1e999}', "1e999, which is beyond 64 bits"),
    "a huge integer": (b'{"class_name": ' + b"9" * 5000 + b"}", "beyond 64 bits"),
    "a key twice": (b'{"module": "keras", "module": "os"}', "the key 'module' twice"),
    "a key twice, escaped": (rb'{"module": "keras", "\u006dodule": "os"}', "the key 'module' twice"),
    "very deep": (b'{"config":' * 5000 + b"1" + b"}" * 5000, "at most 100 levels deep"),
    "very deep lists": (b'{"a":' + b"[" * 100_000, "at most 100 levels deep"),
    "very many parts": (b'{"a": [' + b"[]," * 1_000_000 + b"0]}", "at most 250000 parts"),
    "very many objects": (b"[" + b'{"a":0},' * 900_000 + b"0]", "at most 250000 parts"),
    "very long": (b'{"a": "' + b"x" * 9_000_000 + b'"}', "at most 8388608 bytes"),
    "more after the end": (b"{} {}", "expected JSON"),
    "quotes without an end": (b'{"a": "' + b'\\"' * 10_000, "expected JSON"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("member", ["config.json", "metadata.json"])
def test_json(tmp_path, name, member):
    text, message = TEXTS[name]
    refused(tmp_path, with_member(member, text), message)


# The configuration ------------------------------------------------------------------------------------


def layer(number, **changes):
    """Change the node of a layer; ``config__units=3`` changes what is inside its config."""

    def change(config):
        node = config["config"]["layers"][number]
        for key, value in changes.items():
            if key.startswith("config__"):
                node["config"][key.removeprefix("config__")] = value
            else:
                node[key] = value

    return change


def insert(node):
    return lambda config: config["config"]["layers"].insert(2, node)


def node(module, class_name, registered_name=None, **config):
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered_name}


def nested(depth):
    inner = node("keras", "Sequential", name="s", layers=[])
    for _ in range(depth):
        inner = node("keras", "Sequential", name="s", layers=[inner])
    return inner


CONV, INNER, DROPOUT, HEAD = 1, 2, 3, 4
LAMBDA = node("keras.layers", "Lambda", name="f", function="gASVEAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOULg==")

CONFIGURATIONS = {
    "os.system": (lambda c: node("os", "system", command="true"), "Received: \"class 'system' of module"),
    "builtins.eval": (lambda c: node("builtins", "eval", source="1"), "class 'eval'"),
    "subprocess.Popen in a layer": (layer(CONV, module="subprocess", class_name="Popen"), "class 'Popen'"),
    "a module that begins with keras": (layer(CONV, module="keras.evil"), "there is one in 'keras.layers'"),
    "this package's own modules": (
        layer(CONV, module="cnn_scratch.models.saving.api", class_name="load_model"),
        "class 'load_model'",
    ),
    "a dotted class": (layer(CONV, class_name="Conv2D.__init__"), "class 'Conv2D.__init__'"),
    "an abstract class": (layer(CONV, class_name="Layer"), "class 'Layer'"),
    "a function for a class": (layer(CONV, class_name="Input"), "class 'Input'"),
    "a class of another kind": (layer(CONV, module="keras.optimizers", class_name="Adam"), "class 'Adam'"),
    "Lambda": (insert(LAMBDA), "'Lambda' carries code or a path"),
    "Lambda in legacy words": (insert({**LAMBDA, "module": None}), "'Lambda' carries code"),
    "a lambda": (insert(node("builtins", "__lambda__", value="4wEAAA==")), "carries code"),
    "TFSMLayer": (insert(node("keras.layers", "TFSMLayer", filepath="/etc")), "carries code or a path"),
    "TorchModuleWrapper": (insert(node("keras.layers", "TorchModuleWrapper", code="x")), "carries code"),
    "a registered name": (
        layer(CONV, registered_name="os>system"),
        "expected the class 'Conv2D' under its own",
    ),
    "a registered name of a custom class": (
        layer(CONV, module="mine", class_name="Mine", registered_name="mine>Conv2D"),
        "one that the caller gives in `custom_objects`",
    ),
    "no class": (lambda c: {"config": {}}, "with a 'class_name'"),
    "a class that is a list": (layer(CONV, class_name=["Conv2D"]), "with a 'class_name'"),
    "a module that is a number": (layer(CONV, module=3), "with a 'class_name'"),
    "a layer that is a string": (insert("conv"), "with a 'class_name'"),
    "a layer that is null": (insert(None), "with a 'class_name'"),
    "layers that are an object": (lambda c: c["config"].update(layers={}), "expected `layers` to be a list"),
    "layers that are a number": (lambda c: c["config"].update(layers=3), "expected `layers` to be a list"),
    "a config that is a list": (layer(CONV, config=[]), "with a 'class_name'"),
    "a config that is a string": (
        layer(CONV, config="os.system"),
        "expected the config of Conv2D as an object",
    ),
    "an unknown key of a node": (layer(CONV, __reduce__="x"), "with the keys"),
    "an unknown setting": (layer(CONV, config__shell=True), "expected only .* Received: 'shell=True'"),
    "a path as a setting": (layer(CONV, config__filepath="/etc/passwd"), "filepath="),
    "a dunder as a setting": (layer(CONV, config____class__="x"), "__class__="),
    "a string for a number": (layer(CONV, config__filters="2"), "expected `filters` to be an integer"),
    "true for a number": (layer(CONV, config__filters=True), "expected `filters` to be an integer"),
    "a float for an integer": (layer(CONV, config__filters=2.0), "expected `filters` to be an integer"),
    "a negative number": (layer(CONV, config__filters=-2), "expected `filters` to be an integer from 1"),
    "zero filters": (layer(CONV, config__filters=0), "expected `filters` to be an integer from 1"),
    "a number beyond 32 bits": (layer(CONV, config__filters=2**40), "expected `filters` to be an integer"),
    "a list for a number": (layer(HEAD, config__units=[3]), "expected `units` to be an integer"),
    "a number for a list": (layer(0, config__batch_shape=6), "expected `batch_shape`"),
    "a kernel of many sizes": (layer(CONV, config__kernel_size=[3] * 9), "Conv2D 'conv': .*kernel_size"),
    "a kernel larger than the image": (layer(CONV, config__kernel_size=[9, 9]), "."),
    "a stride of zero": (layer(CONV, config__strides=[0, 1]), "expected `strides`"),
    "a huge stride": (layer(CONV, config__strides=10**9), "expected `strides`"),
    "a string for a flag": (layer(CONV, config__use_bias="yes"), "expected `use_bias` to be true or false"),
    "an unknown padding": (layer(CONV, config__padding="evil"), "expected `padding`"),
    "a rate beyond 1": (layer(DROPOUT, config__rate=7.5), "Dropout 'dropout"),
    "a name that is a path": (layer(CONV, config__name="../conv"), "cannot contain '/'"),
    "a name that is a number": (layer(CONV, config__name=3), "expected `name` to be a string"),
    "a very long name": (layer(CONV, config__name="x" * 10_000), "expected `name` to be a string"),
    "a name twice": (layer(CONV, config__name="head"), "unique names"),
    "an unknown activation": (layer(CONV, config__activation="evil"), "Unknown activation function"),
    "a function of a module for activation": (
        layer(CONV, config__activation=node("os", "function", config="system")),
        "expected an activation by its name",
    ),
    "an activation with a module": (
        layer(CONV, config__activation=node("cnn_scratch.activations", "relu", "evil")),
        "expected an activation by its name",
    ),
    "a function of builtins for activation": (
        layer(
            CONV,
            config__activation=dict(
                module="builtins", class_name="function", config="exec", registered_name="exec"
            ),
        ),
        "Unknown activation function: 'exec'",
    ),
    "options of an activation that are objects": (
        layer(CONV, config__activation=node("cnn_scratch.activations", "leaky_relu", negative_slope=[1])),
        "expected an activation by its name",
    ),
    "a layer as an activation, with options that are objects": (
        layer(CONV, config__activation=node("keras.layers", "LeakyReLU", negative_slope=[1])),
        "expected an activation by its name",
    ),
    "a layer as an activation, with an option of another one": (
        layer(CONV, config__activation=node("keras.layers", "ReLU", name="r", alpha=0.1)),
        "options that it does not have.*'alpha'",
    ),
    "a layer as an activation, with axes that are objects": (
        layer(CONV, config__activation=node("keras.layers", "Softmax", axis=[[1]])),
        "expected an activation by its name",
    ),
    "a layer as an activation, of a class without a name": (
        layer(CONV, config__activation=node("keras.layers", ["LeakyReLU"], negative_slope=1)),
        "expected an activation by its name",
    ),
    "another layer as an activation": (
        layer(CONV, config__activation=node("keras.layers", "Lambda", function="evil")),
        "expected an activation by its name",
    ),
    "an initializer of another module": (
        layer(CONV, config__kernel_initializer=node("numpy", "fromfile", file="/etc/passwd")),
        "class 'fromfile'",
    ),
    "a constant of a billion numbers": (
        layer(CONV, config__kernel_initializer=node("keras.initializers", "Constant", value=[[0] * 200_000])),
        "expected `value`",
    ),
    "a regularizer that is an optimizer": (
        layer(CONV, config__kernel_regularizer=node("keras.optimizers", "Adam")),
        "expected a regularizer",
    ),
    "a negative regularizer": (
        layer(CONV, config__kernel_regularizer=node("keras.regularizers", "L2", l2=-1)),
        "expected `l2` to be a number from 0",
    ),
    "a constraint that is a function": (
        layer(CONV, config__kernel_constraint=node("builtins", "eval", source="1")),
        "expected a constraint that cnn_scratch has",
    ),
    "an unknown constraint": (layer(CONV, config__kernel_constraint="evil"), "Unknown constraint: 'evil'"),
    "a constraint below 0": (
        layer(CONV, config__bias_constraint=node("keras.constraints", "MaxNorm", max_value=-1)),
        "expected `max_value` to be a number from 0",
    ),
    "a constraint over axes that are text": (
        layer(CONV, config__kernel_constraint=node("keras.constraints", "UnitNorm", axis="0")),
        "expected `axis` to be an integer",
    ),
    "a dtype that is a structure": (layer(CONV, config__dtype="f4,O"), "dtype"),
    "a dtype of objects": (layer(CONV, config__dtype="object"), "dtype"),
    "a dtype of another module": (
        layer(CONV, config__dtype=node("os", "DTypePolicy", name="float32")),
        "expected a dtype, or a DTypePolicy",
    ),
    "another shape than the weights": (
        layer(HEAD, config__units=4),
        r"Expected shape \(32, 4\) for 'kernel'",
    ),
    "a billion units": (layer(HEAD, config__units=10**9), r"Expected shape \(32, 1000000000\) for 'kernel'"),
    "more numbers than there are": (
        lambda c: ([layer(HEAD, config__units=2**31 - 1)(c), layer(CONV, config__filters=2**31 - 1)(c)]),
        ".",
    ),
    "an image of a billion pixels": (layer(0, config__batch_shape=[None, 60_000, 60_000, 1]), "incompatible"),
    "an image without a size": (layer(0, config__batch_shape=[None, None, None, 1]), "."),
    "no input": (
        lambda c: [c["config"]["layers"].pop(0), c["config"].pop("build_input_shape")],
        "expected a model whose input shape is known",
    ),
    "a layer and no model": (
        lambda c: node("keras.layers", "Dense", units=3),
        "expected a model",
    ),
    "another dtype than the weights": (
        layer(HEAD, config__dtype="float64"),
        "Expected float64 for 'kernel'.*Received: float32",
    ),
    "models in models": (lambda c: nested(60), "at most 100 levels deep"),
    "six thousand layers": (
        lambda c: c["config"].update(
            layers=[c["config"]["layers"][0]]
            + [node("keras.layers", "Activation", name=f"a{n}", activation="relu") for n in range(6000)]
        ),
        "at most 5000 layers",
    ),
    "a shared number for two layers": (
        lambda c: [layer(CONV, shared_object_id=7)(c), layer(HEAD, shared_object_id=7)(c)],
        "expected one Conv2D under shared_object_id 7",
    ),
    "a shared number for two settings": (
        lambda c: [
            c["config"]["layers"].insert(2, copy.deepcopy(c["config"]["layers"][CONV])),
            layer(CONV, shared_object_id=7)(c),
            layer(CONV + 1, shared_object_id=7, config__name="other")(c),
        ],
        "expected one Conv2D under shared_object_id 7",
    ),
    "a shared number that is a string": (layer(CONV, shared_object_id="7"), "with a 'class_name'"),
    "a layer twice by a shared number": (
        lambda c: (
            [
                layer(CONV, shared_object_id=7)(c),
                c["config"]["layers"].append(copy.deepcopy(c["config"]["layers"][CONV])),
            ]
        ),
        "unique names",
    ),
    "an optimizer of another module": (
        lambda c: c["compile_config"].update(optimizer=node("os", "Adam")),
        "class 'Adam' of module",
    ),
    "an unknown loss": (lambda c: c["compile_config"].update(loss="evil"), "Unknown loss: 'evil'"),
    "a loss with a function": (
        lambda c: c["compile_config"].update(
            loss=node("keras.losses", "LossFunctionWrapper", fn="os.system")
        ),
        "class 'LossFunctionWrapper'",
    ),
    "a metric with a function": (
        lambda c: c["compile_config"].update(metrics=[node("keras.metrics", "MeanMetricWrapper", fn="f")]),
        "class 'F' of module 'keras.metrics'",
    ),
    "metrics that are a string": (
        lambda c: c["compile_config"].update(metrics="accuracy"),
        "expected `metrics` to be a list",
    ),
    "a learning rate with a schedule of code": (
        lambda c: c["compile_config"]["optimizer"]["config"].update(learning_rate=node("os", "system")),
        "expected a schedule that cnn_scratch has",
    ),
    "another optimizer than the state's": (
        lambda c: c["compile_config"].update(optimizer="sgd"),
        "Expected 2 arrays for the state of optimizer 'sgd'",
    ),
    "an unknown key of compile": (lambda c: c["compile_config"].update(hook="x"), "Received: \"hook='x'\""),
    "compile as a list": (lambda c: c.update(compile_config=[1]), "expected compile_config as an object"),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configuration(tmp_path, name):
    change, message = CONFIGURATIONS[name]
    refused(tmp_path, with_config(change), message)


# Notes ------------------------------------------------------------------------------------------------

NOTES = {
    "a list": (lambda n: [1], "expected an object with a version"),
    "an unknown note": (lambda n: n.update(run="x"), "Received: \\['run'\\]"),
    "class names that are numbers": (lambda n: n.update(class_names=[1]), "expected `class_names`"),
    "a preparation that is a string": (lambda n: n.update(preparation="x"), "expected `preparation`"),
    "a preparation for a huge image": (
        lambda n: n.update(
            preparation={"image_size": [10**6, 10**6], "grayscale": False, "value_range": [0, 1]}
        ),
        "expected `image_size`",
    ),
    "a preparation without a size": (
        lambda n: n.update(preparation={"grayscale": False, "value_range": [0, 1]}),
        "no \\['image_size'\\]",
    ),
    "a range that is none": (
        lambda n: n.update(preparation={"image_size": [6, 6], "grayscale": True, "value_range": [1, 1]}),
        "Expected `value_range`",
    ),
    "a self-test of another shape": (
        lambda n: n["self_test"].update(input_shape=[1, 10**6, 10**6, 1]),
        "expected a test for inputs",
    ),
    "a self-test of too few outputs": (lambda n: n["self_test"].update(outputs="AAAA"), "expected 3 outputs"),
    "a self-test that is no base64": (lambda n: n["self_test"].update(outputs="%%%"), "base64|Base64"),
    "a self-test of another dtype": (
        lambda n: n["self_test"].update(dtype="O"),
        "expected float32 or float64",
    ),
    "a random state of no layer": (
        lambda n: n["random_state"].update({"layers/dense/0": [1, 2]}),
        "expected states of the model's random layers",
    ),
    "a random state that is text": (
        lambda n: n["random_state"].update({"layers/dropout/0": "x"}),
        "expected \\[seed, count\\]",
    ),
    "a random state below 0": (
        lambda n: n["random_state"].update({"layers/dropout/0": [3, -1]}),
        "expected \\[seed, count\\], each below 2³²",
    ),
    "a random state beyond 32 bits": (
        lambda n: n["random_state"].update({"layers/dropout/0": [2**32, 0]}),
        "expected \\[seed, count\\], each below 2³²",
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_notes(tmp_path, name):
    change, message = NOTES[name]
    refused(tmp_path, with_notes(change), message)


# HDF5 -------------------------------------------------------------------------------------------------

KERNEL = "layers/dense/vars/0"


def replace(**options):
    """Put another array in the place of the last layer's kernel."""

    def write(file):
        del file[KERNEL]
        file.create_dataset(KERNEL, **options)

    return write


def link(target):
    def write(file):
        del file[KERNEL]
        file[KERNEL] = target

    return write


def virtual(file):
    layout = h5py.VirtualLayout((32, 3), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (32, 3))
    del file[KERNEL]
    file.create_virtual_dataset(KERNEL, layout)


def virtual_of_itself(file):
    file.move(KERNEL, "hidden")
    layout = h5py.VirtualLayout((32, 3), "f4")
    layout[:] = h5py.VirtualSource(".", "hidden", (32, 3))
    file.create_virtual_dataset(KERNEL, layout)


def committed(file):
    file["type"] = np.dtype("f4")
    del file[KERNEL]
    file.create_dataset(KERNEL, data=np.ones((32, 3)), dtype=file["type"])


def cycle(file):
    file["layers/loop"] = file["layers"]


def many_groups(file):
    for number in range(300):
        file.create_group(f"layers/g{number}" + "/a" * 90)


FLOATS = np.ones((32, 3), "f4")
HDF5 = {
    "a soft link": (
        link(h5py.SoftLink("/layers/conv2d/vars/0")),
        "expected hard links only. Received: a soft",
    ),
    "a soft link to itself": (link(h5py.SoftLink(f"/{KERNEL}")), "a soft link"),
    "a link into another file": (
        link(h5py.ExternalLink("/etc/passwd", "/x")),
        "another file|fractal heap|soft link",
    ),
    "a second hard link": (lambda f: link(f["layers/conv2d/vars/0"])(f), "a second link"),
    "a circle of hard links": (cycle, "a second link to 'layers'"),
    "the root inside itself": (lambda f: link(f["/"])(f), "a second link to '/'"),
    "a virtual array": (virtual, "a virtual array"),
    "a virtual array of itself": (virtual_of_itself, "a virtual array"),
    "numbers in another file": (
        replace(shape=(32, 3), dtype="f4", external=[("/etc/passwd", 0, 384)]),
        "numbers in another file",
    ),
    "a shared type": (committed, "shared with another object|expected a group or an array"),
    "object references": (replace(shape=(32, 3), dtype=h5py.ref_dtype), "class 7 .reference"),
    "strings": (replace(data=np.full((32, 3), b"abcd")), "class 3 .string"),
    "strings of any length": (replace(shape=(32, 3), dtype=h5py.string_dtype()), "class 9 .variable-length"),
    "lists of any length": (replace(shape=(32, 3), dtype=h5py.vlen_dtype("f4")), "class 9 .variable-length"),
    "a compound type": (replace(shape=(32, 3), dtype=[("a", "f4"), ("b", "i4")]), "class 6 .compound"),
    "complex numbers": (replace(data=FLOATS.astype("c8")), "class 6 .compound"),
    "truth values": (replace(data=FLOATS > 0), "class 8 .enumeration"),
    "an array type": (replace(shape=(32,), dtype=np.dtype(("f4", (3,)))), "class 10 .array"),
    "opaque bytes": (replace(data=np.full((32, 3), b"", "V4")), "class 5 .opaque"),
    "long doubles": (replace(data=FLOATS.astype("g")), "class 1 .float., 16 bytes"),
    "other floats": (replace(data=FLOATS.astype("f8")), "Expected float32 .* Received: float64"),
    "integers": (replace(data=FLOATS.astype("i4")), "Expected float32 .* Received: int32"),
    "a shape the other way round": (replace(data=FLOATS.T.copy()), r"Expected shape \(32, 3\)"),
    "one row too many": (replace(data=np.ones((33, 3), "f4")), r"Expected shape \(32, 3\)"),
    "a scalar": (replace(data=np.float32(1)), r"Expected shape \(32, 3\)"),
    "no shape": (replace(data=h5py.Empty("f4")), "expected a shape"),
    "a declared shape without numbers": (replace(shape=(32, 3), dtype="f4"), "needs 384 bytes"),
    "a huge declared shape": (replace(shape=(2**31, 2**20), dtype="f4"), "needs"),
    "a shape beyond memory": (replace(shape=(2**40, 2**40), dtype="f4", chunks=(1, 1)), "fits into memory"),
    "a compressed bomb": (
        replace(data=np.zeros((32, 3 * 10**6), "f4"), chunks=(32, 10**5), compression="gzip"),
        r"\(32, 3000000\)|compressed",
    ),
    "huge chunks": (
        replace(shape=(32, 3), maxshape=(None, None), dtype="f4", chunks=(10**4, 10**4)),
        "chunks no larger than the array",
    ),
    "chunks without numbers": (replace(shape=(32, 3), dtype="f4", chunks=(8, 3)), "."),
    "another filter": (replace(data=FLOATS, chunks=True, compression="lzf"), "expected no filters but"),
    "a filter that rounds": (replace(data=FLOATS.astype("i4"), scaleoffset=2), "expected no filters but"),
    "a group for an array": (
        lambda f: [f.__delitem__(KERNEL), f.create_group(KERNEL)],
        "Expected .* arrays",
    ),
    "an array for a group": (
        lambda f: ([f.__delitem__("layers/dense/vars"), f.create_dataset("layers/dense/vars", data=FLOATS)]),
        "has no group 'layers/dense/vars'",
    ),
    "a missing array": (lambda f: f.__delitem__(KERNEL), "Expected 2 arrays for layer 'head'"),
    "a missing layer": (lambda f: f.__delitem__("layers/dense"), "has no group 'layers/dense/vars'"),
    "all layers missing": (lambda f: f.__delitem__("layers"), "has no group"),
    "one array more": (
        lambda f: f.create_dataset("layers/dense/vars/2", data=FLOATS),
        "Expected 2 arrays for layer 'head' .* Received: 3",
    ),
    "one layer more": (
        lambda f: f.create_dataset("layers/lstm/vars/0", data=FLOATS),
        "layers that model 'small' does not have",
    ),
    "a layer in a layer": (
        lambda f: f.create_dataset("layers/dense/layers/dense/vars/0", data=FLOATS),
        "layers that model 'small' does not have",
    ),
    "a state of other shapes": (
        lambda f: ([f.__delitem__("optimizer/vars/3"), f.create_dataset("optimizer/vars/3", data=FLOATS)]),
        "the first that does not fit is 'optimizer/vars/3'",
    ),
    "half a state": (lambda f: f.__delitem__("optimizer/vars/3"), "state of optimizer 'adam'"),
    "very deep groups": (many_groups, "80 groups deep"),
}


@pytest.mark.parametrize("name", HDF5)
def test_hdf5(tmp_path, name):
    write, message = HDF5[name]
    refused(tmp_path, with_hdf5(write), message)


def test_no_hdf5(tmp_path):
    refused(tmp_path, with_member("model.weights.h5", b"x" * 500), "model.weights.h5: expected an HDF5 file")


def zeros(count):
    """A file of layers with all their numbers: zeros, each array too small to be called a bomb."""
    with without_values():
        model = Sequential([Input((1000,)), *(layers.Dense(1000, use_bias=False) for _ in range(count))])

    def write(file):
        for number in range(count):
            name = f"layers/dense_{number}" if number else "layers/dense"
            options = dict(chunks=(1000, 1000), compression=9, shuffle=True)
            file.create_dataset(f"{name}/vars/0", data=np.zeros((1000, 1000), "f4"), **options)

    config = json.dumps(saving.serialize_keras_object(model)).encode()
    return {"config.json": config, "model.weights.h5": hdf5_bytes(write)}


@pytest.mark.parametrize("method", [0, 8], ids=["many small ones", "one inside another"])
def test_bombs_of_arrays(tmp_path, method):
    reset_names()
    message = r"model.weights.h5: expected at most 100 times \d+ bytes when unpacked. .* of 80000000 bytes"
    refused(tmp_path, archive_of(zeros(20), method), message)


def test_a_few_zeros_are_no_bomb(tmp_path):
    reset_names()
    (tmp_path / "m.keras").write_bytes(archive_of(zeros(3)))
    assert saving.load_model(tmp_path / "m.keras").count_params() == 3 * 10**6


def test_a_block_of_the_user_s_before_the_file(tmp_path):
    inner = hdf5_bytes(lambda file: file.create_dataset("a", data=FLOATS))
    refused(tmp_path, with_member("model.weights.h5", bytes(512) + inner), "expected an HDF5 file")


def test_arrays_over_each_other(tmp_path):
    """Nine headers that name one place in the file: a small file that would fill a large memory."""

    def write(file):
        for number in range(9):  # all headers first, then all numbers
            file.create_dataset(str(number), (50_000,), "f8")
        for number in range(9):
            file[str(number)][...] = number

    content = bytearray(hdf5_bytes(write))
    with h5py.File(io.BytesIO(content)) as file:
        places = [file[str(n)].id.get_offset() for n in range(9)]
    assert places == sorted(places)
    for place in places[1:]:
        at = content.find(struct.pack("<QQ", place, 400_000))
        content[at : at + 8] = struct.pack("<Q", places[0])
    cut = bytes(content[: places[1]])
    cut = cut.replace(struct.pack("<Q", len(content)), struct.pack("<Q", len(cut)), 1)
    refused(tmp_path, with_member("model.weights.h5", cut), "the arrays lie over each other: 3600000 bytes")
