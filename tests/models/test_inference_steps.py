"""Predictions of graphs: layers that are computed together give what they give one after the other."""

import functools

import numpy as np
import pytest

from cnn_scratch import Input, Model, layers
from cnn_scratch.finished_convolution import FinishedConvolution, computed_together
from cnn_scratch.models.inference_steps import RepeatedActivation, RepeatedPooling
from cnn_scratch.picked_pixels import PickedPixels
from cnn_scratch.profiling import Profiler
from cnn_scratch.profiling.peak import Peak
from cnn_scratch.rectified_concatenation import RectifiedConcatenation
from tests.contract import randomize
from tests.threads import assert_same_bits_for_any_number_of_threads

RELU6 = dict(max_value=6)
CONVOLUTIONS = {
    "plain": lambda **options: layers.Conv2D(7, (3, 2), strides=(2, 1), **options),
    "Winograd": lambda **options: layers.Conv2D(18, 3, padding="same", **options),
    "pointwise": lambda **options: layers.Conv2D(7, 1, **options),
    "pointwise, strides": lambda **options: layers.Conv2D(5, 1, strides=2, use_bias=False, **options),
    "groups": lambda **options: layers.Conv2D(8, 3, groups=4, **options),
    "depthwise": lambda **options: layers.DepthwiseConv2D(3, depth_multiplier=2, **options),
    "depthwise, strides": lambda **options: layers.DepthwiseConv2D(
        (2, 3), strides=2, use_bias=False, **options
    ),
    "separable": lambda **options: layers.SeparableConv2D(6, 3, depth_multiplier=2, **options),
    "dense": lambda **options: layers.Dense(9, **options),
}
FOLLOWERS = {
    "normalization": [lambda **o: layers.BatchNormalization(**o)],
    "normalization, axis 3": [lambda **o: layers.BatchNormalization(axis=3, scale=False, center=False, **o)],
    "normalization, ReLU": [lambda **o: layers.BatchNormalization(**o), lambda **o: layers.ReLU(**o)],
    "ReLU6": [lambda **o: layers.ReLU(**RELU6, **o)],
    "two scales": [
        lambda **o: layers.BatchNormalization(renorm=True, **o),
        lambda **o: layers.BatchNormalization(**o),
        lambda **o: layers.Activation("relu6", **o),
    ],
}


def chain(convolution, followers, shape, dtype="float32", adds=None):
    """Return a model of these layers with random parameters, and the tensor of each layer."""
    x = inputs = Input(shape, dtype=dtype)
    tensors = []
    for make in [convolution, *followers]:
        x = make(dtype=dtype)(x)
        tensors.append(x)
        if adds and len(tensors) == adds[0]:
            other = Input(x.shape[1:], dtype=dtype)
            x = adds[1](other, x)
            tensors.append(x)
            inputs = [inputs, other]
    model = Model(inputs, x)
    for layer in model.layers:
        randomize(layer)
    return model, tensors


def first_plus_second(other, x):
    return layers.Add()([x, other])


def second_plus_first(other, x):
    return layers.Add()([other, x])


def step_layers(model):
    return [node.layer for node in model.graph.for_inference.nodes]


def assert_computed_together(model, tensors, batch=3, bound=64):
    """Compare with the model all of whose tensors are wanted, so that each layer computes by itself."""
    (step,) = step_layers(model)
    assert isinstance(step, FinishedConvolution)
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(batch, *tensor.shape[1:])).astype(tensor.dtype) for tensor in model.inputs]
    every = Model(model.inputs, tensors)
    assert [layer for layer in step_layers(every) if isinstance(layer, FinishedConvolution)] == []
    *before, expected = every.predict(x) if len(tensors) > 1 else [every.predict(x)]
    outputs = model.predict(x)
    assert outputs.dtype == expected.dtype
    assert np.ptp(expected) > 0.5
    # What is rounded are the numbers before an activation cuts them off.
    largest = max(np.abs(array).max() for array in [*before, expected])
    tolerance = bound * np.finfo(expected.dtype).eps * largest
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(model.forward(x)[0], expected)  # as in training: layer by layer


