"""SwapEMAWeights: a model is evaluated, or saved, with the moving average of its weights."""

from cnn_scratch.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the averages of ``Optimizer(use_ema=True)`` into the model for an evaluation, and takes them out.

    The two change places, which takes no memory. At the end of ``fit`` the averages stay in the model, with
    or without this callback.

    Args:
        swap_on_epoch: whether the averages are also in the model from the end of an epoch to the begin
            of the next, so that a ``ModelCheckpoint`` after this callback writes them. (What it then
            writes as the averages in the optimizer's state are the weights; to train on, use another file.)

    Raises:
        ValueError: the optimizer has ``use_ema=False``.

    Example:
        The weight goes from 0 to ½ and to ¾. Its average begins at ½, and then is ½·½ + ½·¾ = 0.625:

        >>> import numpy as np
        >>> from cnn_scratch import Input, Sequential, layers, optimizers
        >>> model = Sequential([Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
        >>> model.compile(optimizers.SGD(0.25, use_ema=True, ema_momentum=0.5), "mse")
        >>> x = y = np.ones((1, 1))
        >>> [model.train_on_batch(x, y) for step in range(2)]            # (1 − 0)², (1 − ½)²
        [1.0, 0.25]
        >>> model.evaluate(x, y, verbose=0)                              # (1 − ¾)²
        0.0625
        >>> model.evaluate(x, y, verbose=0, callbacks=[SwapEMAWeights()])    # (1 − 0.625)²
        0.140625
    """

    def __init__(self, swap_on_epoch: bool = False):
        self.swap_on_epoch = swap_on_epoch

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if self.swap_on_epoch:
            self.model.optimizer.exchange_averages(False)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.swap_on_epoch:
            self.model.optimizer.exchange_averages(True)

    def on_test_begin(self, logs: Logs = None) -> None:
        self.model.optimizer.exchange_averages(True)

    def on_test_end(self, logs: Logs = None) -> None:
        self.model.optimizer.exchange_averages(False)

    def on_predict_begin(self, logs: Logs = None) -> None:
        self.model.optimizer.exchange_averages(True)

    def on_predict_end(self, logs: Logs = None) -> None:
        self.model.optimizer.exchange_averages(False)
