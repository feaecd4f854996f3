"""Reads what a run made; what is gone or unreadable gives a reason instead of an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import msgspec

from mainspring.app.stories import StepStory, Story, value_of
from mainspring.core.errors import MainspringError
from mainspring.core.records import Artifact, ArtifactState, Execution, Kind

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring

UNREADABLE = (MainspringError, msgspec.MsgspecError, OSError, ValueError, TypeError, LookupError, AttributeError)
"""What reading a value of another version, or bytes that were damaged, may raise."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value with the step that made it."""

    step: StepStory
    artifact: Artifact
    value: Any


@dataclass(slots=True)
class Reader:
    """Loads the values of one run, and remembers in sentences what could not be read.

    Attributes:
        opened: The platform.
        story: The run.
        gone: What could not be read.
    """

    opened: Mainspring
    story: Story
    gone: list[str] = field(default_factory=list)

    def all(self, type_name: str) -> list[Found]:
        """Every readable value of a type that the run's steps gave, in order."""
        found = []
        for step in self.story.steps:
            for artifacts in step.outputs.values():
                for artifact in artifacts:
                    if artifact.type == f"mainspring.{type_name}":
                        value = self.value(artifact, f"the {type_name.lower()} of step {step.name}")
                        if value is not None:
                            found.append(Found(step, artifact, value))
        return found

    def last(self, type_name: str) -> Found | None:
        """The last of them."""
        found = self.all(type_name)
        return found[-1] if found else None

    def value(self, artifact: Artifact, what: str) -> Any:
        """A value, or ``None`` with a sentence in ``gone``."""
        try:
            value = value_of(artifact, self.opened.store.blobs)
        except UNREADABLE:
            value = None
        if value is None:
            collected = artifact.state in (ArtifactState.DELETED, ArtifactState.MARKED_FOR_DELETION)
            why = "was removed by mainspring gc" if collected else "cannot be read any more"
            sentence = f"{what[0].upper()}{what[1:]} {why}."
            if sentence not in self.gone:
                self.gone.append(sentence)
        return value

    def executions(self) -> dict[str, Execution]:
        """The record of each step by its name."""
        ids = {step.name: step.execution for step in self.story.steps if step.execution is not None}
        try:
            found = self.opened.store.record.get(Kind.EXECUTION, list(ids.values()))
        except MainspringError:
            return {}
        return dict(zip(ids, cast("list[Execution]", list(found)), strict=True))
