"""What an argument of each name may be in a file: the schema of all configurations.

Keras names arguments alike everywhere: ``filters`` is an integer in every layer that has it. So one
table, name → what is allowed, describes all classes. A class accepts the arguments that its
``__init__`` lists, and nothing else; one whose name is not in this table cannot be read from a file.
"""

import inspect
import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

MAX_INTEGER = 2**31 - 1
MAX_TEXT = 500
MAX_LIST = 100_000


class Unfit(ValueError):  # noqa: N818, it is caught where the place is known
    """A value is not what the setting may be."""


class Setting(NamedTuple):
    """What a value may be: in words, and as a function that returns it or raises ``Unfit``.

    The function is given the value and the reader of nodes, for values that are objects.
    """

    wanted: str
    read: Callable[[Any, Any], Any]


def _when(wanted: str, fits: Callable[[Any], bool]) -> Setting:
    def read(value, _):
        if not fits(value):
            raise Unfit
        return value

    return Setting(wanted, read)


def integer(low: int, high: int = MAX_INTEGER) -> Setting:
    """An integer between two bounds."""
    return _when(f"an integer from {low} to {high}", lambda v: type(v) is int and low <= v <= high)


def number(low: float = -math.inf, high: float = math.inf) -> Setting:
    """An integer or a finite float between two bounds."""
    bounds = "" if low == -math.inf and high == math.inf else f" from {low:g} to {high:g}"
    return _when(f"a number{bounds}", lambda v: is_number(v) and low <= v <= high)


def is_number(value: Any) -> bool:
    """Return whether ``value`` is an integer or a finite float."""
    return (type(value) is int and abs(value) <= 2**63) or (type(value) is float and math.isfinite(value))


def are_numbers(value: Any, levels: int = 4) -> bool:
    """Return whether ``value`` is a number, or a list of what are numbers, as an array of 4 axes is."""
    if type(value) is not list:
        return is_number(value)
    return levels > 0 and len(value) <= MAX_LIST and all(are_numbers(one, levels - 1) for one in value)


def one_of(*values: str) -> Setting:
    """One of several strings."""
    return _when(" or ".join(repr(v) for v in values), lambda v: type(v) is str and v in values)


def either(*settings: Setting) -> Setting:
    """The first of several settings that fits."""

    def read(value, reader):
        for setting in settings:
            try:
                return setting.read(value, reader)
            except Unfit:
                continue
        raise Unfit

    return Setting(", or ".join(setting.wanted for setting in settings), read)


def optional(setting: Setting) -> Setting:
    """The setting, or nothing."""
    return either(setting, NOTHING)


def list_of(setting: Setting, length: int | None = None) -> Setting:
    """A list of values of one kind."""

    def read(value, reader):
        if type(value) is not list or len(value) > MAX_LIST or (length is not None and len(value) != length):
            raise Unfit
        return [setting.read(item, reader) for item in value]

    return Setting(f"a list of {'' if length is None else f'{length} times '}({setting.wanted})", read)


def some_of(setting: Setting, *names: str) -> Setting:
    """An object with some of these names, each with a value of one kind."""

    def read(value, reader):
        if type(value) is not dict or not set(value) <= set(names):
            raise Unfit
        return {name: setting.read(item, reader) for name, item in value.items()}

    return Setting(f"an object with {', '.join(names)} or some of them, each {setting.wanted}", read)


def made_by(wanted: str, method: str) -> Setting:
    """An object that the reader's method makes; the method checks, and says itself what is wrong."""
    return Setting(wanted, lambda value, reader: getattr(reader, method)(value))


NOTHING = _when("null", lambda v: v is None)
TEXT = _when(f"a string of at most {MAX_TEXT} characters", lambda v: type(v) is str and len(v) <= MAX_TEXT)
BOOLEAN = _when("true or false", lambda v: type(v) is bool)
COUNT = integer(1)
CLASSES = integer(1, 10_000)  # of a table of classes by classes
FEW = integer(0, 65_535)  # sizes of windows, steps, borders: larger than any image
STEP = integer(1, 65_535)
WINDOW = either(STEP, list_of(STEP))
BORDER = either(FEW, list_of(either(FEW, list_of(FEW, 2))))
AXIS = integer(-16, 16)
AXES = either(AXIS, list_of(AXIS))
SIZE = optional(integer(0))
SHAPE = list_of(SIZE)
NUMBER = number()
NUMBERS = _when("a number, or lists of numbers", are_numbers)
SHARE = number(0, 1)
RANGE = either(NUMBER, list_of(NUMBER, 2))
POSITIVE = number(0)
# How many steps a schedule takes: not always a whole number.
DURATION = _when("a number above 0", lambda v: is_number(v) and v > 0)
DTYPE = made_by("a dtype", "dtype")
ACTIVATION = made_by("an activation", "activation")
INITIALIZER = made_by("an initializer", "initializer")
SCHEDULE = made_by("a schedule of the learning rate", "schedule")
REGULARIZER = made_by("a regularizer", "regularizer")
CONSTRAINT = made_by("a constraint", "constraint")
SEED = optional(integer(-(2**63), 2**63 - 1))
DATA_FORMAT = optional(one_of("channels_last", "channels_first"))