# What is computed together ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("followers", FOLLOWERS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
def test_a_convolution_and_its_followers(convolution, followers, dtype):
    if convolution == "dense" and "axis 3" in followers:
        pytest.skip("a Dense of any rank: its channels are axis −1 only")
    shape = (33, 17, 16) if convolution == "Winograd" else (9, 8, 4)
    assert_computed_together(*chain(CONVOLUTIONS[convolution], FOLLOWERS[followers], shape, dtype))


@pytest.mark.parametrize(
    "convolution", ["Winograd", "pointwise", "pointwise, strides", "depthwise", "separable", "dense"]
)
@pytest.mark.parametrize(
    "activation", [[], [lambda **o: layers.ReLU(**o)], [lambda **o: layers.ReLU(**RELU6, **o)]]
)
def test_a_sum(convolution, activation):
    shape = (33, 17, 16) if convolution == "Winograd" else (9, 8, 4)
    followers = [lambda **o: layers.BatchNormalization(**o), *activation]
    assert_computed_together(*chain(CONVOLUTIONS[convolution], followers, shape, adds=(2, second_plus_first)))


@pytest.mark.parametrize("shape", [(11, 10, 4), (12, 11, 4)], ids=["in pieces", "window by window"])
def test_a_sum_of_many_pixels(shape):
    followers = [lambda **o: layers.ReLU(**RELU6, **o)]
    made = chain(CONVOLUTIONS["pointwise"], followers, shape, adds=(1, second_plus_first))
    assert_computed_together(*made, batch=8)


def test_a_scaled_sum_and_a_learnt_scale():
    def scaled(other, x):
        return layers.CustomScaleLayer(0.3)([other, x])

    followers = [lambda **o: layers.ReLU(**o)]
    assert_computed_together(*chain(CONVOLUTIONS["pointwise"], followers, (6, 5, 3), adds=(1, scaled)))
    followers = [lambda **o: layers.LayerScale(0.7, 9, **o)]
    assert_computed_together(*chain(CONVOLUTIONS["dense"], followers, (6, 5, 3), adds=(2, first_plus_second)))


@pytest.mark.parametrize("convolution", ["plain", "groups", "depthwise", "depthwise, strides", "separable"])
@pytest.mark.parametrize("padding", [1, ((0, 1), (2, 0)), ((3, 2), (0, 4))])
def test_zeros_around(convolution, padding):
    def padded(**options):
        return layers.ZeroPadding2D(padding, **options)

    followers = [CONVOLUTIONS[convolution], *FOLLOWERS["normalization, ReLU"]]
    assert_computed_together(*chain(padded, followers, (6, 5, 4)))


def test_zeros_around_more_than_the_window_needs():
    model, tensors = chain(lambda **o: layers.ZeroPadding2D(4, **o), [CONVOLUTIONS["plain"]], (1, 2, 3))
    assert_computed_together(model, tensors)


@pytest.mark.parametrize("convolution", ["plain", "pointwise", "depthwise", "separable", "dense"])
def test_fewer_results_than_numbers_in_the_kernel(convolution):
    followers = FOLLOWERS["normalization"]
    shape = (3, 3, 40)
    model, tensors = chain(CONVOLUTIONS[convolution], followers, shape)
    assert_computed_together(model, tensors, batch=1)
    assert model(np.zeros((0, *shape), np.float32)).shape == (0, *model.output_shape[1:])


@pytest.mark.parametrize("rows", [500, 3000])
def test_products_by_tiles_and_by_blas(rows):
    convolution = functools.partial(layers.Conv2D, 32, 1)
    model, tensors = chain(convolution, FOLLOWERS["normalization, ReLU"], (rows, 1, 1100))
    assert_computed_together(model, tensors, batch=1, bound=1100)
    images = np.random.default_rng(1).normal(size=(1, rows, 1, 1100))
    assert_same_bits_for_any_number_of_threads(lambda: [model.predict(images)])


