"""Intersection over union: how well the area of a class is found in a map of classes."""

from collections.abc import Sequence

import numpy as np

from cnn_scratch.losses.stable import EPSILON
from cnn_scratch.metrics.metric import Metric


class IoU(Metric):
    """The intersection over the union of labelled and predicted areas, the mean of some classes.

    From the table of how many pixels of class i were taken for class j, for each class::

        IoU = TP / (TP + FP + FN)         the pixels in both areas / the pixels in at least one

    Classes that neither labels nor predictions have are left out of the mean. Pixels whose label or
    prediction is no class (255, say, or −1) do not count, and neither do those of ``ignore_class``.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes of the mean.
        name: see ``Metric``.
        dtype: see ``Metric``; whole numbers in Keras, which cuts off the fractions of weights then.
        ignore_class: pixels with this label do not count; ``None`` counts all.
        sparse_y_true: whether labels are class numbers; otherwise the largest along ``axis`` counts.
        sparse_y_pred: the same for predictions. A softmax needs ``False``.
        axis: the axis of the classes where there is one.

    Raises:
        ValueError: a target that is no class.

    Example:
        Class 0 has one pixel in both areas, and three in one of them at least:

        >>> metric = IoU(num_classes=2, target_class_ids=[0])
        >>> round(metric([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype=None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(dtype or "int64", name)
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is [0, {num_classes}). "
                f"Received: target_class_ids={list(target_class_ids)}, num_classes={num_classes}"
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch of maps into account.

        Args:
            y_true: class numbers, (N, …), or one number per class along ``axis``.
            y_pred: the same.
            sample_weight: one factor per pixel, or for the first axes of the maps; or ``None``.

        Raises:
            ValueError: the shapes do not fit.
        """
        y_true = _class_numbers(y_true, self.sparse_y_true, self.axis)
        y_pred = _class_numbers(y_pred, self.sparse_y_pred, self.axis)
        if y_true.size != y_pred.size:
            raise ValueError(
                "Expected one label and one prediction per pixel. Received: y_true.shape="
                f"{y_true.shape}, y_pred.shape={y_pred.shape}. Where there is one number per class, as "
                "behind a softmax, set `sparse_y_pred=False` (or `sparse_y_true=False`)."
            )
        weights = _weight_per_pixel(sample_weight, y_true.shape)
        y_true, y_pred = y_true.reshape(-1), y_pred.reshape(-1)
        counts = (y_true >= 0) & (y_true < self.num_classes) & (y_pred >= 0) & (y_pred < self.num_classes)
        if self.ignore_class is not None:
            counts &= y_true != self.ignore_class
        cells = y_true[counts] * self.num_classes + y_pred[counts]
        table = np.bincount(cells, weights[counts], self.num_classes**2)
        self._table = self._table + table.reshape(self.num_classes, self.num_classes)

    def result(self) -> float:
        """Return the mean over the target classes so far; 0 if there was none of them."""
        table = np.broadcast_to(self._table, (self.num_classes, self.num_classes))
        both = np.diag(table)
        either = table.sum(axis=0) + table.sum(axis=1) - both
        both, either = both[self.target_class_ids], either[self.target_class_ids]
        is_there = either > 1e-9
        shares = np.where(is_there, both / (either + EPSILON), 0.0)
        return float(shares.sum() / (is_there.sum() + EPSILON))

    def reset_state(self) -> None:
        """Forget everything."""
        self._table = np.zeros((1, 1))  # broadcast, until something is counted

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        names = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return super().get_config() | {name: getattr(self, name) for name in names}

    def _config_without(self, *names: str) -> dict:
        return {key: value for key, value in IoU.get_config(self).items() if key not in names}


class BinaryIoU(IoU):
    """The intersection over union of yes and no; see ``IoU``.

    Args:
        target_class_ids: ``[0]``, ``[1]``, or both for their mean.
        threshold: predictions of at least this are a yes.
        name: see ``Metric``.
        dtype: see ``IoU``.

    Example:
        >>> round(BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 4)
        0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype=None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Take a batch of labels (0 or 1) and predictions into account; see ``IoU``."""
        yes = np.asarray(y_pred, "float32") >= np.float32(self.threshold)
        super().update_state(y_true, yes, sample_weight)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        own = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return self._config_without(*own) | {"threshold": self.threshold}


class MeanIoU(IoU):
    """The mean intersection over union of all classes; see ``IoU``.

    Args:
        num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis: see ``IoU``.

    Example:
        >>> round(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
        >>> softmax = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]]
        >>> round(MeanIoU(num_classes=2, sparse_y_pred=False)([0, 0, 1, 1], softmax), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype=None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        options = ignore_class, sparse_y_true, sparse_y_pred, axis
        super().__init__(num_classes, range(num_classes), name, dtype, *options)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """``IoU`` for one-hot labels, and predictions with one number per class.

    Args:
        num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_pred, axis: see ``IoU``.

    Example:
        >>> labels = [[1, 0], [1, 0], [0, 1], [0, 1]]
        >>> round(OneHotIoU(2, [0])(labels, [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]]), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype=None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        options = ignore_class, False, sparse_y_pred, axis
        super().__init__(num_classes, target_class_ids, name, dtype, *options)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """``MeanIoU`` for one-hot labels, and predictions with one number per class.

    Args:
        num_classes, name, dtype, ignore_class, sparse_y_pred, axis: see ``IoU``.

    Example:
        >>> labels = [[1, 0], [1, 0], [0, 1], [0, 1]]
        >>> round(OneHotMeanIoU(2)(labels, [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]]), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype=None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict:
        """Return the arguments of ``__init__``, under Keras's keys."""
        return self._config_without("target_class_ids", "sparse_y_true")


def _class_numbers(values, are_numbers: bool, axis: int) -> np.ndarray:
    values = np.asarray(values)
    return values.astype(np.int64) if are_numbers else values.argmax(axis=axis)


def _weight_per_pixel(weights, shape: tuple[int, ...]) -> np.ndarray:
    """Return one weight per pixel, (number of pixels,)."""
    weights = np.asarray(1.0 if weights is None else weights, np.float64)
    if weights.size == np.prod(shape):
        return weights.reshape(-1)
    spread = weights.reshape(weights.shape + (1,) * (len(shape) - weights.ndim))
    try:
        return np.broadcast_to(spread, shape).reshape(-1)
    except ValueError:
        raise ValueError(
            "Expected `sample_weight` to have one weight per pixel, or one for all the pixels of a sample. "
            f"Received: sample_weight.shape={weights.shape}, y_true.shape={shape}"
        ) from None
