"""What is said when a name of Keras's models is not there."""

_OWN_LOSS = (
    "Write a subclass of `losses.Loss`, or give layers a `kernel_regularizer` or `activity_regularizer`."
)
OWN_LOOP = (
    "A step is: outputs, cache = model.forward(x, training=True); "
    "value, loss_cache = loss.forward(y, outputs); "
    "model.backward_parameters(loss.backward(loss_cache), cache); see models/training.py."
)
# What a model of one's own may write in Keras.
STEPS = ("call", "train_step", "test_step", "predict_step", "compute_loss", "compute_metrics")
_GENERATORS = "`fit`, `evaluate` and `predict` take generators."
INSTEAD = {
    "add_loss": _OWN_LOSS,
    "losses": _OWN_LOSS,
    "add_metric": "Give `compile` the argument `metrics`.",
    "call": "Call the model itself, model(x), or model.forward(x, training), which returns a cache as well.",
    "export": "Use `save`, which writes a `.keras` file. Keras reads it, and exports it.",
    "quantize": "Layers compute in float32 or float64.",
    "fit_generator": _GENERATORS,
    "evaluate_generator": _GENERATORS,
    "predict_generator": _GENERATORS,
    "predict_classes": "Use `model.predict(x).argmax(axis=-1)`.",
    "predict_proba": "Use `predict`.",
    "to_yaml": "Use `to_json`.",
    "state_updates": "Batch normalization changes its averages in `forward(x, training=True)`.",
    **dict.fromkeys((*STEPS[1:], "train_function"), OWN_LOOP),
}


class OtherNames:
    """The names of Keras's models that are not there."""

    def __getattr__(self, name: str):
        """Say what to use in place of a name of Keras that is not there."""
        if hasattr(type(self), name):  # a property without a value yet, which says so itself
            return object.__getattribute__(self, name)
        hint = f". {INSTEAD[name]}" if name in INSTEAD else ""
        raise AttributeError(
            f"'{type(self).__name__}' object has no attribute '{name}'{hint}", name=name, obj=self
        )
