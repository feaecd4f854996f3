import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import ColumnType
from mainspring.serving.feedback import Feedback, join, pending
from mainspring.serving.payloads import LogRecord

LOG = [
    LogRecord(
        id=str(number), time=float(number), model="m", version="1",
        columns={"a": [1.0, 2.0]}, outputs={"label": ["yes", "no"]},
    )
    for number in range(3)
]  # fmt: skip


def said(
    name: str, value: object, *, key: str = "truth", row: int | None = None, time: float = 1.0, **more: object
) -> Feedback:
    return Feedback(id=name, key=key, value=value, row=row, time=time, **more)  # type: ignore[arg-type]


def test_what_became_known_stands_beside_what_was_answered() -> None:
    rows = join(LOG, [said("0", "yes", row=0), said("0", 0.5, key="reward"), said("2", "no"), said("9", "x")])
    assert rows.column("feedback.truth").tolist() == ["yes", None, None, None, "no", "no"]
    assert rows.to_columns()["feedback.reward"] == [0.5, 0.5, None, None, None, None]
    assert rows.column("output.label").tolist() == ["yes", "no"] * 3
    assert rows.type_of("feedback.reward") is ColumnType.FLOAT
    assert [one.id for one in pending(LOG, [said("0", 1), said("9", 1)])] == ["9"]


def test_a_row_counts_more_than_its_request() -> None:
    rows = join(LOG[:1], [said("0", "row", row=1, time=1), said("0", "all", time=2)])
    assert rows.column("feedback.truth").tolist() == ["all", "row"]


def test_only_rows_of_which_something_is_known() -> None:
    rows = join(LOG, [said("1", 3, row=1)], known=True)
    assert rows.to_columns()["request.id"] == ["1"]
    assert rows.to_columns()["feedback.truth"] == [3]
    assert join(LOG, [], known=True).num_rows == 0


def test_values_of_several_kinds_become_texts() -> None:
    rows = join(LOG, [said("0", "x"), said("1", 7), said("2", {"a": [1]})])
    assert rows.column("feedback.truth").tolist() == ["x", "x", "7", "7", '{"a":[1]}', '{"a":[1]}']


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("0123"), st.sampled_from([None, 0, 1]), st.integers(0, 5), st.integers(0, 9)),
        max_size=12,
    ),
    st.integers(),
)
def test_the_order_in_which_it_comes_does_not_matter(
    values: list[tuple[str, int | None, int, int]], seed: int
) -> None:
    """Except among values of one time, where the last one told counts: here a second time tells them apart."""
    told = [
        said(name, value, row=row, time=time, received=float(place))
        for place, (name, row, time, value) in enumerate(values)
    ]
    mixed = told.copy()
    random.Random(seed).shuffle(mixed)
    assert join(LOG, mixed).to_columns() == join(LOG, told).to_columns()
    assert join(LOG, told + told).to_columns() == join(LOG, told).to_columns()
    latest = {(one.id, one.row): one.value for one in sorted(told, key=lambda one: (one.time, one.received))}
    expected = [latest.get((name, row), latest.get((name, None))) for name in "012" for row in (0, 1)]
    known = join(LOG, told).to_columns().get("feedback.truth", [None] * 6)
    assert known == expected
