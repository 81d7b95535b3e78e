"""Files in both directions: Keras opens ours, and we open Keras's; both predict and go on training alike."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from cnn_scratch import Input, Model, Sequential, layers, losses, metrics, optimizers, saving
from cnn_scratch.naming import reset_names
from tests.saving.files import archive_of, samples

# Keras 3.15 forgets it in this table, and so cannot read its own nodes and files of Lamb.
keras.src.optimizers.ALL_OBJECTS_DICT.setdefault("lamb", keras.optimizers.Lamb)
CLOSE = dict(rtol=2e-5, atol=2e-6)  # some hundred float32 additions, through a few layers
STEPS = dict(rtol=2e-4, atol=2e-5)  # Adam divides by a root: small gradients' digits count more


def stack(k):
    return k.Sequential(
        [
            k.Input((8, 8, 2)),
            k.layers.Conv2D(3, 3, strides=2, padding="same", use_bias=False),
            k.layers.BatchNormalization(scale=False),
            k.layers.MaxPooling2D(2),
            k.layers.Flatten(),
            k.layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
        ]
    )


def graph(k):
    inputs = k.Input((8, 8, 2))
    x = k.layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    shared = k.layers.Conv2D(4, 1, activation="relu")
    y = shared(shared(x))
    y = k.layers.Add()([x, y]) * 0.5 + x
    y = k.layers.GlobalAveragePooling2D()(y)
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(y))


def nested(k):
    block = k.Sequential([k.Input((8, 8, 2)), k.layers.Conv2D(3, 3), k.layers.ReLU(max_value=6)])
    deep = k.Sequential([block, k.layers.Conv2D(2, 3, groups=1), k.layers.GlobalMaxPooling2D()])
    inputs = k.Input((8, 8, 2))
    a = k.Input((8, 8, 2))
    inner = k.Model(a, k.layers.Flatten()(k.layers.Conv2D(3, 5, strides=2)(a)))
    x = k.layers.Concatenate()([deep(inputs), inner(inputs)])
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(x))


def normalized(k):
    inputs = k.Input((8, 8, 2))
    x = k.layers.Rescaling(1 / 3, offset=-0.5)(inputs)
    x = k.layers.DepthwiseConv2D(3, depth_multiplier=2)(x)
    x = k.layers.LayerNormalization()(x)
    x = k.layers.PReLU(shared_axes=[1, 2])(x)
    x = k.layers.Multiply()([x, k.layers.Activation("sigmoid")(x)])
    x = k.layers.Reshape((-1, 4))(x)
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(k.layers.Flatten()(x)))


def double(k):
    model = k.Sequential(
        [k.Input((8, 8, 2), dtype="float64"), k.layers.Flatten(dtype="float64")]
        + [k.layers.Dense(3, activation="softmax", dtype="float64")]
    )
    return model


class Ours:
    Input, Model, Sequential, layers = Input, Model, Sequential, layers
    optimizers, losses, metrics = optimizers, losses, metrics


MODELS = [stack, graph, nested, normalized, double]
OPTIMIZERS = {
    "adam": lambda k: k.optimizers.Adam(0.01, amsgrad=True),
    "sgd": lambda k: k.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda k: k.optimizers.RMSprop(0.005, momentum=0.5, centered=True),
    "adamw": lambda k: k.optimizers.AdamW(0.01, weight_decay=0.1),
    "adagrad": lambda k: k.optimizers.Adagrad(0.05),
    "adadelta": lambda k: k.optimizers.Adadelta(1.0, epsilon=1e-3),
    "adamax": lambda k: k.optimizers.Adamax(0.01, clipnorm=1.0),
    "nadam": lambda k: k.optimizers.Nadam(0.01),
    "lion": lambda k: k.optimizers.Lion(0.003, weight_decay=0.1),
    "ftrl": lambda k: k.optimizers.Ftrl(0.05, l1_regularization_strength=0.01, beta=0.5),
    "lamb": lambda k: k.optimizers.Lamb(0.01),
    "adafactor": lambda k: k.optimizers.Adafactor(0.05),
    "averaged": lambda k: k.optimizers.Nadam(0.01, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=4),
    "accumulated": lambda k: k.optimizers.SGD(0.05, momentum=0.9, gradient_accumulation_steps=3),
}


def trained(k, make, optimizer="adam", steps=2):
    """Return a compiled model after some steps, of Keras (``k=keras``) or ours."""
    keras.utils.set_random_seed(3)
    keras.utils.clear_session()
    reset_names()
    model = make(k)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.6, np.shape(weight)) for weight in model.get_weights()])
    loss = k.losses.SparseCategoricalCrossentropy()
    model.compile(OPTIMIZERS[optimizer](k), loss, metrics=["accuracy", k.metrics.SparseCategoricalAccuracy()])
    train(model, steps)
    return model


def data():
    rng = np.random.default_rng(1)
    return rng.uniform(size=(12, 8, 8, 2)).astype("float32"), rng.integers(0, 3, 12)


def train(model, steps):
    x, y = data()
    for _ in range(steps):
        model.train_on_batch(x, y)


def predict(model):
    return model.predict(data()[0], verbose=0)


def same_weights(one, other, **tolerance):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    for number, (ours, theirs) in enumerate(pairs):
        np.testing.assert_allclose(ours, theirs, err_msg=f"weight {number}", **tolerance)


@pytest.mark.parametrize("make", MODELS)
def test_ours_to_ours(make, tmp_path):
    model = trained(Ours, make)
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    same_weights(again, model, rtol=0)
    np.testing.assert_array_equal(predict(again), predict(model))
    assert again.to_json() == model.to_json()
    for one in (model, again):
        train(one, 3)
    same_weights(again, model, rtol=0)
    assert again.metrics_names == model.metrics_names


@pytest.mark.parametrize("make", MODELS)
def test_ours_to_keras(make, tmp_path):
    ours = trained(Ours, make)
    ours.save(tmp_path / "m.keras")
    theirs = keras.saving.load_model(tmp_path / "m.keras")
    same_weights(theirs, ours, rtol=0)
    np.testing.assert_allclose(predict(theirs), predict(ours), **CLOSE)
    for one in (ours, theirs):
        train(one, 3)
    same_weights(theirs, ours, **STEPS)


@pytest.mark.parametrize("make", MODELS)
def test_keras_to_ours(make, tmp_path):
    theirs = trained(keras, make)
    theirs.save(tmp_path / "m.keras")
    ours = saving.load_model(tmp_path / "m.keras")
    same_weights(ours, theirs, rtol=0)
    np.testing.assert_allclose(predict(ours), predict(theirs), **CLOSE)
    for one in (ours, theirs):
        train(one, 3)
    same_weights(ours, theirs, **STEPS)


@pytest.mark.parametrize("make", [stack, graph, nested])
def test_legacy_h5(make, tmp_path):
    theirs = trained(keras, make)
    theirs.save(tmp_path / "m.h5")
    ours = saving.load_model(tmp_path / "m.h5")
    same_weights(ours, theirs, rtol=0)
    np.testing.assert_allclose(predict(ours), predict(theirs), **CLOSE)
    for one in (ours, theirs):
        train(one, 3)
    same_weights(ours, theirs, **STEPS)
    twin = trained(Ours, make)
    twin.load_weights(tmp_path / "m.h5")
    np.testing.assert_allclose(predict(twin), predict(saving.load_model(tmp_path / "m.h5")), rtol=1e-6)


# The file as Keras writes it --------------------------------------------------------------------------


def read(path):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
        methods = {info.compress_type for info in archive.infolist()}
    return members, methods


def plain(value):
    """A configuration without what differs by right."""
    if isinstance(value, dict):
        left_out = {"shared_object_id", "quantization_config", "build_config"}
        return {key: plain(inner) for key, inner in value.items() if key not in left_out}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def about(thing):
    return getattr(thing, "shape", None), str(getattr(thing, "dtype", "")), dict(thing.attrs)


@pytest.mark.parametrize("is_trained", [True, False], ids=["trained", "compiled"])
@pytest.mark.parametrize("make", [stack, graph, normalized])
def test_the_layout_is_keras_s(make, is_trained, tmp_path):
    for k, name in ((Ours, "ours"), (keras, "theirs")):
        trained(k, make, steps=2 if is_trained else 0).save(tmp_path / f"{name}.keras")
    (ours, our_methods), (theirs, their_methods) = (read(tmp_path / f"{n}.keras") for n in ("ours", "theirs"))
    assert list(ours) == list(theirs) == ["metadata.json", "config.json", "model.weights.h5"]
    assert our_methods == their_methods == {zipfile.ZIP_STORED}
    assert plain(json.loads(ours["config.json"])) == plain(json.loads(theirs["config.json"]))
    our_notes, their_notes = (json.loads(members["metadata.json"]) for members in (ours, theirs))
    assert set(our_notes) - {"cnn_scratch"} == set(their_notes)
    trees = []
    for members in (ours, theirs):
        with h5py.File(io.BytesIO(members["model.weights.h5"])) as file:
            tree = {}
            file.visititems(lambda path, thing, tree=tree: tree.update({path: about(thing)}))
            trees.append(tree)
    assert trees[0] == trees[1]


def test_keras_reads_the_optimizer_of_a_model_that_was_only_compiled(tmp_path):
    """Without a warning, where the rule keeps nothing; for Adam, Keras warns of its own files as well."""
    model = stack(Ours)
    model.compile(optimizers.SGD(0.125), "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.25
    model.save(tmp_path / "m.keras")
    theirs = keras.saving.load_model(tmp_path / "m.keras")
    assert float(theirs.optimizer.learning_rate) == 0.25
    assert saving.load_model(tmp_path / "m.keras").optimizer.learning_rate == 0.25


def test_a_file_whose_optimizer_keras_forgot(tmp_path):
    """Saving as .h5 takes the optimizer out of what Keras remembers of ``compile``, and writes next."""
    theirs = stack(keras)
    theirs.compile("adam", "sparse_categorical_crossentropy")
    x, y = samples(theirs)
    theirs.train_on_batch(x, y)
    theirs.save(tmp_path / "m.h5")
    theirs.save(tmp_path / "m.keras")
    assert saving.load_model(tmp_path / "m.h5").optimizer.name == theirs.optimizer.name
    with pytest.warns(
        UserWarning, match="does not say which optimizer .* compiled with 'rm_sprop', which starts"
    ):
        ours = saving.load_model(tmp_path / "m.keras")
    assert ours.optimizer.iterations == 0
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), **CLOSE)


def test_keras_reads_past_our_notes(tmp_path, monkeypatch):
    """A fourth member would make Keras unpack the archive into a folder; notes in metadata.json do not."""
    trained(Ours, stack).save(tmp_path / "m.keras")

    class Refused:
        def __init__(self, *_, **__):
            raise AssertionError("Keras unpacked the archive")

    monkeypatch.setattr("keras.src.saving.saving_lib.DiskIOStore", Refused)
    assert keras.saving.load_model(tmp_path / "m.keras").built


# Other honest files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def from_keras(tmp_path_factory):
    path = tmp_path_factory.mktemp("keras") / "m.keras"
    model = trained(keras, nested)
    model.save(path)
    return model, read(path)[0]


def test_compressed(from_keras, tmp_path):
    theirs, members = from_keras
    (tmp_path / "m.keras").write_bytes(archive_of(members, method=8))
    np.testing.assert_allclose(predict(saving.load_model(tmp_path / "m.keras")), predict(theirs), **CLOSE)


@pytest.mark.parametrize(
    "options", [dict(compression="gzip"), dict(chunks=True), dict(shuffle=True, fletcher32=True)]
)
def test_arrays_in_chunks(from_keras, tmp_path, options):
    theirs, members = from_keras
    buffer = io.BytesIO()
    with h5py.File(io.BytesIO(members["model.weights.h5"])) as old, h5py.File(buffer, "w") as new:

        def copy(path, thing):
            if not isinstance(thing, h5py.Dataset):
                new.require_group(path)
            else:
                new.create_dataset(path, data=thing[()], **(options if thing.shape else {}))

        old.visititems(copy)
    (tmp_path / "m.keras").write_bytes(archive_of(members | {"model.weights.h5": buffer.getvalue()}))
    np.testing.assert_allclose(predict(saving.load_model(tmp_path / "m.keras")), predict(theirs), **CLOSE)


def test_without_metadata_and_without_compile(from_keras, tmp_path):
    theirs, members = from_keras
    del members["metadata.json"]
    (tmp_path / "m.keras").write_bytes(archive_of(members))
    ours = saving.load_model(tmp_path / "m.keras", compile=False)
    assert ours.optimizer is None
    np.testing.assert_allclose(predict(ours), predict(theirs), **CLOSE)


def test_two_inputs_and_outputs(tmp_path):
    def make(k):
        a, b = k.Input((4,), name="a"), k.Input((3,), name="b")
        x = k.layers.Concatenate()([k.layers.Dense(3, activation="relu")(a), b])
        return k.Model([a, b], [k.layers.Dense(2, name="c")(x), k.layers.Dense(1, name="d")(x)])

    keras.utils.set_random_seed(3)
    theirs = make(keras)
    theirs.compile("adam", {"c": "mse", "d": "mae"}, loss_weights={"c": 1.0, "d": 0.5})
    theirs.save(tmp_path / "m.keras")
    ours = saving.load_model(tmp_path / "m.keras")
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(5, n)).astype("float32") for n in (4, 3)]
    y = [rng.normal(size=(5, n)).astype("float32") for n in (2, 1)]
    for one, other in zip(ours.predict(x), theirs.predict(x, verbose=0), strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)
    for model in (ours, theirs):
        model.train_on_batch(x, y)
    same_weights(ours, theirs, **STEPS)
    ours.save(tmp_path / "n.keras")
    again = keras.saving.load_model(tmp_path / "n.keras")
    same_weights(again, ours, rtol=0)


def test_random_layers_go_on_where_they_were(tmp_path):
    model = Sequential([Input((6,)), layers.Dropout(0.5), layers.Dense(4), layers.GaussianNoise(0.3)])
    model.compile("adam", "mse")
    x, y = samples(model)[0], np.zeros((7, 4))
    model.train_on_batch(x, y)
    model.save(tmp_path / "m.keras")
    again = saving.load_model(tmp_path / "m.keras")
    for one in (model, again):
        for _ in range(3):
            one.train_on_batch(x, y)
    same_weights(again, model, rtol=0)


def test_a_layer_in_two_models_of_one_model_cannot_be_saved(tmp_path):
    """Keras writes such a file, and cannot read it: only the second place says that the layer is shared."""
    shared = layers.Dense(3, name="shared")
    inner = [Sequential([Input((3,)), shared], name=name) for name in ("one", "two")]
    with pytest.raises(ValueError, match="'shared' stands in two models inside model"):
        Sequential([Input((3,)), *inner]).save(tmp_path / "m.keras")


def test_arrays_as_pickles(from_keras, tmp_path):
    """What Keras calls npz holds pickled dictionaries; Keras itself does not read them any more."""
    theirs, _ = from_keras
    keras.src.saving.saving_lib.save_model(theirs, tmp_path / "m.keras", weights_format="npz")
    with pytest.raises(saving.ModelFileError, match=r"model.weights.npz: .* pickles"):
        saving.load_model(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="allow_pickle=False"):
        keras.saving.load_model(tmp_path / "m.keras")


def test_configurations_that_were_no_json():
    """Keras's ``get_config`` has tuples where a file has lists."""
    for make, kind in ((stack, "Sequential"), (graph, "Model"), (nested, "Model")):
        theirs = make(keras)
        ours = getattr(Ours, kind).from_config(theirs.get_config())
        ours.set_weights(theirs.get_weights())
        np.testing.assert_allclose(predict(ours), predict(theirs), **CLOSE)
        again = getattr(keras, kind).from_config(ours.get_config())
        assert again.count_params() == theirs.count_params()


