"""Whether other rooms have pages about a model, so that nobody is led where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mainspring.app.api.subjects.deployments.listing import has_page
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.api.together import together
from mainspring.app.web.visit import Visit

_PATIENCE: Final = 0.5
"""Seconds: nobody waits long for a server that is slow to say."""


def elsewhere(visit: Visit, model: str) -> Mapping[str, bool]:
    """Whether a model is ``served`` (or was asked before), and whether it is ``watched``."""
    desk = visit.desk
    found = together(
        {"served": lambda: has_page(desk, model), "watched": lambda: model in Sight(desk.shared).names()},
        seconds=_PATIENCE,
    )
    return {name: bool(one.value) for name, one in found.items()}
