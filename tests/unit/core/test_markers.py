"""Marks of maturity warn at the place of use and change nothing else."""

import inspect

import pytest

from mainspring.core.markers import ExperimentalWarning, deprecated, experimental


@experimental("0.2")
def half(value: float, *, twice: bool = False) -> float:
    """Half of it."""
    return value / (4 if twice else 2)


@deprecated("0.3", removal="1.0", instead="half")
def halve(value: float) -> float:
    return value / 2


def test_an_experimental_function_warns_and_works() -> None:
    with pytest.warns(ExperimentalWarning, match=r"half is experimental \(since 0\.2\) and may change") as caught:
        assert half(8, twice=True) == 2
    assert caught[0].filename == __file__


def test_a_deprecated_function_says_what_to_use_and_when_it_goes() -> None:
    with pytest.warns(
        DeprecationWarning, match=r"halve is deprecated since 0\.3 and goes in 1\.0; use half"
    ) as caught:
        assert halve(8) == 4
    assert caught[0].filename == __file__


def test_a_marked_function_keeps_its_face() -> None:
    assert half.__name__ == "half"
    assert half.__doc__ == "Half of it."
    assert list(inspect.signature(half).parameters) == ["value", "twice"]


def test_an_experimental_warning_is_not_a_deprecation() -> None:
    assert not issubclass(ExperimentalWarning, DeprecationWarning)
