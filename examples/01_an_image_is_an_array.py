"""An image is an array of numbers: height, width, channels, grayscale, flattening.

Run it as a program, ``python examples/01_an_image_is_an_array.py``, or cell by cell in an editor that knows
``# %%`` (VS Code, Spyder, PyCharm). Change the numbers and run a cell again: that is what it is for.
"""

# %% Set-up: what draws, saves and checks is in `lesson.py`
import numpy as np
from lesson import YELLOW, check, finish, plt, save
from matplotlib.cbook import get_sample_data
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import ConnectionPatch, Rectangle
from PIL import Image

from cnn_scratch.datasets import digits
from cnn_scratch.layers import Dense


def without_ticks(axes):
    axes.set(xticks=[], yticks=[])


# %% 1. A picture is an array of shape (height, width, channels)
# Matplotlib brings a photograph with it: Rear Admiral Grace Hopper, who wrote the first compiler. The
# picture was taken by the United States Navy and is in the public domain. The height comes first, as
# the number of rows of a matrix does; then the width, then the channels.
photo = plt.imread(get_sample_data("grace_hopper.jpg", asfileobj=False))
H, W, C = photo.shape

print("1. A picture is an array")
print(f"  shape {photo.shape}: {H} rows, {W} columns, {C} channels (red, green, blue)")
print(f"  {H} × {W} = {H * W:,} pixels, {H} × {W} × {C} = {photo.size:,} numbers")
print(f"  dtype {photo.dtype}, smallest value {photo.min()}, largest {photo.max()}")
check("the number of values is height × width × channels", photo.size == H * W * C)
check("a value takes one byte (uint8)", photo.nbytes == photo.size and photo.dtype == np.uint8)

# %% 2. One pixel is three numbers
# photo[row, column] is one pixel: how much red, green and blue light it gives, each from 0 (none) to
# 255 (full). Row 0 is at the top, so rows count downwards. Look for a colour you know and read its
# three numbers.
row, column = 508, 398
red, green, blue = photo[row, column]

print("2. One pixel")
print(f"  photo[{row}, {column}] = {photo[row, column]}: red {red}, green {green}, blue {blue}")

SIDE = 6
patch = photo[row : row + SIDE, column : column + SIDE]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 6), width_ratios=[0.85, 1])
figure.suptitle("A photograph, and 36 of its pixels as numbers")
left.imshow(photo)
left.add_patch(Rectangle((column - 0.5, row - 0.5), SIDE, SIDE, fill=False, edgecolor=YELLOW, linewidth=1.5))
for corner in [row - 0.5, row + SIDE - 0.5]:
    ends = {"xyA": (column + SIDE - 0.5, corner), "xyB": (column - 0.5, corner)}
    line = ConnectionPatch(
        **ends, coordsA=left.transData, coordsB=right.transData, color=YELLOW, linewidth=1.5
    )
    line.set_in_layout(False)
    left.add_artist(line)
left.set(title=f"photo, shape {photo.shape}", xlabel="column", ylabel="row")
right.imshow(patch, extent=(column - 0.5, column + SIDE - 0.5, row + SIDE - 0.5, row - 0.5))
for r, c in np.ndindex(SIDE, SIDE):
    ink = "white" if patch[r, c].mean() < 128 else "black"
    numbers = "\n".join(str(value) for value in patch[r, c])
    right.text(
        column + c, row + r, numbers, ha="center", va="center", color=ink, fontsize=10, linespacing=1.25
    )
right.yaxis.set_label_position("right")
right.yaxis.tick_right()
right.set(title="the marked pixels: red, green, blue from top to bottom", xlabel="column", ylabel="row")
save(figure, "01_one_pixel.png")

# %% 3. Arithmetic with uint8 wraps around
# A uint8 cannot hold more than 255. 200 + 100 = 300 becomes 300 − 256 = 44, without a word of warning.
# So convert an image to floating-point numbers before you compute with it.
bright, more = np.array([200], dtype=np.uint8), np.array([100], dtype=np.uint8)

print("3. uint8 wraps around")
print(f"  as uint8: 200 + 100 = {(bright + more)[0]}; as float: {(bright.astype(float) + more)[0]}")
check("200 + 100 is 44 in uint8", (bright + more)[0] == 44)

