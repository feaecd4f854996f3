"""Looking at registered models: all of them, one with its versions, and what happened to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.shared import Shared
from mainspring.app.api.subjects.models.nouns import (
    AliasChange,
    Headline,
    ListedModel,
    ListedVersion,
    ShownModel,
    Told,
)
from mainspring.app.api.subjects.models.packages import described_if_there
from mainspring.app.api.subjects.models.shelf import Shelf, shelf, shelves
from mainspring.app.api.subjects.models.standing import environments_of, is_asked, signatures_on, standing

if TYPE_CHECKING:
    from mainspring.models.registry import ModelVersion

_SHOWN: Final = (
    "auc",
    "auc_weighted",
    "accuracy",
    "r2",
    "rmse",
    "mae",
    "f1",
    "log_loss",
    "average_precision",
    "brier",
)
_NEW: Final = 40
"""Versions that a line of a list shows the figures of."""

_VERBS: Final = {
    "request": "requested",
    "sign": "signed",
    "reject": "rejected",
    "refuse": "refused",
    "promote": "promoted",
    "attach": "evidence",
    "archive": "archived",
}


@operation("models.list", "GET", "/models", command="mainspring models")
def listed(desk: Desk) -> Sequence[ListedModel]:
    """All registered models, the one that changed last first."""
    found = [listed_model(desk.shared, one) for one in shelves(desk.shared) if one.versions]
    return sorted(found, key=lambda one: -one.at)


@operation("models.search", "GET", "/models-search", command="mainspring models search '{where}'")
def search(desk: Desk, where: str) -> Sequence[ListedVersion]:
    """The versions of all models that satisfy a question, such as ``accuracy > 0.9 and tag.team = 'risk'``.

    Args:
        where: An expression over metrics, parameters and tags.
    """
    found = desk.platform.models.search(where)
    return [listed_version(desk.shared, shelf(desk.shared, one.name), one) for one in found]


@operation("models.show", "GET", "/models/{model:path}", command="mainspring models {model}")
def shown(desk: Desk, model: str) -> ShownModel:
    """A model with its versions, and how its latest version stands with respect to each environment."""
    its = shelf(desk.shared, model)
    latest = its.versions[-1]
    return ShownModel(
        model=listed_model(desk.shared, its),
        versions=[listed_version(desk.shared, its, one) for one in reversed(its.versions)],
        environments=[standing(desk, its, latest, one) for one in environments_of(desk.shared, its)],
    )


@operation("models.versions", "GET", "/models/{model:path}/versions", command="mainspring models {model} --json")
def versions(desk: Desk, model: str) -> Sequence[ListedVersion]:
    """The versions of a model, the newest first."""
    its = shelf(desk.shared, model)
    return [listed_version(desk.shared, its, one) for one in reversed(its.versions)]


@operation("models.history", "GET", "/models/{model:path}/history", command="mainspring models {model}")
def history(desk: Desk, model: str, *, version: str = "", limit: int = 500) -> Sequence[Told]:
    """What happened to a model, or to one version of it, the newest first."""
    its = shelf(desk.shared, model)
    wanted = str(its.version(version).version) if version else ""
    found = [one for one in _told(its) if wanted in ("", one.version, one.before)]
    return sorted(found, key=lambda one: -one.at)[:limit]


@operation("models.aliases", "GET", "/models/{model:path}/aliases", command="mainspring models {model} --json")
def aliases(desk: Desk, model: str) -> Sequence[AliasChange]:
    """Every move of every alias of a model, the newest first: who, when and why."""
    its = shelf(desk.shared, model)
    found: list[AliasChange] = []
    until: dict[str, float] = {}
    for move in reversed(its.moves):
        found.append(
            AliasChange(
                alias=move.alias,
                before="" if move.before is None else str(move.before),
                after=str(move.after),
                action=move.action,
                by=move.by,
                reason=move.reason,
                at=move.at,
                until=until.get(move.alias),
                evidence=move.evidence,
            )
        )
        until[move.alias] = move.at
    return found


def listed_model(shared: Shared, its: Shelf) -> ListedModel:
    """A line of the list of models."""
    latest = its.versions[-1]
    asked = [one for one in environments_of(shared, its) if is_asked(its, latest, one)]
    return ListedModel(
        name=its.name,
        description=its.about.description,
        tags=its.about.tags,
        versions=len(its.versions),
        latest=str(latest.version),
        at=its.registered[latest.version],
        by=latest.author,
        aliases={alias: str(version) for alias, version in sorted(its.aliases.items())},
        headline=headline(its),
        blessed=its.blessed(latest.version),
        asked=asked,
    )


def listed_version(shared: Shared, its: Shelf, version: ModelVersion) -> ListedVersion:
    """A line of the list of versions."""
    facts, origin = its.facts[version.version], its.origins.get(version.version)
    package, damaged = described_if_there(shared, version)
    trained: Mapping[str, Any] = next(
        iter((package.package.details.get("datasets") if package else None) or []), {}
    )
    again = next((one for one in reversed(its.reproductions) if one.version == version.version), None)
    return ListedVersion(
        model=its.name,
        version=str(version.version),
        at=its.registered[version.version],
        by=version.author,
        why=version.why,
        reason=version.reason,
        digest=version.digest,
        run=origin.run if origin else "",
        data=str(trained.get("digest") or ""),
        rows=trained.get("rows"),
        metrics={name: value for name, value in version.metrics.items() if math.isfinite(value)},
        passed=origin.ok if origin else None,
        aliases=its.held(version.version),
        asked=[one for one in environments_of(shared, its) if is_asked(its, version, one)],
        signed=signatures_on(its, version),
        blessed=its.blessed(version.version),
        archived=facts.archived,
        tags=facts.tags,
        description=facts.description,
        reproduced=again.likeness if again else "",
        size=package.size if package else None,
        damaged=damaged,
        explained=str(version.version) in its.explained,
    )


def headline(its: Shelf) -> Headline:
    """The metric that versions are compared by first: the one that moved the numbers, else a usual one."""
    shown = its.versions[-_NEW:]
    explained = its.facts[its.versions[-1].version].explanation
    named = [explained.metric] if explained and explained.metric else []
    latest = its.versions[-1].metrics
    metric = next((one for one in (*named, *_SHOWN, *latest) if one in latest), "")
    values = [_finite(one.metrics.get(metric)) for one in shown]
    lower = is_lower_better(metric) if metric else False
    return Headline(metric=metric, title=title_of(metric), lower=lower, values=values, last=values[-1])


def shown_metrics(its: Shelf, most: int = 4) -> list[str]:
    """The metrics that a table of versions has columns for."""
    known = {name for one in its.versions for name in one.metrics}
    first = headline(its).metric
    usual = [one for one in _SHOWN if one in known]
    return [one for one in dict.fromkeys([first, *usual, *sorted(known)]) if one][:most]


def is_lower_better(metric: str) -> bool:
    """Whether less of a metric is better."""
    # Imported here: the metrics bring NumPy along, which a console that shows no model does without.
    from mainspring.evaluation.metrics.directions import better
    from mainspring.evaluation.metrics.facts import Better

    return better(metric) is Better.LOWER


def title_of(metric: str) -> str:
    """A metric's name for people, with the average, class and parameter that it is about.

    Example:
        >>> title_of("auc"), title_of("auc_weighted"), title_of("recall[cat]@0.3")
        ('AUC', 'AUC, weighted', 'recall of cat at 0.3')
    """
    from mainspring.evaluation.metrics.directions import fact_of
    from mainspring.evaluation.metrics.facts import MetricName

    fact = fact_of(metric) if metric else None
    if fact is None or not fact.title:
        return metric.replace("_", " ")
    parts = MetricName.parse(metric)
    about = f", {parts.average}" if parts.average else ""
    about += f" of {parts.of}" if parts.of else ""
    return fact.title + about + (f" at {parts.at}" if parts.at else "")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _told(its: Shelf) -> Iterator[Told]:
    for one in its.versions:
        at = its.registered[one.version]
        yield Told(at=at, kind="registered", version=str(one.version), by=one.author, text=one.reason or one.why)
    promoted = {(one.environment, one.version, round(one.at)) for one in its.decisions if one.verb == "promote"}
    for move in its.moves:
        if (move.alias, move.after, round(move.at)) in promoted:  # told as a promotion, with the version before
            continue
        yield Told(
            at=move.at,
            kind="rolled back" if move.action == "rollback" else "moved",
            version=str(move.after),
            by=move.by,
            text=move.reason,
            alias=move.alias,
            before="" if move.before is None else str(move.before),
            evidence=move.evidence,
        )
    before = {(one.alias, one.after, round(one.at)): one.before for one in its.moves}
    for decision in its.decisions:
        held = before.get((decision.environment, decision.version, round(decision.at)))
        yield Told(
            at=decision.at,
            kind=_VERBS[decision.verb],
            version=str(decision.version),
            by=decision.by,
            text=decision.comment,
            alias=decision.environment,
            role=decision.role,
            before=str(held) if held is not None and decision.verb == "promote" else "",
            evidence=decision.evidence,
            missing=decision.missing,
        )
    for said in its.blessings.values():
        for each in said:
            kind = "blessed" if each.ok else "not blessed"
            yield Told(at=each.at, kind=kind, version=str(each.version), by=each.by, text=each.reason)
    for note in its.notes:
        version = "" if note.version is None else str(note.version)
        yield Told(at=note.at, kind="note", version=version, by=note.by, text=note.text)
    for again in its.reproductions:
        text = again.sentence()
        yield Told(at=again.at, kind="reproduced", version=str(again.version), by=again.by, text=text)
