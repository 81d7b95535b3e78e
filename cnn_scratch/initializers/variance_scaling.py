"""Random initializers whose variance follows from the shape of the kernel."""

import math
from collections.abc import Sequence

from cnn_scratch.initializers.random_initializers import RandomInitializer

# Standard deviation of a standard normal number that is redrawn while it lies outside ±2.
_TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Random numbers whose variance is ``scale / n``, where ``n`` is a number of units.

    With the right ``n`` the outputs of a layer have about the variance of its inputs, so a signal
    neither dies out nor explodes on its way through many layers.

    Args:
        scale: factor of the variance, positive.
        mode: ``"fan_in"`` (n = inputs of a unit), ``"fan_out"`` (n = outputs that an input feeds)
            or ``"fan_avg"`` (n = their mean).
        distribution: ``"truncated_normal"`` (or ``"normal"``), ``"untruncated_normal"`` or
            ``"uniform"`` (between ±√(3·scale/n), whose variance is scale/n).
        seed: see ``RandomInitializer``.
        input_axes: axes of the shape that count as inputs, in place of Keras's rule.
        output_axes: axes that count as outputs; used only together with ``input_axes``.

    Raises:
        ValueError: ``scale`` is not positive, or ``mode`` or ``distribution`` is unknown.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        if scale <= 0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        modes = ("fan_in", "fan_out", "fan_avg")
        if mode not in modes:
            raise ValueError(f"Invalid `mode` argument. Expected one of {modes}. Received: mode={mode}")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        distributions = ("truncated_normal", "untruncated_normal", "uniform")
        if distribution not in distributions:
            raise ValueError(
                f"Invalid `distribution` argument. Expected one of {distributions}. "
                f"Received: distribution={distribution}"
            )
        super().__init__(seed)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape, dtype="float32"):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "truncated_normal":
            return self._truncated_normal(shape, 0.0, math.sqrt(variance) / _TRUNCATED_STDDEV, dtype)
        if self.distribution == "untruncated_normal":
            return self._normal(shape, 0.0, math.sqrt(variance), dtype)
        limit = math.sqrt(3 * variance)
        return self._uniform(shape, -limit, limit, dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _NamedVarianceScaling(VarianceScaling):
    """A ``VarianceScaling`` with a fixed scale, mode and distribution, known by its inventor's name."""

    _fixed: tuple[float, str, str]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(*self._fixed, seed, input_axes, output_axes)

    def get_config(self):
        return {"seed": self._init_seed, "input_axes": self.input_axes, "output_axes": self.output_axes}


class GlorotUniform(_NamedVarianceScaling):
    """Uniform between ±√(6 / (fan_in + fan_out)): Keras's default for kernels.

    Reference: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010 (also called Xavier initialization).
    """

    _fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedVarianceScaling):
    """Truncated normal of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""

    _fixed = (1.0, "fan_avg", "truncated_normal")


class HeNormal(_NamedVarianceScaling):
    """Truncated normal of variance 2 / fan_in, for layers followed by a ReLU.

    The 2 makes up for the ReLU, which sets half of the outputs to zero. Reference: He et al.,
    "Delving deep into rectifiers", 2015.
    """

    _fixed = (2.0, "fan_in", "truncated_normal")


class HeUniform(_NamedVarianceScaling):
    """Uniform between ±√(6 / fan_in) (He et al., 2015)."""

    _fixed = (2.0, "fan_in", "uniform")


class LecunNormal(_NamedVarianceScaling):
    """Truncated normal of variance 1 / fan_in, the companion of SELU.

    Reference: LeCun et al., "Efficient BackProp", 1998; Klambauer et al., 2017.
    """

    _fixed = (1.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedVarianceScaling):
    """Uniform between ±√(3 / fan_in) (LeCun et al., 1998)."""

    _fixed = (1.0, "fan_in", "uniform")


def compute_fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """Return how many inputs a unit sees and how many outputs an input feeds.

    For a Dense kernel (D, F) that is D and F; for a convolution kernel (KH, KW, C, F) it is
    KH·KW·C and KH·KW·F.

    Args:
        shape: shape of the kernel.
        input_axes: axes that count as inputs, in place of the rule above.
        output_axes: axes that count as outputs; used only together with ``input_axes``.
    """
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) == 0:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window
