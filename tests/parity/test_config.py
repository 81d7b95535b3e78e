"""Every layer's ``get_config`` is Keras's, as JSON; and a layer can be made from Keras's."""

import json

import keras
import pytest

from cnn_scratch import layers
from cnn_scratch.saving import deserialize_keras_object

# Keys that Keras writes and this package does not have: its quantization.
ONLY_IN_KERAS = {"quantization_config"}

CASES = [
    ("Activation", dict(activation="relu")),
    ("Activation", dict(activation=None, trainable=False)),
    ("Activation", dict(activation="relu", activity_regularizer="l2")),
    ("ActivityRegularization", {}),
    ("ActivityRegularization", dict(l1=0.1, l2=0.25, dtype="float64")),
    ("AlphaDropout", dict(rate=0.5)),
    ("AlphaDropout", dict(rate=0.25, seed=7, noise_shape=(None, 1, 3))),
    ("AveragePooling2D", dict(pool_size=2)),
    ("AveragePooling2D", dict(pool_size=(2, 3), strides=1, padding="same", data_format="channels_first")),
    ("BatchNormalization", {}),
    ("BatchNormalization", dict(axis=1, momentum=0.9, epsilon=1e-5, center=False, gamma_regularizer="l2")),
    ("BatchNormalization", dict(scale=False, beta_initializer="ones", moving_mean_initializer="ones")),
    ("BatchNormalization", dict(renorm=True)),
    ("BatchNormalization", dict(renorm=True, renorm_clipping={"rmax": 3.0, "dmax": 5}, renorm_momentum=0.5)),
    ("Conv1D", dict(filters=3, kernel_size=2)),
    ("Conv1D", dict(filters=4, kernel_size=2, strides=2, padding="causal", groups=2, activation="relu")),
    ("Conv1D", dict(filters=4, kernel_size=2, dilation_rate=3, use_bias=False, kernel_regularizer="l2")),
    ("Conv1DTranspose", dict(filters=3, kernel_size=2)),
    ("Conv1DTranspose", dict(filters=3, kernel_size=2, strides=3, output_padding=1, padding="same")),
    ("Conv2D", dict(filters=3, kernel_size=2)),
    ("Conv2D", dict(filters=4, kernel_size=(1, 2), strides=2, padding="same", groups=2, use_bias=False)),
    (
        "Conv2D",
        dict(filters=4, kernel_size=3, dilation_rate=(1, 2), activation="tanh", kernel_regularizer="l2"),
    ),
    ("Conv2D", dict(filters=4, kernel_size=3, kernel_initializer="he_normal", activity_regularizer="l1")),
    ("Conv2DTranspose", dict(filters=3, kernel_size=2)),
    ("Conv2DTranspose", dict(filters=3, kernel_size=(1, 2), strides=(2, 3), output_padding=(1, 0))),
    ("Conv2DTranspose", dict(filters=3, kernel_size=2, dilation_rate=2, activation="relu", use_bias=False)),
    ("Dense", dict(units=3)),
    ("Dense", dict(units=3, activation="softmax", use_bias=False, dtype="float64", bias_regularizer="l1")),
    ("Dense", dict(units=3, kernel_initializer="orthogonal", bias_initializer="ones")),
    ("DepthwiseConv1D", dict(kernel_size=3)),
    ("DepthwiseConv1D", dict(kernel_size=3, strides=2, depth_multiplier=2, data_format="channels_first")),
    ("DepthwiseConv2D", dict(kernel_size=3)),
    (
        "DepthwiseConv2D",
        dict(kernel_size=(1, 2), strides=2, padding="same", depth_multiplier=2, dilation_rate=(1, 2)),
    ),
    (
        "DepthwiseConv2D",
        dict(kernel_size=3, depthwise_initializer="he_normal", depthwise_regularizer="l2", use_bias=False),
    ),
    ("Dropout", dict(rate=0.5)),
    ("Dropout", dict(rate=0.25, seed=7, noise_shape=(None, 1, 3))),
    ("ELU", {}),
    ("ELU", dict(alpha=0.5)),
    ("Flatten", {}),
    ("Flatten", dict(data_format="channels_first")),
    ("GaussianDropout", dict(rate=0.5)),
    ("GaussianDropout", dict(rate=0.25, seed=7)),
    ("GaussianNoise", dict(stddev=0.5)),
    ("GaussianNoise", dict(stddev=0.25, seed=7)),
    ("GlobalAveragePooling2D", {}),
    ("GlobalAveragePooling2D", dict(keepdims=True, data_format="channels_first")),
    ("GlobalMaxPooling2D", {}),
    ("GlobalMaxPooling2D", dict(keepdims=True, data_format="channels_first")),
    ("GroupNormalization", {}),
    ("GroupNormalization", dict(groups=-1, axis=1, epsilon=1e-5, center=False, gamma_regularizer="l2")),
    ("Identity", {}),
    ("InputLayer", dict(shape=(28, 28, 1))),
    ("InputLayer", dict(batch_shape=(8, None, 3), dtype="uint8")),
    ("LayerNormalization", {}),
    ("LayerNormalization", dict(axis=[1, 2], epsilon=1e-6, scale=False, beta_initializer="ones")),
    ("LayerNormalization", dict(axis=(-1,), center=False, gamma_regularizer="l2", trainable=False)),
    ("LeakyReLU", {}),
    ("LeakyReLU", dict(negative_slope=0.1)),
    ("MaxPooling2D", {}),
    ("MaxPooling2D", dict(pool_size=(2, 3), strides=1, padding="same", data_format="channels_first")),
    ("Normalization", {}),
    ("Normalization", dict(axis=None, invert=True)),
    ("Normalization", dict(axis=(1, 3), mean=0.5, variance=2)),
    ("Normalization", dict(mean=[0.5, 0.25], variance=[1.0, 2.0])),
    ("PReLU", {}),
    ("PReLU", dict(alpha_initializer="he_normal", alpha_regularizer="l2", shared_axes=[1, 2])),
    ("PReLU", dict(shared_axes=1)),
    ("RMSNormalization", {}),
    ("RMSNormalization", dict(axis=[1, 2], epsilon=1e-3)),
    ("ReLU", {}),
    ("ReLU", dict(max_value=6, negative_slope=0.1, threshold=1.0)),
    ("Rescaling", dict(scale=1 / 255)),
    ("Rescaling", dict(scale=[1.0, 0.5], offset=-1)),
    ("Reshape", dict(target_shape=(-1, 2))),
    ("SeparableConv1D", dict(filters=3, kernel_size=2)),
    ("SeparableConv1D", dict(filters=3, kernel_size=2, padding="same", depth_multiplier=2, use_bias=False)),
    ("SeparableConv2D", dict(filters=3, kernel_size=2)),
    (
        "SeparableConv2D",
        dict(filters=3, kernel_size=(1, 2), strides=2, depth_multiplier=2, activation="relu"),
    ),
    (
        "SeparableConv2D",
        dict(filters=3, kernel_size=2, pointwise_initializer="ones", pointwise_regularizer="l2"),
    ),
    ("Softmax", {}),
    ("Softmax", dict(axis=[1, 2])),
    ("SpatialDropout1D", dict(rate=0.5)),
    ("SpatialDropout1D", dict(rate=0.25, seed=7, dtype="float64")),
    ("SpatialDropout2D", dict(rate=0.5)),
    ("SpatialDropout2D", dict(rate=0.25, seed=7, data_format="channels_first", dtype="float64")),
    ("UnitNormalization", {}),
    ("UnitNormalization", dict(axis=(1, 2))),
    ("ZeroPadding2D", {}),
    ("ZeroPadding2D", dict(padding=((1, 2), (0, 3)), data_format="channels_first")),
    ("Add", {}),
    ("Average", dict(trainable=False)),
    ("Concatenate", {}),
    ("Concatenate", dict(axis=1)),
    ("Dot", dict(axes=1)),
    ("Dot", dict(axes=[1, 2], normalize=True)),
    ("Maximum", {}),
    ("Minimum", dict(dtype="float64")),
    ("Multiply", {}),
    ("Subtract", {}),
    ("AdaptiveAveragePooling2D", dict(output_size=2)),
    ("AdaptiveMaxPooling2D", dict(output_size=(2, 3), data_format="channels_first")),
    ("AveragePooling1D", dict(pool_size=2)),
    ("AveragePooling1D", dict(pool_size=(3,), strides=1, padding="same", data_format="channels_first")),
    ("Cropping1D", {}),
    ("Cropping1D", dict(cropping=(0, 2))),
    ("Cropping2D", {}),
    ("Cropping2D", dict(cropping=((1, 2), (0, 3)), data_format="channels_first")),
    ("GlobalAveragePooling1D", {}),
    ("GlobalAveragePooling1D", dict(keepdims=True, data_format="channels_first")),
    ("GlobalMaxPooling1D", {}),
    ("GlobalMaxPooling1D", dict(keepdims=True, data_format="channels_first")),
    ("MaxPooling1D", {}),
    ("MaxPooling1D", dict(pool_size=3, strides=1, padding="same", data_format="channels_first")),
    ("Permute", dict(dims=(2, 1))),
    ("RepeatVector", dict(n=3)),
    ("Resizing", dict(height=3, width=4)),
    (
        "Resizing",
        dict(height=3, width=4, interpolation="bicubic", antialias=True, data_format="channels_first"),
    ),
    ("Resizing", dict(height=3, width=4, pad_to_aspect_ratio=True, fill_value=0.5)),
    ("Resizing", dict(height=3, width=4, crop_to_aspect_ratio=True)),
    ("UpSampling1D", dict(size=3)),
    ("UpSampling2D", {}),
    ("UpSampling2D", dict(size=(2, 3), interpolation="BILINEAR", data_format="channels_first")),
    ("ZeroPadding1D", {}),
    ("CenterCrop", dict(height=3, width=4)),
    ("CenterCrop", dict(height=3, width=4, data_format="channels_first", dtype="float64")),
    ("RandomBrightness", dict(factor=0.25)),
    ("RandomBrightness", dict(factor=[0.5, -0.25], value_range=(1, 0), seed=7, data_format="channels_first")),
    ("RandomContrast", dict(factor=0.25)),
    ("RandomContrast", dict(factor=(0.5, 0.25), value_range=[0, 1.0], seed=7, data_format="channels_first")),
    ("RandomCrop", dict(height=3, width=4, seed=7)),
    ("RandomCrop", dict(height=3, width=4, seed=7, data_format="channels_first", dtype="float64")),
    ("RandomFlip", {}),
    ("RandomFlip", dict(mode="vertical", seed=7, data_format="channels_first")),
    ("RandomRotation", dict(factor=0.25)),
    ("RandomRotation", dict(factor=(-0.5, 0.25), fill_mode="constant", fill_value=1, seed=7)),
    ("RandomRotation", dict(factor=1, interpolation="nearest", data_format="channels_first")),
    ("RandomTranslation", dict(height_factor=0.25, width_factor=-0.5)),
    ("RandomTranslation", dict(height_factor=(0.5, 0.25), width_factor=[0, 1], fill_mode="wrap", seed=7)),
    (
        "RandomTranslation",
        dict(height_factor=0, width_factor=1, fill_mode="nearest", data_format="channels_first"),
    ),
    ("RandomZoom", dict(height_factor=0.25)),
    ("RandomZoom", dict(height_factor=(-0.5, 0.25), width_factor=0.5, fill_mode="constant", fill_value=0.5)),
    ("RandomZoom", dict(height_factor=0.25, seed=7, interpolation="nearest", data_format="channels_first")),
    ("ZeroPadding1D", dict(padding=(1, 2), data_format="channels_first")),
]


