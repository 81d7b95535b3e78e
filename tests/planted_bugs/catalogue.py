"""All planted bugs, part by part."""

from tests.planted_bugs import (
    in_arrays,
    in_compilation,
    in_constraints,
    in_convolutions,
    in_drop_in,
    in_files,
    in_graphs,
    in_images,
    in_inference,
    in_layers,
    in_losses,
    in_merging,
    in_metrics,
    in_normalization,
    in_old_files,
    in_optimizers,
    in_randomness,
    in_sizes,
    in_steps_and_data,
    in_training,
    in_windows,
)
from tests.planted_bugs.bug import Bug

PARTS: dict[str, list[Bug]] = {
    "Convolution, pooling, padding and the arithmetic of shapes": in_windows.BUGS,
    "Depthwise, separable, transposed and 1-D convolutions": in_convolutions.BUGS,
    "Other layers, activations and the contract of layers": in_layers.BUGS,
    "Other sizes and shapes": in_sizes.BUGS,
    "Images that change at random": in_images.BUGS,
    "Layers with several inputs": in_merging.BUGS,
    "Batches, callbacks, schedules and folders of images": in_drop_in.BUGS,
    "Normalization, and the layers of Keras's networks": in_normalization.BUGS,
    "Random layers, seeds and initializers": in_randomness.BUGS,
    "Losses, metrics, the training loop and the weights file": in_training.BUGS,
    "Focal, hinge, robust and relative losses, and divergences": in_losses.BUGS,
    "What is counted: positives and negatives, areas, F-scores": in_metrics.BUGS,
    "Graph models": in_graphs.BUGS,
    "Predictions in fewer steps": in_inference.BUGS,
    "Optimizers and constraints": in_steps_and_data.OPTIMIZERS + in_optimizers.BUGS + in_constraints.BUGS,
    "Files of models": in_files.BUGS + in_arrays.BUGS + in_old_files.BUGS,
    "Data sets": in_steps_and_data.DATA,
    "Compilation, and the process that helps with it": in_compilation.BUGS,
}
BUGS: list[Bug] = [bug for bugs in PARTS.values() for bug in bugs]
