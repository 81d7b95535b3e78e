"""From one loss per sample to one number: sample weights, masks and reductions, as in Keras."""

import numpy as np

_REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def check_reduction(reduction: str | None) -> None:
    """Check the ``reduction`` argument of a loss.

    Raises:
        ValueError: it is not one of Keras's reductions.
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(
            f"Invalid value for argument `reduction`. Expected one of {_REDUCTIONS}. "
            f"Received: reduction={reduction}"
        )


def squeeze_or_expand_to_same_rank(x1: np.ndarray, x2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give two arrays the same rank if they differ by a last axis of length 1; else leave them alone.

    If the shorter one is (N,), it becomes (N, 1); otherwise the longer one loses its last axis.
    """
    if x1.ndim == x2.ndim + 1 and x1.shape[-1] == 1:
        return (x1, x2[:, None]) if x2.ndim == 1 else (x1[..., 0], x2)
    if x2.ndim == x1.ndim + 1 and x2.shape[-1] == 1:
        return (x1[:, None], x2) if x1.ndim == 1 else (x1, x2[..., 0])
    return x1, x2


def reduce_weighted_values(
    values: np.ndarray, sample_weight: np.ndarray | None, mask: np.ndarray | None, reduction: str | None
) -> tuple[float | np.ndarray, np.ndarray]:
    """Weight the losses of the samples and reduce them.

    Args:
        values: one loss per sample, (N,), or per position, (N, d₀, …).
        sample_weight: factors that can be broadcast to ``values``, or ``None``.
        mask: true where a value counts; of the shape of ``values``, or ``None``.
        reduction: ``"sum_over_batch_size"`` and ``"mean"`` divide the sum by the number of values
            (of unmasked values), ``"mean_with_sample_weight"`` by the sum of the weights;
            ``"sum"`` only adds up; ``"none"`` and ``None`` leave one number per sample.

    Returns:
        The loss (a float summed in float64, or an array of the weighted values), and its gradient
        with respect to ``values`` (for an array: the gradient of its sum).

    Raises:
        ValueError: the shape of ``sample_weight`` does not fit.
    """
    weights = _merge_mask(sample_weight, mask, reduction, values.dtype)
    weighted, factors = _weighted(values, weights)
    if reduction in (None, "none"):
        return weighted, _sum_to_shape(factors, values.shape)
    divisor = 1.0
    if reduction in ("sum_over_batch_size", "mean"):
        divisor = weighted.size
    elif reduction == "mean_with_sample_weight":
        divisor = weighted.size if weights is None else float(weights.sum(dtype=np.float64))
    if divisor == 0:  # an empty batch, or weights that add up to nothing
        return 0.0, np.zeros_like(values)
    loss = float(weighted.sum(dtype=np.float64)) / divisor
    return loss, _sum_to_shape(factors / values.dtype.type(divisor), values.shape)


def _merge_mask(sample_weight, mask, reduction, dtype) -> np.ndarray | None:
    """Return one array of weights: masked values get 0, the others their sample weight."""
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, dtype)
    if mask is None:
        return sample_weight
    weights = mask.astype(dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        # The reduction will divide by all values; this turns it into a division by the valid ones.
        weights *= dtype.type(mask.size / max(1, np.count_nonzero(mask)))
    if sample_weight is None:
        return weights
    weights, sample_weight = squeeze_or_expand_to_same_rank(weights, sample_weight)
    return weights * sample_weight


def _weighted(values: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return ``values · weights`` and the weights in that shape."""
    if weights is None:
        return values, np.ones_like(values)
    expanded, weights = squeeze_or_expand_to_same_rank(values, weights)
    try:
        shape = np.broadcast_shapes(expanded.shape, weights.shape)
    except ValueError:
        shape = None
    # A loss of rank 0 (the mean over the one axis of y_pred) may meet a weight per sample.
    if shape != expanded.shape and values.ndim > 0:
        raise ValueError(
            "Expected `sample_weight` to have one weight per sample, or a shape that can be broadcast to the "
            f"losses. Received: sample_weight.shape={weights.shape}, losses.shape={values.shape}"
        )
    return expanded * weights, np.broadcast_to(weights, shape)


def _sum_to_shape(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the gradient in the shape of the values (a single number was broadcast: the sum is taken)."""
    if shape == ():
        return np.asarray(gradient.sum(), gradient.dtype)
    return gradient.reshape(shape)
