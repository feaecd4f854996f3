"""Three versions of a rule, loaded; and requests for them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from mainspring.serving.call import Call
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository.shelf import Shelf
from mainspring.serving.rollout.options import Rollout
from mainspring.serving.rollout.rolling import Rolling
from mainspring.serving.rollout.standing import Standing
from mainspring.serving.served import Served


@pytest.fixture
def shelf(rule: ModuleType) -> Shelf:
    """Versions 1, 2 and 3, of which ``stable`` is 1 and ``next`` is 2."""
    versions = {
        version: Served(Predictor(rule.package(shift=shift), name="taxi", version=version))
        for version, shift in (("1", 0.0), ("2", 5.0), ("3", -5.0))
    }
    return Shelf(versions, {"stable": "1", "next": "2"})


@pytest.fixture
def roll(shelf: Shelf) -> Callable[..., Rolling]:
    """The rollout of the rule."""

    def make(rollout: Rollout, **more: Any) -> Rolling:
        standing = more.pop("standing", Standing(plan="plan"))
        return Rolling("taxi", rollout, shelf, standing=standing, **more)

    return make


@pytest.fixture
def ask() -> Callable[..., Call]:
    """A request that asks for no version."""

    def make(**headers: str) -> Call:
        given = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        return Call("v2", "taxi", id="a", headers=given, began=1.0, ended=1.001, status=200)

    return make
