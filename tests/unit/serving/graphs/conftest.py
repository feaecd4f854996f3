"""Servers of small members, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from tests.unit.serving.graphs.small import Server

from mainspring.serving.limits import ModelLimits
from mainspring.serving.ports import Answering


@pytest.fixture
def serving() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(*models: Answering, limits: Mapping[str, ModelLimits] | None = None) -> Server:
        made.append(Server(models, limits or {}))
        return made[-1]

    yield make
    for server in made:
        server.dispatcher.close()
        for served in server.repository:
            served.model.close()
