"""The queue against a plain list that does the same slowly."""

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.serving.batching.waiting import Line, Waiting
from mainspring.serving.prediction import Inputs


def request(kind: str, level: int, rows: int, deadline: float = math.inf) -> Waiting:
    answer: Any = None
    return Waiting(Inputs({"x": np.zeros(rows)}, rows), (kind,), level, 0.0, deadline, answer)


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from("abc"), st.integers(1, 3), st.integers(1, 6)),
        st.tuples(st.just("leave"), st.integers(0, 9)),
        st.tuples(st.just("delay"), st.integers(0, 9)),
        st.tuples(st.just("take"), st.integers(1, 8)),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(actions=ACTIONS, in_order=st.booleans())
def test_like_a_list(actions: list[tuple[Any, ...]], in_order: bool) -> None:
    line = Line(3, in_order=in_order)
    plain: list[tuple[int, Waiting]] = []  # with the step on which they wait
    for action in actions:
        if action[0] == "add":
            one = request(*action[1:])
            line.add(one)
            plain.append((2 * one.level, one))
        elif action[0] == "take":
            expected = _taken(sorted(plain, key=lambda item: (item[0], item[1].order)), action[1], in_order)
            assert line.take(action[1]) == expected
            plain = [item for item in plain if item[1] not in expected]
        elif plain:
            step, one = plain.pop(action[1] % len(plain))
            if action[0] == "leave":
                assert line.leave(one)
                assert not line.leave(one)
            else:
                line.delay(one)
                plain.append((step | 1, one))
        assert line.requests == len(plain)
        assert line.rows == sum(one.inputs.rows for _, one in plain)
        for level in (1, 2, 3):
            assert line.rows_of(level) == sum(one.inputs.rows for _, one in plain if one.level == level)
    assert len(line.clear()) == len(plain)
    assert (line.rows, line.requests, line.take(5)) == (0, 0, [])


def _taken(waiting: list[tuple[int, Waiting]], limit: int, in_order: bool) -> list[Waiting]:
    batch: list[Waiting] = []
    rows = 0
    for _, one in waiting:
        if batch and one.kind != batch[0].kind:
            if in_order:
                break
            continue
        if batch and rows + one.inputs.rows > limit:
            break
        batch.append(one)
        rows += one.inputs.rows
    return batch


def test_kinds_that_come_once_are_forgotten() -> None:
    line = Line()
    for number in range(1000):
        one = request(str(number), 1, 1)
        line.add(one)
        line.leave(one)
    assert len(line._lanes) <= 17


def test_those_that_waited_too_long_are_found_once_the_first_has() -> None:
    line = Line()
    ones = [request("a", 1, 1, deadline) for deadline in (5.0, 3.0, math.inf)]
    for one in ones:
        line.add(one)
    assert line.earliest == 3.0
    assert line.overdue(2.9) == []
    assert line.overdue(3.0) == [ones[1]]
    assert line.earliest == 5.0
    line.delay(ones[1])
    assert line.overdue(6.0) == [ones[0]]
    line.leave(ones[0])
    assert line.overdue(1e9) == []
    assert line.earliest == math.inf


def test_whoever_left_in_time_is_not_found_and_not_waited_for() -> None:
    line = Line()
    ones = [request("a", 1, 1, float(deadline)) for deadline in range(1, 6)]
    for one in ones:
        line.add(one)
    line.leave(ones[0])
    assert line.take(2) == ones[1:3]
    assert line.overdue(0.5) == []
    assert line.earliest == 4.0
    assert line.overdue(4.5) == [ones[3]]
    line.leave(ones[3])
    line.leave(ones[4])
    assert line.overdue(0.0) == []
    assert (line.earliest, len(line._timed), len(line._due)) == (math.inf, 0, 0)


def test_a_request_that_left_keeps_nothing_alive() -> None:
    line = Line(2)
    line.add(request("a", 1, 1))
    for _ in range(1000):
        one = request("b", 2, 1)
        line.add(one)
        line.leave(one)
    assert sum(len(step) for lane in line._lanes.values() for step in lane) == 1
