"""Random image models that either library can make: the same draws give the same model in both.

``RandomModel(keras, seed).model()`` and ``RandomModel(cnn_scratch, seed).model()`` call the same layers with
the same arguments. What is drawn depends on the shapes only, so it stays in step as long as the shapes do.

Left out is what Keras cannot do or does by accident, see ``docs/correctness.md``: two strides in depthwise
convolutions, ``channels_first`` in convolutions, sums that are broadcast, interpolation (in float32),
``AdaptiveMaxPooling2D`` to one row or column (TensorFlow's gradient is then memory that nobody wrote),
``UnitNormalization`` (its slope where a ReLU left only zeros), two outputs of one name, and constants that
float32 would round.
"""

import math

import numpy as np

LARGEST = 2000  # numbers per sample: more of them test nothing else
ACTIVATIONS = [
    "linear", "relu", "relu6", "elu", "selu", "softplus", "softsign", "sigmoid", "hard_sigmoid", "silu",
    "hard_silu", "tanh", "hard_tanh", "tanh_shrink", "soft_shrink", "mish", "squareplus", "exponential",
    "softmax", "log_softmax", "log_sigmoid",
]  # fmt: skip
# What stands behind what in image models, and what is computed together: drawn more often than by chance.
OFTEN_BEHIND = {
    "": ["Conv2D", "Conv2D", "ZeroPadding2D", "DepthwiseConv2D", "SeparableConv2D", "Conv1D"],
    "ZeroPadding2D": ["Conv2D", "DepthwiseConv2D", "SeparableConv2D"],
    "Conv2D": ["BatchNormalization", "BatchNormalization", "ReLU", "MaxPooling2D"],
    "DepthwiseConv2D": ["BatchNormalization", "ReLU"],
    "SeparableConv2D": ["BatchNormalization", "Activation"],
    "Dense": ["BatchNormalization", "Activation"],
    "BatchNormalization": ["ReLU", "ReLU", "Activation", "MaxPooling2D", "MaxPooling2D"],
    "ReLU": ["MaxPooling2D", "Conv2D", "ZeroPadding2D"],
    "Activation": ["Conv2D", "DepthwiseConv2D", "AveragePooling2D"],
    "MaxPooling2D": ["Conv2D", "BatchNormalization"],
    "merge": ["ReLU", "BatchNormalization", "Conv2D"],
}
MERGES = ["Add", "Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract", "arithmetic"]


