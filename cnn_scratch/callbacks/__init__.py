"""Callbacks: what is told about the course of a training run, and may change it."""

from cnn_scratch.absent import absent
from cnn_scratch.callbacks.backup_and_restore import BackupAndRestore
from cnn_scratch.callbacks.callback import Callback, CallbackList
from cnn_scratch.callbacks.csv_logger import CSVLogger
from cnn_scratch.callbacks.early_stopping import EarlyStopping
from cnn_scratch.callbacks.history import History
from cnn_scratch.callbacks.lambda_callback import LambdaCallback
from cnn_scratch.callbacks.learning_rate_scheduler import LearningRateScheduler
from cnn_scratch.callbacks.model_checkpoint import ModelCheckpoint
from cnn_scratch.callbacks.progress import Progress
from cnn_scratch.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from cnn_scratch.callbacks.swap_ema_weights import SwapEMAWeights
from cnn_scratch.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "Progress",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TerminateOnNaN",
]

INSTEAD = {
    "TensorBoard": "Use CSVLogger, or what `fit` returns: `history.history`.",
}

__getattr__ = absent(__name__, __all__, INSTEAD)
