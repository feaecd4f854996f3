"""A dashboard for Grafana, made from the schema: no name on it that a server does not have."""

from __future__ import annotations

from typing import Any, Final

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.panels import Panel, board

TITLE: Final = "Mainspring serving"
UID: Final = "mainspring-serving"

_CHOSEN: Final = 'model=~"$model",version=~"$version"'
_STEP: Final = "$__rate_interval"


def dashboard() -> dict[str, Any]:
    """The dashboard as plain values: write it as JSON and import it into Grafana."""
    info = schema.INFO.name
    variables = {
        "model": f"label_values({info}, model)",
        "version": f'label_values({info}{{model=~"$model"}}, version)',
    }
    return board(
        rows(),
        variables,
        uid=UID,
        title=TITLE,
        description="Prediction servers: traffic, times, errors, quality and objectives.",
    )


def rows() -> dict[str, list[Panel]]:
    """The panels by the row that they stand in."""
    return {
        "Traffic": [
            Panel("Requests", "reqps", [(_rate(schema.REQUESTS, "model", "version"), _MODEL_LEGEND)]),
            Panel("Rows", "rps", [(_rate(schema.ROWS_ANSWERED, "model", "version"), _MODEL_LEGEND)]),
            Panel(
                "In flight and waiting",
                "short",
                [
                    (_sum(schema.IN_FLIGHT, "model"), "{{model}} in flight"),
                    (_sum(schema.QUEUED, "model"), "{{model}} waiting"),
                ],
            ),
        ],
        "Times": [
            Panel(
                "Time of a request",
                "s",
                [
                    (_quantile(schema.REQUEST_SECONDS, share, "model"), f"{{{{model}}}} p{share}")
                    for share in _SHARES
                ],
            ),
            Panel(
                "Where it goes, on average",
                "s",
                [
                    (_mean(family, "model"), f"{{{{model}}}} {what}")
                    for family, what in (
                        (schema.READ_SECONDS, "reading"),
                        (schema.QUEUE_SECONDS, "waiting"),
                        (schema.MODEL_SECONDS, "model"),
                        (schema.WRITE_SECONDS, "writing"),
                    )
                ],
            ),
            Panel(
                "The model alone",
                "s",
                [
                    (_quantile(schema.MODEL_SECONDS, share, "model"), f"{{{{model}}}} p{share}")
                    for share in _SHARES
                ],
            ),
        ],
        "Errors and limits": [
            Panel("Errors by kind", "reqps", [(_rate(schema.ERRORS, "model", "kind"), "{{model}} {{kind}}")]),
            Panel(
                "Share of requests that failed on the server",
                "percentunit",
                [(_ratio(_rate_of(schema.REQUESTS, 'code=~"5.."'), _rate(schema.REQUESTS, "model")), "{{model}}")],
            ),
            Panel("Turned away", "reqps", [(_rate_plain(schema.REJECTED, "reason"), "{{reason}}")]),
        ],
        "Batches and cache": [
            Panel("Rows per batch", "short", [(_mean(schema.BATCH_ROWS, "model"), _SHORT_LEGEND)]),
            Panel("Calls of the model", "ops", [(_rate(schema.EXECUTIONS, "model"), _SHORT_LEGEND)]),
            Panel(
                "Share of answers remembered",
                "percentunit",
                [(_ratio(_rate(schema.CACHE_HITS, "model"), _rate(schema.ROWS_ANSWERED, "model")), _SHORT_LEGEND)],
            ),
        ],
        "Quality": [
            Panel(
                "Share of rows that violate an assertion",
                "percentunit",
                [
                    (
                        _ratio(_rate(schema.ROWS_VIOLATING, "model"), _rate(schema.ROWS_ANSWERED, "model")),
                        "{{model}}",
                    )
                ],
            ),
            Panel(
                "Events by kind, per row examined",
                "percentunit",
                [
                    (
                        _shared_out(_rate(schema.EVENTS, "model", "kind"), _rate(schema.ROWS_EXAMINED, "model")),
                        "{{model}} {{kind}}",
                    )
                ],
            ),
            Panel(
                "Feedback",
                "short",
                [
                    (_rate(schema.FEEDBACK, "model", "outcome"), "{{model}} {{outcome}}"),
                    (_mean(schema.REWARD, "model"), "{{model}} mean reward"),
                ],
            ),
        ],
        "Graphs": [
            Panel(
                "Time of a node, 95 of 100",
                "s",
                [(_of_nodes(schema.GRAPH_NODE_SECONDS), "{{graph}} {{node}}")],
            ),
            Panel("Requests at nodes", "reqps", [(_at_nodes(schema.GRAPH_NODE_SECONDS), "{{graph}} {{node}}")]),
            Panel("Nodes that failed", "reqps", [(_failed(schema.GRAPH_NODE_ERRORS), "{{graph}} {{node}}")]),
        ],
        "Objectives": [
            Panel("Error budget left", "percentunit", [(schema.SLO_BUDGET.name, "{{slo}}")], kind="gauge"),
            Panel("Burn rate", "short", [(f'{schema.SLO_BURN.name}{{over="1h"}}', "{{slo}} over {{over}}")]),
            Panel("Alerts", "short", [(schema.SLO_FIRING.name, "{{slo}} {{severity}}")], kind="stat"),
        ],
        "Processes": [
            Panel(
                "Versions by state",
                "short",
                [(_sum(schema.STATE, "model", "version", "state"), "{{model}} {{version}} {{state}}")],
            ),
            Panel("Memory", "bytes", [(schema.WORKER_MEMORY.name, "worker {{worker}}")]),
            Panel(
                "Log",
                "short",
                [
                    (schema.LOG_QUEUE.name, "waiting"),
                    (f"rate({schema.LOG_WRITTEN.name}[{_STEP}])", "written a second"),
                    (f"rate({schema.LOG_DROPPED.name}[{_STEP}])", "dropped a second"),
                ],
            ),
        ],
    }