# Every argument by its name; "Class.argument" where a name means something else in one class.
SETTINGS: dict[str, Setting] = {
    # of every layer
    "name": TEXT, "trainable": BOOLEAN, "dtype": DTYPE, "activity_regularizer": REGULARIZER,
    "input_shape": optional(SHAPE),
    # convolutions and dense layers
    "filters": COUNT, "units": COUNT, "groups": COUNT, "depth_multiplier": COUNT,
    "kernel_size": WINDOW, "pool_size": WINDOW, "strides": optional(WINDOW), "dilation_rate": WINDOW,
    "output_padding": optional(either(FEW, list_of(FEW))),
    "padding": either(one_of("valid", "same", "causal"), BORDER), "cropping": BORDER, "size": WINDOW,
    "data_format": DATA_FORMAT, "interpolation": TEXT, "keepdims": BOOLEAN, "use_bias": BOOLEAN,
    # shapes
    "target_shape": list_of(integer(-1)), "shape": optional(SHAPE), "batch_shape": optional(SHAPE),
    "batch_size": SIZE, "noise_shape": optional(SHAPE), "shared_axes": optional(AXES), "axis": AXES,
    "axes": AXES, "dims": list_of(AXIS), "n": COUNT, "optional": BOOLEAN, "sparse": optional(BOOLEAN),
    "ragged": optional(BOOLEAN),
    "output_size": WINDOW, "height": STEP, "width": STEP, "crop_to_aspect_ratio": BOOLEAN,
    "pad_to_aspect_ratio": BOOLEAN, "antialias": BOOLEAN, "fill_mode": TEXT, "fill_value": NUMBER,
    # changes of images
    "factor": RANGE, "height_factor": RANGE, "width_factor": RANGE, "value_range": list_of(NUMBER, 2),
    "RandomZoom.width_factor": optional(RANGE),
    # numbers
    "rate": NUMBER, "stddev": NUMBER, "alpha": NUMBER, "negative_slope": NUMBER, "threshold": NUMBER,
    "max_value": optional(NUMBER), "lower": NUMBER, "upper": NUMBER, "theta": NUMBER, "epsilon": POSITIVE,
    "momentum": SHARE, "order": NUMBER, "scale": BOOLEAN, "center": BOOLEAN, "normalize": BOOLEAN,
    "rms_scaling": BOOLEAN, "renorm": BOOLEAN, "renorm_momentum": SHARE, "synchronized": BOOLEAN,
    "renorm_clipping": optional(some_of(NUMBER, "rmin", "rmax", "dmax")),
    "GroupNormalization.groups": integer(-1), "invert": BOOLEAN, "offset": NUMBERS, "seed": SEED,
    "mean": optional(NUMBERS), "variance": optional(NUMBERS), "drop_path_rate": SHARE,
    "init_values": NUMBER, "projection_dim": COUNT, "l1": POSITIVE, "l2": POSITIVE,
    "Rescaling.scale": NUMBERS, "CustomScaleLayer.scale": NUMBER, "activation": ACTIVATION,
    # initializers
    "mode": TEXT, "distribution": TEXT, "minval": NUMBER, "maxval": NUMBER, "gain": NUMBER, "value": NUMBERS,
    "input_axes": optional(AXES), "output_axes": optional(AXES), "VarianceScaling.scale": POSITIVE,
    # constraints
    "min_value": POSITIVE, "MaxNorm.max_value": POSITIVE, "MinMaxNorm.max_value": POSITIVE,
    "MaxNorm.axis": optional(AXES), "UnitNorm.axis": optional(AXES), "MinMaxNorm.axis": optional(AXES),
    # optimizers
    "learning_rate": either(POSITIVE, SCHEDULE), "weight_decay": optional(POSITIVE),
    "clipnorm": optional(POSITIVE), "clipvalue": optional(POSITIVE), "global_clipnorm": optional(POSITIVE),
    "use_ema": BOOLEAN, "ema_momentum": SHARE, "ema_overwrite_frequency": optional(integer(0)),
    "gradient_accumulation_steps": optional(integer(2)), "beta_1": SHARE, "beta_2": SHARE,
    "beta_2_decay": number(high=0), "epsilon_1": POSITIVE, "epsilon_2": POSITIVE, "clip_threshold": POSITIVE,
    "relative_step": BOOLEAN,
    "rho": SHARE, "amsgrad": BOOLEAN, "nesterov": BOOLEAN, "centered": BOOLEAN,
    "initial_accumulator_value": POSITIVE, "learning_rate_power": number(high=0), "Ftrl.beta": POSITIVE,
    "l1_regularization_strength": POSITIVE, "l2_regularization_strength": POSITIVE,
    "l2_shrinkage_regularization_strength": POSITIVE,
    # schedules
    "initial_learning_rate": POSITIVE, "decay_steps": DURATION, "first_decay_steps": DURATION,
    "decay_rate": POSITIVE, "staircase": BOOLEAN, "boundaries": list_of(NUMBER),
    "values": list_of(NUMBER), "cycle": BOOLEAN, "end_learning_rate": POSITIVE, "power": NUMBER,
    "warmup_target": optional(POSITIVE), "warmup_steps": POSITIVE, "t_mul": number(1), "m_mul": POSITIVE,
    # losses and metrics
    "reduction": optional(TEXT), "from_logits": BOOLEAN, "label_smoothing": SHARE, "k": COUNT,
    "Dice.axis": optional(AXES), "Tversky.axis": optional(AXES), "Tversky.beta": NUMBER,
    "apply_class_balancing": BOOLEAN, "gamma": NUMBER, "delta": POSITIVE,
    "CategoricalFocalCrossentropy.alpha": either(NUMBER, list_of(NUMBER)),
    "thresholds": optional(either(SHARE, list_of(SHARE))), "top_k": optional(COUNT),
    "class_id": optional(integer(0)), "ignore_class": optional(integer(-MAX_INTEGER)), "num_classes": COUNT,
    "num_thresholds": integer(2, 65_535), "curve": one_of("ROC", "PR", "PRGAIN"), "multi_label": BOOLEAN,
    "summation_method": one_of("interpolation", "majoring", "minoring"), "num_labels": optional(COUNT),
    "label_weights": optional(list_of(NUMBER)), "average": optional(one_of("micro", "macro", "weighted")),
    "MeanIoU.num_classes": CLASSES, "OneHotIoU.num_classes": CLASSES, "OneHotMeanIoU.num_classes": CLASSES,
    "IoU.num_classes": CLASSES, "target_class_ids": list_of(integer(0)), "sparse_y_true": BOOLEAN,
    "sparse_y_pred": BOOLEAN,
    "BinaryIoU.threshold": optional(NUMBER), "FBetaScore.beta": POSITIVE,
    "FBetaScore.threshold": optional(SHARE), "F1Score.threshold": optional(SHARE),
    "num_regressors": integer(0),
    "class_aggregation": optional(one_of("uniform_average", "variance_weighted_average")),
}  # fmt: skip

