"""What people write by mistake is told of, and not read as something else."""

from __future__ import annotations

import pytest
import yaml

from mainspring.serving.strict_yaml import load


def test_what_is_right_is_read_as_ever() -> None:
    text = "usual: &usual {soft: true}\none: {<<: *usual, soft: false}\nlist: [{a: 1}, {a: 2}]\n1: x\n'no': y\n"
    assert load(text) == yaml.safe_load(text)
    assert load("") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes:\n  a: 1\n  b: 2\n  a: 3\n", "'a' is said twice, first in line 2"),
        ("nodes:\n  no: 1\n", "the name 'no' means false: put it in quotes"),
        ("deep: [{x: {on: 1}}]\n", "the name 'on' means true: put it in quotes"),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, said: str) -> None:
    with pytest.raises(yaml.YAMLError, match=said) as raised:
        load(text)
    assert "line " in str(raised.value)
