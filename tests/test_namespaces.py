"""The names of Keras: those that are there mean the same, and for the others a module says what it has."""

import inspect
from operator import attrgetter

import keras
import numpy as np
import pytest

import cnn_scratch

MODULES = [
    "layers",
    "models",
    "callbacks",
    "optimizers",
    "losses",
    "metrics",
    "initializers",
    "utils",
    "datasets",
    "config",
    "backend",
    "saving",
    "preprocessing",
    "preprocessing.image",
]
WITHOUT_A_LIST = ["activations", "regularizers", "random"]  # of their names


def public(module):
    return {name for name in dir(module) if not name.startswith("_")}


@pytest.mark.parametrize("module", MODULES)
def test_what_has_the_same_name_is_the_same_kind_of_thing(module):
    ours, theirs = map(attrgetter(module), (cnn_scratch, keras))
    common = public(theirs) & set(ours.__all__)
    assert common
    for name in common:
        one, other = getattr(ours, name), getattr(theirs, name)
        assert inspect.isclass(one) == inspect.isclass(other), name
        assert inspect.ismodule(one) == inspect.ismodule(other), name


@pytest.mark.parametrize("module", MODULES + WITHOUT_A_LIST)
def test_a_name_that_is_not_there_is_answered(module):
    ours, theirs = map(attrgetter(module), (cnn_scratch, keras))
    for name in public(theirs) - public(ours):
        assert not hasattr(ours, name)
        with pytest.raises(AttributeError, match=rf"^cnn_scratch.{module} does not have '{name}'. \w+"):
            getattr(ours, name)


def test_a_name_that_is_imported_is_answered_too():
    """Python has a message of its own for it, which does not say what to use instead."""
    with pytest.raises(ImportError, match=r"^cnn_scratch does not have 'applications'. Save a network"):
        from cnn_scratch import applications  # noqa: F401
    with pytest.raises(ImportError, match=r"^cnn_scratch.layers does not have 'Lambda'. Write `x \* 0.5"):
        from cnn_scratch.layers import Conv2D, Lambda  # noqa: F401
    from cnn_scratch import predict, saving

    assert inspect.ismodule(predict)
    assert inspect.ismodule(saving)
    assert not hasattr(cnn_scratch.layers, "Lambda")
    assert getattr(cnn_scratch.layers, "Lambda", None) is None


def test_a_module_that_is_imported_is_answered_too():
    with pytest.raises(
        ModuleNotFoundError, match=r"^cnn_scratch does not have 'applications'. Save a network"
    ):
        from cnn_scratch.applications.resnet50 import ResNet50  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match=r"^cnn_scratch does not have 'ops'. Arrays are NumPy's"):
        import cnn_scratch.ops
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'cnn_scratch.nothing'$"):
        import cnn_scratch.nothing  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'applications'$"):
        import applications  # noqa: F401


def test_the_package_itself():
    for name in public(keras) - public(cnn_scratch) - {"src", "legacy"}:
        with pytest.raises(AttributeError, match=rf"^cnn_scratch does not have '{name}'"):
            getattr(cnn_scratch, name)
    with pytest.raises(AttributeError, match=r"'applications'. Save a network .*load_model"):
        cnn_scratch.applications  # noqa: B018
    with pytest.raises(AttributeError, match=r"'Modle'. Did you mean 'Model'\?"):
        cnn_scratch.Modle  # noqa: B018
    with pytest.raises(
        AttributeError, match=r"does not have 'RandomHue'. The layers that change .* RandomFlip"
    ):
        cnn_scratch.layers.RandomHue  # noqa: B018
    for name, answer in (
        ("Conv3D", "images and for sequences of vectors: names end in 2D and in 1D"),
        ("MultiHeadAttention", "Conv1D, for example, and no layers that are recurrent, attend"),
    ):
        with pytest.raises(AttributeError, match=f"does not have '{name}'. The layers here .*{answer}"):
            getattr(cnn_scratch.layers, name)
    with pytest.raises(AttributeError, match="has no attribute '__wrapped__'"):
        cnn_scratch.layers.__wrapped__  # noqa: B018


def test_the_classes_of_the_package():
    for name in ("Initializer", "Layer", "Loss", "Metric", "Model", "Optimizer", "Regularizer", "Sequential"):
        assert inspect.isclass(getattr(cnn_scratch, name))
        assert inspect.isclass(getattr(keras, name))


def test_all_names_are_there():
    for module in (cnn_scratch, *(attrgetter(name)(cnn_scratch) for name in MODULES)):
        for name in module.__all__:
            assert hasattr(module, name), name


