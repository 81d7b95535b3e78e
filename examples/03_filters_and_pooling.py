"""Filters and pooling: Sobel edges, a bank of filters, why ReLU is needed, colour, fewer numbers.

Run it as a program, ``python examples/03_filters_and_pooling.py``, or cell by cell in an editor that knows
``# %%`` (VS Code, Spyder, PyCharm). The numbers are checked against SciPy and against the layers of
cnn_scratch.
"""

# %% Set-up: what draws, saves and checks is in `lesson.py`
import numpy as np
from lesson import SIGNED, check, draw_grid, draw_map, finish, plt, save
from matplotlib.cbook import get_sample_data
from matplotlib.colors import ListedColormap
from scipy.ndimage import sobel
from scipy.signal import convolve2d, correlate2d

from cnn_scratch.layers import AveragePooling2D, Conv2D, MaxPooling2D

# %% 1. Edges in a photograph: Sobel
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
    """The sums at all positions at once: nine shifted copies of the image, each times one kernel number."""
    OH, OW = image.shape[0] - 2, image.shape[1] - 2
    return sum(kernel[kh, kw] * image[kh : kh + OH, kw : kw + OW] for kh in range(3) for kw in range(3))


edges_x, edges_y = correlate_fast(gray, SOBEL_X), correlate_fast(gray, SOBEL_Y)
strength = np.hypot(edges_x, edges_y)
print("1. Sobel")
print(f"  image {gray.shape}, edges {edges_x.shape}; strongest edge {strength.max():.2f}")
check(
    "nine shifted images give the same as SciPy's correlate2d",
    np.allclose(edges_x, correlate2d(gray, SOBEL_X, "valid")),
)
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
save(figure, "03_sobel.png")

# %% 2. A bank of filters, before and after ReLU
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

print("2. A bank of filters")
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
save(figure, "03_bank_of_filters.png")

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

# %% 3. Colour: a kernel is as deep as its input
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
print("3. Colour")
print(f"  inputs {scaled[None].shape}, kernel {layer.kernel.shape}, outputs {redness.shape}")
check("a map is the sum over the channels", np.allclose(redness, sum(slices), atol=1e-5))

figure, axes = plt.subplots(1, 5, figsize=(14, 4.5))
figure.suptitle("One filter on three channels: three slices, one sum")
draw_map(axes[0], photo, "photo, three channels")
titles = ["red slice, 9 × 1/9", "green slice, 9 × (−1/18)", "blue slice, 9 × (−1/18)", "sum of the three"]
for panel, values, title in zip(axes[1:], [*slices, redness], titles):
    draw_map(panel, values, title, cmap=SIGNED, vmin=-0.8, vmax=0.8)
figure.colorbar(axes[4].images[0], ax=axes, location="bottom", shrink=0.4, aspect=40, label="output")
save(figure, "03_colour.png")

# %% 4. Pooling: fewer numbers, the strongest kept
# Max pooling cuts a map into blocks and keeps the largest number of each; average pooling keeps the
# mean. With 2×2 blocks a quarter of the numbers remains. A pooling layer has nothing to learn. After
# it, that a feature is there counts for more than where exactly it is.
numbers = np.array([[1, 3, 2, 0], [4, 8, 1, 1], [0, 2, 9, 5], [6, 0, 3, 7]])
blocks = numbers.reshape(2, 2, 2, 2)  # (block row, row in block, block column, column in block)
largest, mean = blocks.max(axis=(1, 3)), blocks.mean(axis=(1, 3))
as_batch = numbers.reshape(1, 4, 4, 1)
print("4. Pooling")
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
save(figure, "03_pooling_by_hand.png")

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
save(figure, "03_pooling.png")
finish()
