"""Convolution by hand: nine positions, the same by a layer, stride and padding.

Run it as a program, ``python examples/02_convolution_by_hand.py``, or cell by cell in an editor that knows
``# %%`` (VS Code, Spyder, PyCharm). The numbers are checked against SciPy and against the layers of
cnn_scratch.
"""

# %% Set-up: what draws, saves and checks is in `lesson.py`
import numpy as np
from lesson import ORANGE, TEAL, check, draw_grid, finish, plt, save
from matplotlib.patches import Rectangle
from scipy.signal import convolve2d, correlate2d

from cnn_scratch.layers import Conv2D

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
finish()
