"""Digests: FIPS 180-4's examples, and what may and may not change them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.digests import canonical_json, digest_bytes, digest_file, digest_json, digest_text

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


def shuffled(value: object) -> object:
    """The same JSON value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [shuffled(item) for item in value]
    return value


def test_known_digests() -> None:
    assert digest_bytes(b"") == EMPTY
    assert digest_bytes(b"abc") == ABC
    assert digest_bytes(bytearray(b"abc")) == digest_bytes(memoryview(b"abc")) == ABC
    assert digest_text("abc") == ABC


def test_a_text_is_digested_in_utf8() -> None:
    assert digest_text("größer") == digest_bytes("größer".encode())


def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(data)
    assert digest_file(tmp_path / "file") == digest_bytes(data)
    (tmp_path / "empty").touch()
    assert digest_file(tmp_path / "empty") == EMPTY


def test_canonical_json_by_hand() -> None:
    value = {"b": [1, 2.5, None], "a": {"ü": True, "Z": "x"}}
    assert canonical_json(value) == '{"a":{"Z":"x","ü":true},"b":[1,2.5,null]}'
    assert digest_json(value) == digest_text(canonical_json(value))


@given(values)
def test_order_of_keys_does_not_matter(value: object) -> None:
    assert digest_json(value) == digest_json(shuffled(value))


@given(values)
def test_canonical_json_keeps_the_value(value: object) -> None:
    assert json.loads(canonical_json(value)) == value
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@given(values, values)
def test_different_values_have_different_texts(one: object, other: object) -> None:
    if canonical_json(one) == canonical_json(other):
        assert one == other


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1, -float("inf")]])
def test_numbers_that_json_lacks_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), {"when": Path()}])
def test_values_that_json_lacks_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
