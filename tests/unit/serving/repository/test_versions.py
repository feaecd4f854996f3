"""Which versions are served, and in which order they stand."""

import pytest

from mainspring.core.errors import InputError
from mainspring.serving.repository.versions import VersionPolicy, order


def test_versions_are_ordered_as_people_do() -> None:
    given = ["1.10.0", "1.9.0", "1.0", "1.0-rc", "2", "1.0.1"]
    assert sorted(given, key=order) == ["1.0-rc", "1.0", "1.0.1", "1.9.0", "1.10.0", "2"]


def test_the_newest_by_default_several_all_or_named_ones() -> None:
    lying = ["1", "2", "10", "9"]
    assert VersionPolicy().choose(lying) == ["10"]
    assert VersionPolicy(latest=2).choose(lying) == ["9", "10"]
    assert VersionPolicy(all=True).choose(lying) == ["1", "2", "9", "10"]
    assert VersionPolicy(specific=("2", "7")).choose(lying) == ["2"]


def test_one_rule_at_a_time() -> None:
    with pytest.raises(InputError, match="one of latest"):
        VersionPolicy(latest=1, all=True)
    with pytest.raises(InputError, match="latest"):
        VersionPolicy(latest=0)
