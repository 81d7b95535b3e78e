"""The 40 models of keras.applications, and one small model of each of their 15 families."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras.src.applications import convnext, densenet, efficientnet, efficientnet_v2, nasnet, resnet


@dataclass(frozen=True)
class Application:
    """A model: how Keras builds it, and the size of the images that it is compared and timed on."""

    name: str
    family: str
    size: int  # the smallest that it takes, or where a Flatten needs it, the one it was made for
    timed_size: int

    def build(self, size: int | None = None) -> keras.Model:
        """Return Keras's model, with Keras's own random weights."""
        side = size or self.size
        return getattr(keras.applications, self.name)(weights=None, input_shape=(side, side, 3))


def _family(family: str, size: int, timed_size: int, *names: str) -> list[Application]:
    return [Application(name, family, size, timed_size) for name in names]


_V2_SIZES = ("B0", "B1", "B2", "B3", "S", "M", "L")
_CONVNEXT_SIZES = ("Tiny", "Small", "Base", "Large", "XLarge")

APPLICATIONS = [
    *_family("vgg16", 224, 224, "VGG16"),
    *_family("vgg19", 224, 224, "VGG19"),
    *_family("resnet", 32, 224, "ResNet50", "ResNet101", "ResNet152"),
    *_family("resnet_v2", 32, 224, "ResNet50V2", "ResNet101V2", "ResNet152V2"),
    *_family("densenet", 32, 224, "DenseNet121", "DenseNet169", "DenseNet201"),
    *_family("inception_v3", 75, 299, "InceptionV3"),
    *_family("inception_resnet_v2", 75, 299, "InceptionResNetV2"),
    *_family("xception", 71, 299, "Xception"),
    *_family("nasnet", 32, 224, "NASNetMobile", "NASNetLarge"),
    *_family("mobilenet", 32, 224, "MobileNet"),
    *_family("mobilenet_v2", 32, 224, "MobileNetV2"),
    *_family("mobilenet_v3", 32, 224, "MobileNetV3Small", "MobileNetV3Large"),
    *_family("efficientnet", 32, 224, *(f"EfficientNetB{n}" for n in range(8))),
    *_family(
        "efficientnet_v2", 32, 224, *(f"EfficientNetV2{x}" for x in ["B0", "B1", "B2", "B3", "S", "M", "L"])
    ),
    *_family(
        "convnext", 32, 224, *(f"ConvNeXt{size}" for size in ["Tiny", "Small", "Base", "Large", "XLarge"])
    ),
]


@dataclass(frozen=True)
class SmallModel:
    """The smallest member of a family that has all its layers: fewer blocks and filters, few classes."""

    family: str
    size: int
    make: Callable[..., keras.Model]

    def build(self) -> keras.Model:
        """Return Keras's model, in ``keras.config.floatx()``."""
        return self.make(weights=None, input_shape=(self.size, self.size, 3), classes=10)


def _blocks(preact: bool) -> Callable[..., keras.Model]:
    """Return a maker of residual networks of two stages: with and without a stride, two blocks each."""
    stack = resnet.stack_residual_blocks_v2 if preact else resnet.stack_residual_blocks_v1

    def stages(x):
        x = stack(x, 8, 2, stride1=1 if not preact else 2, name="conv2")
        return stack(x, 16, 2, name="conv3")

    return lambda **options: resnet.ResNet(stages, preact, use_bias=True, weights_name=None, **options)


SMALL_MODELS = [
    SmallModel("vgg16", 32, keras.applications.VGG16),
    SmallModel("vgg19", 32, keras.applications.VGG19),
    SmallModel("resnet", 32, _blocks(preact=False)),
    SmallModel("resnet_v2", 32, _blocks(preact=True)),
    SmallModel("densenet", 32, lambda **options: densenet.DenseNet([2, 2, 2, 1], **options)),
    SmallModel("inception_v3", 75, keras.applications.InceptionV3),
    SmallModel("inception_resnet_v2", 75, keras.applications.InceptionResNetV2),
    SmallModel("xception", 71, keras.applications.Xception),
    SmallModel(
        "nasnet",
        32,
        lambda **options: nasnet.NASNet(
            penultimate_filters=96, num_blocks=1, stem_block_filters=8, default_size=32, **options
        ),
    ),
    SmallModel("mobilenet", 32, lambda **options: keras.applications.MobileNet(alpha=0.25, **options)),
    SmallModel("mobilenet_v2", 32, lambda **options: keras.applications.MobileNetV2(alpha=0.35, **options)),
    SmallModel(
        "mobilenet_v3", 32, lambda **options: keras.applications.MobileNetV3Small(alpha=0.75, **options)
    ),
    SmallModel(
        "efficientnet",
        32,
        lambda **options: efficientnet.EfficientNet(0.25, 0.25, 32, weights_name=None, **options),
    ),
    SmallModel(
        "efficientnet_v2",
        32,
        lambda **options: efficientnet_v2.EfficientNetV2(
            0.25,
            0.25,
            32,
            blocks_args=efficientnet_v2.DEFAULT_BLOCKS_ARGS["efficientnetv2-b0"],
            weights_name=None,
            **options,
        ),
    ),
    SmallModel("convnext", 32, lambda **options: convnext.ConvNeXt([1, 1, 2, 1], [8, 16, 24, 32], **options)),
]


def smallest_of(family: str) -> tuple[Application, int]:
    """Return the smallest model of a family, and the smallest size of images that it can be trained on."""
    application = next(one for one in APPLICATIONS if one.family == family)
    return application, next(one.size for one in SMALL_MODELS if one.family == family)