@pytest.mark.parametrize("axis", [-1, 1, 3])
@pytest.mark.parametrize("activation", [{}, RELU6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_normalization_and_its_activation(axis, activation, dtype):
    inputs = Input((9, 8, 4), dtype=dtype)
    x = layers.BatchNormalization(axis=axis, dtype=dtype)(inputs)
    model = Model(inputs, layers.ReLU(dtype=dtype, **activation)(x))
    randomize(model.layers[1])
    assert len(step_layers(model)) == 1
    values = 5 * np.random.default_rng(0).normal(size=(3, 9, 8, 4)).astype(dtype)
    values[1, 2, 3, 0] = np.nan
    expected, _ = model.forward(values)
    np.testing.assert_array_equal(model(values), expected)
    model.layers[2].activation = layers.Activation("tanh").activation
    np.testing.assert_array_equal(model(values), model.forward(values)[0])
    with pytest.raises(ValueError, match="incompatible"):
        model(values[..., :3] if axis != 1 else values[:, :3])


@pytest.mark.parametrize("strides", [None, 2, (3, 1)])
@pytest.mark.parametrize("padding", [((0, 1), (0, 1)), ((1, 3), (0, 0)), 0])
@pytest.mark.parametrize("cropping", [((1, 0), (1, 0)), ((0, 0), (0, 0)), ((2, 1), (0, 3))])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pixels_that_are_picked(strides, padding, cropping, dtype):
    inputs = Input((9, 8, 3), dtype=dtype)
    x = layers.ZeroPadding2D(padding, dtype=dtype)(inputs)
    x = layers.Cropping2D(cropping, dtype=dtype)(x)
    if strides:
        x = layers.AveragePooling2D(1, strides, padding="same", dtype=dtype)(x)
    model = Model(inputs, x)
    (step,) = step_layers(model)
    assert isinstance(step, PickedPixels)
    assert step.name == "+".join(layer.name for layer in model.layers[1:])
    values = np.random.default_rng(0).normal(size=(2, 9, 8, 3)).astype(dtype)
    values[1, 2, 3, 0] = np.nan
    expected, _ = model.forward(values)
    picked = model.predict(values)
    assert picked.dtype == expected.dtype
    np.testing.assert_array_equal(picked, expected)
    with pytest.raises(ValueError, match="incompatible"):
        model(values[:, :5])


# What is not --------------------------------------------------------------------------------------


def test_what_two_layers_read_is_made_once():
    inputs = Input((6, 5, 3))
    conv = layers.Conv2D(4, 1)(inputs)
    normalized = layers.BatchNormalization()(conv)
    model = Model(inputs, layers.Concatenate()([layers.Softmax()(normalized), conv]))
    assert [type(layer) for layer in step_layers(model)] == [type(node.layer) for node in model.graph.nodes]
    model = Model(inputs, [conv, normalized])
    assert [type(layer) for layer in step_layers(model)] == [layers.Conv2D, layers.BatchNormalization]
    # The same tensor twice in a sum
    model = Model(inputs, layers.Add()([conv, conv]))
    assert [type(layer) for layer in step_layers(model)] == [layers.Conv2D, layers.Add]


def test_a_shared_layer_is_computed_with_different_followers():
    a, b = Input((5, 4, 3)), Input((5, 4, 3))
    conv, normalization = layers.Conv2D(6, 3), layers.BatchNormalization()
    left, right = layers.ReLU()(normalization(conv(a))), layers.ReLU(**RELU6)(normalization(conv(b)))
    model = Model([a, b], layers.Add()([left, right]))
    for layer in model.layers:
        randomize(layer)
    assert sum(isinstance(layer, FinishedConvolution) for layer in step_layers(model)) == 2
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 4, 3)).astype(np.float32)
    expected = np.maximum(normalization(conv(x[0])), 0) + np.clip(normalization(conv(x[1])), 0, 6)
    np.testing.assert_allclose(model.predict(list(x)), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (layers.Conv2D(2, 3, activation="relu"), layers.BatchNormalization()),
        (layers.Conv2D(2, 3, data_format="channels_first"), layers.BatchNormalization(axis=1)),
        (layers.Conv2D(2, 3), layers.BatchNormalization(axis=1)),
        (layers.Conv2D(2, 3), layers.BatchNormalization(dtype="float64")),
        (layers.Conv2D(2, 3), layers.Activation("tanh")),
        (layers.Conv2D(2, 3), layers.ReLU(negative_slope=0.1)),
        (layers.Conv2D(2, 3), layers.ReLU(threshold=0.1)),
        (layers.Conv2D(2, 3), layers.Multiply()),
        (layers.Conv2DTranspose(2, 3), layers.ReLU()),
        (layers.BatchNormalization(), layers.ReLU(negative_slope=0.1)),
        (layers.BatchNormalization(), layers.ReLU(dtype="float64")),
        (layers.LayerNormalization(), layers.ReLU()),
        (computed_together(layers.Conv2D(2, 3), layers.ReLU()), layers.BatchNormalization()),
        (computed_together(layers.Conv2D(2, 3), layers.ReLU()), layers.Add()),
        (computed_together(layers.Conv2D(2, 3), layers.Add()), layers.BatchNormalization()),
        (layers.Conv2D(2, 3), layers.CustomScaleLayer(0.5)),  # as the first of its inputs
        (layers.ZeroPadding2D(), layers.Conv2D(2, 3, padding="same")),
        (layers.ZeroPadding2D(), layers.Conv2D(2, 1)),
        (layers.ZeroPadding2D(), layers.Conv2D(2, 3, activation="tanh")),
        (layers.ZeroPadding2D(), layers.MaxPooling2D()),
        (layers.ZeroPadding2D(data_format="channels_first"), layers.Conv2D(2, 3)),
        (layers.ZeroPadding2D(data_format="channels_first"), layers.Cropping2D()),
        (layers.ZeroPadding2D(), layers.Cropping2D(dtype="float64")),
        (layers.Cropping2D(), layers.AveragePooling2D(1, 2)),
        (computed_together(layers.ZeroPadding2D(), layers.Cropping2D()), layers.AveragePooling2D(2)),
        (computed_together(layers.ZeroPadding2D(), layers.Cropping2D()), layers.MaxPooling2D(1, 2)),
        (
            computed_together(
                computed_together(layers.ZeroPadding2D(), layers.Cropping2D()), layers.AveragePooling2D(1, 2)
            ),
            layers.AveragePooling2D(1, 2),
        ),
    ],
)
def test_what_is_not_computed_together(first, second):
    assert computed_together(first, second) is None


