from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.core.records import Kind
from mainspring.store.paging import Place, Question


def question(**changes: object) -> Question:
    fields = {
        "kind": Kind.ARTIFACT,
        "where": "",
        "parameters": {},
        "order_by": "id",
        "descending": False,
        "limit": 5,
    }
    return Question(**{**fields, **changes})  # type: ignore[arg-type] # by name


@given(st.one_of(st.none(), st.text(), st.integers()), st.integers(min_value=1))
def test_a_token_leads_back_to_its_place(value: int | str | None, node_id: int) -> None:
    place = Place(value, node_id)
    token = question().token(place)
    assert question(limit=7).place(token) == place
    assert token.isascii()


@pytest.mark.parametrize("token", ["", "x", "!!", "bnVsbA", "WzFd", "é", "e30"])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(InputError, match="page"):
        question().place(token)
