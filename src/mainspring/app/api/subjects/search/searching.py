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
from mainspring.app.api.subjects.search.guessing import meant, pieces
from mainspring.app.api.subjects.search.pages import pages
from mainspring.app.api.subjects.search.ranking import best
from mainspring.app.api.together import together

_FEW: Final = 3
"""With fewer hits than that, words are looked for in any order; without any, with a letter wrong, too."""

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

        Where hardly anything has, its words are looked for in any order; where nothing has, with a letter wrong.
        A subject that does not answer in time is named, and the others are there.
        """
        wanted = " ".join(text.split())
        if not wanted:
            return Found(text=text, hits=[])
        hits, problems = look(desk, [wanted])
        if len(hits) < _FEW:
            hits += [hit for hit in look(desk, pieces(wanted))[0] if meant(hit, wanted, wrongly=not hits)]
        return Found(text=text, hits=best(hits, wanted, limit), problems=problems)

    def look(desk: Desk, texts: Sequence[str]) -> tuple[list[Hit], list[str]]:
        """What has one of some texts, and where it could not be looked."""
        asked: dict[str, Callable[[], Sequence[Hit]]] = {
            f"{name} {text}": partial(find, desk, text) for name, find in finders.items() for text in texts
        }
        found = together(asked, seconds=_SECONDS)
        hits = [hit for text in texts for hit in (*pages(desk.caller, text), *commands(operations, text))]
        hits += [hit for answer in found.values() for hit in answer.value or ()]
        problems = {name.partition(" ")[0]: answer.problem for name, answer in found.items() if answer.problem}
        return hits, [f"{name}: {problem}" for name, problem in problems.items()]

    return Subject(name="search", operations=operations_in(search))