def test_a_sum_of_three_or_with_broadcasting_stays():
    inputs, narrow = Input((6, 5, 3)), Input((1, 1, 4))
    conv = layers.Conv2D(4, 1)(inputs)
    for others in ([narrow], [conv * 2, conv * 3]):
        model = Model([inputs, narrow], [layers.Add()([layers.Conv2D(4, 1)(inputs), *others]), narrow * 2])
        assert not any(isinstance(layer, FinishedConvolution) for layer in step_layers(model))


def test_shapes_that_only_the_data_knows():
    inputs, other = Input((None, None, 3)), Input((None, None, 4))
    model = Model([inputs, other], layers.Add()([layers.Conv2D(4, 1)(inputs), other]))
    x, row = np.ones((2, 3, 5, 3), np.float32), np.ones((2, 1, 5, 4), np.float32)
    np.testing.assert_allclose(model([x, row]), model.layers[1](x) + row, rtol=1e-6)
    with pytest.raises(ValueError, match="incompatible shapes"):
        model([x, np.ones((2, 2, 5, 4), np.float32)])


# The state of the layers --------------------------------------------------------------------------


def small():
    model, tensors = chain(CONVOLUTIONS["plain"], FOLLOWERS["normalization, ReLU"], (6, 5, 3), "float64")
    return model, Model(model.inputs, tensors), np.random.default_rng(2).normal(size=(4, 6, 5, 3))


def test_parameters_are_read_anew():
    model, every, x = small()
    before = model.predict(x)
    for weight in model.weights:
        weight.value[...] *= 1.3  # in place, as an optimizer does it
        after = model.predict(x)
        assert np.abs(after - before).max() > 1e-6
        np.testing.assert_allclose(after, every.predict(x)[-1], rtol=1e-12)
        before = after