def test_the_second_names_of_layers():
    """MaxPool2D and the like, each the same class as Keras says."""
    classes = {name: getattr(keras.layers, name).__name__ for name in public(keras.layers)}
    second = {
        name: real for name, real in classes.items() if name != real and hasattr(cnn_scratch.layers, real)
    }
    assert {"MaxPool2D", "GlobalAvgPool1D", "Convolution2DTranspose"} <= set(second)
    for name, real in second.items():
        assert getattr(cnn_scratch.layers, name) is getattr(cnn_scratch.layers, real), name


def test_operations_are_numpy_s():
    with pytest.raises(AttributeError, match=r"'ops'. Arrays are NumPy's here.*keras.ops.mean is numpy.mean"):
        cnn_scratch.ops  # noqa: B018


def test_the_defaults_are_keras_s():
    for name in ("floatx", "epsilon", "image_data_format"):
        assert getattr(cnn_scratch.config, name)() == getattr(keras.config, name)()
        assert getattr(cnn_scratch.backend, name)() == getattr(keras.backend, name)()


def test_clearing_the_session_of_the_backend():
    cnn_scratch.layers.Dense(1)
    cnn_scratch.backend.clear_session()
    assert cnn_scratch.layers.Dense(1).name == "dense"
    with pytest.raises(AttributeError, match=r"does not have 'get_value'. .*optimizer.learning_rate.assign"):
        cnn_scratch.backend.get_value  # noqa: B018


@pytest.mark.parametrize(
    ("module", "name", "answer"),
    [
        ("utils", "model_to_dot", r"Use `model.summary\(expand_nested=True\)`"),
        ("utils", "get_file", "urlretrieve"),
        ("saving", "load_modell", "Did you mean 'load_model'"),
        ("losses", "Circle", "subclass of `losses.Loss`"),
        ("losses", "CTC", "for sequences"),
        ("config", "set_floatx", r"dtype='float64'"),
        ("config", "set_image_data_format", r"data_format='channels_first'"),
        ("config", "backend", "set_num_threads"),
        ("metrics", "PrecisionAtRecall", "a list of thresholds"),
        ("metrics", "PearsonCorrelation", "subclass of `metrics.Metric`"),
        ("optimizers", "Muon", "Use AdamW"),
        ("optimizers", "LossScaleOptimizer", "use the optimizer inside it"),
        ("activations", "glu", "subclass of `cnn_scratch.activation.Activation`"),
        ("activations", "relu_6", "Did you mean 'relu6'"),
        ("regularizers", "OrthogonalRegularizer", "subclass of `regularizers.Regularizer`"),
        ("random", "normal", "numpy.random.default_rng"),
        ("layers", "deserialize", "saving.deserialize_keras_object"),
        ("preprocessing", "sequence", "This package is for images"),
        ("preprocessing.image", "ImageDataGenerator", "utils.image_dataset_from_directory.*RandomFlip"),
        ("preprocessing.image", "smart_resize", "crop_to_aspect_ratio=True"),
    ],
)
def test_what_to_use_instead(module, name, answer):
    with pytest.raises(AttributeError, match=rf"does not have '{name}'.*{answer}"):
        getattr(attrgetter(module)(cnn_scratch), name)


def test_images_under_their_older_names():
    from cnn_scratch.preprocessing import image
    from cnn_scratch.preprocessing.image import load_img

    assert image.load_img is load_img is cnn_scratch.utils.load_img
    assert image.img_to_array is cnn_scratch.utils.img_to_array
    assert cnn_scratch.preprocessing.image_dataset_from_directory is (
        cnn_scratch.utils.image_dataset_from_directory
    )


def test_initializers_have_their_other_names():
    for name in (
        "constant",
        "variance_scaling",
        "he_normal",
        "glorot_uniform",
        "lecun_normal",
        "zeros",
        "orthogonal",
        "OrthogonalInitializer",
    ):
        ours, theirs = getattr(cnn_scratch.initializers, name), getattr(keras.initializers, name)
        assert ours.__name__ == {"OrthogonalInitializer": "Orthogonal"}.get(theirs.__name__, theirs.__name__)


def test_initializers_by_their_other_names_are_objects():
    """Not the modules in which they stand."""
    np.testing.assert_array_equal(cnn_scratch.initializers.constant(0.5)((2,)), [0.5, 0.5])
    assert cnn_scratch.initializers.variance_scaling(2.0, "fan_out").get_config()["scale"] == 2.0
