import pytest

from cnn_scratch.serialization import class_table, deserialize_object, serialize_object, suggestion


class GoodThing:
    __module__ = "cnn_scratch.things"  # as a class of the package

    def __init__(self, size=1):
        self.size = size

    def get_config(self):
        return {"size": self.size}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def some_function():
    pass


TABLE = class_table(GoodThing, aliases={"good": GoodThing}) | {"some_function": some_function}


def make(identifier):
    return deserialize_object(identifier, TABLE, "thing")


def test_serialize():
    assert serialize_object("keras.things", GoodThing(3)) == {
        "module": "keras.things",
        "class_name": "GoodThing",
        "config": {"size": 3},
        "registered_name": None,
    }
    assert serialize_object("keras.things", None) is None
    with pytest.raises(ValueError, match="without a `get_config"):
        serialize_object("keras.things", some_function)


@pytest.mark.parametrize(
    "identifier", ["GoodThing", "good_thing", "good", GoodThing, {"class_name": "GoodThing"}]
)
def test_names_classes_and_nodes(identifier):
    assert isinstance(make(identifier), GoodThing)
    assert make(identifier).size == 1


def test_node_round_trip():
    node = serialize_object("keras.things", GoodThing(3))
    assert make(node).size == 3
    assert node["config"] == {"size": 3}


def test_objects_and_functions_pass_through():
    thing = GoodThing()
    assert make(thing) is thing
    assert make("some_function") is some_function
    node = {
        "module": "builtins",
        "class_name": "function",
        "config": "some_function",
        "registered_name": "function",
    }
    assert make(node) is some_function


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("god_thing", "Unknown thing: 'god_thing'. Did you mean 'good_thing'"),
        ("GOOD", "Did you mean 'good'"),
        ("xyz", "Expected one of: GoodThing, good, good_thing, some_function"),
        ({"class_name": "Other", "config": {}}, "Unknown thing: 'Other'"),
        ({"config": {}}, "dictionary with a 'class_name'"),
        ({"class_name": "GoodThing", "config": [1]}, "dictionary with a 'class_name'"),
        ({"class_name": "GoodThing", "config": {"length": 2}}, "GoodThing could not be made from its config"),
        (
            {"module": "os", "class_name": "GoodThing", "config": {}},
            "custom classes are loaded only if they are registered",
        ),
        (
            {"module": "kerasevil.x", "class_name": "GoodThing", "config": {}},
            "custom classes are loaded only if they are registered",
        ),
        ({"module": "builtins", "class_name": "function", "config": "eval"}, "Unknown thing: 'eval'"),
    ],
)
def test_rejects(identifier, message):
    with pytest.raises(ValueError, match=message):
        make(identifier)


def test_suggestion_lists_all_names_if_none_is_near():
    assert suggestion("zzz", ["adam", "sgd"]) == " Expected one of: adam, sgd."