for _role in (
    "kernel",
    "bias",
    "depthwise",
    "pointwise",
    "gamma",
    "beta",
    "alpha",
    "moving_mean",
    "moving_variance",
):
    SETTINGS[f"{_role}_initializer"] = INITIALIZER
    SETTINGS[f"{_role}_regularizer"] = REGULARIZER
    SETTINGS[f"{_role}_constraint"] = CONSTRAINT

# What Keras writes and this package does not have. It is left out where it is switched off.
OFF: dict[str, Setting] = {
    "quantization_config": NOTHING, "lora_rank": NOTHING, "batch_input_shape": NOTHING,
    "noise_shape": NOTHING,
    "loss_scale_factor": NOTHING,
    # optimizers of Keras 2
    "decay": _when("0", lambda v: is_number(v) and v == 0), "is_legacy_optimizer": BOOLEAN,
    "jit_compile": BOOLEAN,
}  # fmt: skip


@cache
def settings_of(cls: type) -> dict[str, Setting]:
    """Return the arguments that a class takes, by name, with what each may be.

    Those of the base class are among them if ``__init__`` passes ``**kwargs`` on.
    """
    settings = {}
    for owner in cls.__mro__:
        if "__init__" not in vars(owner) or owner is object:
            continue
        parameters = inspect.signature(owner.__init__).parameters
        for name in list(parameters)[1:]:
            setting = SETTINGS.get(f"{cls.__name__}.{name}", SETTINGS.get(name))
            if setting is not None:
                settings.setdefault(name, setting)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            break
    return settings
