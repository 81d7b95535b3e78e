"""The layers, one file each: maths, forward pass and backward pass."""

from cnn_scratch.absent import absent
from cnn_scratch.layers.activation import Activation
from cnn_scratch.layers.activity_regularization import ActivityRegularization
from cnn_scratch.layers.adaptive_average_pooling2d import AdaptiveAveragePooling2D
from cnn_scratch.layers.adaptive_max_pooling2d import AdaptiveMaxPooling2D
from cnn_scratch.layers.add import Add, add
from cnn_scratch.layers.alpha_dropout import AlphaDropout
from cnn_scratch.layers.average import Average, average
from cnn_scratch.layers.average_pooling1d import AveragePooling1D
from cnn_scratch.layers.average_pooling2d import AveragePooling2D
from cnn_scratch.layers.batch_normalization import BatchNormalization
from cnn_scratch.layers.center_crop import CenterCrop
from cnn_scratch.layers.concatenate import Concatenate, concatenate
from cnn_scratch.layers.conv1d import Conv1D
from cnn_scratch.layers.conv1d_transpose import Conv1DTranspose
from cnn_scratch.layers.conv2d import Conv2D
from cnn_scratch.layers.conv2d_transpose import Conv2DTranspose
from cnn_scratch.layers.cropping1d import Cropping1D
from cnn_scratch.layers.cropping2d import Cropping2D
from cnn_scratch.layers.custom_scale_layer import CustomScaleLayer
from cnn_scratch.layers.dense import Dense
from cnn_scratch.layers.depthwise_conv1d import DepthwiseConv1D
from cnn_scratch.layers.depthwise_conv2d import DepthwiseConv2D
from cnn_scratch.layers.dot import Dot, dot
from cnn_scratch.layers.dropout import Dropout
from cnn_scratch.layers.elu import ELU
from cnn_scratch.layers.flatten import Flatten
from cnn_scratch.layers.gaussian_dropout import GaussianDropout
from cnn_scratch.layers.gaussian_noise import GaussianNoise
from cnn_scratch.layers.global_average_pooling1d import GlobalAveragePooling1D
from cnn_scratch.layers.global_average_pooling2d import GlobalAveragePooling2D
from cnn_scratch.layers.global_max_pooling1d import GlobalMaxPooling1D
from cnn_scratch.layers.global_max_pooling2d import GlobalMaxPooling2D
from cnn_scratch.layers.group_normalization import GroupNormalization
from cnn_scratch.layers.identity import Identity
from cnn_scratch.layers.input_layer import Input, InputLayer
from cnn_scratch.layers.layer import Layer
from cnn_scratch.layers.layer_normalization import LayerNormalization
from cnn_scratch.layers.layer_scale import LayerScale
from cnn_scratch.layers.leaky_re_lu import LeakyReLU
from cnn_scratch.layers.max_pooling1d import MaxPooling1D
from cnn_scratch.layers.max_pooling2d import MaxPooling2D
from cnn_scratch.layers.maximum import Maximum, maximum
from cnn_scratch.layers.minimum import Minimum, minimum
from cnn_scratch.layers.multiply import Multiply, multiply
from cnn_scratch.layers.normalization import Normalization
from cnn_scratch.layers.p_re_lu import PReLU
from cnn_scratch.layers.permute import Permute
from cnn_scratch.layers.r_re_lu import RReLU
from cnn_scratch.layers.random_brightness import RandomBrightness
from cnn_scratch.layers.random_contrast import RandomContrast
from cnn_scratch.layers.random_crop import RandomCrop
from cnn_scratch.layers.random_flip import RandomFlip
from cnn_scratch.layers.random_rotation import RandomRotation
from cnn_scratch.layers.random_translation import RandomTranslation
from cnn_scratch.layers.random_zoom import RandomZoom
from cnn_scratch.layers.re_lu import ReLU
from cnn_scratch.layers.repeat_vector import RepeatVector
from cnn_scratch.layers.rescaling import Rescaling
from cnn_scratch.layers.reshape import Reshape
from cnn_scratch.layers.resizing import Resizing
from cnn_scratch.layers.rms_normalization import RMSNormalization
from cnn_scratch.layers.separable_conv1d import SeparableConv1D
from cnn_scratch.layers.separable_conv2d import SeparableConv2D
from cnn_scratch.layers.softmax import Softmax
from cnn_scratch.layers.spatial_dropout1d import SpatialDropout1D
from cnn_scratch.layers.spatial_dropout2d import SpatialDropout2D
from cnn_scratch.layers.stochastic_depth import StochasticDepth
from cnn_scratch.layers.subtract import Subtract, subtract
from cnn_scratch.layers.unit_normalization import UnitNormalization
from cnn_scratch.layers.up_sampling1d import UpSampling1D
from cnn_scratch.layers.up_sampling2d import UpSampling2D
from cnn_scratch.layers.zero_padding1d import ZeroPadding1D
from cnn_scratch.layers.zero_padding2d import ZeroPadding2D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling2D",
    "AdaptiveMaxPooling2D",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "CenterCrop",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Cropping1D",
    "Cropping2D",
    "CustomScaleLayer",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LayerScale",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "RReLU",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv1D",
    "SeparableConv2D",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "StochasticDepth",
    "Subtract",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]

