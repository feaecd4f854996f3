"""Why requests failed, without what they said."""

import pytest

from mainspring.monitoring.windows.failures import missing_columns, why
from mainspring.serving.payloads import LogRecord


@pytest.mark.parametrize(
    ("error", "kind", "said", "column"),
    [
        (
            "2 problems in the input:\n    row 0, column 'age' is not there; expected a number\n    row 1, …",
            "BAD_INPUT",
            "column 'age' is not there",
            "age",
        ),
        ('row 0, column "it\'s" is not there; expected text', "BAD_INPUT", 'column "it\'s" is not there', "it's"),
        (
            "row 0, column 'age' holds 'my secret'; expected a number",
            "BAD_INPUT",
            "column 'age' does not fit",
            None,
        ),
        ("the model broke over my secret", "INTERNAL", "INTERNAL", None),
        ("gone", "", "status 503", None),
    ],
)
def test_why_a_request_failed(error: str, kind: str, said: str, column: str | None) -> None:
    record = LogRecord(id="1", time=0.0, model="m", version="1", status=503, error=error, kind=kind)
    assert why(record) == said
    assert missing_columns(said) == (() if column is None else (column,))


def test_several_columns_at_once() -> None:
    lines = [
        "row 0, column 'age' is not there",
        "row 0, column 'sex' is not there",
        "row 1, column 'age' is not there",
    ]
    record = LogRecord(id="1", time=0.0, model="m", version="1", error="\n".join(lines))
    assert why(record) == "columns 'age', 'sex' are not there"
    assert missing_columns(why(record)) == ("age", "sex")


def test_an_answer_that_was_forbidden() -> None:
    record = LogRecord(
        id="1", time=0.0, model="m", version="1", status=422, error="no", outputs={"assertions": [["limit"]]}
    )
    assert why(record) == "an assertion forbade the answer"
