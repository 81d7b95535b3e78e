"""Bugs in reading model files: archives, JSON, nodes and notes."""

from tests.planted_bugs.bug import Bug

FOLDER = "cnn_scratch/models/saving"
ARCHIVES = ("tests/saving/test_hostile_archives.py", "-k", "test_archive or bomb or cut_off")
CONFIGURATIONS = ("tests/saving/test_hostile_configurations.py", "-k", "test_configuration")
NOTES = ("tests/saving/test_hostile_configurations.py", "-k", "notes")
TEXTS = ("tests/saving/test_hostile_archives.py", "-k", "json")
SCHEMA = ("tests/saving/test_schema.py",)
WHOLE_FILE = ("tests/saving/test_whole_file.py",)
SELF_TEST = ("tests/saving/test_self_test.py",)
KERAS = ("tests/saving/test_with_keras.py",)
READER = ("tests/saving/test_reader.py",)

BUGS = [
    # Writing
    Bug(
        "files: two processes write to one neighbour",
        f"{FOLDER}/whole_file.py",
        'f"{target.name[:50]}-{secrets.token_hex(8)}.partial"',
        'f"{target.name[:50]}.partial"',
        "Two processes that save to one path write into each other's file.",
        WHOLE_FILE,
    ),
    # The archive
    Bug(
        "archive: a member twice",
        f"{FOLDER}/archive.py",
        "if member.name in self._members:",
        "if member.name in self._members and not limits:",
        "The last of two members of one name is read.",
        ARCHIVES,
    ),
    Bug(
        "archive: any name",
        f"{FOLDER}/archive.py",
        "if member.name not in limits:",
        'if member.name.startswith("/"):',
        "Only absolute paths are refused.",
        ARCHIVES,
    ),
    Bug(
        "archive: unpacked without a limit",
        f"{FOLDER}/archive.py",
        "            if size > member.size:\n                break\n",
        "",
        "A bomb is unpacked to its end before its size is compared.",
        READER,
    ),
    Bug(
        "archive: expansion not limited",
        f"{FOLDER}/archive.py",
        "member.size > MAX_EXPANSION * member.compressed",
        "member.compressed > MAX_EXPANSION * member.size",
        "The sizes change places: a compressed bomb passes.",
        ARCHIVES,
    ),
    Bug(
        "archive: check sum not compared",
        f"{FOLDER}/archive.py",
        "if (size, crc) != (member.size, member.crc):",
        "if size != member.size:",
        "Damaged numbers are taken for weights.",
        ARCHIVES,
    ),
    Bug(
        "archive: two heads of one member",
        f"{FOLDER}/archive.py",
        'if (name.decode("utf-8"), flags, method) != (member.name, member.flags, member.method) or (',
        "if (flags, method) != (member.flags, member.method) or (",
        "The list and the member's own head may call it differently, and other programs see another file.",
        ARCHIVES,
    ),
    Bug(
        "archive: members in the list's place",
        f"{FOLDER}/archive.py",
        "if end > self._list_start:",
        "if end > self._window.size:",
        "A member may reach into the list of members.",
        READER,
    ),
    Bug(
        "archive: members over each other",
        f"{FOLDER}/archive.py",
        "if member.start < end:",
        "if member.start < 0:",
        "Two members share their bytes: a small file that would fill a large memory.",
        READER,
    ),
    Bug(
        "archive: the list's end is believed",
        f"{FOLDER}/archive.py",
        "if start + size != end:",
        "if start + size > end:",
        "Bytes that no list mentions stand between the list and the end.",
        READER,
    ),
    Bug(
        "archive: offsets beyond 32 bits",
        f"{FOLDER}/archive.py",
        "for index in (1, 0, 2):",
        "for index in (0, 1, 2):",
        "The two sizes of a member beyond 4 GiB change places.",
        READER,
    ),
    # JSON
    Bug(
        "json: a key twice",
        f"{FOLDER}/strict_json.py",
        "if len(result) < len(pairs):",
        "if len(result) > len(pairs):",
        "The last of two keys counts, as in Python's json.",
        TEXTS,
    ),
    Bug(
        "json: depth counted in strings",
        f"{FOLDER}/strict_json.py",
        """rb'"[^"\\\\]*+(?:\\\\.[^"\\\\]*+)*+"|[][{}]'""",
        """rb'[][{}]'""",
        "Brackets in names are taken for structure.",
        READER,
    ),
    Bug(
        "json: infinite numbers",
        f"{FOLDER}/strict_json.py",
        "if not math.isfinite(value):",
        "if math.isnan(value):",
        "1e999 becomes infinity.",
        TEXTS,
    ),
    Bug(
        "json: depth not counted down",
        f"{FOLDER}/strict_json.py",
        """depth += (token in (b"[", b"{")) - (token in (b"]", b"}"))""",
        """depth += token in (b"[", b"{")""",
        "A long configuration counts as a deep one.",
        READER,
    ),
    # Nodes
    Bug(
        "nodes: the module is not compared",
        f"{FOLDER}/nodes.py",
        "        if self.legacy and module is None:\n",
        "        if module is None or module.startswith('keras'):\n",
        "A class of any module below keras is taken for Keras's own.",
        CONFIGURATIONS,
    ),
    Bug(
        "nodes: custom objects first",
        f"{FOLDER}/nodes.py",
        "if (module, name) in table:",
        "if (module, name) in table and name not in self.custom_objects:",
        "A file's Dense is the caller's class of that name.",
        SCHEMA,
    ),
    Bug(
        "nodes: unknown arguments are dropped",
        f"{FOLDER}/nodes.py",
        "setting = known.get(key) or OFF.get(key)\n            if setting is None:",
        "setting = known.get(key) or OFF.get(key)\n            if setting is None:\n"
        "                continue\n            if setting is None:",
        "A layer that means something else is loaded as if nothing were.",
        CONFIGURATIONS,
    ),
    Bug(
        "nodes: one number for two layers",
        f"{FOLDER}/nodes.py",
        "if known != essence:",
        'if known["class_name"] != essence["class_name"]:',
        "Two layers under one shared number become the first of them.",
        CONFIGURATIONS,
    ),
    Bug(
        "nodes: layers are not counted",
        f"{FOLDER}/nodes.py",
        "self._layers_read += 1",
        "self._layers_read = 1",
        "A short file asks for any number of layers.",
        CONFIGURATIONS,
    ),
    Bug(
        "settings: true is an integer",
        f"{FOLDER}/settings.py",
        'return _when(f"an integer from {low} to {high}", lambda v: type(v) is int and low <= v <= high)',
        'return _when(f"an integer from {low} to {high}", lambda v: isinstance(v, int) and low <= v <= high)',
        "In Python, True is 1.",
        CONFIGURATIONS,
    ),
    Bug(
        "settings: infinite settings",
        f"{FOLDER}/settings.py",
        "(type(value) is float and math.isfinite(value))",
        "type(value) is float",
        "NaN is a number.",
        SCHEMA,
    ),
    # The notes beside a model
    Bug(
        "self-test: the tolerance is ignored",
        f"{FOLDER}/self_test.py",
        'if found is not None and not found <= TOLERANCE[test["dtype"]]:',
        'if found is not None and not found <= TOLERANCE[test["dtype"]] * 1e9:',
        "A machine that computes something else does not say so.",
        SELF_TEST,
    ),
    Bug(
        "self-test: NaN is nothing",
        f"{FOLDER}/self_test.py",
        "np.nan_to_num(apart, nan=np.inf)",
        "np.nan_to_num(apart, nan=0.0)",
        "An output that has become NaN is no difference.",
        SELF_TEST,
    ),
    Bug(
        "self-test: not relative",
        f"{FOLDER}/self_test.py",
        "return largest and largest / (float(finite.max(initial=0.0)) or 1.0)",
        "return largest",
        "Large outputs may not differ by what rounding makes of them.",
        SELF_TEST,
    ),
    Bug(
        "self-test: any cost",
        f"{FOLDER}/self_test.py",
        "products += count * max(1, size // (shape[-1] or 1))",
        "products = count * max(1, size // (shape[-1] or 1))",
        "Only the last layer counts: loading a large model takes minutes.",
        SELF_TEST,
    ),
    Bug(
        "random state: seeds beyond 32 bits",
        f"{FOLDER}/random_state.py",
        "0 <= n < 2**32",
        "n < 2**32",
        "A negative count wraps around.",
        NOTES,
    ),
    Bug(
        "random state: forgotten",
        f"{FOLDER}/keras_file.py",
        "generator.state.assign(value)",
        "generator.state.assign(generator.state.value)",
        "A run that goes on from a file draws the numbers of its beginning again.",
        (*KERAS, "-k", "random"),
    ),
    Bug(
        "a later version's notes",
        f"{FOLDER}/keras_file.py",
        'if notes.get("version", 1) > NOTES_VERSION:',
        'if notes.get("version", 1) < NOTES_VERSION:',
        "Notes of a later version are read as if they were of this one.",
        READER,
    ),
]