# Further names that Keras has for the same classes.
Convolution1D, Convolution2D = Conv1D, Conv2D
Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
MaxPool1D, MaxPool2D = MaxPooling1D, MaxPooling2D
AvgPool1D, AvgPool2D = AveragePooling1D, AveragePooling2D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D

_AUGMENTATION = (
    "The layers that change images at random here are RandomFlip, RandomTranslation, RandomRotation, "
    "RandomZoom, RandomContrast, RandomBrightness and RandomCrop. Make other changes in NumPy before `fit`, "
    "in the batches of a generator or a `utils.PyDataset`."
)
_CHANGES = (
    *("AugMix", "AutoContrast", "CutMix", "Equalization", "MixUp", "Pipeline", "RandAugment", "Solarization"),
    *("RandomColorDegeneration", "RandomColorJitter", "RandomElasticTransform", "RandomErasing"),
    *("RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective"),
    *("RandomPosterization", "RandomSaturation", "RandomSharpness", "RandomShear"),
)
_THE_REST = "The layers here are those of convolutional networks, for images and for sequences of vectors: "
_VOLUMES = _THE_REST + "names end in 2D and in 1D."
_RECURRENT = _THE_REST + "Conv1D, for example, and no layers that are recurrent, attend, or read text."
_NOT_CONVOLUTIONAL = (
    *(
        "AdditiveAttention",
        "Attention",
        "Bidirectional",
        "ConvLSTM1D",
        "ConvLSTM2D",
        "ConvLSTM3D",
        "Embedding",
    ),
    *("GRU", "GRUCell", "GroupQueryAttention", "LSTM", "LSTMCell", "Masking", "MultiHeadAttention", "RNN"),
    *(
        "SimpleRNN",
        "SimpleRNNCell",
        "StackedRNNCells",
        "StringLookup",
        "TextVectorization",
        "TimeDistributed",
    ),
)
_ON_VOLUMES = (
    *("AdaptiveAveragePooling3D", "AdaptiveMaxPooling3D", "AveragePooling3D", "AvgPool3D", "Conv3D"),
    *("Conv3DTranspose", "Convolution3D", "Convolution3DTranspose", "Cropping3D", "GlobalAveragePooling3D"),
    *("GlobalAvgPool3D", "GlobalMaxPool3D", "GlobalMaxPooling3D", "MaxPool3D", "MaxPooling3D"),
    *("SpatialDropout3D", "UpSampling3D", "ZeroPadding3D"),
)
INSTEAD = {
    "CategoryEncoding": "Use utils.to_categorical on the labels before `fit`.",
    "Lambda": "Write `x * 0.5 + y` on symbolic tensors, `Activation`, or a layer of your own: a class with "
    "`forward` and `backward`.",
    "serialize": "It is called cnn_scratch.saving.serialize_keras_object.",
    "deserialize": "It is called cnn_scratch.saving.deserialize_keras_object.",
    **dict.fromkeys(_CHANGES, _AUGMENTATION),
    **dict.fromkeys(_NOT_CONVOLUTIONAL, _RECURRENT),
    **dict.fromkeys(_ON_VOLUMES, _VOLUMES),
}

__getattr__ = absent(__name__, __all__, INSTEAD)
