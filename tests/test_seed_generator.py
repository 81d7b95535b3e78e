"""The state of random layers: what it gives, what it remembers, what it refuses."""

import numpy as np
import pytest

from cnn_scratch.layers.dropout import Dropout
from cnn_scratch.random import set_random_seed
from cnn_scratch.seed_generator import SeedGenerator


def test_keys_count_up():
    generator = SeedGenerator(5)
    assert [generator.next().tolist() for _ in range(3)] == [[5, 0], [5, 1], [5, 2]]
    assert generator.state.value.tolist() == [5, 3]


def test_the_state_is_a_parameter_that_nobody_trains():
    state = SeedGenerator(5, name="noise").state
    assert (state.shape, state.dtype, state.name) == ((2,), "uint32", "seed_generator_state")
    assert state.path == "noise/seed_generator_state"
    assert not state.trainable
    assert state.grad is None


def test_a_key_is_a_copy():
    generator = SeedGenerator(5)
    key = generator.next()
    generator.next()
    assert key.tolist() == [5, 0]
    key[:] = 9
    assert generator.state.value.tolist() == [5, 2]


@pytest.mark.parametrize(("seed", "expected"), [(-1, 2**32 - 1), (2**32 + 3, 3), (np.int64(8), 8), (0, 0)])
def test_seeds_are_taken_modulo_two_to_the_32(seed, expected):
    assert SeedGenerator(seed).state.value.tolist() == [expected, 0]


def test_the_count_wraps_around():
    generator = SeedGenerator(5)
    generator.state.assign([5, 2**32 - 1])
    assert generator.next().tolist() == [5, 2**32 - 1]
    assert generator.next().tolist() == [5, 0]


def test_default_seeds_come_from_the_seed_of_the_package():
    set_random_seed(3)
    first = [SeedGenerator().state.value[0] for _ in range(3)]
    set_random_seed(3)
    assert [SeedGenerator().state.value[0] for _ in range(3)] == first
    assert len(set(first)) == 3


def test_config():
    generator = SeedGenerator(5, name="noise")
    generator.next()
    assert generator.get_config() == {"seed": 5, "name": "noise"}
    assert SeedGenerator.from_config(generator.get_config()).state.value.tolist() == [5, 0]
    assert SeedGenerator().get_config()["seed"] is None


@pytest.mark.parametrize("seed", [1.5, "1", True])
def test_rejects_a_seed(seed):
    with pytest.raises(ValueError, match=r"`seed` argument to be an integer or None. Received: seed="):
        SeedGenerator(seed)


def test_a_layer_lists_the_state_among_its_variables_not_its_weights():
    layer = Dropout(0.5, seed=5)
    assert layer.weights == []
    assert layer.variables == [layer.seed_generator.state]
    assert Dropout(0).variables == []


def test_a_run_continues_from_the_state_alone():
    inputs = np.ones((4, 100), np.float32)
    layer, resumed = Dropout(0.5, seed=5), Dropout(0.5, seed=6)
    layer(inputs, training=True)
    layer(inputs, training=True)
    resumed.variables[0].assign(layer.variables[0].numpy())
    np.testing.assert_array_equal(resumed(inputs, training=True), layer(inputs, training=True))
