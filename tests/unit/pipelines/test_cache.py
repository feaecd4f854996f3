"""Cache keys: what makes two executions the same, and how a difference is told."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.digests import digest_text
from mainspring.pipelines.cache import CacheKey, Difference, differences, key_for
from mainspring.pipelines.code import Code


def key(**changes: Any) -> CacheKey:
    """A key, changed here and there."""
    given: dict[str, Any] = {
        "function": "pipe:train",
        "version": "",
        "outputs": ["result"],
        "code": Code({"pipe:train": "sha256:1", "pipe:LIMIT": "sha256:2"}, {"numpy": "2.0"}),
        "parameters": {"rate": 0.5, "names": ["a", "b"]},
        "inputs": {"table": ["sha256:3"], "baseline": [None]},
    }
    return key_for(**{**given, **changes})


def test_equal_parts_have_equal_digests_whatever_their_order() -> None:
    other = key(
        parameters={"names": ["a", "b"], "rate": 0.5},
        inputs={"baseline": [None], "table": ["sha256:3"]},
        code=Code({"pipe:LIMIT": "sha256:2", "pipe:train": "sha256:1"}, {"numpy": "2.0"}),
    )
    assert key().digest == other.digest
    assert differences(key().parts, other.parts) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"parameters": {"rate": 0.6, "names": ["a", "b"]}}, "parameter 'rate' changed from 0.5 to 0.6"),
        (
            {"parameters": {"rate": 0.5, "names": ["b", "a"]}},
            "parameter 'names' changed from ['a', 'b'] to ['b', 'a']",
        ),
        ({"parameters": {"rate": 0.5}}, "parameter 'names' is gone; it was ['a', 'b']"),
        ({"parameters": {"rate": 0.5, "names": ["a", "b"], "x": 1}}, "parameter 'x' is new: 1"),
        ({"inputs": {"table": ["sha256:4"], "baseline": [None]}}, "the content of input 'table' changed"),
        ({"inputs": {"table": ["sha256:3"], "baseline": ["sha256:9"]}}, "the content of input 'baseline' changed"),
        (
            {"inputs": {"table": ["sha256:3", "sha256:3"], "baseline": [None]}},
            "the content of input 'table' changed",
        ),
        ({"version": "2"}, "the step's version changed from '' to '2'"),
        ({"function": "pipe:fit"}, "the step's function changed from 'pipe:train' to 'pipe:fit'"),
        ({"outputs": ["model"]}, "the step's outputs changed from ['result'] to ['model']"),
        ({"code": Code({"pipe:train": "sha256:1"}, {"numpy": "2.0"})}, "the code of pipe:LIMIT is gone"),
        (
            {"code": Code({"pipe:train": "sha256:5", "pipe:LIMIT": "sha256:2"}, {"numpy": "2.0"})},
            "the code of pipe:train changed",
        ),
        (
            {"code": Code({"pipe:train": "sha256:1", "pipe:LIMIT": "sha256:2"}, {"numpy": "2.1"})},
            "the version of numpy changed from '2.0' to '2.1'",
        ),
    ],
)  # fmt: skip
def test_every_part_counts_and_is_told(changes: dict[str, Any], text: str) -> None:
    changed = key(**changes)
    assert changed.digest != key().digest
    assert [str(one) for one in differences(key().parts, changed.parts)] == [text]


def test_several_differences_come_in_the_order_of_the_parts() -> None:
    changed = key(version="2", parameters={"rate": 1}, inputs={})
    assert [(one.part, one.name) for one in differences(key().parts, changed.parts)] == [
        ("step", "version"),
        ("parameters", "names"),
        ("parameters", "rate"),
        ("inputs", "baseline"),
        ("inputs", "table"),
    ]


def test_a_difference_keeps_both_values() -> None:
    assert differences({"parameters": {"a": 1}}, {}) == [Difference("parameters", "a", 1, None)]


def test_numbers_that_json_does_not_know() -> None:
    digests = {key(parameters={"limit": value}).digest for value in (math.inf, -math.inf, math.nan, 1e308)}
    assert len(digests) == 4
    assert key(parameters={"limit": [math.nan]}).digest == key(parameters={"limit": [math.nan]}).digest


def test_whole_numbers_and_floats_differ() -> None:
    """A step may do other things with 1.0 than with 1."""
    assert key(parameters={"n": 1}).digest != key(parameters={"n": 1.0}).digest
    assert key(parameters={"n": 1}).digest != key(parameters={"n": True}).digest
    assert key(parameters={"n": 1}).digest != key(parameters={"n": "1"}).digest


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.dictionaries(st.text(), VALUES, max_size=4))
def test_keys_differ_exactly_if_there_is_a_difference_to_tell(one: dict[str, Any], two: dict[str, Any]) -> None:
    first, second = key(parameters=one), key(parameters=two)
    told = differences(first.parts, second.parts)
    if told:
        assert first.digest != second.digest
    assert all(str(difference) for difference in told)


def test_the_environment_is_part_of_it() -> None:
    import sys

    assert key().parts["environment"] == {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "platform": sys.platform,
        "numpy": "2.0",
    }


def test_the_digest_is_that_of_the_canonical_json() -> None:
    import json

    text = json.dumps(key().parts, sort_keys=True, separators=(",", ":"))
    assert key().digest == digest_text(text)
