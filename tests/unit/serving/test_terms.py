"""The terms on which a caller asks: the same through every door."""

from typing import Any

import pytest

from mainspring.serving.call import Call
from mainspring.serving.terms import LONGEST_ID, given_id, hurry


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, ""),
        ({b"x-request-id": b""}, ""),
        ({b"x-request-id": b"  "}, ""),
        ({b"x-request-id": b" a b "}, "a b"),
        ({b"x-request-id": b"\xe4"}, "ä"),
        ({b"x-request-id": b"7" * LONGEST_ID}, "7" * LONGEST_ID),
        ({b"x-request-id": b"7" * LONGEST_ID + b" "}, "7" * LONGEST_ID),
        ({b"x-request-id": b"7" * (LONGEST_ID + 1)}, ""),
    ],
)
def test_the_id_that_a_caller_gives(headers: dict[bytes, bytes], found: str) -> None:
    assert given_id(headers) == found


@pytest.mark.parametrize(
    ("parameters", "deadline", "priority"),
    [
        ({}, 9.0, 3),
        ({"timeout": 2_000_000}, 7.0, 3),
        ({"timeout": 9_000_000, "priority": 1}, 9.0, 1),
        ({"timeout": 0, "priority": 0}, 9.0, 0),
        ({"timeout": -1}, 9.0, 3),
        ({"timeout": True, "priority": True}, 9.0, 3),
        ({"timeout": "5", "priority": 1.0}, 9.0, 3),
    ],
)
def test_a_caller_may_ask_for_less_time_and_for_a_level(parameters: Any, deadline: float, priority: int) -> None:
    call = Call("v2", "taxi", arrived=5.0, deadline=9.0, priority=3)
    hurry(call, parameters)
    assert (call.deadline, call.priority) == (deadline, priority)


def test_a_request_without_a_deadline_is_given_one() -> None:
    call = Call("grpc", "taxi", arrived=5.0)
    hurry(call, {"timeout": 1_500_000})
    assert call.deadline == 6.5
