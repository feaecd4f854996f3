"""Whole pages of the judgement about a version, in frames, and its card to take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.models import card as cards
from mainspring.app.api.subjects.models import judging
from mainspring.app.api.subjects.models.shelf import Shelf, shelf
from mainspring.app.web.embedding import embedded
from mainspring.app.web.visit import Visit
from mainspring.core.errors import NotFoundError

if TYPE_CHECKING:
    from mainspring.models.registry import ModelVersion

_SCHEME: Final = "color-scheme: light dark"
"""What a card says of its colours; a reader may have chosen."""

_BESIDE: Final = {
    "fairness": "mainspring.Fairness",
    "errors": "mainspring.ErrorAnalysis",
    "search": "mainspring.SliceSearch",
    "audit": "mainspring.Audit",
    "operation": "mainspring.Operation",
    "mitigation": "mainspring.MitigationComparison",
}
"""What a run may have made beside an evaluation, by the names of the page."""


def page(visit: Visit) -> Response:
    """A page in a frame: ``evaluation``, ``fairness``, ``comparison`` or ``card``."""
    part = visit.path["part"]
    if part not in _PAGES:
        raise NotFoundError(f"there is no page {part!r} of a version", expected="one of " + ", ".join(_PAGES))
    its = shelf(visit.desk.shared, visit.path["model"])
    return embedded(visit, _PAGES[part](visit, its, its.version(visit.path["version"])))


def card_markdown(visit: Visit) -> Response:
    """The model card as Markdown."""
    made = visit.ask(cards.card, model=visit.path["model"], version=visit.path["version"])
    return _file(made.markdown, f"{made.model}-{made.version}-card.md", "text/markdown; charset=utf-8")


def card_html(visit: Visit) -> Response:
    """The model card as a page."""
    made = visit.ask(cards.card, model=visit.path["model"], version=visit.path["version"])
    return _file(made.html, f"{made.model}-{made.version}-card.html", "text/html; charset=utf-8")


def beside(visit: Visit, its: Shelf, version: ModelVersion) -> dict[str, Any]:
    """What the run of a version made beside its evaluation, the last of each kind."""
    found = {}
    for name, kind in _BESIDE.items():
        made = judging.made_beside(visit.desk.shared, its, version, kind)
        value = judging.value_of(visit.desk.shared, made[-1]) if made else None
        if value is not None:
            found[name] = value
    return found


def _evaluation(visit: Visit, its: Shelf, version: ModelVersion) -> str:
    shared = visit.desk.shared
    found = judging.evaluation_of(shared, its, version)
    if found is None:
        raise NotFoundError(f"{version} was registered without an evaluation")
    # Imported here: the pages of the judgement bring the whole room along, and are asked for by few.
    from mainspring.evaluation.viewing import view

    def make() -> str:
        return view(
            found,
            baseline=judging.baseline_of(shared, its, version),
            verdict=judging.gate_of(shared, its, version),
            title=f"{its.name} {version.version}",
            **beside(visit, its, version),
        ).html

    return shared.remembered(("models", "page", version.digest), 0, make)


def _fairness(visit: Visit, its: Shelf, version: ModelVersion) -> str:
    found = beside(visit, its, version)
    if "fairness" not in found:
        raise NotFoundError(f"no step of the run assessed the fairness of {version}")
    from importlib.metadata import version as installed

    from mainspring.evaluation.viewing.material import Material
    from mainspring.evaluation.viewing.page import render
    from mainspring.evaluation.viewing.showing import sections_of

    parts = {name: found[name] for name in ("fairness", "mitigation") if name in found}
    made = Material(
        kind="Fairness",
        title=f"{its.name} {version.version}",
        sentence="How the model treats groups of people: figures by group, and the gaps between groups.",
        facts=[],
        verdict=None,
        judgement=None,
        thresholds=None,
        sections=sections_of(**parts),
        origin=(),
        version=installed("mainspring"),
    )
    return render("comparison.html.j2", made).html


def _comparison(visit: Visit, its: Shelf, version: ModelVersion) -> str:
    shared = visit.desk.shared
    other = its.version(visit.query.get("against", "production"))
    new, old = judging.evaluation_of(shared, its, version), judging.evaluation_of(shared, its, other)
    if new is None or old is None:
        raise NotFoundError(f"{version if new is None else other} was registered without an evaluation")
    from mainspring.evaluation.viewing import view_comparison

    def make() -> str:
        pair = {str(other.version): old, str(version.version): new}
        return view_comparison(pair, verdict=judging.judged(old, new)).html

    return shared.remembered(("models", "page", other.digest, version.digest), 0, make)


def _card(visit: Visit, its: Shelf, version: ModelVersion) -> str:
    made: cards.Card = visit.ask(cards.card, model=its.name, version=str(version.version))
    theme = visit.request.cookies.get("mainspring_theme", "auto")
    chosen = theme in ("light", "dark")
    return made.html.replace(_SCHEME, f"color-scheme: {theme}") if chosen else made.html


def _file(text: str, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=kind, headers=headers)


_PAGES: Final[Mapping[str, Callable[[Visit, Shelf, Any], str]]] = {
    "evaluation": _evaluation,
    "fairness": _fairness,
    "comparison": _comparison,
    "card": _card,
}
