import keras
import pytest

from cnn_scratch import layers


@pytest.mark.parametrize(
    "options",
    [
        dict(shape=(28, 28, 1)),
        dict(shape=(None, None, 3), batch_size=8, dtype="float64"),
        dict(batch_shape=(None, 5), dtype="uint8"),
        dict(batch_shape=(4, None, 5), name="pixels"),
        dict(shape=()),
    ],
)
def test_input(options):
    ours, theirs = layers.Input(**options), keras.Input(**options)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert ours.ndim == theirs.ndim


@pytest.mark.parametrize(
    "options", [{}, dict(shape=(2,), batch_shape=(1, 2)), dict(batch_size=2, batch_shape=(1, 2))]
)
def test_both_refuse(options):
    """With the same sentence at the start."""
    with pytest.raises(ValueError, match=r"You (must|cannot) pass") as theirs:
        keras.layers.InputLayer(**options)
    with pytest.raises(ValueError, match=r"You (must|cannot) pass") as ours:
        layers.InputLayer(**options)
    assert str(ours.value).startswith(str(theirs.value))
