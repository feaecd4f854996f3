"""Models, data and the prediction server, at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.subjects import data, models, monitoring
from mainspring.app.api.subjects.deployments.watching import Load, watch_of
from mainspring.app.api.subjects.home.nouns import DataGlance, ModelGlance, ServerGlance
from mainspring.app.api.subjects.models.nouns import ListedModel
from mainspring.app.api.subjects.monitoring.nouns import WatchedModel

MODELS: Final = 8
DATA: Final = 5

_HEALTHS: Final = ("failing", "warning", "silent", "waiting", "healthy", "")


def registered(desk: Desk) -> Sequence[ListedModel]:
    """Registered models."""
    return list(models.listing.listed(desk))


def watched(desk: Desk) -> Sequence[WatchedModel]:
    """Models that are watched."""
    return list(monitoring.listing.listed(desk).models)


def server(desk: Desk) -> tuple[ServerGlance, Mapping[str, Sequence[str]], Mapping[str, Load]]:
    """The prediction server, the versions that it answers with by model, and what each had to do."""
    watch = watch_of(desk.shared)
    sight = watch.look(desk.platform)
    load = watch.load()
    served: dict[str, list[str]] = {}
    for one in sight.models:
        served.setdefault(str(one["name"]), []).append(str(one["version"]))
    seen = ServerGlance(
        url=sight.url,
        reachable=sight.reachable,
        ready=sight.ready,
        rate=load.rate,
        p99=load.p99,
        rates=load.rates,
    )
    return seen, served, {name: watch.load(name) for name in served}


def lately(desk: Desk) -> Sequence[DataGlance]:
    """Data that came lately, the newest first."""
    found = [one for one in data.listing.listed(desk) if not one.latest.deleted]
    found.sort(key=lambda one: -one.latest.made)
    return [
        DataGlance(
            name=one.name,
            version=one.latest.number,
            made=one.latest.made,
            rows=sum(one.latest.rows.values()) if one.latest.rows else None,
            ok=one.latest.checks[0].ok if one.latest.checks else None,
            source=one.source,
        )
        for one in found[:DATA]
    ]


def models_of(
    listed: Sequence[ListedModel],
    seen: Sequence[WatchedModel],
    served: Mapping[str, Sequence[str]],
    loads: Mapping[str, Load],
) -> Sequence[ModelGlance]:
    """Models that are registered, served or watched: those in trouble first, then those in use."""
    by_name = {one.name: one for one in listed}
    watches = {one.model: one for one in seen}
    names = dict.fromkeys([*by_name, *served, *watches])
    found = [_model(name, by_name.get(name), watches.get(name), served, loads) for name in names]
    return sorted(found, key=lambda one: (_HEALTHS.index(one.health), not one.production, one.name))


def alerts_of(seen: Sequence[WatchedModel]) -> Mapping[str, int]:
    """Open alerts by severity."""
    counts: Counter[str] = Counter()
    for one in seen:
        counts.update(one.alerts)
    return dict(counts)


def _model(
    name: str,
    listed: ListedModel | None,
    watched_as: WatchedModel | None,
    served: Mapping[str, Sequence[str]],
    loads: Mapping[str, Load],
) -> ModelGlance:
    figures = {} if watched_as is None else watched_as.figures
    return ModelGlance(
        name=name,
        latest="" if listed is None else listed.latest,
        in_use={} if listed is None else dict(listed.aliases),
        served=served.get(name, ()),
        health="" if watched_as is None else watched_as.health,
        why="" if watched_as is None else watched_as.why,
        alerts=0 if watched_as is None else sum(watched_as.alerts.values()),
        rate=loads[name].rate if name in loads else None,
        quality=figures.get("quality", ()),
        drift=figures.get("drift", ()),
        names={} if watched_as is None else dict(watched_as.names),
    )
