"""Hostile configurations and notes: each is refused, soon, by one error with a reason."""

import copy

import pytest

from tests.saving.files import refused, with_config, with_notes

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
