"""Images and folders of images under Keras's older names; ``utils`` has all of it.

Example:
    from cnn_scratch.preprocessing import image
    x = image.img_to_array(image.load_img("photo.jpg", target_size=(224, 224)))
"""

from cnn_scratch.absent import absent
from cnn_scratch.preprocessing import image
from cnn_scratch.utils import image_dataset_from_directory

__all__ = ["image", "image_dataset_from_directory"]

_IMAGES_ONLY = "This package is for images: for other data, give arrays or a generator to `fit`."
__getattr__ = absent(
    __name__,
    __all__,
    dict.fromkeys(("sequence", "text_dataset_from_directory", "timeseries_dataset_from_array"), _IMAGES_ONLY),
)
