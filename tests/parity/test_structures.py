"""Models with inputs and outputs in lists, tuples and dictionaries: what they take and what they return."""

import copy
import itertools

import keras
import numpy as np
import pytest

import cnn_scratch

STRUCTURES = {
    "one": lambda a, b: a,
    "list": lambda a, b: [a, b],
    "tuple": lambda a, b: (a, b),
    "dictionary": lambda a, b: {"second": b, "first": a},  # not in the order of their names
    "list of one": lambda a, b: [a],
    "tuple of one": lambda a, b: (a,),
    "dictionary of one": lambda a, b: {"first": a},
}
SEVERAL = ["list", "tuple", "dictionary"]
A = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
B = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")


def form(thing, leaf=lambda tensor: tuple(tensor.shape)):
    """Return the structure with shapes (or ``leaf(thing)``) in it."""
    if isinstance(thing, dict):
        return {key: form(part, leaf) for key, part in thing.items()}
    if isinstance(thing, list | tuple) and not all(isinstance(part, int | None) for part in thing):
        return type(thing)(form(part, leaf) for part in thing)
    return leaf(thing) if hasattr(thing, "shape") else thing


def model_of(library, outputs, inputs="list"):
    """Return a model with inputs a (3) and b (2), and outputs of three and two numbers."""
    a = library.Input((3,), name="first" if inputs == "dictionary" else "a")
    b = library.Input((2,), name="second" if inputs == "dictionary" else "b")
    joined = library.layers.Concatenate()([a, b])
    x = library.layers.Dense(3, name="x")(joined)
    y = library.layers.Dense(2, name="y")(joined)
    return library.Model(STRUCTURES[inputs](a, b), STRUCTURES[outputs](x, y))


