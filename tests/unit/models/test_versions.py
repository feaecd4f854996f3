"""Version numbers and the rule for the next one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.models.versions import FIRST, Version, next_version

numbers = st.integers(0, 10**6)
versions = st.builds(Version, numbers, numbers, numbers)


def test_rule():
    assert next_version(None) == (Version(1, 0, 0), "the first version")
    assert next_version(Version(1, 2, 3)) == (
        Version(1, 2, 4),
        "PIPELINE: the same signature, and no metric that got better",
    )
    assert next_version(Version(1, 2, 3), otherwise="auc 0.9 → 0.8") == (
        Version(1, 2, 4),
        "PIPELINE: auc 0.9 → 0.8",
    )
    assert next_version(Version(1, 2, 3), improved="auc 0.8 → 0.9") == (Version(1, 3, 0), "MINOR: auc 0.8 → 0.9")
    assert next_version(Version(1, 2, 3), breaks=["a", "b"], improved="x") == (Version(2, 0, 0), "MAJOR: a; b")


@settings(deadline=None)
@given(versions, st.booleans(), st.booleans())
def test_the_next_version_is_higher_and_text_comes_back(version, breaks, improved):
    following, why = next_version(version, breaks=["x"] if breaks else [], improved="y" if improved else None)
    assert following > version
    assert why
    assert Version.parse(str(version)) == version


def test_order_is_that_of_numbers():
    assert Version.parse("1.10.0") > Version.parse("1.9.9")
    assert Version(1, 0, 1) > FIRST


@pytest.mark.parametrize("text", ["1", "1.2", "1.2.3.4", "01.0.0", "1.0.-1", "v1.0.0", "1.0.0\n", ""])
def test_what_is_no_version(text):
    with pytest.raises(InputError, match="is not a version"):
        Version.parse(text)
