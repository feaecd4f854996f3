"""Codecs: what comes back is what went in, and what cannot come back is refused."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.pipelines.codecs import ARRAY, BYTES, FILE, JSON, decode, encode, loader_of, shaped

Trip = Callable[..., Any]


def there_and_back(folder: Path, value: Any, annotation: Any = Any) -> Any:
    """Encode a value as an artifact, lay it out as a blob store does, decode it."""
    encoded = encode(value, folder / "made", where="here")
    laid = folder / "laid"
    if encoded.data is not None:
        laid.write_bytes(encoded.data)
    else:
        assert encoded.path is not None
        encoded.path.rename(laid)
    return decode(encoded.type, laid, annotation)


@pytest.fixture
def trip(tmp_path_factory: pytest.TempPathFactory) -> Trip:
    """Every trip in a folder of its own."""
    return lambda value, annotation=Any: there_and_back(tmp_path_factory.mktemp("trip"), value, annotation)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(PLAIN.filter(lambda value: value is not None))
def test_json_values(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    back = there_and_back(tmp_path_factory.mktemp("trip"), value)
    assert back == value
    assert json.dumps(back) == json.dumps(value), "1 does not become 1.0 nor true"


@given(st.binary())
def test_bytes(tmp_path_factory: pytest.TempPathFactory, value: bytes) -> None:
    for form in (value, bytearray(value), memoryview(value)):
        assert there_and_back(tmp_path_factory.mktemp("trip"), form) == value


@given(
    npst.arrays(
        dtype=npst.scalar_dtypes().filter(lambda one: one.kind != "O"),
        shape=npst.array_shapes(max_dims=3, max_side=4),
    )
)
def test_arrays(tmp_path_factory: pytest.TempPathFactory, value: np.ndarray) -> None:
    back = there_and_back(tmp_path_factory.mktemp("trip"), value)
    assert back.dtype == value.dtype
    assert back.shape == value.shape
    np.testing.assert_array_equal(back, value)


def test_equal_arrays_have_equal_bytes_however_they_lie_in_memory(tmp_path: Path) -> None:
    array = np.arange(6.0).reshape(2, 3)
    for name, form in {"c": array, "f": np.asfortranarray(array), "view": np.flip(np.flip(array))}.items():
        encode(form, tmp_path / name, where="here")
    assert len({(tmp_path / name).read_bytes() for name in ("c", "f", "view")}) == 1


def test_files_and_folders(trip: Trip, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("one")
    (tmp_path / "many/deep").mkdir(parents=True)
    (tmp_path / "many/deep/two.txt").write_text("two")
    assert trip(tmp_path / "one.txt").read_text() == "one"
    assert (trip(tmp_path / "many") / "deep/two.txt").read_text() == "two"
    assert (tmp_path / "one.txt").exists(), "it is copied"


def test_a_path_to_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"here gave the path .*gone, which does not exist"):
        encode(tmp_path / "gone", tmp_path / "made", where="here")


def test_artifacts(trip: Trip) -> None:
    verdict = Verdict.of("gate", [Reason(ok=False, code="LOW", message="too low", observed=0.1)])
    assert trip(verdict) == verdict
    assert trip(verdict, Verdict) == verdict
    assert trip(verdict, Verdict | None) == verdict


@pytest.mark.parametrize(
    "value", [math.inf, -math.inf, 10**30, -(2**63), 2**63 - 1, "\ud800", "a\x00b", "ä\u2028", {"": ""}]
)
def test_values_at_the_edges(trip: Trip, value: Any) -> None:
    assert trip(value) == value


def test_not_a_number(trip: Trip) -> None:
    assert math.isnan(trip(math.nan))


class Colour(StrEnum):
    """Words."""

    RED = "red"


class Level(Enum):
    """Numbers."""

    HIGH = 3


@dataclass(frozen=True)
class Inner:
    """A part."""

    names: frozenset[str]
    where: Path


@dataclass
class Outer:
    """A whole."""

    inner: Inner
    pairs: list[tuple[int, str]]
    level: Level
    colour: Colour | None = None
    table: dict[str, Inner] = field(default_factory=dict)
    seen: int = field(default=0, init=False)


INNER = Inner(frozenset({"b", "a"}), Path("x/y"))


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (Outer(INNER, [(1, "a"), (2, "b")], Level.HIGH, Colour.RED, {"k": INNER}), Outer),
        (INNER, Inner | None),
        ([INNER, INNER], list[Inner]),
        ({"a": INNER}, dict[str, Inner]),
        ((1, "a", INNER), tuple[int, str, Inner]),
        ((1, 2, 3), tuple[int, ...]),
        ((1, [2]), tuple),
        ({"x", "y"}, set[str]),
        (frozenset({1}), frozenset),
        (Level.HIGH, Level),
        (Colour.RED, Colour),
        ([], list[Inner]),
        ((), tuple[()]),
        ({}, dict[str, Inner]),
    ],
)  # fmt: skip
def test_the_annotation_of_the_reader_brings_back_what_json_lost(trip: Trip, value: Any, annotation: Any) -> None:
    back = trip(value, annotation)
    assert back == value
    assert type(back) is type(value)


def test_without_annotation_it_is_json(trip: Trip) -> None:
    assert trip((1, 2)) == [1, 2]
    assert trip({"b", "a"}) == ["a", "b"]
    assert trip(INNER) == {"names": ["a", "b"], "where": "x/y"}
    assert trip(np.float64(0.5)) == 0.5
    assert trip({"n": np.int64(3), "flag": np.True_, "row": np.arange(2)}) == {"n": 3, "flag": True, "row": [0, 1]}
    assert trip(np.array(7)) == 7


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (object(), "object"),
        ({1: "a"}, "the key 1 is no text"),
        ([{"a": {None: 1}}], "the key None is no text"),
        (datetime.now(UTC), "datetime"),
        (lambda: 1, "function"),
        ({"a": object()}, "object"),
        (1j, "complex"),
        (np.ma.masked_array([1, 2], mask=[True, False]), "Masked"),
    ],
    ids=["object", "key", "deep key", "time", "function", "inside", "complex", "masked"],
)  # fmt: skip
def test_what_could_not_come_back_is_refused(tmp_path: Path, value: Any, word: str) -> None:
    with pytest.raises(InputError) as caught:
        encode(value, tmp_path / "made", where="step 'x'")
    assert caught.value.found.startswith("step 'x' gave a ")
    assert word in caught.value.found
    assert "save(folder) and load(folder)" in str(caught.value.fix)


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="array of objects"):
        encode(np.array([object()]), tmp_path / "made", where="here")


def test_a_list_that_holds_itself(tmp_path: Path) -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises((InputError, RecursionError)):
        encode(value, tmp_path / "made", where="here")


def test_types_and_what_can_be_searched(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("x")
    found = [
        encode(value, tmp_path / f"made{number}", where="here")
        for number, value in enumerate(
            [0.5, "word", True, 2**70, "long" * 100, [1], b"x", np.zeros((2, 3)), tmp_path / "file.txt"]
        )
    ]
    assert [one.type for one in found] == [JSON, JSON, JSON, JSON, JSON, JSON, BYTES, ARRAY, FILE]
    assert [dict(one.properties) for one in found] == [
        {"value": 0.5},
        {"value": "word"},
        {"value": True},
        {},
        {},
        {},
        {},
        {"shape": [2, 3], "dtype": "float64"},
        {"name": "file.txt"},
    ]
    verdict = encode(Verdict.of("g", []), tmp_path / "verdict", where="here")
    assert (verdict.type, dict(verdict.properties)) == (
        "mainspring.Verdict",
        {"ok": True, "gate": "g", "failures": 0},
    )


def test_a_type_that_nobody_knows() -> None:
    with pytest.raises(NotFoundError, match=r"'test\.Unknown' cannot be loaded") as caught:
        loader_of("test.Unknown")
    assert "mainspring_artifact_types" in str(caught.value.fix)


def test_the_annotated_class_loads_its_own_type_only() -> None:
    class Mine:
        ARTIFACT_TYPE = "test.Mine"

        @classmethod
        def load(cls, folder: Path) -> "Mine":
            return cls()

    assert loader_of("test.Mine", Mine) is Mine
    assert loader_of("test.Mine", Mine | None) is Mine
    assert loader_of("mainspring.Verdict", Mine) is Verdict


@given(PLAIN)
def test_a_shape_that_says_nothing_changes_nothing(value: Any) -> None:
    for annotation in (Any, None, object, int | str, dict, list):
        assert shaped(value, annotation) == value
