"""The same models in plain PyTorch, in the memory format that is its fastest for convolution on a CPU."""

from itertools import cycle

import torch
from torch import nn

from benchmarks.cases import CLASSES, Case, random_batch


def lenet() -> list[nn.Module]:
    return [
        nn.Conv2d(1, 24, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(24, 48, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(48 * 7 * 7, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, CLASSES),
    ]


def mnist_convnet() -> list[nn.Module]:
    return [
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(64 * 5 * 5, CLASSES),
    ]


def cifar_seed() -> list[nn.Module]:
    return [
        nn.Conv2d(3, 20, 5, padding="same"),
        nn.ReLU(),
        nn.BatchNorm2d(20, eps=1e-3, momentum=0.01),  # PyTorch's momentum is 1 − Keras's
        nn.MaxPool2d(2),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(20 * 16 * 16, 256),
        nn.ReLU(),
        nn.Linear(256, CLASSES),
    ]


def vgg_small() -> list[nn.Module]:
    stack, channels = [], 3
    for filters in (64, 128, 256):
        stack += [nn.Conv2d(channels, filters, 3, padding="same"), nn.ReLU()]
        stack += [nn.Conv2d(filters, filters, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    return [*stack, nn.Flatten(), nn.Dropout(0.5), nn.Linear(256 * 4 * 4, CLASSES)]


MODELS = {"lenet": lenet, "mnist_convnet": mnist_convnet, "cifar_seed": cifar_seed, "vgg_small": vgg_small}


class WithTorch:
    """One of the models above with the fused Adam, and its batch. ``cross_entropy`` has the softmax in it."""

    def __init__(self, case: Case, threads: int, compiled: bool):
        torch.set_num_threads(threads)
        images, labels = random_batch(case)
        # NHWC memory seen as (N, C, H, W) is what PyTorch calls channels_last.
        self.images = (
            torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        )
        self.labels = cycle(torch.from_numpy(labels))
        self.network = nn.Sequential(*MODELS[case.model]()).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3, eps=1e-7, fused=True)
        self.parameters = sum(
            array.numel()
            for name, array in self.network.state_dict().items()
            if not name.endswith("num_batches_tracked")
        )
        self.loss = torch.compile(self._loss) if compiled else self._loss
        self.outputs = torch.compile(self.network) if compiled else self.network
        self.versions = {"torch": torch.__version__}

    def _loss(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(self.network(images), labels)

    def step(self) -> float:
        self.optimizer.zero_grad()
        loss = self.loss(self.images, next(self.labels))
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def predict(self) -> float:
        self.network.eval()
        with torch.inference_mode():
            return self.outputs(self.images)[0, 0].item()
