"""One model that is served."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.api.subjects.deployments import explaining, listing, nouns, telling
from mainspring.app.web.rooms.deployments import pictures, words
from mainspring.app.web.rooms.deployments.overview import spark
from mainspring.app.web.visit import Visit
from mainspring.core.errors import MainspringError


def shown(visit: Visit) -> Response:
    """How its requests are divided, how it fares, and what was decided about it."""
    name = visit.path["model"]
    found: nouns.Served = visit.ask(listing.shown, model=name)
    standing, options = found.model.rollout, found.options
    rollout = None if options is None else options.rollout
    bandit = None if rollout is None else rollout.bandit
    return visit.render(
        "deployments/model.html.j2",
        room="deployments",
        tab="traffic",
        name=name,
        found=found,
        standing=standing,
        rollout=rollout,
        story=None if standing is None else words.told(standing, rollout),
        known=visit.ask(telling.known, model=name),
        way=_way(found),
        arm_choices=_choices(found),
        registered=_registered(visit, found),
        histogram=pictures.latency_histogram(found.counts, title=f"How long requests to {name} took"),
        beliefs=pictures.believed(standing, bandit) if standing is not None and bandit is not None else "",
        pictures=pictures,
        spark=spark,
        words=words,
    )


def _way(found: nouns.Served) -> str:
    if found.graph is not None:
        return pictures.graph_of(found.graph, found.nodes, found.model.name)
    return pictures.way_of(found.model) if found.model.served else ""


def _choices(found: nouns.Served) -> list[tuple[str, str]]:
    """The arms that may be promoted."""
    standing = found.model.rollout
    arms = () if standing is None else standing.arms
    return [(one.arm, f"{one.arm} (version {one.version})") for one in arms if one.version]


def _registered(visit: Visit, found: nouns.Served) -> str:
    """What the registry calls the model; empty if it does not know it."""
    for one in found.model.versions:
        try:
            return explaining.registered(visit.desk.platform, found.model.name, one.version).name
        except MainspringError:
            continue
    return ""
