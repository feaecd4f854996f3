"""The steps in a report: parameters as text."""

import json

import pytest

from mainspring.app.report.motion import as_text


@pytest.mark.parametrize(
    "value",
    [
        {
            "lists": list(range(60)),
            "nested": {"a": {"b": [1, [2, {}], None]}},
            "words": ["x" * 300, "ü", "a \n b"],
        },
        [[], {}, "", 0.5, True],
        "alone",
    ],
    ids=["nested", "list", "text"],
)
def test_parameters_are_the_same_json_however_long_they_are(value):
    assert json.loads(as_text(value)) == value


def test_short_lists_stand_on_one_line_and_long_ones_on_many():
    assert as_text({"a": [1, 2]}) == '{\n  "a": [1, 2]\n}'
    assert as_text(list(range(13))).count("\n") == 14
