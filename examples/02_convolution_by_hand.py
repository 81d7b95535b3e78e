"""Convolution by hand: nine positions, stride and padding, Sobel edges, a bank of filters, pooling.

Run it as a program, ``python examples/02_convolution_by_hand.py``, or cell by cell in an editor that knows
``# %%`` (VS Code, Spyder, PyCharm). The numbers are checked against SciPy and against the layers of
cnn_scratch.
"""

# %% Set-up: options, the look of the pictures, and a few helpers
# Skip this cell at first reading. `save` writes a picture to the output folder. `check` stops the
# script when a statement turns out to be false. `draw_grid` draws a small matrix with its numbers.
import argparse
import sys
from pathlib import Path

import matplotlib
import numpy as np
from scipy.ndimage import sobel
from scipy.signal import convolve2d, correlate2d

IN_NOTEBOOK = "ipykernel" in sys.modules
parser = argparse.ArgumentParser(description="Convolution by hand.")
parser.add_argument("--quick", action="store_true", help="write small pictures, which is faster")
parser.add_argument("--output", type=Path, default=Path(__file__).with_name("output"), metavar="DIR")
options = parser.parse_args([] if IN_NOTEBOOK else None)

if not IN_NOTEBOOK:
    matplotlib.use("Agg")  # pictures go to files, so no display is needed
import matplotlib.pyplot as plt
from matplotlib.cbook import get_sample_data
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from cnn_scratch.layers import AveragePooling2D, Conv2D, MaxPooling2D

plt.rcParams |= {
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "savefig.dpi": 50 if options.quick else 130,
    "font.size": 10,
    "axes.titlesize": 11,
    "figure.titlesize": 14,
    "figure.titleweight": "bold",
    "image.interpolation": "nearest",
}
ORANGE, TEAL = "#e66101", "#018571"
SIGNED = "PuOr_r"  # purple below zero, white at zero, orange above
options.output.mkdir(parents=True, exist_ok=True)


def save(figure, name):
    figure.savefig(options.output / name)
    print(f"  picture: {name}")


def check(statement, is_true):
    if not is_true:
        raise SystemExit(f"  NOT TRUE: {statement}")
    print(f"  checked: {statement}")


def draw_grid(axes, matrix, title, limit=None, fontsize=11):
    limit = limit or 2.4 * np.abs(matrix).max()  # stay off the dark ends of the colours
    axes.imshow(matrix, cmap=SIGNED, vmin=-limit, vmax=limit)
    for (r, c), value in np.ndenumerate(matrix):
        axes.text(c, r, f"{value:.3g}".replace("-", "−"), ha="center", va="center", fontsize=fontsize)
    axes.set_xticks(np.arange(-0.5, matrix.shape[1]), [])
    axes.set_yticks(np.arange(-0.5, matrix.shape[0]), [])
    axes.grid(color="0.75", linewidth=0.8)
    axes.tick_params(length=0)
    axes.set_title(title)


def draw_map(axes, values, title, cmap="gray", **limits):
    axes.imshow(values, cmap=cmap, **limits)
    axes.set(xticks=[], yticks=[], title=title)


# %% 1. A 3×3 kernel at each of its nine positions
# Lay the kernel on the image, multiply each pixel by the kernel's number on top of it, add up: that is
# one output. A 3×3 kernel fits into a 5×5 image at 3 × 3 = 9 positions, so there are nine outputs. This
# kernel looks for the corner ┌ : ones where the corner is, minus ones where it is not.
image = np.array(
    [
        [0, 0, 0, 0, 1],
        [0, 2, 2, 2, 0],
        [0, 2, 0, 0, 1],
        [0, 2, 0, 0, 0],
        [0, 0, 1, 1, 0],
    ]
)
kernel = np.array(
    [
        [1, 1, 1],
        [1, -1, -1],
        [1, -1, -1],
    ]
)


