"""The page of one version, with its views."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.data.gathering import versions_used_by
from mainspring.app.api.subjects.deployments import requests
from mainspring.app.api.subjects.models import judging, listing, predicting, version
from mainspring.app.api.subjects.models.shelf import Shelf, shelf
from mainspring.app.web.rooms.models.elsewhere import elsewhere
from mainspring.app.web.rooms.models.embedding import beside
from mainspring.app.web.visit import Visit
from mainspring.core.errors import MainspringError

if TYPE_CHECKING:
    from mainspring.models.registry import ModelVersion

_TABS: Final = {
    "overview": "Overview",
    "card": "Model card",
    "evaluation": "Evaluation",
    "slices": "Slices",
    "fairness": "Fairness",
    "explanations": "Explanations",
    "what-if": "What if",
    "comparison": "Comparison",
    "promotion": "Promotion",
    "package": "Package",
    "history": "History",
}
_FIRST: Final = ("auc", "auc_weighted", "accuracy", "f1", "r2", "rmse", "mae", "log_loss")
_EXPLANATIONS: Final = ("Importance", "Attributions", "Effect", "Anchor", "Counterfactuals", "Surrogate")
_SLICES: Final = 300


def shown(visit: Visit) -> Response:
    """One version."""
    name = visit.path["model"]
    its = shelf(visit.desk.shared, name)
    meant = its.version(visit.path["version"])
    number = str(meant.version)
    tab = visit.query.get("tab", "overview")
    tab = tab if tab in _TABS else "overview"

    def here(key: str) -> str:
        return visit.renderer.url("/models", name, "versions", number, tab="" if key == "overview" else key)

    return visit.render(
        f"models/version_{tab.replace('-', '_')}.html.j2",
        room="models",
        found=visit.ask(version.shown, model=name, version=number),
        champion=_champion(its, meant),
        tab=tab,
        tabs=[(key, title, here(key)) for key, title in _TABS.items()],
        **_PARTS[tab](visit, its, meant),
    )


def _champion(its: Shelf, meant: ModelVersion) -> str:
    """The version that this one is held against: the one in production, else the one before."""
    held = its.aliases.get("production")
    if held is not None and held != meant.version:
        return str(held)
    place = list(its.versions).index(meant)
    others = [one for one in its.versions if one is not meant]
    before = its.versions[place - 1] if place else None
    return str(before.version) if before is not None else str(others[-1].version) if others else ""


def _overview(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    names = [one for one in _FIRST if one in meant.metrics]
    first = [*names, *(one for one in sorted(meant.metrics) if one not in names)]
    champion = its.version(_champion(its, meant)) if _champion(its, meant) else None
    origin = its.origins.get(meant.version)
    return {
        "data_versions": versions_used_by(visit.desk.shared, origin.run) if origin and origin.run else [],
        "requests": elsewhere(visit, its.name)["served"],
        "verdicts": visit.ask(judging.verdicts, model=its.name, version=str(meant.version)),
        "metrics": [_metric(one, meant, champion) for one in first if math.isfinite(meant.metrics[one])],
        "notes": [one for one in reversed(its.notes) if one.version == meant.version][:8],
    }


def _metric(name: str, meant: ModelVersion, champion: ModelVersion | None) -> Mapping[str, Any]:
    value, other = meant.metrics[name], champion.metrics.get(name) if champion else None
    tone, lower = "", listing.is_lower_better(name)
    if other is not None and math.isfinite(other) and other != value and _has_side(name):
        tone = "better" if (value < other) is lower else "worse"
    return {"name": name, "title": listing.title_of(name), "value": value, "other": other, "tone": tone}


def _has_side(name: str) -> bool:
    from mainspring.evaluation.metrics.directions import better
    from mainspring.evaluation.metrics.facts import Better

    return better(name) is not Better.NEITHER


def _nothing(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    return {}


def _evaluation(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    return {"there": judging.evaluation_of(visit.desk.shared, its, meant) is not None}


def _slices(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    found = judging.evaluation_of(visit.desk.shared, its, meant)
    if found is None or not found.slices:
        return {"rows": [], "metrics": [], "metric": "", "title": "", "overall": None}
    # Imported here: the words of the judgement bring its room along.
    from mainspring.evaluation.viewing.figures import main_metric, words

    known = [one for one, value in found.overall.items() if math.isfinite(value) and _has_side(one)]
    asked = visit.query.get("metric", "")
    metric = asked if asked in known else main_metric(found)
    return {
        "rows": _slice_rows(found, metric),
        "metrics": [(one, words(one, found.facts)) for one in known],
        "metric": metric,
        "title": words(metric, found.facts),
        "overall": found.overall.get(metric),
    }


def _slice_rows(found: Any, metric: str) -> Sequence[Mapping[str, Any]]:
    from mainspring.evaluation.drawing import difference_bar

    whole, lower = found.overall.get(metric, math.nan), listing.is_lower_better(metric)
    rows = []
    for key in found.slices:
        one = found.measured[key]
        value = one.values.get(metric, math.nan)
        if not math.isfinite(value):
            rows.append({"name": str(key), "rows": one.count, "value": None, "bar": "", "apart": None, "tone": ""})
            continue
        tone = "" if value == whole else "better" if (value < whole) is lower else "worse"
        rows.append({"name": str(key), "rows": one.count, "value": value, "apart": value - whole, "tone": tone})
        rows[-1]["ends"] = one.intervals.get(metric)
    known = [one["value"] for one in rows if one["value"] is not None] + [whole]
    ends = [end for one in rows for end in (one.get("ends") or ())]
    bounds = (min([*known, *ends]), max([*known, *ends]))
    for one in rows:
        if one["value"] is not None:
            low, high = one.get("ends") or (None, None)
            one["bar"] = difference_bar(
                one["value"], low, high, whole=whole, title=one["name"], tone=one["tone"], bounds=bounds
            )
    sign = -1 if lower else 1
    rows.sort(key=lambda one: (one["value"] is None, sign * (one["value"] or 0.0)))
    return rows[:_SLICES]


def _fairness(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    return {"there": "fairness" in beside(visit, its, meant)}


def _explanations(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    shared = visit.desk.shared
    made = [
        (kind, one)
        for kind in _EXPLANATIONS
        for one in judging.made_beside(shared, its, meant, f"mainspring.{kind}")
    ]
    kept = [judging.value_of(shared, one) for kind, one in made if kind == "Importance"]
    return {
        "made": made,
        "importances": [(one.metric, list(one.means.items())[:30]) for one in kept if one is not None],
        "asked": visit.ask(predicting.importance, model=its.name, version=str(meant.version))
        if visit.query.get("importance")
        else None,
    }


def _what_if(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    given = {"model": its.name, "version": str(meant.version)}
    try:
        question = visit.ask(predicting.question, **given)
    except MainspringError as error:
        return {"question": None, "problem": error, "row": {}, "prediction": None, "example": 0, "logged": ""}
    logged, prediction, problem, missing = visit.query.get("request", ""), None, None, None
    try:
        example, row = (0, _asked_before(visit, its.name, logged)) if logged else _row(visit, question.examples)
    except MainspringError as error:
        logged, missing = "", error
        example, row = _row(visit, question.examples)
    if visit.query.get("ask") and row:
        try:
            prediction = visit.ask(predicting.predict, row=row, **given)
        except MainspringError as error:
            problem = error
    return {
        "question": question,
        "problem": problem,
        "row": row,
        "prediction": prediction,
        "example": example,
        "logged": logged,
        "missing": missing,
    }


def _asked_before(visit: Visit, model: str, request: str) -> dict[str, Any]:
    """The first row of a logged request; values of private columns stay where they are."""
    found = visit.ask(requests.request, model=model, request=request)
    asked = found.values[0] if found.values else {}
    return {name: value for name, value in asked.items() if name not in found.hidden}


def _row(visit: Visit, examples: Sequence[Mapping[str, Any]]) -> tuple[int, dict[str, Any]]:
    """The row that the address gives: cells by name, a whole row as JSON, or one of the examples."""
    chosen = visit.whole("example", 1)
    place = chosen if 0 < chosen <= len(examples) else 1
    row = dict(examples[place - 1]) if examples else {}
    try:
        told = json.loads(visit.query.get("row", "{}"))
    except json.JSONDecodeError:
        told = {}
    cells = {name[4:]: value for name, value in visit.query.items() if name.startswith("row.")}
    told = told if isinstance(told, dict) else {}
    return (0 if told or cells else place), {**row, **told, **cells}


def _comparison(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    others = [str(one.version) for one in reversed(its.versions) if one is not meant]
    asked = visit.query.get("against", "")
    against = asked if asked in others else _champion(its, meant)
    given = {"model": its.name, "after": str(meant.version)}
    if not against:
        return {"others": [], "against": "", "compared": None, "problem": None, "pages": False}
    try:
        compared, problem = visit.ask(judging.compare, before=against, **given), None
    except MainspringError as error:
        compared, problem = None, error
    return {
        "others": [(one, f"{one} ({', '.join(held)})" if (held := _held(its, one)) else one) for one in others],
        "against": against,
        "compared": compared,
        "problem": problem,
        "pages": compared is not None and compared.verdict is not None,
    }


def _held(its: Shelf, number: str) -> Sequence[str]:
    return its.held(its.version(number).version)


def _promotion(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    champion = _champion(its, meant)
    compared = None
    if champion:
        other = its.version(champion)
        names = [one for one in _FIRST if one in meant.metrics and one in other.metrics]
        compared = [_metric(one, meant, other) for one in names]
    attached = [one for one in its.decisions_on(meant.version) if one.verb == "attach"]
    again = [one for one in its.reproductions if one.version == meant.version]
    return {
        "verdicts": visit.ask(judging.verdicts, model=its.name, version=str(meant.version)),
        "metrics": compared,
        "attached": list(reversed(attached)),
        "again": again[-1] if again else None,
    }


def _package(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    try:
        return {
            "packed": visit.ask(version.packed, model=its.name, version=str(meant.version)),
            "problem": None,
        }
    except MainspringError as error:
        return {"packed": None, "problem": error}


def _history(visit: Visit, its: Shelf, meant: ModelVersion) -> Mapping[str, Any]:
    return {
        "history": visit.ask(listing.history, model=its.name, version=str(meant.version)),
        "reproductions": [one for one in reversed(its.reproductions) if one.version == meant.version],
    }


_PARTS: Final[Mapping[str, Callable[[Visit, Shelf, Any], Mapping[str, Any]]]] = {
    "overview": _overview,
    "card": _nothing,
    "evaluation": _evaluation,
    "slices": _slices,
    "fairness": _fairness,
    "explanations": _explanations,
    "what-if": _what_if,
    "comparison": _comparison,
    "promotion": _promotion,
    "package": _package,
    "history": _history,
}
