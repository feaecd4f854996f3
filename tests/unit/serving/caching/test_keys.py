import itertools
import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.serving.caching import Keys
from mainspring.serving.prediction import Inputs


def of(**columns: object) -> Inputs:
    arrays = {
        name: values if isinstance(values, np.ndarray) else np.array(values) for name, values in columns.items()
    }
    return Inputs(arrays, len(next(iter(arrays.values()))))


def objects(*values: object) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


NAN = np.array([np.nan])
OTHER_NAN = np.frombuffer(struct.pack("<Q", 0x7FF8000000000001), dtype=np.float64)

DIFFERENT = [
    of(x=np.array([1.0])),
    of(y=np.array([1.0])),
    of(x=np.array([1.0, 1.0])),
    of(x=np.array([[1.0, 1.0]])),
    of(x=np.array([[1.0], [1.0]])),
    of(x=np.array([1.0], dtype=np.float32)),
    of(x=np.array([1], dtype=np.int64)),
    of(x=np.array([4607182418800017408], dtype=np.int64)),  # the bits of 1.0
    of(x=np.array([1.0], dtype=">f8")),
    of(x=np.array([True])),
    of(x=np.array([0.0])),
    of(x=np.array([-0.0])),
    of(x=NAN),
    of(x=np.array([1.0]), y=np.array([2.0])),
    of(x=np.array([2.0]), y=np.array([1.0])),
    of(xy=np.array([1.0])),
    of(x=objects(None)),
    of(x=objects("")),
    of(x=objects("None")),
    of(x=objects(1)),
    of(x=objects(1.0)),
    of(x=objects(True)),
    of(x=objects("1")),
    of(x=objects(b"1")),
    of(x=objects("a", "b")),
    of(x=objects("ab", "")),
    of(x=objects("", "ab")),
    of(x=np.array(["ab"])),
    of(x=np.array([b"ab"])),
    of(x=objects("a"), y=objects("b")),
    of(x=objects("ab"), y=objects("")),
]


def test_other_questions_have_other_keys() -> None:
    keys = Keys("a", "1", "d")
    found = [keys.of(inputs) for inputs in DIFFERENT]
    assert None not in found
    assert len(set(found)) == len(DIFFERENT)


def test_equal_questions_have_equal_keys_wherever_they_are_asked() -> None:
    for inputs in DIFFERENT:
        copied = Inputs({name: array.copy() for name, array in inputs.columns.items()}, inputs.rows)
        assert Keys("a", "1", "d").of(inputs) == Keys("a", "1", "d").of(copied)


def test_how_an_array_lies_in_memory_does_not_matter() -> None:
    keys = Keys("a", "1", "d")
    whole = np.arange(12.0).reshape(3, 4)
    assert keys.of(of(x=whole[:, 1])) == keys.of(of(x=whole[:, 1].copy()))
    assert keys.of(of(x=np.asfortranarray(whole))) == keys.of(of(x=whole))


def test_models_versions_and_packages_have_keys_of_their_own() -> None:
    """MLServer's cache answers for model b what model a answered: its key is the body of the request alone."""
    names = ["", "a", "b", "ab", "1", "a1"]
    found = [Keys(*names).of(of(x=[1.0])) for names in itertools.product(names, names, names[1:])]
    assert len(set(found)) == len(found)


def test_without_a_digest_a_key_is_good_for_one_object() -> None:
    one, other = Keys("a", "1"), Keys("a", "1")
    assert one.of(of(x=[1.0])) == one.of(of(x=[1.0]))
    assert one.of(of(x=[1.0])) != other.of(of(x=[1.0]))


def test_what_cannot_be_written_down_has_no_key() -> None:
    keys = Keys("a", "1", "d")
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (object(), "\ud800", 2**70, deep):
        assert keys.of(of(x=objects(value))) is None


def test_kinds_of_nan_may_differ_but_none_is_a_number() -> None:
    keys = Keys("a", "1", "d")
    assert keys.of(of(x=OTHER_NAN)) not in {keys.of(inputs) for inputs in DIFFERENT}


VALUES = st.one_of(st.none(), st.text(max_size=4), st.binary(max_size=4), st.booleans(), st.integers(-3, 3))


@settings(max_examples=200, deadline=None)
@given(
    one=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=3),
    other=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=3),
)
def test_keys_are_equal_if_and_only_if_questions_are(
    one: list[tuple[object, ...]], other: list[tuple[object, ...]]
) -> None:
    keys = Keys("a", "1", "d")
    both = [
        of(x=objects(*[row[0] for row in rows]), y=objects(*[row[1] for row in rows])) for rows in (one, other)
    ]
    same = repr(one) == repr(other)
    assert (keys.of(both[0]) == keys.of(both[1])) == same


def test_what_the_model_computes_by_besides_counts() -> None:
    class Said(Inputs):
        apart = "top 3"

    keys, plain = Keys("a", "1", "d"), of(x=np.array([1.0]))
    assert keys.of(Said(plain.columns, 1)) not in (None, keys.of(plain))


def test_many_layouts_take_no_memory_for_ever() -> None:
    keys = Keys("a", "1", "d")
    for width in range(1, 1000):
        keys.of(of(x=np.zeros((1, width))))
    assert len(keys._layouts) <= 256
