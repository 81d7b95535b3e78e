"""A training step takes its memory from the step before."""

import subprocess
import sys

import pytest

STEPS = """
import resource
import numpy as np
from cnn_scratch import Input, Sequential, layers

model = Sequential()
for layer in (Input((64, 64, 8)), layers.Conv2D(16, 3, activation="relu"), layers.Flatten(), layers.Dense(2)):
    model.add(layer)
model.compile("sgd", "mse")
x, y = np.ones((32, 64, 64, 8), "float32"), np.ones((32, 2))
for _ in range(3):
    model.train_on_batch(x, y)
faults = []
for _ in range(9):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    model.train_on_batch(x, y)
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(np.median(faults))  # of a step, whatever the system did once
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has the setting")
def test_no_page_is_touched_anew_in_every_step():
    """The arrays of a step here are 8 MB, 2,000 pages; without the setting about as many are faulted in."""
    result = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    assert float(result.stdout) < 200