# %% 4. The channels, one by one
# photo[:, :, 0] is the red channel: a matrix of H × W numbers. A channel alone has no colour; it says
# how much of one colour there is. The white of the collar is bright in all three, the blue wall only in
# the third.
figure, axes = plt.subplots(1, 4, figsize=(13, 4.6))
figure.suptitle("Three channels make one colour picture")
axes[0].imshow(photo)
axes[0].set_title("all three")
without_ticks(axes[0])
for index, name in enumerate(["red", "green", "blue"]):
    tint = LinearSegmentedColormap.from_list(name, ["black", name if name != "green" else "lime"])
    image = axes[index + 1].imshow(photo[:, :, index], cmap=tint, vmin=0, vmax=255)
    axes[index + 1].set_title(f"photo[:, :, {index}], {name}")
    without_ticks(axes[index + 1])
    figure.colorbar(
        image, ax=axes[index + 1], location="bottom", ticks=[0, 128, 255], shrink=0.9, label="pixel value"
    )
save(figure, "01_channels.png")

wall = photo[40:120, 420:500].reshape(-1, 3).mean(axis=0)
print("4. Channels")
print(f"  mean red, green, blue of a piece of the wall: {wall.round().astype(int)}")
check("blue is the largest channel of the blue wall", wall.argmax() == 2)
check(
    "stacking the channels gives the photo back",
    np.array_equal(np.dstack([photo[:, :, c] for c in range(3)]), photo),
)

# %% 5. Grayscale: one number per pixel
# The eye is far more sensitive to green light than to blue light. A gray that looks as bright as the
# colour is therefore a weighted mean, luma = 0.299·red + 0.587·green + 0.114·blue (the standard ITU-R
# BT.601). The weights add up to 1, so black stays 0 and white stays 255. A plain mean would make pure
# red, pure green and pure blue the same gray. What is gained is a third of the numbers; what is lost is
# the colour.
LUMA = np.array([0.299, 0.587, 0.114])


def to_grayscale(image):
    """(H, W, 3) uint8 → (H, W) uint8: the weighted mean over the last axis, rounded."""
    return np.rint(image @ LUMA).astype(np.uint8)


gray = to_grayscale(photo)
print("5. Grayscale")
print(f"  shape {photo.shape} becomes {gray.shape}; pixel {photo[row, column]} becomes {gray[row, column]}")
check("the luma weights add up to 1", np.isclose(LUMA.sum(), 1))
pillow = np.asarray(Image.fromarray(photo).convert("L")).astype(int)
check("Pillow's grayscale is the same, up to rounding", np.abs(pillow - gray).max() <= 1)

# %% A gray for every colour: the plain mean against luma
# Yellow light looks nearly as bright as white, pure blue nearly black. Only the weighted mean says so.
names = ["red", "green", "blue", "yellow", "cyan", "magenta"]
colours = np.array(
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [0, 255, 255], [255, 0, 255]], dtype=np.uint8
)
rows = {
    "colour": colours,
    "plain mean": np.rint(colours.mean(axis=1)).astype(np.uint8),
    "luma": to_grayscale(colours),
}

figure = plt.figure(figsize=(12, 5))
figure.suptitle("From colour to gray")
axes = figure.subplot_mosaic([["colours", "photo", "gray"]], width_ratios=[1.5, 1, 1])
for position, values in enumerate(rows.values()):
    picture = values if values.ndim == 2 else np.repeat(values[:, None], 3, axis=1)
    axes["colours"].imshow(picture[None], extent=(-0.5, 5.5, position + 0.48, position - 0.48))
    if values.ndim == 1:
        for x, value in enumerate(values):
            ink = "white" if value < 128 else "black"
            axes["colours"].text(x, position, value, ha="center", va="center", color=ink)
axes["colours"].set(
    xlim=(-0.5, 5.5), ylim=(2.5, -0.5), aspect="auto", title="six pure colours and their grays"
)
axes["colours"].set_xticks(range(6), names)
axes["colours"].set_yticks(range(3), rows)
axes["colours"].tick_params(length=0)
axes["colours"].spines[:].set_visible(False)
axes["photo"].imshow(photo)
axes["photo"].set_title(f"colour, {photo.shape}")
axes["gray"].imshow(gray, cmap="gray", vmin=0, vmax=255)
axes["gray"].set_title(f"luma, {gray.shape}")
without_ticks(axes["photo"])
without_ticks(axes["gray"])
save(figure, "01_grayscale.png")
check("the plain mean cannot tell red, green and blue apart", len(set(rows["plain mean"][:3])) == 1)
check("luma puts green before red before blue", list(rows["luma"][:3]) == [76, 150, 29])

