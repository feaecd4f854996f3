"""Arguments of operations: all that is wrong with them is told at once, in words that people use."""

from __future__ import annotations

from typing import Literal

import pytest

from mainspring.app.accounts import Role
from mainspring.app.api.binding import bound
from mainspring.app.api.operation import of, operation
from mainspring.core.errors import InputError


@operation("runs.start", "POST", "/runs", secrets=("password",))
def start(
    desk,
    run: str,
    count: int,
    *,
    role: Role | None = None,
    kind: Literal["", "fast", "slow"] = "",
    only: tuple[int, ...] = (),
    password: int = 0,
    share: float | None = None,
) -> None:
    """Start a run."""


def problem(**given):
    with pytest.raises(InputError) as caught:
        bound(of(start), {"run": "a", "count": 1, **given})
    return caught.value


def test_texts_of_forms_and_addresses_are_read_as_what_they_stand_for():
    told = bound(of(start), {"run": "a", "count": "3", "role": "admin", "share": "0.5"})
    assert (told["count"], told["role"], told["share"], told["kind"], told["only"]) == (3, Role.ADMIN, 0.5, "", ())


def test_an_unknown_argument_is_refused_with_the_nearest_name():
    told = problem(pasword="x", zzz=1)
    assert told.found == "there is no argument 'pasword' (did you mean 'password'?); there is no argument 'zzz'"
    assert told.expected == "arguments: run, count, role, kind, only, password, share"
    assert told.fix == "see /rest#op-runs-start"


def test_all_that_is_missing_is_told():
    with pytest.raises(InputError, match="run and count are missing"):
        bound(of(start), {})


@pytest.mark.parametrize(
    ("given", "found", "expected"),
    [
        ({"count": "x"}, "count is 'x'", "a whole number"),
        ({"share": "much"}, "share is 'much'", "a number or nothing"),
        ({"role": "boss"}, "role is 'boss'", "one of viewer, editor, approver, admin"),
        ({"kind": "quick"}, "kind is 'quick'", 'one of "", fast, slow'),
        ({"only": [1, "x"]}, "only is [1, 'x']", "a whole number at [1]"),
        ({"only": 3}, "only is 3", "a list"),
        ({"run": "a\0b"}, "run holds a NUL character", "a text without"),
        ({"run": {}, "count": None}, "run is {}; count is None", "a text; a whole number"),
        ({"run": ["x" * 900]}, f"run is {str(['x' * 900])[:60]}…", "a text"),
        ({"share": 2**60}, f"share is {float(2**60)}", "a number between -9007199254740992 and 9007199254740992"),
    ],
)
def test_what_is_of_another_type_is_told_with_what_it_has_to_be(given, found, expected):
    told = problem(**given)
    assert (told.found, told.expected) == (found, expected)


def test_a_secret_is_not_told_back():
    assert "green hills" not in str(problem(password="green hills"))
