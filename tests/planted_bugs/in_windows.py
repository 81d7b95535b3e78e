"""Bugs in what slides a window over an image: convolution, pooling, padding, the arithmetic of shapes."""

from tests.planted_bugs.bug import Bug

DIRECT = "cnn_scratch/kernels/conv2d_direct.py"
TILE = "cnn_scratch/kernels/tile.py"
IM2COL = "cnn_scratch/kernels/conv2d_im2col.py"
CONV2D_KERNELS = "cnn_scratch/kernels/conv2d.py"
CONV2D = "cnn_scratch/layers/conv2d.py"
MAX_POOLING = "cnn_scratch/kernels/max_pooling2d.py"
AVERAGE_POOLING = "cnn_scratch/kernels/average_pooling2d.py"
WINDOW_VECTORS = "cnn_scratch/kernels/window_vectors.py"
SHAPES = "cnn_scratch/shapes.py"

NORMALIZED_POOLING = "cnn_scratch/kernels/normalized_max_pooling2d.py"

CONV2D_TESTS = ("tests/layers/test_conv2d.py",)
REFERENCE_OF_CONV2D = ("tests/layers/test_conv2d.py", "-k", "reference")
MAX_POOLING_TESTS = ("tests/layers/test_max_pooling2d.py",)
FUSION_TESTS = ("tests/test_fusion.py",)
AVERAGE_POOLING_TESTS = ("tests/layers/test_average_pooling2d.py",)

