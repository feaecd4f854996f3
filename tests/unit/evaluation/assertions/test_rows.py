"""A condition says the same of one row as of whole columns, whatever it is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.evaluation.assertions import Condition
from mainspring.evaluation.assertions.rows import on_row

NUMBERS = st.sampled_from(
    ["age", "fare", "score", "member", "17", "0", "-2.5", "age * 2", "age - fare", "fare / 0"]
)
TEXTS = st.sampled_from(["job", "column('native-country')", "answer", "'smith'", "'yes'", "''"])
SIGNS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def compared(values):
    two = st.builds("{} {} {}".format, values, SIGNS, values)
    three = st.builds("{} {} {} {} {}".format, values, SIGNS, values, SIGNS, values)
    inside = st.builds("{} {} ({}, {})".format, values, st.sampled_from(["in", "not in"]), values, values)
    return two | three | inside


SIMPLE = (
    compared(NUMBERS)
    | compared(TEXTS)
    | compared(NUMBERS | TEXTS)
    | st.sampled_from(["member", "missing(age)", "missing(job)", "column('member')"])
)
CONDITIONS = st.recursive(
    SIMPLE,
    lambda parts: (
        st.builds("({}) and ({})".format, parts, parts)
        | st.builds("({}) or ({})".format, parts, parts)
        | st.builds("not ({})".format, parts)
    ),
    max_leaves=4,
)
FLOATS = st.sampled_from([float("nan"), 0.0, -0.0, 1.0, 17.0, 40.0, -2.5])
WORDS = st.sampled_from([None, "smith", "yes", "", "zebra"])


@settings(deadline=None)
@given(
    CONDITIONS, st.lists(st.tuples(FLOATS, FLOATS, FLOATS, FLOATS, WORDS, WORDS, WORDS), min_size=1, max_size=6)
)
def test_rows_and_columns_agree(text, rows):
    names = ("age", "fare", "score", "member", "job", "native-country", "answer")
    columns = {
        name: np.array(values, dtype=float if place < 4 else object)
        for place, (name, values) in enumerate(zip(names, zip(*rows, strict=True), strict=True))
    }
    condition = Condition.read(text)
    with np.errstate(all="ignore"):
        whole = condition.holds(columns).tolist()
    test = on_row(condition)
    assert [test(dict(zip(names, row, strict=True))) for row in rows] == whole