class RandomModel:
    """Draws layers and models.

    Args:
        package: ``keras`` or ``cnn_scratch``.
        seed: of all draws.
        dtype: of all layers.
    """

    def __init__(self, package, seed: int, dtype: str = "float64"):
        self.package, self.dtype = package, dtype
        self.rng = np.random.default_rng(seed)
        self.models = 0

    # Draws ------------------------------------------------------------------------------------

    def flip(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def one_of(self, *things):
        return things[self.rng.integers(len(things))]

    def integer(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def divisor(self, number: int) -> int:
        return self.one_of(*(d for d in range(1, number + 1) if number % d == 0))

    def maybe(self, probability: float, **options) -> dict:
        return options if self.flip(probability) else {}

    # Arguments --------------------------------------------------------------------------------

    def window(self, sizes, name: str, one_step=False) -> dict:
        """Return size, padding, and either steps or gaps of a window that fits into an image."""
        padding = self.one_of("valid", "same")
        window = tuple(self.integer(1, min(4, size)) for size in sizes)
        steps = (self.integer(1, 3),) * len(sizes) if one_step else tuple(self.integer(1, 3) for _ in sizes)
        options = {name: window, "padding": padding}
        spread = [2 * (k - 1) + 1 for k in window]
        if name == "kernel_size" and self.flip(0.2) and all(map(int.__le__, spread, sizes)):
            return options | {"dilation_rate": 2}
        return options | self.maybe(0.4, strides=steps)

    def end(self, *roles: str) -> dict:
        """Return what layers with parameters have: an activation, a bias or none, penalties, constraints."""
        regularizers, constraints = self.package.regularizers, self.package.constraints
        options = self.maybe(0.4, activation=self.one_of(*ACTIVATIONS)) | self.maybe(0.2, use_bias=False)
        for role in roles:
            penalty = self.one_of(regularizers.L2(2**-6), regularizers.L1L2(2**-8, 2**-7))
            bound = self.one_of(constraints.MaxNorm(1, axis=0), constraints.NonNeg(), constraints.UnitNorm(0))
            options |= self.maybe(0.15, **{f"{role}_regularizer": penalty})
            options |= self.maybe(0.1, **{f"{role}_constraint": bound})
        return options

    def scale_and_shift(self) -> dict:
        return {"epsilon": 2.0**-7} | self.maybe(0.2, scale=False) | self.maybe(0.2, center=False)

    def for_any_shape(self, sizes) -> dict[str, dict]:
        """Return layers for arrays (N, *sizes), and legal arguments of each."""
        axis = self.integer(1, len(sizes))
        numbers = [0.25 * i + 0.5 for i in range(sizes[-1])]
        of_groups = {"axis": axis, "groups": self.divisor(sizes[axis - 1])} | self.scale_and_shift()
        layers = {
            "Activation": dict(activation=self.one_of(*ACTIVATIONS)),
            "ActivityRegularization": dict(l1=2.0**-8, l2=2.0**-7),
            "AlphaDropout": dict(rate=0.0),
            "BatchNormalization": dict(axis=self.one_of(-1, axis), momentum=0.75, **self.scale_and_shift()),
            "Dense": dict(units=self.integer(1, 7), **self.end("kernel", "bias")),
            "Dropout": dict(rate=0.0),
            "ELU": dict(alpha=self.one_of(0.5, 1.0)),
            "GaussianDropout": dict(rate=0.0),
            "GaussianNoise": dict(stddev=0.0),
            "GroupNormalization": of_groups,
            "Identity": {},
            "LayerNormalization": dict(axis=self.one_of(-1, [axis]), **self.scale_and_shift()),
            "LeakyReLU": dict(negative_slope=0.25),
            "Normalization": dict(mean=numbers, variance=numbers) | self.maybe(0.3, invert=True),
            "PReLU": self.maybe(0.5, shared_axes=[1]),
            "RMSNormalization": dict(epsilon=2.0**-7),
            "ReLU": self.one_of({}, {}, {"max_value": 6}, {"negative_slope": 0.25, "threshold": 0.5}),
            "Rescaling": dict(scale=0.5, offset=-0.25),
            "Softmax": dict(axis=axis),
        }
        if len(sizes) == 1:
            del layers["GroupNormalization"]
        return layers

    def for_images(self, H: int, W: int, C: int) -> dict[str, dict]:
        """Return layers for images (N, H, W, C)."""
        groups = self.divisor(C)
        kernel = {name: self.window((H, W), "kernel_size") for name in ("Conv2D", "groups")}
        one_step = [self.window((H, W), "kernel_size", one_step=True) for _ in range(2)]
        borders = [(self.integer(0, 2), self.integer(0, 2)) for _ in range(2)]
        kept = [(self.integer(0, (size - 1) // 2), self.integer(0, (size - 1) // 2)) for size in (H, W)]
        step = self.integer(1, 3)
        transposed = dict(kernel_size=(step, self.integer(step, 4)), strides=step, padding="same")
        layers = {
            "AdaptiveAveragePooling2D": dict(output_size=(self.integer(1, H), self.integer(1, W))),
            "AveragePooling2D": self.window((H, W), "pool_size"),
            "Conv2D": self.one_of(
                dict(filters=self.integer(1, 17), **kernel["Conv2D"]),
                dict(filters=self.integer(1, 5), kernel_size=1),
                dict(filters=2 * groups, groups=groups, **kernel["groups"]),
            )
            | self.end("kernel", "bias"),
            "Conv2DTranspose": dict(filters=self.integer(1, 4), **transposed, **self.end("kernel")),
            "Cropping2D": dict(cropping=kept),
            "DepthwiseConv2D": one_step[0] | self.maybe(0.4, depth_multiplier=2) | self.end("depthwise"),
            "Flatten": {},
            "GlobalAveragePooling2D": self.maybe(0.5, keepdims=True),
            "GlobalMaxPooling2D": self.maybe(0.5, keepdims=True),
            "MaxPooling2D": self.one_of(
                {"pool_size": (min(H, 2), min(W, 2))}, self.window((H, W), "pool_size")
            ),
            "Permute": dict(dims=self.one_of((2, 1, 3), (3, 1, 2))),
            "Reshape": dict(target_shape=self.one_of((W, -1, C), (H * W, C), (H, W * C))),
            "Resizing": dict(height=self.integer(1, 9), width=self.integer(1, 9), interpolation="nearest"),
            "SeparableConv2D": dict(filters=self.integer(1, 5), **one_step[1], **self.end("pointwise")),
            "SpatialDropout2D": dict(rate=0.0),
            "UpSampling2D": dict(size=(self.integer(1, 2), self.integer(1, 3))),
            "ZeroPadding2D": dict(padding=borders),
        }
        if min(H, W) > 1:
            layers["AdaptiveMaxPooling2D"] = dict(output_size=(self.integer(2, H), self.integer(2, W)))
        return layers

    def for_sequences(self, L: int, C: int) -> dict[str, dict]:
        """Return layers for sequences (N, L, C)."""
        windows = [self.window((L,), "kernel_size") for _ in range(3)]
        causal = dict(kernel_size=3, padding="causal", groups=self.divisor(C), filters=C)
        step = self.integer(1, 3)
        transposed = dict(kernel_size=self.integer(step, 4), strides=step, padding="same")
        pooling = [self.window((L,), "pool_size") for _ in range(2)]
        return {
            "AveragePooling1D": {key: first_of(value) for key, value in pooling[0].items()},
            "Conv1D": self.one_of(causal, dict(filters=self.integer(1, 5), **windows[0]))
            | self.end("kernel"),
            "Conv1DTranspose": dict(filters=self.integer(1, 4), **transposed, **self.end("kernel")),
            "Cropping1D": dict(cropping=(self.integer(0, (L - 1) // 2), self.integer(0, (L - 1) // 2))),
            "DepthwiseConv1D": {key: first_of(value) for key, value in windows[1].items()} | self.end(),
            "Flatten": {},
            "GlobalAveragePooling1D": self.maybe(0.5, keepdims=True),
            "GlobalMaxPooling1D": self.maybe(0.5, keepdims=True),
            "MaxPooling1D": {key: first_of(value) for key, value in pooling[1].items()},
            "Permute": dict(dims=(2, 1)),
            "Reshape": dict(target_shape=self.one_of((L, 1, C), (1, L, C), (C, -1))),
            "SeparableConv1D": {key: first_of(value) for key, value in windows[2].items()}
            | dict(filters=self.integer(1, 4), **self.end("depthwise")),
            "SpatialDropout1D": dict(rate=0.0),
            "UpSampling1D": dict(size=self.integer(1, 3)),
            "ZeroPadding1D": dict(padding=(self.integer(0, 2), self.integer(0, 2))),
        }

    # Layers and models ------------------------------------------------------------------------

    def layer(self, tensor, before: str = ""):
        """Return a layer for a tensor that a layer of the class ``before`` made."""
        sizes = tensor.shape[1:]
        own = {1: self.for_vectors, 2: self.for_sequences, 3: self.for_images}[len(sizes)](*sizes)
        known = own | self.for_any_shape(sizes)
        often = [name for name in OFTEN_BEHIND.get(before, ()) if name in known]
        # As many from the layers for this rank as from those for all.
        name = self.one_of(*(often if often and self.flip(0.7) else self.one_of(list(own), list(known))))
        common = {"dtype": self.dtype}
        if "Conv" in name or name in ("Dense", "BatchNormalization"):
            common |= self.maybe(0.1, trainable=False)
            common |= self.maybe(0.1, activity_regularizer=self.package.regularizers.L2(2**-7))
        return getattr(self.package.layers, name)(**known[name], **common)

    def for_vectors(self, D: int) -> dict[str, dict]:
        """Return layers for vectors (N, D)."""
        small = self.divisor(D)
        return {
            "Dense": dict(units=self.integer(1, 9), **self.end("kernel", "bias")),
            "RepeatVector": dict(n=self.integer(1, 4)),
            "Reshape": dict(target_shape=self.one_of((D, 1), (1, small, D // small))),
        }

    def merged(self, tensor, others):
        """Return a tensor and one or two others of its shape in one."""
        name = self.one_of(*MERGES)
        tensors = [tensor, *(self.one_of(*others) for _ in range(self.integer(1, 2)))]
        if self.flip(0.5):
            tensors.reverse()
        first, second = tensors[:2]
        if name == "arithmetic":
            return self.one_of(
                first * 0.5 - second, first / (1.5 + second**2), abs(first) + -second, 2 - first
            )
        options = {"dtype": self.dtype}
        if name == "Concatenate":
            options["axis"] = self.integer(1, len(tensor.shape) - 1)
        return getattr(self.package.layers, name)(**options)(tensors[:2] if name == "Subtract" else tensors)

    def input(self):
        """Return a symbolic input: mostly images, of an odd shape."""
        image = (self.one_of(1, 5, 6, 7, 9), self.integer(4, 9), self.integer(1, 6))
        sizes = self.one_of(image, image, image, image[1:], image[2:])
        return self.package.Input(sizes, dtype=self.dtype)

    def name(self) -> str:
        """Return a name for a model; Keras counts models that it makes for itself."""
        self.models += 1
        return f"model_{self.models}"

    def stack(self, tensor, depth: int):
        """Return a ``Sequential`` for such a tensor."""
        model = self.package.Sequential(
            [self.package.Input(tensor.shape[1:], dtype=self.dtype)], name=self.name()
        )
        before = ""
        for _ in range(depth):
            layer = self.layer(tensor, before)
            if math.prod(layer.compute_output_shape(tensor.shape)[1:]) <= LARGEST:
                model.add(layer)
                tensor, before = model.outputs[0], type(layer).__name__
        return model

    def graph(self, inputs: list, depth: int):
        """Return a graph model: short cuts, layers used twice, models as layers, one or more outputs."""
        tensors, called, before = list(inputs), [], ""
        made = []  # tensors, and the layers that made them
        for _ in range(depth):
            tensor = tensors[-1] if self.flip(0.7) else self.one_of(*tensors)
            before = before if tensor is tensors[-1] else ""
            alike = [other for other in tensors if other.shape == tensor.shape]
            again = [layer for layer, shape in called if shape == tensor.shape]
            kind = self.rng.random()
            if kind < 0.2:
                layer = None
                result, before = self.merged(tensor, alike), "merge"
            elif kind < 0.3 and again:
                layer = self.one_of(*again)
                result = layer(tensor)
            else:
                inner = kind > 0.9
                layer = self.stack(tensor, self.integer(1, 3)) if inner else self.layer(tensor, before)
                before = type(layer).__name__
                if inner and not layer.layers:
                    continue
                result = layer(tensor)
                called.append((layer, tensor.shape))
            if math.prod(result.shape[1:]) <= LARGEST:
                tensors.append(result)
                made.append((result, layer))
        last, last_layer = (
            made[-1] if made else (self.package.layers.Dense(3, dtype=self.dtype)(inputs[0]), None)
        )
        others = [tensor for tensor, layer in made[:-1] if layer is None or layer is not last_layer]
        outputs = [last]
        if others and self.flip(0.4):
            outputs.insert(self.integer(0, 1), self.one_of(*others))
        return self.package.Model(unwrap(inputs), unwrap(outputs), name=self.name())

    def model(self):
        """Return a model of up to ten layers."""
        first = self.input()
        if self.flip(0.4):
            return self.stack(first, self.integer(3, 7))
        return self.graph([first, self.input()] if self.flip(0.3) else [first], self.integer(4, 10))


def first_of(value):
    """Return the only number of a tuple: some layers for sequences take no tuples."""
    return value[0] if isinstance(value, tuple) else value


def unwrap(things: list):
    """Return the only thing of a list that has one, else the list."""
    return things[0] if len(things) == 1 else things