BUGS = [
    Bug(
        "conv2d: no dilation of rows",
        DIRECT,
        "kh * DH * row_size + run * DW * C",
        "kh * row_size + run * DW * C",
        "The dilation is applied to columns only.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: window over the right border",
        DIRECT,
        "min(width, W - first_column)",
        "min(width, W - first_column + 1)",
        "Off by one: a window that hangs over the right border reads the next row, not a zero.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: bands on a ragged grid",
        DIRECT,
        "bands = (OH + band_rows - 1) // band_rows",
        "bands = max(1, OH // band_rows)",
        "The rows that do not fill a whole band are never computed.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: images between pieces lost",
        DIRECT,
        "end = (piece + 1) * N // pieces",
        "end = (piece + 1) * (N // pieces)",
        "The kernel's gradient leaves out the last images when the batch is no multiple of the pieces.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: fused ReLU swallows NaN",
        TILE,
        'builder.fcmp_ordered("<", result, floors[v])',
        'builder.fcmp_unordered("<", result, floors[v])',
        "An unordered comparison with NaN holds, so a NaN becomes a harmless-looking 0.",
        ("tests/layers/test_conv2d.py", "-k", "nan or contract"),
    ),
    Bug(
        "conv2d: kernel not turned",
        DIRECT,
        "np.ascontiguousarray(kernel[::-1, ::-1].transpose(0, 1, 3, 2))",
        "np.ascontiguousarray(kernel.transpose(0, 1, 3, 2))",
        "The input's gradient is a convolution with the kernel turned by 180°; here it is not turned.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: pieces follow the threads",
        DIRECT,
        "    pieces = min(N, MOST_PIECES)",
        "    from numba import get_num_threads\n\n    pieces = min(N, get_num_threads())",
        "The kernel's gradient is added up in an order that depends on the number of threads.",
        ("tests/layers/test_conv2d.py", "-k", "threads"),
    ),
    Bug(
        "conv2d: bias of the first piece only",
        DIRECT,
        "partial_kernels.sum(axis=0)[:patch_size], partial_biases.sum(axis=0)",
        "partial_kernels.sum(axis=0)[:patch_size], partial_biases[0]",
        "The bias's gradient forgets all pieces of the batch but the first.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: groups interleaved",
        CONV2D_KERNELS,
        "for part in np.split(array, groups, axis=-1)]",
        "for part in (array[..., g::groups] for g in range(groups))]",
        "A group takes every other channel instead of neighbouring ones.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "col2im: overwrites",
        IM2COL,
        "pixels[target + i] += patch[start + i]",
        "pixels[target + i] = patch[start + i]",
        "Where windows overlap, the last one's gradient replaces the others'.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "col2im: first column lost",
        IM2COL,
        "if 0 <= w + kw * DW < W:\n                        target",
        "if 0 < w + kw * DW < W:\n                        target",
        "The pixels of the first column get no gradient from windows that hang over the border.",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: kernel gradient overwritten",
        CONV2D,
        "self.kernel.grad += grad_kernel",
        "self.kernel.grad[...] = grad_kernel",
        "Gradients replace each other instead of adding up when a layer is used twice.",
        CONV2D_TESTS,
    ),
    Bug(
        "conv2d: kernel turned around in backward",
        CONV2D,
        "grad_linear, self.kernel.value, self.window, inputs.shape, self.groups",
        "grad_linear, self.kernel.value[::-1, ::-1], self.window, inputs.shape, self.groups",
        "The kernel is flipped once too often for the input's gradient (invisible for symmetric kernels).",
        REFERENCE_OF_CONV2D,
    ),
    Bug(
        "conv2d: bias gradient forgotten",
        CONV2D,
        "self.bias.grad += grad_bias",
        "pass",
        "The bias never learns.",
        CONV2D_TESTS,
    ),
    Bug(
        "max pooling: NaN lost",
        WINDOW_VECTORS,
        'builder.fcmp_unordered(">", new[0], old[0])',
        'builder.fcmp_ordered(">", new[0], old[0])',
        "A comparison with NaN is false, so a NaN is passed over.",
        MAX_POOLING_TESTS,
    ),
    Bug(
        "max pooling: last of equals wins",
        WINDOW_VECTORS,
        'builder.fcmp_unordered(">", new[0], old[0])',
        'builder.fcmp_unordered(">=", new[0], old[0])',
        "At a tie the gradient goes to the last pixel instead of the first (common after a ReLU).",
        MAX_POOLING_TESTS,
    ),
    Bug(
        "max pooling: border of zeros",
        MAX_POOLING,
        "largest = load_part(inputs, at + offsets[0], count)",
        "largest = 0 * load_part(inputs, at + offsets[0], count)",
        "The maximum starts at 0, not at −∞: negative images come out as zeros.",
        MAX_POOLING_TESTS,
    ),
    Bug(
        "max pooling: overlapping windows",
        MAX_POOLING,
        "    overlapping = KH > SH or KW > SW",
        "    overlapping = False",
        "A pixel that is the largest of two windows gets the gradient of one.",
        MAX_POOLING_TESTS,
    ),
    Bug(
        "max pooling: stale buffer",
        MAX_POOLING,
        "    outputs, places = empty_outputs(inputs, window)",
        "    outputs, places = empty_outputs(inputs, window)\n"
        "    forward.buffers = getattr(forward, 'buffers', {})\n"
        "    places = forward.buffers.setdefault((places.shape, places.dtype), places)",
        "All calls share one array of places, so a second forward disturbs the backward of the first.",
        MAX_POOLING_TESTS,
    ),
    Bug(
        "average pooling: border counted",
        AVERAGE_POOLING,
        "count = inputs.dtype.type((end_h - first_h) * (end_w - first_w))",
        "count = inputs.dtype.type(KH * KW)",
        "With 'same' the mean divides by all cells of the window, also by those outside the image.",
        AVERAGE_POOLING_TESTS,
    ),
    Bug(
        "average pooling: border counted in backward",
        AVERAGE_POOLING,
        "count = grad_images.dtype.type((end_h - first_h) * (end_w - first_w))",
        "count = grad_images.dtype.type(KH * KW)",
        "The same in the gradient only: outputs are right, and every shape is.",
        AVERAGE_POOLING_TESTS,
    ),
    Bug(
        "average pooling: padding of the other axis",
        AVERAGE_POOLING,
        "first_w, end_w = inside(ow * SW - left, KW, W)\n            count = inputs",
        "first_w, end_w = inside(ow * SW - top, KW, W)\n            count = inputs",
        "The columns are shifted by the padding of the rows: right as long as everything is square.",
        AVERAGE_POOLING_TESTS,
    ),
    Bug(
        "global average pooling: gradient not divided",
        "cnn_scratch/layers/global_average_pooling2d.py",
        "share = grad_outputs.reshape(N, 1, 1, C) / (H * W)",
        "share = grad_outputs.reshape(N, 1, 1, C)",
        "A missing factor: the mean's gradient is that of a sum.",
        ("tests/layers/test_global_average_pooling2d.py",),
    ),
    Bug(
        "global max pooling: ties doubled",
        "cnn_scratch/layers/global_max_pooling2d.py",
        "taken /= taken.sum(axis=self.image_axes, keepdims=True)",
        "pass",
        "Pixels that share the maximum each get the whole gradient.",
        ("tests/layers/test_global_max_pooling2d.py",),
    ),
    Bug(
        "same: odd pixel at the top",
        SHAPES,
        "return rows // 2, rows - rows // 2, columns // 2, columns - columns // 2",
        "return rows - rows // 2, rows // 2, columns - columns // 2, columns // 2",
        "The odd row and column of padding go to the top and left, as in some other libraries.",
        CONV2D_TESTS,
    ),
    Bug(
        "same: size rounded down",
        SHAPES,
        "-(-n // s) if self.padding",
        "n // s if self.padding",
        "⌊n/s⌋ places instead of ⌈n/s⌉: right for even sizes.",
        CONV2D_TESTS,
    ),
    Bug(
        "same: negative padding",
        SHAPES,
        "columns = max((OW - 1) * SW + EW - width, 0)",
        "columns = (OW - 1) * SW + EW - width",
        "A stride larger than the kernel gives a negative padding.",
        CONV2D_TESTS,
    ),
    Bug(
        "window: extent of a dilated kernel",
        SHAPES,
        "return tuple((k - 1) * d + 1 for k, d in",
        "return tuple(k * d for k, d in",
        "A dilated window is taken for one that ends with a gap.",
        CONV2D_TESTS,
    ),
    Bug(
        "channels first: rows and columns swapped",
        SHAPES,
        "np.moveaxis(images, 1, -1)",
        "images.swapaxes(1, -1)",
        "Height and width change places on the way in: square images show only wrong numbers.",
        CONV2D_TESTS,
    ),
    Bug(
        "zero padding: rows and columns swapped",
        "cnn_scratch/layers/zero_padding2d.py",
        'axes = (1, 2) if self.data_format == "channels_last" else (2, 3)',
        'axes = (2, 1) if self.data_format == "channels_last" else (3, 2)',
        "Top and bottom are padded as left and right should be.",
        ("tests/layers/test_zero_padding2d.py",),
    ),
    Bug(
        "zero padding: gradient of the wrong part",
        "cnn_scratch/layers/zero_padding2d.py",
        'return top, left * (input_shape[3] if self.data_format == "channels_last" else 1)',
        "return 0, 0",
        "The inputs are put into, and their gradient taken from, the upper left corner.",
        ("tests/layers/test_zero_padding2d.py",),
    ),
    Bug(
        "normalized pooling: mean over the outputs",
        "cnn_scratch/fusion.py",
        "R = inputs.size // inputs.shape[-1]",
        "R = grad_outputs.size // inputs.shape[-1]",
        "The sums over the taken pixels are divided by their number, not by that of all pixels.",
        FUSION_TESTS,
    ),
    Bug(
        "normalized pooling: pixels outside all windows",
        NORMALIZED_POOLING,
        "all_in_windows = KW == SW and OW * SW - left >= W",
        "all_in_windows = KW == SW",
        "A column that no window sees still moves the mean; its gradient is left as the memory was.",
        FUSION_TESTS,
    ),
    Bug(
        "normalized pooling: largest before scaling",
        NORMALIZED_POOLING,
        "kept = keep_larger(kept, (y, every_lane(numbers[k], y)))",
        "kept = keep_larger(kept, (y * y, every_lane(numbers[k], y)))",
        "What is compared is not what comes out.",
        FUSION_TESTS,
    ),
]
