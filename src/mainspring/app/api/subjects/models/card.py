"""The model card: what its package says, with what people and gates said of the version since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.models.judging import Said, verdicts
from mainspring.app.api.subjects.models.packages import described, text_of
from mainspring.app.api.subjects.models.shelf import Shelf, shelf
from mainspring.app.api.subjects.models.standing import environments_of, standing
from mainspring.core.clock import iso

if TYPE_CHECKING:
    from mainspring.models.registry import ModelVersion

_CARD: Final = "MODEL_CARD.md"
_PAGE: Final = "MODEL_CARD.html"
_KEPT_ELSEWHERE: Final = ("description: ", "tag ")
"""How notes begin that say what the card has in another place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A model card.

    Attributes:
        model: Name of the model.
        version: The version.
        markdown: The card as Markdown.
        html: The same as a page of HTML that loads nothing from elsewhere.
    """

    model: str
    version: str
    markdown: str
    html: str


@operation("models.card", "GET", "/models/{model:path}/versions/{version}/card")
def card(desk: Desk, model: str, version: str) -> Card:
    """The model card of a version: what the package says, and what people and gates said since."""
    its = shelf(desk.shared, model)
    meant = its.version(version)
    described(desk.shared, meant)
    # Imported here: cards are written by few.
    from mainspring.models.card_html import to_html
    from mainspring.models.card_text import Page, to_markdown

    said = Page(f"{model} {meant.version}", _lead(its, meant), _sections(desk, its, meant))
    own, own_page = text_of(desk.shared, meant, _CARD), text_of(desk.shared, meant, _PAGE)
    return Card(
        model=model,
        version=str(meant.version),
        markdown=to_markdown(said) + "\n" + own.replace("\n# ", "\n## "),
        html=_joined(to_html(said), own_page),
    )


def _joined(first: str, second: str) -> str:
    """One page of two that were made alike: what is said of the version, then what its package says."""
    before, found, after = first.rpartition("</main>")
    inner = second.partition("<main>")[2].rpartition("</main>")[0]
    inner = inner.replace("<h1>", "<h2>").replace("</h1>", "</h2>").replace('"#s', '"#p').replace('id="s', 'id="p')
    return f"{before}{inner}{found}{after}" if found else first


def _lead(its: Shelf, version: ModelVersion) -> str:
    facts = its.facts[version.version]
    return facts.description or its.about.description or f"Version {version.version} of {its.name}."


def _sections(desk: Desk, its: Shelf, version: ModelVersion) -> Sequence[Any]:
    from mainspring.models.card_text import Bullets, Grid, Section, Text

    facts, blessed = its.facts[version.version], its.blessed(version.version)
    remarks = [f"{iso(one.at)[:10]} {one.by}: {one.text}" for one in _remarks(its, version)]
    state = [f"Registered {iso(its.registered[version.version])[:10]} by {version.author or 'nobody named'}."]
    state += [f"It is `{alias}` now." for alias in its.held(version.version)]
    state += ["It is archived."] if facts.archived else []
    state += [] if blessed is None else ["It is blessed." if blessed else "Its blessing was taken back."]
    tags = [f"`{key}`: {value}" for key, value in {**its.about.tags, **facts.tags}.items()]
    sections = [
        Section("Intended use", [Text(_lead(its, version))]),
        Section("State", [Bullets(state + tags)]),
        Section("Remarks", [Bullets(remarks)] if remarks else [Text("Nobody remarked anything.")]),
    ]
    judged = verdicts(desk, its.name, str(version.version))
    if judged:
        sections.append(Section("Gates", [_gates(judged)]))
    rows = [
        (one.environment, each.role or "anybody", each.by, iso(each.at)[:10], each.comment)
        for one in (standing(desk, its, version, name) for name in environments_of(desk.shared, its))
        for each in one.signed
    ]
    head = ("environment", "role", "signed by", "on", "comment")
    sections.append(Section("Signatures", [Grid(head, rows, "Nobody signed.")]))
    return sections


def _remarks(its: Shelf, version: ModelVersion) -> Sequence[Any]:
    said = [one for one in its.notes if one.version in (None, version.version)]
    return [one for one in said if not one.text.startswith(_KEPT_ELSEWHERE)]


def _gates(judged: Sequence[Said]) -> Any:
    from mainspring.models.card_text import Grid

    rows = [
        (one.gate, "yes" if one.ok else "no", "; ".join(str(each["message"]) for each in one.reasons[:4]))
        for one in judged
    ]
    return Grid(("gate", "said", "because"), rows)