# %% 6. Flattening: an image as one long row of numbers
# flatten() writes the rows one after the other. The pixel (row, column) gets the place row·W + column,
# so an image of H × W pixels becomes H·W numbers. reshape((H, W)) cuts the row back into lines; no
# number is lost.
flat = gray.flatten()
print("6. Flattening")
print(f"  shape {gray.shape} becomes {flat.shape}, because {H} × {W} = {H * W:,}")
print(f"  first numbers {flat[:5]}, last numbers {flat[-3:]}")
check("flattening gives H·W numbers", flat.shape == (H * W,))
check("pixel (row, column) is at row·W + column", flat[row * W + column] == gray[row, column])
check("reshape brings the picture back", np.array_equal(flat.reshape(H, W), gray))

# A digit of 8×8 pixels is small enough to see all of it. Each row has a colour of its own here.
digit = digits.load_all()[0][3]  # values from 0 to 16
row_colours = plt.colormaps["viridis"](np.linspace(0, 0.9, 8))
figure = plt.figure(figsize=(12, 6.6))
figure.suptitle("8 × 8 pixels become 64 numbers, and 8 × 8 pixels again")
axes = figure.subplot_mosaic([["image", "places", "back"], ["flat", "flat", "flat"]], height_ratios=[2.1, 1])
axes["image"].imshow(digit, cmap="gray")
axes["image"].set_title("image, shape (8, 8)")
axes["places"].imshow(np.arange(64).reshape(8, 8) // 8, cmap="viridis", vmax=7 / 0.9)
for r, c in np.ndindex(8, 8):
    axes["places"].text(c, r, r * 8 + c, ha="center", va="center", color="white" if r < 5 else "black")
axes["places"].set_title("place of each pixel: row·8 + column")
axes["back"].imshow(digit.flatten().reshape(8, 8), cmap="gray")
axes["back"].set_title("flat.reshape(8, 8)")
axes["flat"].bar(range(64), digit.flatten(), color=np.repeat(row_colours, 8, axis=0), width=0.85)
axes["flat"].set(
    title="flat = image.flatten(), shape (64,)",
    xlabel="place in the flat array (one colour per row of the image)",
    ylabel="pixel value",
    xlim=(-1, 64),
    xticks=range(0, 65, 8),
)
for name in ["image", "places", "back"]:
    axes[name].set(xticks=range(8), yticks=range(8), xlabel="column", ylabel="row")
axes["flat"].spines[["top", "right"]].set_visible(False)
save(figure, "01_flattening.png")

# %% 7. What flattening loses: who is whose neighbour
# The numbers are all there, but the width is not among them. Cut the same numbers into lines of another
# length, and the picture shears. Two pixels that touch, one above the other, are W places apart in the
# flat array. (The last few numbers do not fill a line any more and are left out here.)
wrong_width = W - 1
lines = H * W // wrong_width
sheared = flat[: lines * wrong_width].reshape(lines, wrong_width)
order = np.random.default_rng(1).permutation(H * W)
shuffled = flat[order].reshape(H, W)

figure, axes = plt.subplots(1, 3, figsize=(12, 5))
figure.suptitle("The same numbers, cut and ordered in three ways")
pictures = {
    f"lines of {W} numbers: right": gray,
    f"lines of {wrong_width} numbers: sheared": sheared,
    "in a shuffled order": shuffled,
}
for panel, (title, picture) in zip(axes, pictures.items()):
    panel.imshow(picture, cmap="gray", vmin=0, vmax=255)
    panel.set_title(title)
    without_ticks(panel)
save(figure, "01_what_flattening_loses.png")
print("7. What flattening loses")
below = (row + 1) * W + column - (row * W + column)
print(f"  a pixel and the one below it are {below} places apart in the flat array")
check("vertical neighbours are W places apart", below == W)
check(
    "the shuffled picture has exactly the same numbers",
    np.array_equal(np.sort(shuffled, axis=None), np.sort(flat)),
)

# %% A dense layer does not see the difference
# A dense layer gives every input number a weight of its own. Shuffle the numbers of all images in one
# way and its weights in the same way, and the outputs are the same: for this layer no pixel is next to
# any other. That neighbours belong together, it would have to find out from examples. A convolution has
# it built in; 02_convolution_by_hand.py shows how.
images = digits.load_all()[0].reshape(-1, 64).astype(np.float64)
plain, other = Dense(10, dtype="float64"), Dense(10, dtype="float64")
outputs = plain(images)
order = np.random.default_rng(2).permutation(64)
other.build((None, 64))
other.set_weights([plain.get_weights()[0][order], plain.get_weights()[1]])

print("   A dense layer")
print(f"  {images.shape} images times {plain.kernel.shape} weights = {outputs.shape} outputs")
check(
    "a dense layer does as well on shuffled pixels", np.allclose(other(images[:, order]), outputs, atol=1e-10)
)
finish()
