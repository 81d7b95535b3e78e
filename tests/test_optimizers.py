import copy
import pickle

import numpy as np
import pytest

from cnn_scratch import optimizers
from cnn_scratch.parameter import FlatParameters, Parameter
from cnn_scratch.reference import optimizers as reference
from tests.optimizer_definitions import ALL, RATE, SHAPES, by_the_book, make_parameters
from tests.threads import assert_same_bits_for_any_number_of_threads

RNG = np.random.default_rng(4)
NAMES = [f"{i}-{optimizer.name}" for i, optimizer in enumerate(ALL)]


def fresh(optimizer, **options):
    config = {**optimizer.get_config(), **options}
    return type(optimizer).from_config(config)


def make_gradients(steps, dtype="float64", scale=1.0):
    rng = np.random.default_rng(6)
    return [[(scale * rng.normal(size=s)).astype(dtype) for s in SHAPES] for _ in range(steps)]


def train(optimizer, gradients, dtype="float64"):
    """Return the parameters after the steps, by way of FlatParameters."""
    parameters = make_parameters(dtype)
    flat = FlatParameters(parameters)
    for step in gradients:
        flat.zero_grads()
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad += gradient
        optimizer.step(flat)
    return [parameter.value.copy() for parameter in parameters], flat


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_equals_the_reference(optimizer):
    gradients = make_gradients(10)
    values, flat = train(fresh(optimizer), gradients)
    for value, expected in zip(values, by_the_book(optimizer, gradients), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-12)
    padding = np.ones(flat.values.size, bool)
    for place in flat.slices:
        padding[place] = False
    assert not flat.values[padding].any()


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_own_loop_equals_flat_parameters(optimizer):
    gradients = make_gradients(5, "float32")
    for options in (
        {},
        {"weight_decay": 0.2},
        {"clipvalue": 0.5},
        {"clipnorm": 1.0},
        {"global_clipnorm": 2.0},
    ):
        expected, _ = train(fresh(optimizer, **options), gradients, "float32")
        parameters = make_parameters("float32")
        own = fresh(optimizer, **options)
        for number, step in enumerate(gradients, 1):
            assert own.apply_gradients(zip(step, parameters, strict=True)) == number
        for parameter, value in zip(parameters, expected, strict=True):
            np.testing.assert_allclose(parameter.value, value, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_clipping_and_weight_decay_come_before_the_rule(optimizer):
    gradients = make_gradients(4)
    for option, clip in [
        ({"clipnorm": 2.0}, lambda g: reference.clip_by_norm(g, 2.0)),
        ({"clipvalue": 0.5}, lambda g: np.clip(g, -0.5, 0.5)),
    ]:
        decayed = fresh(optimizer, weight_decay=0.25)
        expected = by_the_book(decayed, [[clip(g) for g in step] for step in gradients])
        values, _ = train(fresh(decayed, **option), gradients)
        for value, wanted in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, wanted, rtol=1e-10, atol=1e-12)


def test_clipping():
    gradients = make_gradients(1)
    start = [parameter.value for parameter in make_parameters()]
    flat = np.concatenate([g.ravel() for g in gradients[0]])
    length = np.sqrt((flat**2).sum())
    for option, expected in [
        ({"clipvalue": 0.5}, [np.clip(g, -0.5, 0.5) for g in gradients[0]]),
        ({"clipnorm": 2.0}, [reference.clip_by_norm(g, 2.0) for g in gradients[0]]),
        ({"global_clipnorm": 2.0}, [g * 2 / length for g in gradients[0]]),
        ({"global_clipnorm": 2 * length}, gradients[0]),
    ]:
        values, _ = train(optimizers.SGD(0.01, **option), gradients)
        for value, w, g in zip(values, start, expected, strict=True):
            np.testing.assert_allclose(value, w - RATE * g, rtol=1e-12)


def test_nan_is_not_clipped_away():
    for option in ("clipvalue", "clipnorm", "global_clipnorm"):
        gradients = make_gradients(1)
        gradients[0][2][3, 4] = np.nan
        values, _ = train(optimizers.SGD(0.01, **{option: 1.0}), gradients)
        assert np.isnan(values[2][3, 4])
        assert np.isnan(values[0]).any() == (option == "global_clipnorm")


