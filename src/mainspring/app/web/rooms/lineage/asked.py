"""What an address asks of the explorer, and the addresses of questions near to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mainspring.app.api.subjects.lineage.asking import models, origins, used_by
from mainspring.app.api.subjects.lineage.nouns import Graph
from mainspring.app.api.subjects.lineage.showing import shown
from mainspring.app.api.subjects.lineage.walking import stamp
from mainspring.app.web.visit import Visit
from mainspring.core.errors import InputError

VIEWS: Final = (
    ("things", "Artifacts"),
    ("all", "Artifacts and steps"),
    ("steps", "Steps"),
    ("runs", "Runs"),
    ("types", "By type"),
    ("pipeline", "By step of the pipeline"),
)
WAYS: Final = (("up", "Came from"), ("both", "Both"), ("down", "Came of it"))
_PLAIN: Final = ("way", "view", "hops", "code", "constants", "cached", "since", "until")
_LISTS: Final = ("types", "runs", "states")
_KEPT: Final = (*_PLAIN, *_LISTS, "pick", "tab", "arrows")

_REMEMBERED: Final = 4

LISTED: Final = {"used": used_by, "origins": origins, "models": models}


@dataclass(frozen=True)
class Asked:
    """A question in an address.

    Attributes:
        visit: Whose.
        at: What it is about: ``artifact:12``.
    """

    visit: Visit
    at: str

    @property
    def path(self) -> str:
        """The page of what it is about."""
        return path_of(self.at)

    def value(self, name: str, otherwise: str = "") -> str:
        """One word of it."""
        return self.visit.query.get(name, "") or otherwise

    def given(self) -> dict[str, Any]:
        """It, as the operation takes it."""
        found: dict[str, Any] = {name: self.value(name) for name in _PLAIN if self.value(name)}
        for name in ("since", "until"):
            if name in found:
                found[name] = _moment(found[name], name)
        if found.get("hops") == "all":
            del found["hops"]
        for name in _LISTS:
            if self.visit.many(name):
                found[name] = list(self.visit.many(name))
        return found

    def graph(self) -> Graph:
        """The answer; the page and its picture ask for the same."""
        given, shared = self.given(), self.visit.desk.shared
        question = (self.at, repr(sorted(given.items())))

        def make() -> Graph:
            found: Graph = self.visit.ask(shown, at=self.at, **given)
            return found

        return shared.remembered(("lineage.graph", hash(question) % _REMEMBERED), (question, stamp(shared)), make)

    def kept(self, **changed: str | None) -> Mapping[str, Any]:
        """What is behind the question mark, with something changed; ``None`` leaves it out."""
        found: dict[str, Any] = {name: list(self.visit.many(name)) for name in _LISTS}
        found |= {name: self.value(name) for name in _KEPT if name not in _LISTS}
        if self.at.startswith("execution"):
            found["execution"] = self.at.partition(":")[2]
        return {**found, **changed}

    def url(self, **changed: str | None) -> str:
        """The address of the same question with something changed."""
        return self.visit.renderer.url(self.path, **self.kept(**changed))

    def beside(self, page: str, **changed: str | None) -> str:
        """The address of another page about the same question."""
        kept = {name: value for name, value in self.kept(**changed).items() if name not in ("execution", "tab")}
        return self.visit.renderer.url(f"/lineage/{page}", at=self.at, **kept)


def path_of(at: str) -> str:
    """The page of an artifact or execution, without what is behind the question mark."""
    kind, _, number = at.partition(":")
    return f"/lineage/{number}" if kind == "artifact" else "/lineage"


def centred(at: str) -> str:
    """The address that has something in its middle, below the console's root."""
    kind, _, number = at.partition(":")
    return f"/lineage/{number}" if kind == "artifact" else f"/lineage?execution={number}"


def _moment(text: str, where: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is no day", where=where, expected="a day such as 2026-11-22") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
