"""Files of assertions are read, and every mistake in them is told with its line."""

import pytest

from mainspring.core import InputError, NotFoundError
from mainspring.evaluation.assertions import Assertion, assertions_of, parse_assertions, read_assertions

TEXT = """\
assertions:
  - name: minors
    when: age < 18 and answer == 'approved'
    action: block
    message: Nobody under 18 may be approved.
  - {name: rich, when: income > 1e6, action: override, answer: approved}
  - {name: unsure, when: score < 0.6}
"""


def test_a_file_is_read(tmp_path):
    path = tmp_path / "assertions.yaml"
    path.write_text(TEXT)
    minors, rich, unsure = read_assertions(path)
    assert minors == Assertion(
        name="minors",
        when="age < 18 and answer == 'approved'",
        action="block",
        message="Nobody under 18 may be approved.",
    )
    assert (rich.action, rich.answer) == ("override", "approved")
    assert (unsure.action, unsure.message) == ("flag", "")
    assert assertions_of(path) == assertions_of(str(path)) == (minors, rich, unsure)


def test_a_bare_list_is_read_too():
    assert parse_assertions("- {name: a, when: age < 1}")[0].name == "a"
    assert parse_assertions("assertions: []") == ()


@pytest.mark.parametrize(
    ("written", "read"),
    [("no", "no"), ("true", "true"), ("1.50", 1.5), ("'1.50'", "1.50"), ("3", 3), ("'3'", "3")],
)
def test_answers_are_classes_or_numbers(written, read):
    [one] = parse_assertions(f"- {{name: a, when: age < 1, action: override, answer: {written}}}")
    assert one.answer == read
    assert type(one.answer) is type(read)


def test_every_problem_is_told_with_its_line():
    with pytest.raises(InputError) as caught:
        parse_assertions(
            "assertions:\n  - {name: a, whn: age}\n  - {name: b, when: age < 1, action: blok}\n"
            "  - {name: c, when: 'age <'}",
            where="rules.yaml",
        )
    text = str(caught.value)
    assert "rules.yaml" in text
    assert "line 2: " in text
    assert "did you mean 'when'?" in text
    assert "line 3: " in text
    assert "'blok'" in text
    assert "one of flag, override, block" in text
    assert "line 4: " in text
    assert "the condition cannot be read" in text


@pytest.mark.parametrize(
    "text", ["", "  \n", "a: 3", "- 3", "word", "assertions: 3", "- {name: a}", "- [", "\t- a"]
)
def test_what_is_no_file_of_assertions(text):
    with pytest.raises(InputError):
        parse_assertions(text)


def test_files_that_are_not_there_or_no_text(tmp_path):
    with pytest.raises(NotFoundError, match="no such file"):
        read_assertions(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_assertions(tmp_path / "binary.yaml")


def test_lists_are_taken_as_they_are():
    one = Assertion(name="a", when="age < 1")
    assert assertions_of([one, {"name": "b", "when": "age > 1"}])[1].name == "b"
    with pytest.raises(InputError, match="assertion 2"):
        assertions_of([one, {"name": "b"}])
