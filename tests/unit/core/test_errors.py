"""Errors teach: found, where, expected, do."""

import pickle

import pytest

from mainspring import core
from mainspring.core.errors import InputError, MainspringError

KINDS = [value for value in vars(core).values() if isinstance(value, type) and issubclass(value, MainspringError)]


def test_every_part_is_shown_in_order() -> None:
    error = InputError(
        "column 'fare' holds text",
        expected="numbers",
        where="taxi.csv, line 7",
        fix="mainspring run --dialect quoted",
    )
    assert str(error) == (
        "taxi.csv, line 7: column 'fare' holds text\n  expected: numbers\n  do: mainspring run --dialect quoted"
    )


def test_what_is_not_known_is_not_shown() -> None:
    assert str(InputError("column 'fare' holds text")) == "column 'fare' holds text"
    assert str(InputError("no rows", fix="give a file with rows")) == "no rows\n  do: give a file with rows"


def test_parts_by_name() -> None:
    assert InputError("a", expected="b", fix="d").as_dict() == {
        "code": "INVALID_INPUT",
        "found": "a",
        "expected": "b",
        "where": None,
        "fix": "d",
    }


def test_what_is_wrong_of_many_things_is_known_by_name() -> None:
    error = InputError("depth=deep: expected a whole number", fields={"depth": "expected a whole number"})
    assert error.as_dict()["fields"] == {"depth": "expected a whole number"}
    assert pickle.loads(pickle.dumps(error)).fields == error.fields


def test_every_kind_has_its_own_code() -> None:
    assert len(KINDS) == 8
    assert len({kind.code for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_crosses_a_process_border_whole(kind: type[MainspringError]) -> None:
    error = kind("found", expected="expected", where="where", fix="fix")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert back.as_dict() == error.as_dict()
    assert str(back) == str(error)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_one_except_catches_all(kind: type[MainspringError]) -> None:
    with pytest.raises(MainspringError):
        raise kind("found")
