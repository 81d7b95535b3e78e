"""What programs for Keras ask of ``keras.backend``.

Example:
    from cnn_scratch import backend as K
    K.clear_session()
"""

from cnn_scratch import config
from cnn_scratch.absent import absent
from cnn_scratch.config import epsilon, floatx, image_data_format
from cnn_scratch.naming import reset_names as clear_session

__all__ = ["clear_session", "epsilon", "floatx", "image_data_format"]

_ARRAYS = "Arrays are NumPy's here: use numpy."
_OF_OPTIMIZERS = "Use the optimizer's own: optimizer.learning_rate, and optimizer.learning_rate.assign(0.01)."
__getattr__ = absent(
    __name__,
    __all__,
    {
        "get_value": _OF_OPTIMIZERS,
        "set_value": _OF_OPTIMIZERS,
        "is_keras_tensor": "Use isinstance(x, cnn_scratch.symbolic.SymbolicTensor).",
        **dict.fromkeys(("cast", "mean", "sum", "square", "sqrt", "abs", "max", "flatten", "shape"), _ARRAYS),
        **{name: config.INSTEAD[name] for name in ("backend", "set_epsilon", "set_floatx")},
        "set_image_data_format": config.INSTEAD["set_image_data_format"],
    },
)