def correlate(image, kernel, stride=1):
    """Slide the kernel over the image, `stride` pixels at a time, and add up the products."""
    KH, KW = kernel.shape
    OH = (image.shape[0] - KH) // stride + 1
    OW = (image.shape[1] - KW) // stride + 1
    outputs = np.zeros((OH, OW))
    for oh in range(OH):
        for ow in range(OW):
            top, left = oh * stride, ow * stride
            window = image[top : top + KH, left : left + KW]
            outputs[oh, ow] = (window * kernel).sum()
    return outputs


outputs = correlate(image, kernel)
print("1. Nine positions")
print(f"  image {image.shape}, kernel {kernel.shape}, outputs {outputs.shape}:")
print(outputs.astype(int))
check("the sum is largest where the corner is, in the middle", outputs.argmax() == 4)
check("SciPy's correlate2d gives the same", np.array_equal(outputs, correlate2d(image, kernel, "valid")))

# %% The picture of the nine positions
# Each panel stands where its result stands in the output. In the coloured window, the small number is
# the kernel's; multiply it by the pixel above it and add the nine products.
figure = plt.figure(figsize=(13.5, 9.6))
figure.suptitle("A 3×3 kernel visits the nine positions of a 5×5 image")
steps, overview = figure.subfigures(1, 2, width_ratios=[3.4, 1])
for position, panel in enumerate(steps.subplots(3, 3).flat):
    oh, ow = divmod(position, 3)
    panel.set(xlim=(-0.6, 4.6), ylim=(4.6, -0.6), xticks=[], yticks=[], aspect="equal")
    panel.spines[:].set_visible(False)
    for (r, c), value in np.ndenumerate(image):
        inside = oh <= r < oh + 3 and ow <= c < ow + 3
        weight = kernel[r - oh, c - ow] if inside else 0
        colour = {1: "#fdb863", -1: "#c3b5dc", 0: "white"}[weight]
        panel.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor=colour, edgecolor="0.75"))
        panel.text(c, r - (0.12 if inside else 0), value, ha="center", va="center", fontsize=13)
        if inside:
            panel.text(c, r + 0.29, f"× {weight}".replace("-", "−"), ha="center", va="center", fontsize=8.5)
    panel.add_patch(Rectangle((ow - 0.5, oh - 0.5), 3, 3, fill=False, edgecolor=ORANGE, linewidth=2.5))
    total = f"{outputs[oh, ow]:g}".replace("-", "−")
    panel.set_title(
        f"row {oh}, column {ow}:  sum = {total}", fontweight="bold" if position == 4 else "normal"
    )
top, middle, bottom = overview.subplots(3, 1)
draw_grid(top, image, "image, 5×5")
draw_grid(middle, kernel, "kernel, 3×3")
draw_grid(bottom, outputs, "the nine sums, 3×3")
save(figure, "02_nine_positions.png")

# %% 2. The same with a Conv2D layer
# A layer works on a batch of images with channels: inputs (N, H, W, C), kernel (KH, KW, C, filters).
# With one image, one channel and one filter those are a few axes of length 1. Training would change the
# kernel's numbers; here we set them ourselves. The bias is one number that is added to every output; it
# is 0 here.
layer = Conv2D(filters=1, kernel_size=3)
layer.build((None, 5, 5, 1))
layer.set_weights([kernel.reshape(3, 3, 1, 1), np.zeros(1)])
layer_outputs = layer(image.reshape(1, 5, 5, 1))

print("2. Conv2D")
print(f"  inputs (1, 5, 5, 1), kernel {layer.kernel.shape}, outputs {layer_outputs.shape}")
check("Conv2D gives the nine sums", np.allclose(layer_outputs[0, :, :, 0], outputs, rtol=0, atol=1e-5))

# %% 3. Convolution or cross-correlation?
# In mathematics, convolution turns the kernel by 180° before it slides; without the turn the operation
# is called cross-correlation. The "convolution" of neural networks is cross-correlation. To a network
# that learns its kernels it makes no difference: it would learn the turned one as well. It matters as
# soon as you compare with SciPy, or take a kernel from a book.
turned = kernel[::-1, ::-1]
print("3. Convolution or cross-correlation")
check("Conv2D is not SciPy's convolve2d", not np.array_equal(convolve2d(image, kernel, "valid"), outputs))
check("it is, if the kernel is turned by 180°", np.array_equal(convolve2d(image, turned, "valid"), outputs))

