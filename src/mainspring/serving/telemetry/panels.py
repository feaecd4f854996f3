"""Dashboards for Grafana: graphs in rows, and the variables that choose what they show.

The form is that of Grafana's dashboard JSON model,
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_WIDTH, _HEIGHT, _ACROSS = 8, 8, 3
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph.

    Attributes:
        title: What it shows.
        unit: Grafana's name of the unit.
        lines: Expression in PromQL and legend of each line.
        kind: Grafana's name of the kind of panel.
    """

    title: str
    unit: str
    lines: Sequence[tuple[str, str]]
    kind: str = "timeseries"


def board(
    rows: Mapping[str, Sequence[Panel]],
    variables: Mapping[str, str],
    *,
    uid: str,
    title: str,
    description: str,
    since: str = "now-6h",
) -> dict[str, Any]:
    """A dashboard as plain values: write it as JSON and import it into Grafana.

    Args:
        rows: The panels by the row that they stand in.
        variables: Name of a variable to the query that gives its values.
        uid: By which Grafana knows it.
        title: Its title.
        description: What it is about.
        since: Where its time begins at first.
    """
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["mainspring"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": since, "to": "now"},
        "templating": {"list": list(_variables(variables))},
        "panels": list(_panels(rows)),
    }


def _panels(rows: Mapping[str, Sequence[Panel]]) -> Iterator[dict[str, Any]]:
    number, top = 1, 0
    for title, panels in rows.items():
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": _WIDTH * _ACROSS, "h": 1},
            "panels": [],
        }
        number, top = number + 1, top + 1
        for place, panel in enumerate(panels):
            yield _panel(panel, number, _WIDTH * (place % _ACROSS), top + _HEIGHT * (place // _ACROSS))
            number += 1
        top += _HEIGHT * (-(-len(panels) // _ACROSS))


def _panel(panel: Panel, number: int, left: int, top: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"x": left, "y": top, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}}
        if panel.kind == "timeseries"
        else {},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(panel.lines)
        ],
    }


def _variables(queries: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus"}
    for name, query in queries.items():
        yield {
            "name": name,
            "label": name.title(),
            "type": "query",
            "datasource": _SOURCE,
            "query": {"query": query, "refId": name},
            "definition": query,
            "refresh": 2,
            "includeAll": True,
            "multi": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        }