@keras.saving.register_keras_serializable("mine")
class Doubled(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2


class DoubledHere(layers.Layer):
    def compute_output_shape(self, input_shape):
        return input_shape

    def forward(self, inputs, training=False):
        return self.prepare_inputs(inputs) * 2, None

    def backward(self, grad_outputs, cache):
        return grad_outputs * 2


@pytest.mark.parametrize("key", ["Doubled", "mine>Doubled"])
def test_a_layer_of_one_s_own_that_keras_wrote(key, tmp_path):
    theirs = keras.Sequential([keras.Input((8, 8, 2)), Doubled(), keras.layers.Conv2D(2, 3)])
    theirs.save(tmp_path / "m.keras")
    with pytest.raises(saving.ModelFileError, match=r"the caller gives in `custom_objects`. .*'Doubled'"):
        saving.load_model(tmp_path / "m.keras")
    ours = saving.load_model(tmp_path / "m.keras", custom_objects={key: DoubledHere})
    assert type(ours.layers[0]) is DoubledHere
    np.testing.assert_allclose(predict(ours), predict(theirs), **CLOSE)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_becomes_float32(policy, tmp_path):
    """The parameters of such a model are float32. Computed in that, the outputs are the more exact ones."""

    def make(dtype):
        model = keras.Sequential(
            [
                keras.Input((8, 8, 2)),
                keras.layers.Conv2D(3, 3, activation="relu", dtype=dtype),
                keras.layers.BatchNormalization(dtype=dtype),
                keras.layers.Flatten(dtype=dtype),
                keras.layers.Dense(3, activation="softmax", dtype="float32"),
            ]
        )
        rng = np.random.default_rng(0)
        model.set_weights([rng.uniform(0.1, 0.6, np.shape(weight)) for weight in model.get_weights()])
        return model

    make(policy).save(tmp_path / "m.keras")
    ours = saving.load_model(tmp_path / "m.keras")
    assert {weight.dtype for weight in ours.weights} == {"float32"}
    np.testing.assert_allclose(predict(ours), predict(make("float32")), **CLOSE)


def test_the_optimizer_of_mixed_precision_goes_on(tmp_path):
    """Keras scales the loss with an optimizer around the one that is meant; the file has both states."""
    keras.config.set_dtype_policy("mixed_float16")
    try:
        theirs = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        theirs.compile(keras.optimizers.Adam(0.125), "mse")
        theirs.fit(np.eye(4), np.ones((4, 2)), epochs=2, verbose=0)
        theirs.save(tmp_path / "m.keras")
    finally:
        keras.config.set_dtype_policy("float32")
    ours = saving.load_model(tmp_path / "m.keras")
    expected = theirs.optimizer.inner_optimizer.variables
    assert ours.optimizer.iterations == 2
    for array, variable in zip(ours.optimizer.variables, expected, strict=True):
        np.testing.assert_array_equal(array, variable.numpy())
