"""What is served: models, their versions and labels, how they fare, and how traffic is split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.deployments.asking import looked, perhaps, place_of, server_of
from mainspring.app.api.subjects.deployments.figures import Counts, Metrics, selected
from mainspring.app.api.subjects.deployments.log.conditions import Conditions
from mainspring.app.api.subjects.deployments.log.searching import search
from mainspring.app.api.subjects.deployments.nouns import (
    LogState,
    NodeFigures,
    Objective,
    Overview,
    Served,
    ServedModel,
    ServedVersion,
    ServerState,
)
from mainspring.app.api.subjects.deployments.requests import log_of
from mainspring.app.api.subjects.deployments.rollouts import (
    Options,
    Standing,
    history_of,
    options_of,
    standing_of,
)
from mainspring.app.api.subjects.deployments.watching import Sight, watch_of
from mainspring.app.deploying import deployments_of
from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.payloads.segments import segments
from mainspring.serving.rollout.history import Event

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.serving.client import Client


@operation("deployments.list", "GET", "/deployments", command="mainspring deploy status")
def listed(desk: Desk) -> Overview:
    """What is served: the server, its models with versions, labels, load and rollouts, and the log of requests."""
    watch = watch_of(desk.shared)
    sight = watch.look(desk.platform)
    archive = deployments_of(desk.platform).archive
    declared = _declared(desk.platform)
    names = list(dict.fromkeys([*(one["name"] for one in sight.models), *declared]))
    with server_of(desk.platform) as client:
        models = [_model(desk, sight, client, name, declared.get(name, "")) for name in names]
    return Overview(
        server=_server(desk, sight),
        models=sorted(models, key=lambda one: one.name),
        number=archive.number,
        follows=archive.followed,
        log=_log(desk.platform),
    )


@operation("deployments.show", "GET", "/deployments/{model:path}", command="mainspring rollout status {model}")
def shown(desk: Desk, model: str) -> Served:
    """One model that is served: how its requests are divided, how it fares, and what was decided about it.

    With its objectives, and of a graph with its nodes.
    """
    sight = watch_of(desk.shared).look(desk.platform)
    declared = _declared(desk.platform)
    known = any(one["name"] == model for one in sight.models)
    if not has_page(desk, model):
        names = sorted({*(one["name"] for one in sight.models), *declared})
        raise NotFoundError(
            f"no model {model!r} is served",
            expected="one of " + (", ".join(names) or "none yet"),
            fix="start it: mainspring serve NAME",
        )
    with server_of(desk.platform) as client:
        found = _model(desk, sight, client, model, declared.get(model, ""))
        options = _options(client, model) if known else None
        history = _history(client, model) if known else ()
        objectives = _objectives(client, model) if known else ()
        told = perhaps(client, place_of(model, "/graph")) if options is not None and options.graph else None
    metrics = sight.metrics
    return Served(
        server=_server(desk, sight),
        model=found,
        options=options,
        history=history,
        objectives=objectives,
        nodes=_nodes(told, metrics, model),
        graph=None if told is None else msgspec.convert(told["graph"], Graph),
        counts=watch_of(desk.shared).counts(model),
        feedback=_by_label(metrics, "mainspring_feedback_total", "outcome", model),
        answered=round(sum(value for _, value in selected(metrics, "mainspring_rows_total", model=model))),
        outliers=round(sum(value for _, value in selected(metrics, "mainspring_outliers_total", model=model))),
    )


def has_page(desk: Desk, model: str) -> bool:
    """Whether a model is served, declared to be, or was asked before."""
    sight = watch_of(desk.shared).look(desk.platform)
    return (
        any(one["name"] == model for one in sight.models)
        or model in _declared(desk.platform)
        or _was_asked(desk.platform, model)
    )


def _server(desk: Desk, sight: Sight) -> ServerState:
    return ServerState(
        url=sight.url,
        reachable=sight.reachable,
        ready=sight.ready,
        problem=sight.problem,
        version=sight.version,
        load=watch_of(desk.shared).load(),
    )


def _model(desk: Desk, sight: Sight, client: Client, name: str, deployment: str) -> ServedModel:
    watch = watch_of(desk.shared)
    there = [one for one in sight.models if one["name"] == name]
    standing = _standing(client, name) if there else None
    options = _options(client, name) if there else None
    labels = labels_of(options, standing)
    return ServedModel(
        name=name,
        served=bool(there),
        graph=bool(options is not None and options.graph),
        versions=[
            ServedVersion(
                version=str(one["version"]),
                state=str(one["state"]),
                reason=str(one.get("reason", "")),
                labels=[label for label, version in labels.items() if version == one["version"]],
                load=watch.load(name, str(one["version"])),
            )
            for one in there
        ],
        labels=labels,
        rollout=standing,
        load=watch.load(name),
        deployment=deployment,
    )


def labels_of(options: Options | None, standing: Standing | None) -> Mapping[str, str]:
    """The version of each label: what was promoted has moved the label of the primary version."""
    labels = dict(options.labels) if options is not None else {}
    if standing is not None:
        arms = {one.arm: one.version for one in standing.arms}
        arms[standing.primary["arm"]] = standing.primary["version"]
        labels |= {label: version for label, version in arms.items() if label in labels and version}
    return labels


def _standing(client: Client, model: str) -> Standing | None:
    try:
        return standing_of(client, model)
    except MainspringError:
        return None


def _options(client: Client, model: str) -> Options | None:
    try:
        return options_of(client, model)
    except MainspringError:
        return None


def _history(client: Client, model: str) -> Sequence[Event]:
    try:
        return history_of(client, model)
    except MainspringError:
        return ()


def _objectives(client: Client, model: str) -> Sequence[Objective]:
    try:
        told = looked(client, "/v2/slo")["objectives"]
    except MainspringError:
        return ()
    return [_objective(one) for one in told if one["model"] in ("", model)]


def _objective(one: Mapping[str, Any]) -> Objective:
    return Objective(
        name=one["name"],
        sentence=one["objective"],
        ok=one["verdict"]["ok"],
        target=one["target"],
        ratio=one["ratio"],
        total=one["total"],
        budget_left=one["budget_left"],
        burn=one["burn_rates"],
        firing=[f"{each['severity']} ({each['long']})" for each in one["alerts"] if each["firing"]],
    )


def _nodes(told: Mapping[str, Any] | None, metrics: Metrics, graph: str) -> Sequence[NodeFigures]:
    return [] if told is None else [_node(one, metrics, graph) for one in told["nodes"]]


def _node(one: Mapping[str, Any], metrics: Metrics, graph: str) -> NodeFigures:
    node = one["node"]
    buckets: dict[float, float] = {}
    for labels, value in selected(metrics, "mainspring_graph_node_seconds_bucket", graph=graph, node=node):
        bound = float(labels["le"].replace("+Inf", "inf"))
        buckets[bound] = buckets.get(bound, 0.0) + value
    counts = Counts(bounds=tuple(sorted(buckets)), times=[buckets[bound] for bound in sorted(buckets)])

    def total(name: str) -> float:
        return sum(value for _, value in selected(metrics, name, graph=graph, node=node))

    asked = total("mainspring_graph_node_seconds_count")
    return NodeFigures(
        node=node,
        kind=one["kind"],
        model=one["model"],
        version=one["version"],
        trouble=one["trouble"],
        requests=round(asked),
        errors=round(total("mainspring_graph_node_errors_total")),
        mean_seconds=total("mainspring_graph_node_seconds_sum") / asked if asked else None,
        p50=counts.quantile(0.5),
        p99=counts.quantile(0.99),
    )


def _by_label(metrics: Metrics, name: str, label: str, model: str) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for labels, value in selected(metrics, name, model=model):
        found[labels.get(label, "")] = found.get(labels.get(label, ""), 0) + round(value)
    return found


def _declared(opened: Mainspring) -> Mapping[str, str]:
    """The models that deployment files declare, with the deployment of each."""
    kept = deployments_of(opened)
    current = kept.archive.current
    found: dict[str, str] = {}
    for name, file in {} if current is None else current.files.items():
        try:
            found |= dict.fromkeys(kept.read(file).declaration.models, name)
        except MainspringError:
            found |= dict.fromkeys(current.pins.get(name, {}) if current is not None else {}, name)
    return found


def _was_asked(opened: Mainspring, model: str) -> bool:
    return bool(search(log_of(opened), Conditions(model=model), limit=1, seconds=0.5).records)


def _log(opened: Mainspring) -> LogState:
    folder = log_of(opened)
    sizes = [(one.stat().st_size, one.stat().st_mtime) for one in segments(folder) if one.exists()]
    return LogState(
        folder=str(folder),
        segments=len(sizes),
        size=sum(size for size, _ in sizes),
        newest=max((moment for _, moment in sizes), default=None),
    )
