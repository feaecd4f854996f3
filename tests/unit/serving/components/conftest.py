from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mainspring.serving.components import Component, ComponentProcess

CLASSES = Path(__file__).with_name("classes.py")


def component(name: str, **more: Any) -> Component:
    return msgspec.convert({"entry": f"{CLASSES}:{name}", **more}, Component)


@pytest.fixture
def started() -> Iterator[Callable[..., ComponentProcess]]:
    """Starts a class in a process; everything started is ended."""
    running: list[ComponentProcess] = []

    def start(name: str, **more: Any) -> ComponentProcess:
        node = ComponentProcess(component(name, **more), name=name.lower())
        node.start()
        running.append(node)
        return node

    yield start
    for node in running:
        node.close()