figure, axes = plt.subplots(1, 4, figsize=(12, 3.7))
figure.suptitle("Convolution is cross-correlation with the kernel turned by 180°")
draw_grid(axes[0], kernel, "kernel")
draw_grid(axes[1], outputs, "cross-correlation\n(Conv2D, correlate2d)", limit=24)
draw_grid(axes[2], turned, "kernel, turned by 180°")
draw_grid(axes[3], convolve2d(image, kernel, "valid"), "convolution of mathematics\n(convolve2d)", limit=24)
save(figure, "02_convolution_or_correlation.png")

# %% 4. Stride and padding
# The stride is the length of a step: with stride 2 the kernel moves two pixels at a time. Padding is a
# frame of zeros around the image, so that the kernel can also stand at the border. With n pixels along
# an axis, p pixels of padding in all (both ends together), a kernel of k and a stride of s, the output
# has ⌊(n + p − k) / s⌋ + 1 pixels. "valid" means p = 0. "same" means as much padding as it takes to get
# ⌈n / s⌉ outputs; with stride 1 that is as many as there were inputs.


def output_size(n, k, s, p):
    return (n + p - k) // s + 1


def same_padding(n, k, s):
    """The padding of "same" at the two ends; if it is odd, the end gets the one more."""
    total = max((-(-n // s) - 1) * s + k - n, 0)
    return total // 2, total - total // 2


CASES = [  # n, k, s, padding
    (5, 3, 1, "valid"),
    (5, 3, 2, "valid"),
    (6, 3, 2, "valid"),
    (5, 3, 1, "same"),
    (5, 3, 2, "same"),
    (6, 3, 2, "same"),
]
print("4. Stride and padding")
sizes = []
for n, k, s, padding in CASES:
    before, after = same_padding(n, k, s) if padding == "same" else (0, 0)
    sizes.append(output_size(n, k, s, before + after))
    layer = Conv2D(1, k, strides=s, padding=padding)
    numbers = np.arange(n * n, dtype=np.float32).reshape(n, n)
    from_layer = layer(numbers.reshape(1, n, n, 1))[0, :, :, 0]
    by_hand = correlate(np.pad(numbers, (before, after)), layer.kernel.numpy()[:, :, 0, 0], s)
    print(f"  n={n} k={k} s={s} {padding:5} padding {before}+{after}: {sizes[-1]} outputs along each axis")
    check("the formula gives the size that Conv2D gives", from_layer.shape == (sizes[-1], sizes[-1]))
    check("and the numbers are the same", np.allclose(by_hand, from_layer, atol=1e-4))

# %% The picture of stride and padding
# Dots are the middles of the windows, one for each output; the first and the last window are outlined.
# White pixels are padding. A 6×6 image with stride 2 is instructive: "valid" never reads the last row
# and column (hatched), and "same" needs only one row and one column of padding, at the bottom and at
# the right.
figure, axes = plt.subplots(2, 3, figsize=(12.5, 9), height_ratios=[6.4, 8.4])
figure.suptitle("Stride and padding with a 3×3 kernel:  ⌊(n + p − k) / s⌋ + 1")
for panel, (n, k, s, padding), size in zip(axes.flat, CASES, sizes):
    before, after = same_padding(n, k, s) if padding == "same" else (0, 0)
    last_read = -before + (size - 1) * s + k
    for r, c in np.ndindex(n + before + after, n + before + after):
        r, c = r - before, c - before
        real, read = min(r, c) >= 0 and max(r, c) < n, max(r, c) < last_read
        look = {
            "facecolor": "#dfeeec" if real else "white",
            "edgecolor": "0.6",
            "linestyle": "-" if real else ":",
        }
        panel.add_patch(Rectangle((c, r), 1, 1, hatch=None if read else "///", **look))
        if not real:
            panel.text(c + 0.5, r + 0.5, "0", ha="center", va="center", color="0.6")
    for oh, ow in np.ndindex(size, size):
        panel.plot(ow * s - before + k / 2, oh * s - before + k / 2, "o", color=ORANGE, markersize=9)
    first, last = -before + 0.06, (size - 1) * s - before + 0.06
    panel.add_patch(
        Rectangle((first, first), k - 0.12, k - 0.12, fill=False, edgecolor=ORANGE, linewidth=2.5)
    )
    panel.add_patch(Rectangle((last, last), k - 0.12, k - 0.12, fill=False, edgecolor=TEAL, linewidth=2.5))
    top, bottom = (-0.2, 6.2) if padding == "valid" else (-1.2, 7.2)
    panel.set(xlim=(-1.2, 7.2), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
    panel.spines[:].set_visible(False)
    panel.set_title(
        f"{n}×{n} image, stride {s}, {padding}, p = {before + after}\n"
        f"⌊({n} + {before + after} − {k}) / {s}⌋ + 1 = {size}:  {size}×{size} outputs"
    )
save(figure, "02_stride_and_padding.png")

# %% 5. Edges in a photograph: Sobel
# An edge is where the brightness changes. The Sobel kernel for x subtracts the pixels on the left from
# those on the right, so it answers to vertical edges. The weights 1, 2, 1 take a mean along the edge,
# which quiets the noise. The kernel for y is the transpose and answers to horizontal edges. √(x² + y²)
# is the strength of an edge in whatever direction. The photograph shows Rear Admiral Grace Hopper
# (United States Navy, public domain); it is in Matplotlib's sample data.
photo = plt.imread(get_sample_data("grace_hopper.jpg", asfileobj=False))
gray = photo @ np.array([0.299, 0.587, 0.114]) / 255  # (H, W), values from 0 to 1

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SOBEL_Y = SOBEL_X.T


def correlate_fast(image, kernel):
    """The same sums, another way round: nine shifted copies of the image, each times one kernel number."""
    OH, OW = image.shape[0] - 2, image.shape[1] - 2
    return sum(kernel[kh, kw] * image[kh : kh + OH, kw : kw + OW] for kh in range(3) for kw in range(3))


edges_x, edges_y = correlate_fast(gray, SOBEL_X), correlate_fast(gray, SOBEL_Y)
strength = np.hypot(edges_x, edges_y)
print("5. Sobel")
print(f"  image {gray.shape}, edges {edges_x.shape}; strongest edge {strength.max():.2f}")
check(
    "nine shifted images give the same as the loops", np.array_equal(correlate_fast(image, kernel), outputs)
)
check("SciPy's correlate2d gives the same", np.allclose(edges_x, correlate2d(gray, SOBEL_X, "valid")))
check("SciPy's sobel, along x", np.allclose(edges_x, sobel(gray, axis=1)[1:-1, 1:-1]))
check("SciPy's sobel, along y", np.allclose(edges_y, sobel(gray, axis=0)[1:-1, 1:-1]))
check("an even surface has no edges: both kernels add up to 0", SOBEL_X.sum() == SOBEL_Y.sum() == 0)

figure = plt.figure(figsize=(13, 6.2))
figure.suptitle("Sobel edges: where the brightness changes, and in which direction")
axes = figure.subplot_mosaic(
    [["gray", "x", "y", "strength"], [".", "kernel x", "kernel y", "."]], height_ratios=[3, 1]
)
draw_map(axes["gray"], gray, f"gray, {gray.shape[0]}×{gray.shape[1]}", vmin=0, vmax=1)
draw_map(axes["x"], edges_x, "x: orange is brighter to the right", cmap=SIGNED, vmin=-2, vmax=2)
draw_map(axes["y"], edges_y, "y: orange is brighter below", cmap=SIGNED, vmin=-2, vmax=2)
draw_map(axes["strength"], strength, "strength √(x² + y²)", cmap="magma", vmin=0, vmax=2.5)
draw_grid(axes["kernel x"], SOBEL_X, "kernel x")
draw_grid(axes["kernel y"], SOBEL_Y, "kernel y")
save(figure, "02_sobel.png")

# %% 6. A bank of filters, before and after ReLU
# One Conv2D layer holds many kernels and gives one activation map for each. ReLU then replaces every
# negative number by 0: what stays says "this feature is here". An edge from bright to dark is negative
# under the first filter and disappears; a filter with the opposite signs would keep it.
BANK = {
    "edges, x": SOBEL_X,
    "edges, y": SOBEL_Y,
    "diagonal": [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]],
    "spots\n(Laplace)": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
    "relief": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "blur": np.full((3, 3), 1 / 9),
}
kernels = np.stack(list(BANK.values()), axis=-1)[:, :, None, :]  # (3, 3, 1, 6)
linear_layer = Conv2D(6, 3)
relu_layer = Conv2D(6, 3, activation="relu")
inputs = gray[None, :, :, None]  # (1, H, W, 1)
for layer in [linear_layer, relu_layer]:
    layer.build(inputs.shape)
    layer.set_weights([kernels, np.zeros(6)])
before_relu, after_relu = linear_layer(inputs)[0], relu_layer(inputs)[0]

print("6. A bank of filters")
print(f"  inputs {inputs.shape}, kernels {kernels.shape}, activation maps {before_relu.shape}")
for index, name in enumerate(BANK):
    expected = correlate2d(gray, kernels[:, :, 0, index], "valid")
    negative = (before_relu[:, :, index] < 0).mean()
    name = name.replace("\n", " ")
    check(
        f"{name}: as SciPy ({negative:.0%} negative)",
        np.allclose(before_relu[:, :, index], expected, atol=1e-5),
    )
check("ReLU is max(0, x), number by number", np.array_equal(after_relu, np.maximum(before_relu, 0)))

figure, axes = plt.subplots(3, 6, figsize=(14, 8.2), height_ratios=[1, 1.75, 1.75])
figure.suptitle("Six filters on one image: kernel, activation map, activation map after ReLU")
for index, (name, matrix) in enumerate(BANK.items()):
    draw_grid(axes[0, index], np.asarray(matrix), name, fontsize=9)
    limit = np.quantile(np.abs(before_relu[:, :, index]), 0.99)
    draw_map(axes[1, index], before_relu[:, :, index], "", cmap=SIGNED, vmin=-limit, vmax=limit)
    draw_map(axes[2, index], after_relu[:, :, index], "", vmin=0, vmax=limit)
for panel, label in zip(
    axes[:, 0], ["kernel", "before ReLU\n(purple < 0 < orange)", "after ReLU\n(black = 0)"]
):
    panel.set_ylabel(label, fontsize=11)
save(figure, "02_bank_of_filters.png")

# %% Why a network needs ReLU, or something like it
# Two convolutions without padding and with nothing between them are one convolution with a larger
# kernel: 3×3 and 3×3 make 5×5. Any number of them would still be one. So a function that is not linear,
# such as ReLU, is put between them; then the second layer can compute what no single convolution can.
twice = correlate_fast(correlate_fast(gray, SOBEL_X), SOBEL_Y)
both_in_one = convolve2d(SOBEL_X, SOBEL_Y)  # (5, 5)
with_relu = correlate_fast(np.maximum(correlate_fast(gray, SOBEL_X), 0), SOBEL_Y)
once = correlate2d(gray, both_in_one, "valid")
print(f"  two kernels 3×3 in a row: one kernel {both_in_one.shape}")
check("without ReLU, two layers are one", np.allclose(twice, once))
check("with ReLU between them, they are not", not np.allclose(with_relu, once))

# %% 7. Colour: a kernel is as deep as its input
# On an RGB image a "3×3 kernel" has 3 × 3 × 3 numbers, a 3×3 slice for each channel. The products of
# all three slices go into one sum, so one filter still gives one map. This filter takes the mean of red
# and subtracts half the means of green and blue: it answers to what is red.
colour_kernel = np.stack([np.full((3, 3), weight) for weight in [1 / 9, -1 / 18, -1 / 18]], axis=-1)
layer = Conv2D(1, 3)
layer.build((None, None, None, 3))
layer.set_weights([colour_kernel[:, :, :, None], np.zeros(1)])
scaled = photo / 255
redness = layer(scaled[None])[0, :, :, 0]
slices = [correlate2d(scaled[:, :, c], colour_kernel[:, :, c], "valid") for c in range(3)]
print("7. Colour")
print(f"  inputs {scaled[None].shape}, kernel {layer.kernel.shape}, outputs {redness.shape}")
check("a map is the sum over the channels", np.allclose(redness, sum(slices), atol=1e-5))

figure, axes = plt.subplots(1, 5, figsize=(14, 4.5))
figure.suptitle("One filter on three channels: three slices, one sum")
draw_map(axes[0], photo, "photo, three channels")
titles = ["red slice, 9 × 1/9", "green slice, 9 × (−1/18)", "blue slice, 9 × (−1/18)", "sum of the three"]
for panel, values, title in zip(axes[1:], [*slices, redness], titles):
    draw_map(panel, values, title, cmap=SIGNED, vmin=-0.8, vmax=0.8)
figure.colorbar(axes[4].images[0], ax=axes, location="bottom", shrink=0.4, aspect=40, label="output")
save(figure, "02_colour.png")

# %% 8. Pooling: fewer numbers, the strongest kept
# Max pooling cuts a map into blocks and keeps the largest number of each; average pooling keeps the
# mean. With 2×2 blocks a quarter of the numbers remains. A pooling layer has nothing to learn. After
# it, that a feature is there counts for more than where exactly it is.
numbers = np.array([[1, 3, 2, 0], [4, 8, 1, 1], [0, 2, 9, 5], [6, 0, 3, 7]])
blocks = numbers.reshape(2, 2, 2, 2)  # (block row, row in block, block column, column in block)
largest, mean = blocks.max(axis=(1, 3)), blocks.mean(axis=(1, 3))
as_batch = numbers.reshape(1, 4, 4, 1)
print("8. Pooling")
check("MaxPooling2D keeps the largest", np.array_equal(MaxPooling2D(2)(as_batch)[0, :, :, 0], largest))
check("AveragePooling2D keeps the mean", np.array_equal(AveragePooling2D(2)(as_batch)[0, :, :, 0], mean))

figure, axes = plt.subplots(1, 3, figsize=(11, 4.6), width_ratios=[2, 1, 1])
figure.suptitle("Pooling with 2×2 blocks")
block_colours = ListedColormap(["#fdd9a8", "#b8ddd8", "#d8cfe8", "#e3e3e3"])
titles = [
    "16 numbers in four blocks",
    "max pooling:\nthe largest of each block",
    "average pooling:\nthe mean of each block",
]
for panel, matrix, title in zip(axes, [numbers, largest, mean], titles):
    draw_grid(panel, matrix, title, fontsize=15)
    colours = np.arange(4).reshape(2, 2).repeat(len(matrix) // 2, 0).repeat(len(matrix) // 2, 1)
    panel.imshow(colours, cmap=block_colours, vmin=0, vmax=3)
save(figure, "02_pooling_by_hand.png")

# %% Pooling on the edges of the photograph
# The edges survive while the map shrinks. Pixels at the right and the bottom that do not fill a block
# are left out, so the size is again ⌊(n − k) / s⌋ + 1, with a stride as long as the block.
edge_map = strength[None, :, :, None]  # (1, H, W, 1)
pooled = {1: strength} | {size: MaxPooling2D(size)(edge_map)[0, :, :, 0] for size in [4, 8, 16]}
figure, axes = plt.subplots(1, 4, figsize=(13, 4.6))
figure.suptitle("Max pooling: the strongest edge of every block")
for panel, (size, values) in zip(axes, pooled.items()):
    OH, OW = values.shape
    title = "before pooling" if size == 1 else f"{size}×{size} blocks"
    draw_map(
        panel,
        np.kron(values, np.ones((size, size))),
        f"{title}: {OH}×{OW} = {OH * OW:,}",
        "magma",
        vmin=0,
        vmax=2.5,
    )
    panel.set(xlim=(-0.5, strength.shape[1] - 0.5), ylim=(strength.shape[0] - 0.5, -0.5))
    print(f"  {title}: {values.shape}, {values.size:,} numbers")
    check("the size is floor((n - k) / k) + 1", values.shape[0] == (strength.shape[0] - size) // size + 1)
save(figure, "02_pooling.png")
print(f"Everything checked. The pictures are in {options.output}")
