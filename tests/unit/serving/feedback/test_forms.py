import json
from typing import Any

import pytest

from mainspring.serving.feedback.forms import read
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.problems import MalformedError

NOW = 1_700_000_000.0


def told(value: Any, **more: Any) -> list[tuple[str, str, int | None, Any, float]]:
    found = read(json.dumps(value).encode(), **({"model": "taxi", "now": NOW} | more))
    return [(one.id, one.key, one.row, one.value, one.time) for one in found]


def test_one_value_for_a_request() -> None:
    body = b'{"id": "a", "truth": "yes", "time": "2023-11-14T22:13:20+00:00", "version": "1.0.0"}'
    [one] = read(body, model="taxi", now=NOW + 5, caller="ann")
    assert one == Feedback(
        id="a", key="truth", value="yes", time=NOW, received=NOW + 5, model="taxi", version="1.0.0", caller="ann"
    )


def test_lists_are_row_by_row_and_gaps_are_nothing() -> None:
    assert told({"id": "a", "truth": ["yes", None, "no"], "reward": 0.5}) == [
        ("a", "truth", 0, "yes", NOW),
        ("a", "truth", 2, "no", NOW),
        ("a", "reward", None, 0.5, NOW),
    ]


def test_many_at_once_and_values_of_ones_own() -> None:
    body = {"feedback": [{"id": "a", "row": 3, "reward": 1, "time": 5}, {"id": "b", "values": {"clicked": True}}]}
    assert told(body) == [("a", "reward", 3, 1, 5.0), ("b", "clicked", None, True, NOW)]
    assert told({"instances": body["feedback"]}) == told(body)


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ({"data": {"ndarray": [["yes"], ["no"]]}}, ["yes", "no"]),
        ({"data": {"ndarray": [1, 2]}}, [1, 2]),
        ({"data": {"tensor": {"shape": [2, 1], "values": [1.5, 2.5]}}}, [1.5, 2.5]),
        ({"data": {"tensor": {"shape": [1, 2], "values": [1.5, 2.5]}}}, [[1.5, 2.5]]),
        ({"strData": "yes"}, ["yes"]),
        ({"jsonData": {"a": 1}}, [{"a": 1}]),
    ],
)
def test_the_truth_in_seldons_form(truth: Any, expected: list[Any]) -> None:
    body = {"request": {"data": {}}, "response": {"meta": {"puid": "p"}}, "reward": 0.25, "truth": truth}
    found = told(body)
    assert found[0][:4] in [("p", "truth", 0, expected[0]), ("p", "truth", None, expected[0])]
    assert [value for _, key, _, value, _ in found if key == "truth"] == expected
    assert ("p", "reward", None, 0.25, NOW) in found


def test_seldons_form_may_name_the_request_in_other_places() -> None:
    assert told({"request": {"meta": {"puid": "q"}}, "reward": 1})[0][0] == "q"
    assert told({"response": {}, "reward": 1}, puid="header")[0][0] == "header"
    assert told({"response": {"meta": {"puid": "p"}}, "id": "mine", "reward": [1, 0]}) == [
        ("mine", "reward", 0, 1, NOW),
        ("mine", "reward", 1, 0, NOW),
    ]


def test_everything_that_is_wrong_is_said() -> None:
    body = {
        "feedback": [
            {"truth": "x"},
            {"id": "a", "row": -1, "reward": "good", "time": "yesterday"},
            {"id": "b"},
            {"id": "c", "truth": 1, "thruth": 2},
            7,
        ]
    }
    with pytest.raises(MalformedError) as raised:
        told(body)
    text = str(raised.value)
    for part in (
        "feedback 0 has no id of a request",
        "feedback 1 is about row -1",
        "feedback 1 became known at 'yesterday'",
        "feedback 1 has a reward that is no number",
        "feedback 2 says nothing",
        "feedback 3 has thruth, which is not known",
        "feedback 4 is not an object",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"reward": 10**400}, "a number that is too large"),
        ({"truth": [1, -(2**64)]}, "a number that is too large"),
        ({"values": {"deep": [{"x": 2**63}]}}, "a number that is too large"),
        ({"reward": 1, "time": 10**400}, "became known at"),
        ({"reward": 1, "time": 1e300}, "became known at"),
        ({"reward": 1, "row": 2**31}, "is about row"),
    ],
)
def test_numbers_that_no_machine_has_are_refused(more: dict[str, object], message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        told({"id": "a", **more})


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b'{"feedback": []}', b'{"feedback": 3}', b"\xff"])
def test_what_is_no_feedback_at_all(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(body, model="m", now=NOW)
