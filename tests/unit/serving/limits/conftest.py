import time
from collections.abc import Callable
from typing import Any

import pytest

from mainspring.serving.call import Call
from mainspring.serving.caller import Caller
from mainspring.serving.served import Served


class Named:
    """As much of a model as is looked at before it is asked."""

    def __init__(self, name: str) -> None:
        self.name, self.version = name, "1"


@pytest.fixture
def call() -> Callable[..., Call]:
    """Makes calls for a model."""

    def make(model: str = "taxi", *, caller: str = "", peer: str | None = "10.0.0.1", **headers: str) -> Call:
        named: Any = Named(model)
        made = Call("v2", model, arrived=time.perf_counter(), peer=peer, served=Served(named))
        made.headers = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        made.caller = Caller(caller) if caller else None
        return made

    return make
