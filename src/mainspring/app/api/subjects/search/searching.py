"""``search``: all subjects are asked at once, and pages and commands besides; what fails keeps nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from msgspec import Meta

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation, operations_in
from mainspring.app.api.subject import Hit, Subject
from mainspring.app.api.subjects.search.commands import commands
from mainspring.app.api.subjects.search.pages import pages
from mainspring.app.api.subjects.search.ranking import best
from mainspring.app.api.together import together

_SECONDS: Final = 0.4
"""How long is waited for subjects: somebody is typing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found.

    Attributes:
        text: What was looked for.
        hits: What was found, the best first.
        problems: Where it could not be looked, in sentences.
    """

    text: str
    hits: Sequence[Hit]
    problems: Sequence[str] = ()


def searching(subjects: Sequence[Subject]) -> Subject:
    """The subject that looks into others.

    Args:
        subjects: They.
    """
    finders = {one.name: one.find for one in subjects if one.find}
    operations = [one for subject in subjects for one in subject.operations.values()]

    @operation("search", "GET", "/search")
    def search(
        desk: Desk,
        text: Annotated[str, Meta(description="A part of a name, or several words.")],
        *,
        limit: Annotated[int, Meta(ge=1, le=200, description="The most hits.")] = 20,
    ) -> Found:
        """Look for runs, models, data, features, alerts, pages, commands: whatever has this text in its name.

        A subject that does not answer in time is named, and the others are there.
        """
        wanted = " ".join(text.split())
        if not wanted:
            return Found(text=text, hits=[])
        asked: dict[str, Callable[[], Sequence[Hit]]] = {
            name: partial(find, desk, wanted) for name, find in finders.items()
        }
        found = together(asked, seconds=_SECONDS)
        hits = [*pages(desk.caller, wanted), *commands(operations, wanted)]
        hits += [hit for answer in found.values() for hit in answer.value or ()]
        problems = [f"{name}: {answer.problem}" for name, answer in found.items() if answer.problem]
        return Found(text=text, hits=best(hits, wanted, limit), problems=problems)

    return Subject(name="search", operations=operations_in(search))