def test_no_layer_is_left_out():
    classes = {name for name in layers.__all__ if isinstance(getattr(layers, name), type)}
    only_here = {"Layer", "RReLU"}  # the abstract class, and PyTorch's randomised ReLU
    # Private in Keras, beside the networks that use them: their own parity tests look at their nodes.
    only_here |= {"CustomScaleLayer", "LayerScale", "StochasticDepth"}
    assert {class_name for class_name, _ in CASES} == classes - only_here


def as_json(config):
    return json.loads(json.dumps({key: value for key, value in config.items() if key not in ONLY_IN_KERAS}))


@pytest.mark.parametrize(("class_name", "options"), CASES)
def test_config_is_kerass(class_name, options):
    ours = getattr(layers, class_name)(**options, name="layer")
    theirs = getattr(keras.layers, class_name)(**options, name="layer")
    assert as_json(ours.get_config()) == as_json(theirs.get_config())


@pytest.mark.parametrize(("class_name", "options"), CASES)
def test_a_layer_can_be_made_from_kerass_config(class_name, options):
    config = as_json(getattr(keras.layers, class_name)(**options, name="layer").get_config())
    assert as_json(getattr(layers, class_name).from_config(config).get_config()) == config


@pytest.mark.parametrize(("class_name", "options"), CASES)
def test_a_layer_can_be_read_from_kerass_files(class_name, options):
    node = keras.saving.serialize_keras_object(getattr(keras.layers, class_name)(**options, name="layer"))
    again = deserialize_keras_object(json.loads(json.dumps(node)))
    assert as_json(again.get_config()) == as_json(node["config"])


def test_automatic_names_are_kerass():
    """The name, without its number, of a layer that was given none."""
    for class_name, options in CASES:
        ours = getattr(layers, class_name)(**options).name
        theirs = getattr(keras.layers, class_name)(**options).name
        assert strip_number(ours) == strip_number(theirs)


def strip_number(name):
    stem, _, end = name.rpartition("_")
    return stem if end.isdigit() else name
