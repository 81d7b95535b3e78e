"""Bugs in what programs do with models besides: copies, parts without a loss, penalties, backups."""

from tests.planted_bugs.bug import Bug

COPIES = ("tests/models/test_copying.py",)
UNREACHED = ("tests/parity/test_unreached.py",)
ACTIVATIONS = ("tests/saving/test_activations_in_files.py",)
BACKUP = ("tests/callbacks/test_backup_and_restore.py",)
NAMESPACES = ("tests/test_namespaces.py",)

BUGS = [
    Bug(
        "copies: views of the long array are copied one by one",
        "cnn_scratch/parameter.py",
        "return FlatParameters, (self.parameters,)",
        "return object.__reduce_ex__(self, 4)",
        "The optimizer of a copy changes an array that no layer reads: the copy never learns.",
        COPIES,
    ),
    Bug(
        "copies: the slots start anew",
        "cnn_scratch/optimizers/slots.py",
        "                view[...] = array\n",
        "                pass\n",
        "The copy of an optimizer has forgotten its moments.",
        COPIES,
    ),
    Bug(
        "copies: the mode of a call is lost",
        "cnn_scratch/models/copying.py",
        "nodes.append(Node(layer, _tensors(arguments, nodes), returned, training))",
        "nodes.append(Node(layer, _tensors(arguments, nodes), returned))",
        "A Dropout that was called with training=False drops in the copy.",
        COPIES,
    ),
    Bug(
        "clones: a layer is cloned for each of its calls",
        "cnn_scratch/models/cloning.py",
        "if id(layer) not in self._known:",
        "if True:",
        "A shared layer becomes several.",
        COPIES,
    ),
    Bug(
        "clones: layers shared with a model inside",
        "cnn_scratch/models/cloning.py",
        "return self.of_model(layer)  # which",
        "return clone_model(layer, None, self._clone_function, recursive=True)  # which",
        "A layer that stands in a model and in the one around it becomes two.",
        COPIES,
    ),
    Bug(
        "unreached: zeros for a gradient",
        "cnn_scratch/parameter.py",
        "return [parameter.grad if parameter.is_reached else None for parameter in self.parameters]",
        "return [parameter.grad for parameter in self.parameters]",
        "Weight decay shrinks a branch without a loss, and Ftrl sets it to zero.",
        UNREACHED,
    ),
    Bug(
        "activations: the penalty of the layer itself only",
        "cnn_scratch/layers/layer.py",
        "return regularizers.Both(self.activity_regularizer, of_activation)",
        "return self.activity_regularizer",
        "With two penalties on the outputs, that of the activation is lost.",
        ACTIVATIONS,
    ),
    Bug(
        "activations: a penalty that no file has",
        "cnn_scratch/activations.py",
        'config["activity_regularizer"] = regularizers.serialize(penalty)',
        "pass",
        "A model that is loaded trains without the penalty of its activation.",
        ACTIVATIONS,
    ),
    Bug(
        "backup: the epoch that is done begins anew",
        "cnn_scratch/callbacks/backup_and_restore.py",
        "self._epoch = epoch + 1",
        "self._epoch = epoch",
        "After an interruption one epoch too many is trained.",
        BACKUP,
    ),
    Bug(
        "backup: every later run begins there",
        "cnn_scratch/models/model.py",
        "self.stop_training, self._initial_epoch = False, 0",
        "self.stop_training, self._initial_epoch = False, getattr(self, '_initial_epoch', 0)",
        "A second fit of the model leaves out its first epochs.",
        BACKUP,
    ),
    Bug(
        "names: an import is answered by Python",
        "cnn_scratch/absent.py",
        "return frame.f_code.co_code[frame.f_lasti] == IMPORT_FROM",
        "return False",
        "Nobody learns what to use instead of a name that is imported.",
        NAMESPACES,
    ),
    Bug(
        "hdf5: many small bombs",
        "cnn_scratch/models/saving/hdf5/file.py",
        "size = window.size if packed_size is None else packed_size",
        "size = unpacked",
        "A file of some kilobytes takes gigabytes of memory.",
        ("tests/saving/test_hostile_arrays.py", "-k", "bombs_of_arrays"),
    ),
    Bug(
        "self-test: windows cost nothing",
        "cnn_scratch/models/saving/self_test.py",
        'products += size * math.prod(getattr(layer, "pool_size", (0,)))',
        "pass",
        "A small file keeps the machine busy for days.",
        ("tests/saving/test_self_test.py", "-k", "cost"),
    ),
    Bug(
        "commands: names steer the terminal",
        "cnn_scratch/command/screen.py",
        "one if one.isprintable() else",
        "one if True else",
        "The name of a class can clear the screen, or pretend to be a passed self-test.",
        ("tests/command/test_inspect.py", "tests/command/test_predict.py", "-k", "steer"),
    ),
]