def test_exclusion_from_weight_decay_looks_at_the_whole_path():
    parameters = [Parameter(np.ones(2), name, path=f"dense/{name}") for name in ("kernel", "bias")]
    optimizer = optimizers.SGD(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply([np.zeros(2), np.zeros(2)], parameters)
    np.testing.assert_allclose(parameters[0].value, 1 - 0.5 * RATE, rtol=1e-12)
    np.testing.assert_array_equal(parameters[1].value, 1)


def test_exclude_from_weight_decay():
    gradients = make_gradients(3, scale=0.0)
    optimizer = optimizers.SGD(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    values, _ = train(optimizer, gradients)
    for parameter, value in zip(make_parameters(), values, strict=True):
        factor = 1.0 if parameter.name == "bias" else (1 - 0.5 * RATE) ** 3
        np.testing.assert_allclose(value, parameter.value * factor, rtol=1e-12)

    parameters = make_parameters()
    optimizer = optimizers.SGD(0.01, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=parameters[:1])
    before = [parameter.numpy() for parameter in parameters]
    optimizer.apply(gradients[0], parameters)
    changed = [not np.array_equal(p.value, b) for p, b in zip(parameters, before, strict=True)]
    assert changed == [False, True, True, True]
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_bits_do_not_depend_on_threads(optimizer):
    def run():
        rng = np.random.default_rng(7)
        parameter = Parameter(rng.normal(size=100_003).astype("float32"), "kernel")
        flat = FlatParameters([parameter])
        own = fresh(optimizer, global_clipnorm=1.0)
        for _ in range(3):
            flat.grads[:100_003] = rng.normal(size=100_003)
            own.step(flat)
        return [parameter.value]

    assert_same_bits_for_any_number_of_threads(run)


def test_order_of_the_state():
    parameters = make_parameters()
    adam = optimizers.Adam(0.5, amsgrad=True)
    assert [v.shape for v in adam.variables] == [(), ()]
    flat = FlatParameters(parameters)
    adam.build(flat)
    interleaved = [shape for shape in SHAPES for _ in range(2)]
    assert [v.shape for v in adam.variables] == [(), (), *interleaved, *SHAPES]
    assert adam.variables[0].dtype == np.int64
    assert adam.variables[1] == np.float32(0.5)
    flat.grads[:] = 1
    adam.step(flat)
    assert adam.iterations == adam.variables[0] == 1
    assert adam.learning_rate == 0.5
    np.testing.assert_allclose(adam.variables[2], np.full(SHAPES[0], 0.1), rtol=1e-12)
    np.testing.assert_allclose(adam.variables[3], np.full(SHAPES[0], 0.001), rtol=1e-12)


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_training_goes_on_from_a_saved_state(optimizer):
    gradients = make_gradients(6)
    expected, _ = train(fresh(optimizer), gradients)

    parameters, first = make_parameters(), fresh(optimizer)
    for step in gradients[:3]:
        first.apply(step, parameters)
    second = fresh(optimizer, learning_rate=0.5)
    second.build(parameters)
    second.set_weights([variable.copy() for variable in first.variables])
    assert second.iterations == 3
    for step in gradients[3:]:
        second.apply(step)
    for parameter, value in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(parameter.value, value, rtol=1e-12)


def test_the_product_of_nadam_is_the_last_of_the_state():
    """It grows once a step, however the gradients come and are clipped."""
    parameters = make_parameters()
    for options in ({}, {"clipnorm": 1.0}):
        nadam = optimizers.Nadam(beta_1=0.5, **options)
        for t, step in enumerate(make_gradients(3), 1):
            nadam.apply(step, parameters)
            expected = np.prod([0.5 * (1 - 0.5 * 0.96**i) for i in range(1, t + 1)])
            np.testing.assert_allclose(nadam.variables[-1], expected, rtol=1e-12)
        assert [v.shape for v in nadam.variables[-3:]] == [SHAPES[-1], SHAPES[-1], ()]


def test_ftrl_makes_weights_exactly_zero():
    """Also where nothing has pushed yet, so that its formula would divide 0 by 0."""
    parameter = Parameter(np.array([1.0, 1.0, 1.0]), "w")
    ftrl = optimizers.Ftrl(0.5, initial_accumulator_value=0.0, l1_regularization_strength=0.25)
    ftrl.apply([np.array([0.0, 0.125, 4.0])], [parameter])
    # a = 16; z = 4 − 4·1 / 0.5 = −4; w = (−0.25 + 4) / (4 / 0.5)
    np.testing.assert_array_equal(parameter.value, [0, 0, 3.75 / 8])


def test_adafactor_leaves_weights_without_a_gradient_alone():
    """Pixels that are always 0 and units that are never active have rows and columns of zeros."""
    kernel = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    gradient = kernel[::-1].copy()
    gradient[1], gradient[:, 2] = 0, 0
    parameter = Parameter(kernel.copy(), "kernel")
    optimizer = optimizers.Adafactor()
    for _ in range(3):
        optimizer.apply([gradient], [parameter])
    np.testing.assert_array_equal(parameter.value == kernel, gradient == 0)
    assert np.isfinite(parameter.value).all()


def test_set_weights_is_all_or_nothing():
    optimizer = optimizers.Adam()
    with pytest.raises(ValueError, match="not yet been built"):
        optimizer.set_weights([])
    optimizer.build(make_parameters())
    weights = [np.ones_like(variable) for variable in optimizer.variables]
    with pytest.raises(ValueError, match="Expected arrays of the shapes of the state"):
        optimizer.set_weights([*weights[:-1], np.ones(9)])
    assert optimizer.iterations == 0


def test_learning_rate():
    optimizer = optimizers.SGD(0.1)
    assert optimizer.learning_rate == float(np.float32(0.1))
    optimizer.learning_rate = 0.25
    assert optimizer.learning_rate == 0.25
    assert optimizer.get_config()["learning_rate"] == 0.25

    schedule = optimizers.SGD(lambda step: 1.0 / (step + 1))
    parameter = Parameter(np.zeros(1), "w")
    for expected in (-1, -1.5, -1.5 - 1 / 3):
        schedule.apply([np.ones(1)], [parameter])
        assert parameter.value[0] == pytest.approx(expected, rel=1e-12)
    assert [v.shape for v in schedule.variables] == [()]
    assert optimizers.SGD(lambda: 0.25).learning_rate == 0.25
    with pytest.raises(TypeError, match="not settable"):
        schedule.learning_rate = 0.1


def test_the_learning_rate_is_a_number_that_has_what_keras_s_variable_has():
    optimizer = optimizers.SGD(0.5)
    rate = optimizer.learning_rate
    rate.assign(rate * 0.5)
    assert (optimizer.learning_rate, rate) == (0.25, 0.5)
    assert optimizer.learning_rate.numpy() == np.float32(0.25)
    assert type(optimizer.learning_rate.numpy()) is np.float32
    for copied in (copy.deepcopy(rate), pickle.loads(pickle.dumps(rate))):
        assert type(copied) is float
        assert copied == 0.5
    with pytest.raises(TypeError, match="not settable"):
        optimizers.SGD(lambda step: 1.0).learning_rate.assign(0.1)


def test_the_decay_of_keras_2_is_ignored():
    with pytest.warns(
        UserWarning, match="`decay` is no longer supported.*schedules.InverseTimeDecay"
    ) as caught:
        optimizer = optimizers.SGD(0.5, decay=1e-6)
    assert caught[0].filename == __file__
    assert "decay" not in optimizer.get_config()
    assert optimizers.Adam(decay=None).learning_rate == float(np.float32(0.001))


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_accumulated_gradients_make_the_step_of_their_mean(optimizer):
    """However they come: through one long array, or parameter by parameter."""
    gradients = make_gradients(6)
    means = [[(a + b + c) / 3 for a, b, c in zip(*gradients[i : i + 3], strict=True)] for i in (0, 3)]
    expected = by_the_book(optimizer, means)
    values, _ = train(fresh(optimizer, gradient_accumulation_steps=3), gradients)
    parameters, own = make_parameters(), fresh(optimizer, gradient_accumulation_steps=3, clipnorm=1e9)
    for step in gradients:
        own.apply(step, parameters)
    assert own.iterations == 2
    for value, parameter, wanted in zip(values, parameters, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(parameter.value, wanted, rtol=1e-10, atol=1e-12)


def test_nothing_moves_while_gradients_are_added_up():
    parameters = make_parameters()
    before = [parameter.numpy() for parameter in parameters]
    optimizer = optimizers.AdamW(gradient_accumulation_steps=2)
    for step in make_gradients(1):
        optimizer.apply(step, parameters)
    assert optimizer.iterations == 0
    for parameter, old in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(parameter.value, old)
    optimizer.iterations = 5
    assert optimizer.iterations == 5


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_moving_average_of_the_weights(optimizer):
    gradients = make_gradients(5)
    averages = [None] * len(SHAPES)
    for t in range(1, 6):
        values = by_the_book(optimizer, gradients[:t])
        averages = [reference.moving_average(a, w, t, 0.75) for a, w in zip(averages, values, strict=True)]
    parameters, own = make_parameters(), fresh(optimizer, use_ema=True, ema_momentum=0.75)
    for step in gradients:
        own.apply(step, parameters)

    def stand_there(expected):
        for parameter, wanted in zip(parameters, expected, strict=True):
            np.testing.assert_allclose(parameter.value, wanted, rtol=1e-10, atol=1e-12)

    stand_there(values)
    for wanted in (True, True):  # the second time they are there already
        own.exchange_averages(wanted)
        stand_there(averages)
    own.exchange_averages(False)
    stand_there(values)
    own.exchange_averages(True)
    own.finalize_variable_values()
    stand_there(averages)
    own.exchange_averages(False)  # both are the averages now
    stand_there(averages)


def test_parameters_become_their_averages():
    gradients = make_gradients(4)
    values = [parameter.value for parameter in make_parameters()]
    averages = [None] * len(values)
    for t, step in enumerate(gradients, 1):
        values = [reference.sgd(w, g, RATE) for w, g in zip(values, step, strict=True)]
        averages = [reference.moving_average(a, w, t, 0.75) for a, w in zip(averages, values, strict=True)]
        values = averages if t == 3 else values
    ema = {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": 3}
    found, _ = train(optimizers.SGD(0.01, **ema), gradients)
    for value, expected in zip(found, values, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_missing_gradients():
    parameters = make_parameters()
    optimizer = optimizers.SGD(0.5)
    before = [parameter.numpy() for parameter in parameters]
    gradients = [None, *make_gradients(1)[0][1:]]
    with pytest.warns(UserWarning, match=r"Gradients do not exist for parameters \['kernel'\]"):
        optimizer.apply(gradients, parameters)
    np.testing.assert_array_equal(parameters[0].value, before[0])
    assert not np.array_equal(parameters[1].value, before[1])
    optimizer.apply([])
    assert optimizer.iterations == 1


def test_gradients_are_not_changed():
    parameters = make_parameters()
    gradients = make_gradients(1)[0]
    before = [gradient.copy() for gradient in gradients]
    optimizers.Adam(clipvalue=0.1, weight_decay=0.1).apply(gradients, parameters)
    for gradient, old in zip(gradients, before, strict=True):
        np.testing.assert_array_equal(gradient, old)


@pytest.mark.parametrize("optimizer", ALL, ids=NAMES)
def test_config_round_trip(optimizer):
    copy = optimizers.get(optimizers.serialize(optimizer))
    assert type(copy) is type(optimizer)
    assert copy.get_config() == optimizer.get_config()


def test_get():
    assert optimizers.get(None) is None
    for name in ("adamw", "AdamW", "ADAMW", optimizers.AdamW, {"class_name": "AdamW", "config": {}}):
        assert type(optimizers.get(name)) is optimizers.AdamW
    mine = optimizers.SGD()
    assert optimizers.get(mine) is mine


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers.get("adm"), "Unknown optimizer: 'adm'. Did you mean 'adam'"),
        (lambda: optimizers.get(3), "Could not interpret optimizer identifier: 3"),
        (lambda: optimizers.SGD(1), "`learning_rate` should be float.*Received: learning_rate=1"),
        (lambda: optimizers.SGD(0.1, momentum=1.5), r"`momentum` must be a number in the range \[0, 1\]"),
        (lambda: optimizers.SGD(0.1, momentum="a"), "`momentum` must be a number.*Received: momentum=a"),
        (lambda: optimizers.Adam(beta_1=1.0), r"`beta_1` must be a number in the range \[0, 1\)"),
        (lambda: optimizers.Adam(beta_2=-0.1), "`beta_2` must be a number.*Received: beta_2=-0.1"),
        (lambda: optimizers.RMSprop(rho=1.1), "`rho` must be a number.*Received: rho=1.1"),
        (lambda: optimizers.Adagrad(initial_accumulator_value=-1.0), "`initial_accumulator_value` must be"),
        (lambda: optimizers.Adam(epsilon=-1.0), "`epsilon` must be a number.*Received: epsilon=-1.0"),
        (lambda: optimizers.Adadelta(rho=-0.1), "`rho` must be a number.*Received: rho=-0.1"),
        (lambda: optimizers.Adadelta(epsilon=None), "`epsilon` must be a number.*Received: epsilon=None"),
        (lambda: optimizers.Adamax(beta_2=1.0), r"`beta_2` must be a number in the range \[0, 1\)"),
        (lambda: optimizers.Nadam(beta_1=1.0), r"`beta_1` must be a number in the range \[0, 1\)"),
        (lambda: optimizers.Lion(beta_1=0.0), "`beta_1` must be above 0.*SignSGD. Received: beta_1=0.0"),
        (lambda: optimizers.Lion(beta_2=1.5), r"`beta_2` must be a number in the range \[0, 1\]"),
        (
            lambda: optimizers.Ftrl(learning_rate_power=0.5),
            "needs to be negative or zero. Received: learning_rate_power=0.5",
        ),
        (
            lambda: optimizers.Ftrl(l1_regularization_strength=-1.0),
            "`l1_regularization_strength` must be a number.*Received: l1_regularization_strength=-1.0",
        ),
        (
            lambda: optimizers.AdamW(weight_decay=None),
            "`weight_decay` must be a float. Received: weight_decay=None",
        ),
        (
            lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0),
            "Only one of `clipnorm`.*clipnorm=1.0, clipvalue=1.0",
        ),
        (lambda: optimizers.SGD(speed=1), "not recognized: {'speed': 1}"),
        (lambda: optimizers.SGD(loss_scale_factor=2.0), "`loss_scale_factor` is not supported. Received: l"),
        (
            lambda: optimizers.SGD(use_ema=True, ema_momentum=1.5),
            r"`ema_momentum` must be a number in the range \[0, 1\]. Received: ema_momentum=1.5",
        ),
        (
            lambda: optimizers.SGD(use_ema=True, ema_overwrite_frequency=-1),
            "`ema_overwrite_frequency` must be an integer >= 1.*Received: ema_overwrite_frequency=-1",
        ),
        (
            lambda: optimizers.SGD(gradient_accumulation_steps=1),
            "must be an integer >= 2. Received: gradient_accumulation_steps=1",
        ),
        (lambda: optimizers.SGD().exchange_averages(True), "`use_ema=True` is set on the optimizer"),
        (lambda: optimizers.Adafactor(beta_2_decay=0.5), "negative or zero. Received: beta_2_decay=0.5"),
        (
            lambda: optimizers.Adafactor(epsilon_1=-1.0),
            "`epsilon_1` must be a number.*Received: epsilon_1=-1",
        ),
        (
            lambda: optimizers.Adafactor(epsilon_2=-1.0),
            "`epsilon_2` must be a number.*Received: epsilon_2=-1",
        ),
        (
            lambda: optimizers.Adafactor(clip_threshold=-1.0),
            "`clip_threshold` must be a number.*Received: clip_threshold=-1.0",
        ),
        (lambda: optimizers.SGD().apply([np.ones(1)]), "the optimizer must already be built"),
        (lambda: optimizers.SGD().apply([None], [Parameter(np.ones(1), "w")]), "No gradients provided"),
        (
            lambda: optimizers.SGD().apply([np.ones(2)], [Parameter(np.ones(1), "w")]),
            r"gradient of parameter 'w' to have its shape, \(1,\). Received: \(2,\)",
        ),
        (
            lambda: optimizers.SGD().apply([np.ones(1)], []),
            "one gradient per parameter. Received: 1 gradients, 0",
        ),
    ],
)
def test_rejects(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rejects_other_parameters():
    optimizer = optimizers.SGD()
    optimizer.step(FlatParameters(make_parameters()))
    with pytest.raises(ValueError, match=r"not built for parameter.*a new optimizer is needed"):
        optimizer.step(FlatParameters(make_parameters()))
    with pytest.raises(ValueError, match="not built for parameter 'w'"):
        optimizer.apply([np.ones(1)], [Parameter(np.ones(1), "w")])
