"""What answers by asking other models of the server: a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

import numpy.typing as npt

from mainspring.serving.call import Call
from mainspring.serving.prediction import Inputs
from mainspring.serving.served import Served


class Computed(Protocol):
    """What a model gave.

    Attributes:
        outputs: Its own outputs; not to be changed.
    """

    @property
    def outputs(self) -> Mapping[str, npt.NDArray[Any]]:
        """Its own outputs."""
        ...


class Work(Protocol):
    """Has the members of a graph answer, as they would if somebody asked them from outside."""

    def ready(self, served: Served) -> None:
        """Give a member what its options ask for, if it does not have it yet."""
        ...

    async def part(self, call: Call, inputs: Inputs) -> Computed:
        """Compute for a call that is a part of another one, which has been let in.

        Raises:
            DeadlineError: If there is no answer in time.
            OverloadedError: If too many wait for the model.
            MainspringError: If the model fails.
        """
        ...


class Walking(Protocol):
    """A model that asks others. For the thread of the event loop."""

    def walk_now(self, call: Call, inputs: Inputs) -> Mapping[str, npt.NDArray[Any]]:
        """What ``compute`` gives, told of the call: only if the model is quick.

        Raises:
            MainspringError: If a node fails that the answer depends on.
        """
        ...

    async def walk(self, call: Call, inputs: Inputs, work: Work) -> Mapping[str, npt.NDArray[Any]]:
        """The same without holding up the event loop.

        Args:
            call: The request; its visits and decisions are filled in.
            inputs: What is asked.
            work: Has members answer.

        Raises:
            MainspringError: If a node fails that the answer depends on.
        """
        ...


def walking(served: Served) -> Walking:
    """The model of a version that walks, as :attr:`mainspring.serving.served.Served.walks` says."""
    return cast("Walking", served.model)