def pair(*arguments):
    ours, theirs = model_of(cnn_scratch, *arguments), model_of(keras, *arguments)
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def same(ours, theirs):
    """Assert that two structures are of the same kind, with about the same numbers."""
    assert form(ours) == form(theirs)
    flat = (one.values() if isinstance(one, dict) else one for one in (ours, theirs))
    for one, other in zip(*flat, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("outputs", STRUCTURES)
def test_what_is_returned(outputs):
    ours, theirs = pair(outputs)
    same(ours([A, B]), theirs([A, B]))
    same(ours.predict([A, B], batch_size=4), theirs.predict([A, B], batch_size=4, verbose=0))
    same(ours.predict_on_batch([A, B]), theirs.predict_on_batch([A, B]))
    assert form(ours.output) == form(theirs.output)
    assert ours.output_shape == theirs.output_shape
    assert ours.output_names == theirs.output_names
    if "of one" not in outputs:
        shapes = [(6, 3), (6, 2)]
        assert ours.compute_output_shape(shapes) == theirs.compute_output_shape(shapes)
        new = [[library.Input((3,)), library.Input((2,))] for library in (cnn_scratch, keras)]
        assert form(ours(new[0])) == form(theirs(new[1]))


@pytest.mark.parametrize("inputs", SEVERAL)
def test_what_is_taken(inputs):
    ours, theirs = pair("tuple", inputs)
    assert form(ours.input) == form(theirs.input)
    assert ours.input_shape == theirs.input_shape
    given = STRUCTURES[inputs](A, B)
    same(ours.predict(given), theirs.predict(given, verbose=0))
    same(ours.predict({one.name: x for one, x in zip(ours.inputs, (A, B), strict=True)}), ours.predict(given))
    outputs, cache = ours.forward(given, training=True)
    grads = ours.backward(tuple(map(np.ones_like, outputs)), cache)
    assert form(grads) == form(given)


@pytest.mark.parametrize("library", [cnn_scratch, keras])
def test_a_list_for_names_that_are_not_sorted(library):
    """It could follow the order of the dictionary or that of the names.

    A call on symbolic tensors is refused here at once, and in Keras when the model is used.
    """
    first, second = library.Input((3,), name="first"), library.Input((2,), name="second")
    both = library.layers.Concatenate()([first, second])
    model = library.Model({"second": second, "first": first}, library.layers.Dense(1)(both))
    model.compile("sgd", "mse")
    refused = [
        lambda: model.predict([A, B], verbose=0),
        lambda: model.fit([A, B], A[:, :1], verbose=0),
    ]
    if library is cnn_scratch:
        refused.append(lambda: model([library.Input((3,)), library.Input((2,))]))
    for call in refused:
        with pytest.raises(ValueError, match=r"(?s)structure of .* doesn't match the expected structure"):
            call()
    assert model.predict({"first": A, "second": B}, verbose=0).shape == (6, 1)


@pytest.mark.parametrize("outputs", STRUCTURES)
def test_configurations_clones_and_copies(outputs):
    ours, theirs = pair(outputs, "tuple")
    for key in ("input_layers", "output_layers"):
        assert ours.get_config()[key] == theirs.get_config()[key]
    for config in (ours.get_config(), theirs.get_config()):
        again = cnn_scratch.Model.from_config(config)
        assert form(again.output) == form(theirs.output)
        assert form(again.input) == form(theirs.input)
    for twin in (copy.deepcopy(ours), cnn_scratch.models.clone_model(ours)):
        assert form(twin.output) == form(theirs.output)
        assert form(twin.input) == form(theirs.input)


@pytest.mark.parametrize("outputs", STRUCTURES)
@pytest.mark.parametrize("writer", [keras, cnn_scratch])
def test_files(outputs, writer, tmp_path):
    """They have no tuples: what was one is a list afterwards, here as in Keras."""
    ours, theirs = pair(outputs, "tuple")
    (ours if writer is cnn_scratch else theirs).save(tmp_path / "m.keras")
    again, expected = (library.saving.load_model(tmp_path / "m.keras") for library in (cnn_scratch, keras))
    assert form(again.output) == form(expected.output)
    same(again.predict([A, B]), expected.predict([A, B], verbose=0))
    same(again.predict((A, B)), expected.predict((A, B), verbose=0))


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [*itertools.product(SEVERAL, ["list", "tuple"]), ("dictionary", "dictionary")],
)
def test_training(outputs, labels):
    """The labels of a dictionary of outputs may be a list: in the order of the names, as in Keras."""
    ours, theirs = pair(outputs)
    y = STRUCTURES[labels](A[::-1], B[::-1])
    histories = []
    for model in (ours, theirs):
        losses, weights = STRUCTURES[outputs]("mse", "mae"), STRUCTURES[outputs](0.5, 2.0)
        model.compile("sgd", losses, loss_weights=weights)
        history = model.fit([A, B], y, 3, epochs=2, shuffle=False, verbose=0, validation_data=([A, B], y))
        numbers = model.evaluate([A, B], y, verbose=0), model.train_on_batch([A, B], y)
        histories.append({**history.history, "evaluated": numbers[0], "trained": numbers[1]})
    assert set(histories[0]) == set(histories[1])
    for name, values in histories[1].items():
        np.testing.assert_allclose(histories[0][name], values, rtol=1e-5, err_msg=name)
    same(ours.predict([A, B]), theirs.predict([A, B], verbose=0))


@pytest.mark.parametrize("outputs", SEVERAL)
def test_batches(outputs):
    """Labels have the structure of the outputs; in the place of a list there must be a tuple for Keras."""
    ours, theirs = pair(outputs)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            part = slice(3 * index, 3 * index + 3)
            labels = STRUCTURES[outputs](A[part], B[part])
            return (A[part], B[part]), tuple(labels) if isinstance(labels, list) else labels

    class Here(cnn_scratch.utils.PyDataset):
        __len__, __getitem__ = Batches.__len__, Batches.__getitem__

    histories = []
    for model, batches in ((ours, Here()), (theirs, Batches())):
        model.compile("sgd", STRUCTURES[outputs]("mse", "mae"))
        histories.append(model.fit(batches, epochs=2, shuffle=False, verbose=0).history)
    assert set(histories[0]) == set(histories[1])
    for name, values in histories[1].items():
        np.testing.assert_allclose(histories[0][name], values, rtol=1e-5, err_msg=name)
