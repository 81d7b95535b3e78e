"""A complete convolutional network: build, train, test, and look inside.

Run it as a program, ``python examples/04_a_complete_cnn.py``, or cell by cell in an editor that knows
``# %%`` (VS Code, Spyder, PyCharm). The 1,797 handwritten digits come with the package.
"""

# %% Set-up: what draws, saves and checks is in `lesson.py`
import numpy as np
from lesson import ORANGE, SIGNED, TEAL, check, draw_map, finish, options, plt, save
from scipy.signal import correlate2d

from cnn_scratch import Input, Sequential
from cnn_scratch.config import set_num_threads
from cnn_scratch.datasets import digits
from cnn_scratch.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Rescaling
from cnn_scratch.optimizers import Adam
from cnn_scratch.utils import set_random_seed

# %% 1. The data: images and labels, for training and for testing
# Each image has 8×8 pixels with values from 0 to 16, each label says which digit it is. A layer wants
# (N, H, W, C): the number of images first, the channels last; a gray image has one channel. The test
# images are put away until the network is finished. Of the rest, every seventh image is for validation:
# the network is not trained on it, but watched with it.
(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train, x_test = x_train[..., None], x_test[..., None]  # (N, 8, 8) becomes (N, 8, 8, 1)

for_validation = np.arange(len(y_train)) % 7 == 3
x_validation, y_validation = x_train[for_validation], y_train[for_validation]
x_train, y_train = x_train[~for_validation], y_train[~for_validation]

print("1. The data")
for name, x, y in [
    ("training", x_train, y_train),
    ("validation", x_validation, y_validation),
    ("test", x_test, y_test),
]:
    print(f"  {name:10} {x.shape} {x.dtype}, values {x.min()} to {x.max()}; labels {y.shape}")
    check(f"every digit occurs in the {name} part", set(y) == set(range(10)))

figure, axes = plt.subplots(4, 10, figsize=(11, 5))
figure.suptitle("Four training images of each digit")
for digit in range(10):
    for example, panel in zip(x_train[y_train == digit], axes[:, digit]):
        draw_map(panel, example[:, :, 0], cmap="gray_r")
    axes[0, digit].set_title(f"label {digit}")
save(figure, "04_digits.png")

# %% 2. The network
# Two rounds of convolution and pooling find features; two dense layers decide which digit they make up.
# Flatten stands between them, because a dense layer wants one row of numbers per image. Softmax makes
# ten probabilities. Dropout sets each number to 0 with probability 1/2, at every training step anew,
# and doubles the rest to make up for it. So the network cannot rely on any one of them. When it is
# used, nothing is dropped.
set_random_seed(7)
model = Sequential(
    [
        Input((8, 8, 1)),
        Rescaling(1 / 16),  # 0 … 16 becomes 0 … 1
        Conv2D(16, 3, padding="same", activation="relu"),
        MaxPooling2D(2),
        Conv2D(32, 3, padding="same", activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.5),
        Dense(64, activation="relu"),
        Dense(10, activation="softmax"),
    ],
    name="digits_cnn",
)
print("2. The network")
model.summary(line_length=84)

# Count the parameters by hand: a kernel has 3·3·(channels in) numbers and one bias per filter; a dense
# layer has one weight for each pair of input and output, and one bias per output. Flattened, 32 maps of
# 2×2 are 128 numbers.
by_hand = (3 * 3 * 1 * 16 + 16) + (3 * 3 * 16 * 32 + 32) + (128 * 64 + 64) + (64 * 10 + 10)
check(f"{by_hand:,} parameters, counted by hand", model.count_params() == by_hand)

# %% 3. Training
# fit() goes through the training images in batches of 32. For each batch it computes the loss and its
# gradient with respect to every parameter, and the optimizer (Adam) takes a small step that should make
# the loss smaller. One epoch is one pass through all images. Images of 8×8 pixels are too little work
# to share among threads.
set_num_threads(1)
model.compile(Adam(learning_rate=0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
print("3. Training")
history = model.fit(
    x_train,
    y_train,
    batch_size=32,
    epochs=4 if options.quick else 25,
    validation_data=(x_validation, y_validation),
    verbose=2,
).history
check("the loss fell to less than half", history["loss"][-1] < history["loss"][0] / 2)

# %% The learning curves
# If the validation loss rises while the training loss still falls, the network begins to learn the
# training images by heart: it overfits. Here the training loss is the higher of the two. That is the
# dropout, which makes the task harder in training only.
epochs = np.arange(1, len(history["loss"]) + 1)
figure, axes = plt.subplots(1, 2, figsize=(12, 4.6))
figure.suptitle("Learning curves")
for panel, name in zip(axes, ["loss", "accuracy"]):
    panel.plot(epochs, history[name], "o-", color=ORANGE, markersize=3.5, label="training (with dropout)")
    panel.plot(epochs, history[f"val_{name}"], "o-", color=TEAL, markersize=3.5, label="validation")
    panel.set(
        title=name.capitalize(),
        xlabel="epoch",
        ylabel="cross-entropy" if name == "loss" else "share of right answers",
    )
    panel.grid(color="0.9")
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False)
axes[0].set_ylim(bottom=0)
axes[1].set_ylim(top=1.01)
save(figure, "04_learning_curves.png")

# %% 4. The test
# Now the test images come out, once. The accuracy is the share of images for which the right digit has
# the largest probability. The same 13 people wrote the digits for training and for testing; for the
# hand of a stranger expect less (see "Your turn" below).
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
probabilities = model.predict(x_test)  # (N, 10)
predicted = probabilities.argmax(axis=1)

print("4. The test")
print(f"  test accuracy {accuracy:.2%}: {(predicted == y_test).sum()} of {len(y_test)} digits are right")
wanted = 0.80 if options.quick else 0.97
check(f"the test accuracy is at least {wanted:.0%}", accuracy >= wanted)
check("counting by hand gives the same accuracy", np.isclose((predicted == y_test).mean(), accuracy))
right_probability = probabilities[np.arange(len(y_test)), y_test]
by_hand = -np.log(right_probability).mean()
check("the loss is the mean of -log(probability of the right digit)", np.isclose(by_hand, loss, rtol=1e-5))
check("the ten probabilities add up to 1", np.allclose(probabilities.sum(axis=1), 1, atol=1e-5))

# %% The confusion matrix
# The row says what it was, the column what the network said. Right answers stand on the diagonal; every
# number beside it counts mistakes, and shows which digits look alike to the network.
confusion = np.zeros((10, 10), dtype=int)
np.add.at(confusion, (y_test, predicted), 1)
recall = confusion.diagonal() / confusion.sum(axis=1)
print("  found of each digit: " + ", ".join(f"{digit}: {share:.0%}" for digit, share in enumerate(recall)))
check("the diagonal counts the right answers", confusion.trace() == (predicted == y_test).sum())

figure, panel = plt.subplots(figsize=(7.2, 6.8))
off_diagonal = np.where(np.eye(10, dtype=bool), 0, confusion)
panel.imshow(np.where(off_diagonal > 0, np.nan, confusion), cmap="GnBu", vmin=0, vmax=60)
panel.imshow(
    np.where(off_diagonal > 0, off_diagonal, np.nan), cmap="Oranges", vmin=0, vmax=max(4, off_diagonal.max())
)
for (truth, said), count in np.ndenumerate(confusion):
    if count:
        panel.text(said, truth, count, ha="center", va="center", fontsize=12)
panel.set(xticks=range(10), yticks=range(10), xlabel="the network said", ylabel="it was")
panel.set_xticks(np.arange(-0.5, 10), minor=True)
panel.set_yticks(np.arange(-0.5, 10), minor=True)
panel.grid(which="minor", color="white", linewidth=1.5)
panel.tick_params(which="both", length=0)
panel.set_title(f"{confusion.trace()} of {len(y_test)} right ({accuracy:.1%})")
figure.suptitle("Confusion matrix of the test digits")
save(figure, "04_confusion_matrix.png")

# %% 5. What the first layer has learnt
# The kernels of the first layer are 3×3 numbers that can be looked at. Nobody wrote an edge filter into
# them: they began as random numbers, and training made them what they are. Compare them with the Sobel
# kernels.
first = model.layers[1]
kernels = first.kernel.numpy()[:, :, 0, :]  # (3, 3, 16)
limit = np.abs(kernels).max()
print("5. Learnt filters")
print(f"  kernel {first.kernel.shape}, values from {kernels.min():.2f} to {kernels.max():.2f}")

figure, axes = plt.subplots(2, 8, figsize=(12, 3.9))
figure.suptitle("The 16 learnt filters of the first convolution")
for index, panel in enumerate(axes.flat):
    draw_map(panel, kernels[:, :, index], f"filter {index}", cmap=SIGNED, vmin=-limit, vmax=limit)
figure.colorbar(panel.images[0], ax=axes, label="weight", aspect=30)
save(figure, "04_filters.png")

# %% 6. One digit on its way through the network
# A network is its layers, called one after the other. Keep what each of them gives, and you have all
# activation maps. The first layers can be checked with SciPy, as in 02_convolution_by_hand.py.
chosen = int(np.flatnonzero((predicted == y_test) & (y_test == 3))[0])
outputs = {"input": x_test[chosen : chosen + 1]}
for layer in model.layers:
    outputs[layer.name] = layer(outputs[list(outputs)[-1]])

print("6. One digit, layer by layer")
for name, values in outputs.items():
    print(f"  {name:18} {values.shape!s:16} {values.size:4} numbers")
names = list(outputs)
check(
    "layer by layer gives what predict gives",
    np.allclose(outputs[names[-1]], probabilities[chosen], atol=1e-5),
)
scaled = outputs[names[1]][0, :, :, 0]
first_map = np.maximum(correlate2d(scaled, kernels[:, :, 0], "same") + first.bias.numpy()[0], 0)
check(
    "the first map is correlate2d, bias and ReLU",
    np.allclose(first_map, outputs[names[2]][0, :, :, 0], atol=1e-5),
)

# %% The activation maps of both convolutions
# Bright means: much of this feature, here. Early maps still look like the digit; later ones are smaller
# and say more about what is there than about where. One colour scale per layer, so the maps of a layer
# can be compared.
figure = plt.figure(figsize=(13, 9))
figure.suptitle(f"A test digit on its way through the network (it is a {y_test[chosen]})")
bands = figure.subfigures(5, 1, height_ratios=[1.6, 1.3, 1.3, 2.2, 2.2])
draw_map(bands[0].subplots(), outputs["input"][0, :, :, 0], "input: 8×8, one channel", cmap="gray_r")
for band, name in zip(bands[1:], names[2:6]):
    maps = outputs[name][0]
    OH, OW, F = maps.shape
    band.suptitle(f"{name}: {F} maps of {OH}×{OW}", fontsize=11, fontweight="normal")
    for index, panel in enumerate(band.subplots(F // 16, 16).flat):
        draw_map(panel, maps[:, :, index], cmap="magma", vmin=0, vmax=maps.max())
save(figure, "04_activation_maps.png")

# %% The dense layers, and the answer
# From here on there are rows of numbers and no pictures any more: 128 from flattening, 64 from the
# hidden layer, and ten probabilities.
figure, axes = plt.subplots(3, 1, figsize=(12, 7.2))
figure.suptitle(f"From features to an answer (the digit is a {y_test[chosen]})")
for panel, name in zip(axes, [names[6], names[8], names[9]]):
    values = outputs[name][0]
    colours = [ORANGE if i == y_test[chosen] else TEAL for i in range(10)] if len(values) == 10 else TEAL
    panel.bar(range(len(values)), values, color=colours, width=0.8)
    panel.set(
        title=f"{name}: {len(values)} numbers", xlabel="unit", ylabel="activation", xlim=(-1, len(values))
    )
    panel.spines[["top", "right"]].set_visible(False)
axes[2].set(xlabel="digit", ylabel="probability", xticks=range(10), xlim=(-0.6, 9.6), ylim=(0, 1.05))
save(figure, "04_from_features_to_answer.png")

# %% 7. The mistakes
# Look at what a network gets wrong before you change it. Some of these a person would miss too, at 8×8
# pixels.
wrong = np.flatnonzero(predicted != y_test)
wrong = wrong[np.argsort(right_probability[wrong])]  # the worst first
print("7. Mistakes")
print(f"  {len(wrong)} of {len(y_test)}; the worst: test images {wrong[:5].tolist()}")
check("right and wrong answers make all answers", len(wrong) + confusion.trace() == len(y_test))

figure, axes = plt.subplots(2, 6, figsize=(12, 4.6), height_ratios=[2, 1], squeeze=False)
figure.suptitle("The worst mistakes, with the ten probabilities")
for column, (picture, bars) in enumerate(axes.T):
    if column >= len(wrong):
        picture.set_axis_off()
        bars.set_axis_off()
        continue
    index = wrong[column]
    draw_map(
        picture, x_test[index, :, :, 0], f"it was {y_test[index]}, said {predicted[index]}", cmap="gray_r"
    )
    colours = np.full(10, "0.75", dtype=object)
    colours[[y_test[index], predicted[index]]] = TEAL, ORANGE
    bars.bar(range(10), probabilities[index], color=list(colours))
    bars.set(xticks=range(10), ylim=(0, 1), yticks=[0, 1], xlabel="digit")
    bars.spines[["top", "right"]].set_visible(False)
axes[1, 0].set_ylabel("probability")
save(figure, "04_mistakes.png")

# %% Your turn
# Change one thing and run the script again: the number of filters, the kernel size, the dropout rate,
# the optimizer, the seed. A change that wins less than one digit in a hundred may be luck: try it with
# other seeds. And one to think about: validate with the last seventh of the images
# (`np.arange(len(y_train)) >= 1232` in cell 1). The file seems to be in the order of its writers: the
# labels nearly repeat every 130 images, as if each person had filled in the same form. What does the
# validation accuracy do on writers who are new to the network?
print(f"Test accuracy: {accuracy:.2%}")
finish()