def test_training_is_not_affected():
    model, every, x = small()
    model.predict(x)
    model.compile("sgd", "mse")
    outputs, _ = model.forward(x, training=True)
    np.testing.assert_array_equal(model.infer(x, training=True), outputs)  # moves the statistics again
    model.fit(x, outputs * 2, epochs=1, verbose=0)
    np.testing.assert_allclose(model.predict(x), every.predict(x)[-1], rtol=1e-12)
    assert np.abs(model.forward(x, training=True)[0] - model.predict(x)).max() > 0.1


def test_frozen_and_unfrozen():
    model, _, x = small()
    expected = model.predict(x)
    model.trainable = False
    np.testing.assert_array_equal(model.predict(x), expected)
    np.testing.assert_allclose(model.infer(x, training=True), expected, rtol=1e-12)
    model.trainable = True
    np.testing.assert_array_equal(model.predict(x), expected)


def test_a_normalization_that_was_called_in_training_mode():
    inputs = Input((6, 5, 3))
    model = Model(inputs, layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs), training=True))
    assert [type(layer) for layer in step_layers(model)] == [layers.Conv2D, layers.BatchNormalization]
    x = np.random.default_rng(0).normal(size=(9, 6, 5, 3))
    outputs = model(x)
    np.testing.assert_allclose(outputs.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    # and with a layer behind it that would be computed with it otherwise
    followed = Model(inputs, layers.ReLU()(model.outputs[0]))
    assert [type(layer) for layer in step_layers(followed)][1:] == [layers.BatchNormalization, layers.ReLU]
    np.testing.assert_array_equal(followed(x), np.maximum(outputs, 0))


@pytest.mark.parametrize("which", [0, 2])
def test_an_activation_that_is_changed_after_a_prediction(which):
    model, every, x = small()
    model.predict(x)
    model.layers[1:][which].activation = layers.Activation("tanh").activation
    np.testing.assert_allclose(model.predict(x), every.predict(x)[-1], rtol=1e-12)


@pytest.mark.parametrize("convolution", ["plain", "Winograd", "pointwise", "depthwise", "separable"])
def test_one_nan_reaches_what_it_reaches_in_the_layers(convolution):
    followers = [lambda **o: layers.BatchNormalization(**o), lambda **o: layers.ReLU(**RELU6, **o)]
    shape = (33, 17, 16) if convolution == "Winograd" else (9, 8, 4)
    model, tensors = chain(CONVOLUTIONS[convolution], followers, shape)
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    x[1, 4, 4, 1] = np.nan
    expected = np.isnan(Model(model.inputs, tensors).predict(x)[-1])
    assert expected.any()
    np.testing.assert_array_equal(np.isnan(model.predict(x)), expected)


# Activations and poolings of the same tensor ------------------------------------------------------


def test_an_activation_is_applied_once():
    inputs = Input((4,))
    x = layers.Dense(4)(inputs)
    first, second, other = layers.ReLU(), layers.Activation("relu"), layers.ReLU(**RELU6)
    model = Model(inputs, layers.Concatenate()([first(x), second(x), other(x)]))
    repeated = [layer for layer in step_layers(model) if isinstance(layer, RepeatedActivation)]
    assert [layer.layer for layer in repeated] == [second, other]
    values = 5 * np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    dense = model.layers[1](values)
    clipped = np.clip(dense, 0, 6)
    np.testing.assert_array_equal(model(values), np.hstack([np.maximum(dense, 0)] * 2 + [clipped]))
    second.activation = layers.Activation("tanh").activation
    np.testing.assert_allclose(model(values)[:, 4:8], np.tanh(dense), rtol=1e-6)


def test_a_pooling_is_computed_once():
    inputs = Input((6, 5, 2))
    first, second = (layers.AveragePooling2D(3, 1, padding="same") for _ in range(2))
    others = [
        layers.MaxPooling2D(3, 1, padding="same"),
        layers.AveragePooling2D(2, 1, padding="same"),
        layers.AveragePooling2D(3, 1, padding="same", dtype="float64"),
    ]
    model = Model(inputs, layers.Concatenate()([pool(inputs) for pool in (first, second, *others)]))
    repeated = [layer for layer in step_layers(model) if isinstance(layer, RepeatedPooling)]
    assert [layer.layer for layer in repeated] == [second]
    values = np.random.default_rng(0).normal(size=(3, 6, 5, 2)).astype(np.float32)
    np.testing.assert_array_equal(model(values), model.forward(values)[0])
    second.window = layers.MaxPooling2D(2, 1, padding="same").window
    np.testing.assert_array_equal(model(values), model.forward(values)[0])


def test_each_output_is_an_array_of_its_own():
    inputs = Input((4,))
    model = Model(inputs, [layers.ReLU()(inputs), layers.ReLU()(inputs)])
    first, second = model.predict_on_batch(np.ones((3, 4), np.float32))
    assert not np.may_share_memory(first, second)


def test_a_separable_convolution_applies_the_relu_before_it():
    inputs = Input((9, 8, 4))
    x = layers.BatchNormalization()(layers.AveragePooling2D(1)(inputs))
    first, second = layers.ReLU(), layers.Activation("relu")
    one = layers.SeparableConv2D(5, 3, padding="same")(first(inputs))
    two = layers.SeparableConv2D(5, 3, padding="same", strides=2)(second(inputs))
    model = Model(inputs, [layers.BatchNormalization()(one), two, x])
    for layer in model.layers:
        randomize(layer)
    found = [layer for layer in step_layers(model) if isinstance(layer, FinishedConvolution)]
    assert [layer.before for layer in found] == [first, second]
    values = np.random.default_rng(0).normal(size=(7, 9, 8, 4)).astype(np.float32)
    for _ in range(2):
        for outputs, expected in zip(model.predict(values), model.forward(values)[0], strict=True):
            np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
        first.activation = layers.Activation("tanh").activation  # and once more


def test_a_concatenation_that_only_relus_read():
    inputs = Input((6, 5, 4))
    first, second = layers.ReLU(), layers.Activation("relu")
    concatenation = layers.Concatenate()
    x = concatenation([inputs, layers.AveragePooling2D(3, 1, padding="same")(inputs)])
    ends = [layers.GlobalAveragePooling2D()(first(x)), layers.GlobalMaxPooling2D()(second(x))]
    model = Model(inputs, ends)
    (found,) = (layer for layer in step_layers(model) if isinstance(layer, RectifiedConcatenation))
    assert (found.concatenation, found.activations) == (concatenation, (first, second))
    values = np.random.default_rng(0).normal(size=(3, 6, 5, 4)).astype(np.float32)
    values[1, 2, 3, 0] = np.nan
    for _ in range(2):
        for outputs, expected in zip(model.predict(values), model.forward(values)[0], strict=True):
            np.testing.assert_array_equal(outputs, expected)
        second.activation = layers.Activation("tanh").activation  # and once more


def test_a_concatenation_with_other_readers_stays():
    inputs = Input((6, 5, 4))
    x, y = layers.Concatenate()([inputs, inputs]), layers.Concatenate()([inputs, inputs])
    model = Model(inputs, [layers.ReLU()(x), layers.ReLU(**RELU6)(y), layers.ReLU()(y)])
    assert not any(isinstance(layer, RectifiedConcatenation) for layer in step_layers(model))
    values = np.random.default_rng(0).normal(size=(3, 6, 5, 4)).astype(np.float32)
    for outputs, expected in zip(model.predict(values), model.forward(values)[0], strict=True):
        np.testing.assert_array_equal(outputs, expected)


# The profile --------------------------------------------------------------------------------------


def test_the_profile_shows_what_is_computed_together():
    model, _ = chain(CONVOLUTIONS["plain"], FOLLOWERS["normalization, ReLU"], (6, 5, 3))
    with Profiler(model) as profiler:
        model(np.zeros((2, 6, 5, 3), np.float32))
        profiler.end_step()
    (part,) = profiler.profile(Peak(flops=1e11, bandwidth=1e10, threads=2)).parts
    assert part.label == "+".join(layer.name for layer in model.layers[1:])
    assert part.work.flops == 2 * (2 * 2 * 4) * (3 * 2 * 3 * 7)  # pixels, numbers of the kernel
