"""Names of Keras's models: those that mean the same here, and what is said in the place of others."""

import copy

import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers, metrics


def compiled(**options):
    model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", **options)
    return model


def test_what_is_measured():
    model = compiled(metrics=["mae", metrics.MeanSquaredError(name="squares")])
    assert [metric.name for metric in model.metrics] == ["loss"]
    logs = model.evaluate(np.ones((4, 2)), np.zeros((4, 1)), return_dict=True, verbose=0)
    assert [metric.name for metric in model.metrics] == ["loss", "mae", "squares"]
    assert model.get_metrics_result() == logs == {"loss": 4.0, "mae": 2.0, "squares": 4.0}
    assert [metric.result() for metric in model.metrics] == [4.0, 2.0, 4.0]
    for metric in model.metrics:
        metric.reset_state()
    assert model.get_metrics_result() == {"loss": 0.0, "mae": 0.0, "squares": 0.0}


def test_several_outputs_have_a_mean_each():
    inputs = Input((2,))
    model = Model(inputs, [layers.Dense(1, name=name)(inputs) for name in ("b", "a")])
    model.compile("sgd", ["mse", "mse"], metrics=[["mae"], ["mae"]])
    model.evaluate(np.ones((4, 2)), [np.zeros((4, 1))] * 2, verbose=0)
    assert [metric.name for metric in model.metrics] == ["loss", "b_loss", "a_loss", "mae", "mae"]
    assert list(model.get_metrics_result()) == ["loss", "b_loss", "a_loss", "a_mae", "b_mae"]


def test_before_compile():
    model = Sequential([Input((2,)), layers.Dense(1)])
    assert (model.compiled, model.metrics, model.get_metrics_result()) == (False, [], {})
    assert model.metrics_names == []
    model.compile("sgd", "mse")
    assert model.compiled


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("export", r"'Sequential' object has no attribute 'export'. Use `save`"),
        ("add_loss", "subclass of `losses.Loss`"),
        ("train_step", "model.backward_parameters"),
        ("call", r"model.forward\(x, training\)"),
        ("fit_generator", "take generators"),
        ("predict_classes", "argmax"),
        ("anything", "has no attribute 'anything'$"),
    ],
)
def test_what_to_use_instead(name, answer):
    model = compiled()
    with pytest.raises(AttributeError, match=answer):
        getattr(model, name)
    assert not hasattr(model, name)
    assert copy.copy(model).name == model.name


def test_arguments_of_keras_that_change_nothing():
    model = compiled(auto_scale_loss=False, jit_compile=True, steps_per_execution=4)
    expected = compiled().evaluate(np.ones((4, 2)), np.zeros((4, 1)), verbose=0)
    assert model.evaluate(np.ones((4, 2)), np.zeros((4, 1)), verbose=0) == expected


def test_a_model_is_one_file(tmp_path):
    with pytest.raises(ValueError, match=r"expected zipped=True. Received: zipped=False"):
        compiled().save(tmp_path / "model.keras", zipped=False)
    compiled().save(tmp_path / "model.keras", zipped=None)  # Keras's default
    assert (tmp_path / "model.keras").is_file()


def nested(depth, make):
    model = Sequential([Input((2,)), layers.Dense(2)])
    for _ in range(depth - 1):
        model = make(model)
    return model


def in_a_graph(model):
    inputs = Input((2,))
    return Model(inputs, model(inputs))


@pytest.mark.parametrize("make", [in_a_graph, lambda model: Sequential([Input((2,)), model])])
def test_no_more_models_inside_each_other_are_written_than_are_read(make, tmp_path):
    from cnn_scratch.models import load_model

    path, x = tmp_path / "model.keras", np.ones((3, 2), "float32")
    deep = nested(32, make)
    deep.save(path)
    np.testing.assert_array_equal(load_model(path).predict(x), deep.predict(x))
    for write in (
        lambda model: model.save(path),
        lambda model: model.save_weights(tmp_path / "a.weights.h5"),
    ):
        with pytest.raises(
            ValueError, match=r"at most 32 models inside each other.*Received: model '.*' with 33"
        ):
            write(nested(33, make))