_SHARES: Final = (50, 95, 99)
_MODEL_LEGEND: Final = "{{model}} {{version}}"
_SHORT_LEGEND: Final = "{{model}}"


def _rate(family: Family, *by: str) -> str:
    return f"sum by ({', '.join(by)}) (rate({family.name}{{{_CHOSEN}}}[{_STEP}]))"


def _rate_of(family: Family, matcher: str) -> str:
    return f"sum by (model) (rate({family.name}{{{_CHOSEN},{matcher}}}[{_STEP}]))"


def _rate_plain(family: Family, *by: str) -> str:
    return f'sum by ({", ".join(by)}) (rate({family.name}{{model=~"$model|"}}[{_STEP}]))'


def _sum(family: Family, *by: str) -> str:
    return f"sum by ({', '.join(by)}) ({family.name}{{{_CHOSEN}}})"


def _ratio(part: str, whole: str) -> str:
    return f"{part} / {whole}"


def _shared_out(parts: str, whole: str) -> str:
    """Parts of a model that have more labels than the whole."""
    return f"{parts} / on(model) group_left {whole}"


def _mean(family: Family, *by: str) -> str:
    suffixes = (
        f"sum by ({', '.join(by)}) (rate({family.name}_{end}{{{_CHOSEN}}}[{_STEP}]))" for end in ("sum", "count")
    )
    return " / ".join(suffixes)


def _of_nodes(family: Family) -> str:
    buckets = f'sum by (le, graph, node) (rate({family.name}_bucket{{graph=~"$model"}}[{_STEP}]))'
    return f"histogram_quantile(0.95, {buckets})"


def _at_nodes(family: Family) -> str:
    return f'sum by (graph, node) (rate({family.name}_count{{graph=~"$model"}}[{_STEP}]))'


def _failed(family: Family) -> str:
    return f'sum by (graph, node) (rate({family.name}{{graph=~"$model"}}[{_STEP}]))'


def _quantile(family: Family, share: int, *by: str) -> str:
    buckets = f"sum by (le, {', '.join(by)}) (rate({family.name}_bucket{{{_CHOSEN}}}[{_STEP}]))"
    return f"histogram_quantile({share / 100:g}, {buckets})"
