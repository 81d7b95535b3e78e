"""Single images under Keras's older names; they are in ``utils/images.py``."""

from cnn_scratch.absent import absent
from cnn_scratch.utils import array_to_img, img_to_array, load_img, save_img

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]

_CHANGES = "In a model, use layers such as `RandomFlip`, `RandomRotation` and `RandomTranslation`."
INSTEAD = {
    "ImageDataGenerator": f"Use `utils.image_dataset_from_directory`. {_CHANGES}",
    "DirectoryIterator": "Use `utils.image_dataset_from_directory`.",
    "smart_resize": "Use `layers.Resizing(height, width, crop_to_aspect_ratio=True)`.",
    **dict.fromkeys(("random_rotation", "random_shift", "random_shear", "random_zoom"), _CHANGES),
    **dict.fromkeys(("random_brightness", "random_channel_shift", "apply_affine_transform"), _CHANGES),
}

__getattr__ = absent(__name__, __all__, INSTEAD)
