"""Settings for every test: how many examples hypothesis draws, a fixed seed, TensorFlow kept quiet."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# oneDNN gives wrong numbers for some small float32 convolutions; see docs/correctness.md.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("MPLBACKEND", "Agg")
# Many tests train a model for the first time: none of them wants a process that compiles its kernels.
os.environ.setdefault("CNN_SCRATCH_SECOND_PROCESS", "0")

import pytest
from hypothesis import HealthCheck, settings

# "quick" while writing, "default" in the README's test command, "thorough" for a night's run.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("quick", max_examples=8, **_COMMON)
settings.register_profile("default", max_examples=25, derandomize=True, **_COMMON)
settings.register_profile("thorough", max_examples=400, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _same_seed_for_every_test():
    """Start every test from the same random state, so that a failure repeats."""
    from cnn_scratch.random import set_random_seed

    set_random_seed(20)
