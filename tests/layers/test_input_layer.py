"""InputLayer and Input: output shape, worked example, contract, the reference, rejections."""

import numpy as np
import pytest

from cnn_scratch.layers import Input, InputLayer
from cnn_scratch.reference.input_layer import input_layer, input_layer_gradient
from cnn_scratch.symbolic import SymbolicTensor
from tests.contract import check_layer

# Output shape ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (dict(shape=(28, 28, 1)), (None, 28, 28, 1)),
        (dict(shape=[5], batch_size=32), (32, 5)),
        (dict(batch_shape=(None, None, 3)), (None, None, 3)),
        (dict(batch_shape=[7, 3]), (7, 3)),
        (dict(shape=()), (None,)),
    ],
)
def test_output_shape(options, expected):
    layer = InputLayer(**options)
    assert layer.batch_shape == expected
    assert layer.compute_output_shape(expected) == expected
    assert Input(**options).shape == expected


# Worked example -------------------------------------------------------------------------------


def test_input_is_a_symbolic_tensor_of_its_layer():
    tensor = Input(shape=(28, 28, 1), name="image", dtype="float64")
    assert isinstance(tensor, SymbolicTensor)
    assert isinstance(tensor.layer, InputLayer)
    assert (tensor.shape, tensor.dtype, tensor.inputs) == ((None, 28, 28, 1), "float64", ())
    assert tensor.layer.name == "image"
    assert tensor.layer.weights == []
    assert Input((3,)).layer.name.startswith("input_layer")


def test_data_passes():
    layer = InputLayer(shape=(None, 2))
    outputs, cache = layer.forward(np.array([[[1, 2], [3, 4]]]))
    np.testing.assert_array_equal(outputs, [[[1, 2], [3, 4]]])
    np.testing.assert_array_equal(layer.backward(np.array([[[5, 6], [7, 8]]]), cache), [[[5, 6], [7, 8]]])


def test_integers_stay_integers():
    layer = InputLayer(shape=(2,), dtype="uint8")
    assert layer.output.dtype == "uint8"
    assert layer(np.array([[1, 255]])).dtype == np.uint8


def test_the_names_that_keras_2_had_for_the_shapes():
    with pytest.warns(UserWarning, match="`input_shape` is deprecated. Use `shape` instead"):
        assert InputLayer(input_shape=(4, 5)).batch_shape == (None, 4, 5)
    assert InputLayer(batch_input_shape=(2, 5)).batch_shape == (2, 5)


# Contract -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [dict(shape=(4, 5)), dict(batch_shape=(3, None, 5))])
def test_contract(options):
    check_layer(InputLayer(**options), (3, 4, 5), training=(False,))


# Reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equals_reference(dtype):
    rng = np.random.default_rng(7)
    inputs, upstream = rng.normal(size=(2, 3, 4)).astype(dtype)
    layer = InputLayer(shape=(4,), dtype=dtype)
    outputs, cache = layer.forward(inputs)
    np.testing.assert_array_equal(outputs, input_layer(inputs))
    np.testing.assert_array_equal(layer.backward(upstream, cache), input_layer_gradient(upstream))


# Rejects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"You must pass a `shape` argument. Received: shape=None"),
        (dict(shape=(3,), batch_shape=(2, 3)), r"both `shape` and `batch_shape`.*Received: shape=\(3,\)"),
        (
            dict(batch_size=2, batch_shape=(2, 3)),
            r"both `batch_size` and `batch_shape`.*Received: batch_size=2",
        ),
        (dict(shape=(3, -1)), r"each an integer >= 0 or None. Received: shape=\(3, -1\)"),
        (dict(shape=3), r"each an integer >= 0 or None. Received: shape=3"),
        (dict(shape=(3,), batch_size="a"), r"each an integer >= 0 or None.*batch_size='a'"),
        (dict(batch_shape=()), r"each an integer >= 0 or None.*batch_shape=\(\)"),
        (dict(shape=(3,), dtype="string"), r"`dtype` of an input must be.*Received: dtype='string'"),
        (dict(shape=(3,), dtype="float16"), r"`dtype` of an input must be.*Received: dtype='float16'"),
        (dict(shape=(3,), dtype="nothing"), r"`dtype` of an input must be.*Received: dtype='nothing'"),
        (dict(shape=(3,), sparse=True), r"no sparse, ragged or optional inputs.*Received: sparse=True"),
    ],
)
def test_rejects_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        InputLayer(**options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 5), r"'image' is incompatible.*expected ndim=3, found ndim=2"),
        ((2, 5, 4), r"'image' is incompatible.*expected shape=\(None, 5, 3\). Received: shape \(2, 5, 4\)"),
    ],
)
def test_rejects_inputs(shape, message):
    with pytest.raises(ValueError, match=message):
        InputLayer(shape=(5, 3), name="image")(np.zeros(shape))
