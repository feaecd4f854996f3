"""A dashboard for Grafana and rules for Prometheus, made from the metrics of the watch."""

from __future__ import annotations

from typing import Any, Final

from mainspring.monitoring import metrics
from mainspring.serving.telemetry.panels import Panel, board

TITLE: Final = "Mainspring watch"
UID: Final = "mainspring-watch"

RATIO: Final = "watch:mainspring_watch_figure:limit_ratio"
"""The name of a recorded figure in units of its upper limit: past it above 1."""

_CHOSEN: Final = 'model=~"$model"'
_FIGURES: Final = f'{_CHOSEN},check=~"$check",slice=~"$slice"'
_LEGEND: Final = "{{model}} {{figure}} {{slice}}"
_QUIET: Final = "15m"


def watch_dashboard() -> dict[str, Any]:
    """The dashboard as plain values: write it as JSON and import it into Grafana."""
    value = metrics.VALUE.name
    return board(
        watch_rows(),
        {
            "model": f"label_values({metrics.WINDOWS.name}, model)",
            "check": f'label_values({value}{{model=~"$model"}}, check)',
            "slice": f'label_values({value}{{model=~"$model"}}, slice)',
        },
        uid=UID,
        title=TITLE,
        description="Models that are watched: windows, alerts, quality, drift and retraining.",
        since="now-7d",
    )


def watch_rows() -> dict[str, list[Panel]]:
    """The panels by the row that they stand in."""
    return {
        "Now": [
            Panel("Alerts that fire", "short", [(_alerts("firing"), "{{model}} {{severity}}")]),
            Panel(
                "Last window in order", "bool", [(f"{metrics.WINDOW_OK.name}{{{_CHOSEN}}}", "{{model}}")], "stat"
            ),
            Panel("Since the last window", "s", [(f"{metrics.LAG.name}{{{_CHOSEN}}}", "{{model}}")]),
        ],
        "Windows": [
            Panel("Windows judged a day", "short", [(_a_day(metrics.WINDOWS.name), "{{model}} {{outcome}}")]),
            Panel("Rows of the last window", "short", [(f"{metrics.WINDOW_ROWS.name}{{{_CHOSEN}}}", "{{model}}")]),
            Panel(
                "Retraining decisions a day", "short", [(_a_day(metrics.DECISIONS.name), "{{model}} {{outcome}}")]
            ),
        ],
        "Quality": [
            Panel("Realised", "short", _with_limits('check="quality"', "least")),
            Panel("Estimated", "short", _with_limits('check="estimated_quality"', "least")),
            Panel("Calibration", "short", _with_limits('check="calibration",slice=""', "most")),
        ],
        "Drift": [
            Panel("Furthest past their limits", "short", [(f"topk(10, {_ratio(_FIGURES)})", _LEGEND)]),
            Panel("Features", "short", _with_limits('check="drift"', "most")),
            Panel("Answers", "short", _with_limits('check="predictions"', "most")),
        ],
        "Any check": [
            Panel("Figures", "short", [(f"{metrics.VALUE.name}{{{_FIGURES}}}", "{{check}}: " + _LEGEND)]),
            Panel(
                "Limits", "short", [(f"{metrics.LIMIT.name}{{{_FIGURES}}}", "{{check}}: " + _LEGEND + " {{side}}")]
            ),
            Panel("Alerts by state", "short", [(_alerts(""), "{{model}} {{severity}} {{state}}")]),
        ],
    }


def watch_rules() -> dict[str, Any]:
    """Recording and alerting rules, as plain values for YAML. ``promtool check rules`` accepts them."""
    firing = f'{metrics.ALERTS.name}{{state="firing",severity="%s"}} > 0'
    late = f"{metrics.LAG.name} > 3 * {metrics.WINDOW_SECONDS.name}"
    blocked = f'increase({metrics.DECISIONS.name}{{outcome="blocked"}}[1d]) > 0'
    past = f"{RATIO} > 1"
    return {
        "groups": [
            {
                "name": "mainspring-watch",
                "rules": [
                    {"record": RATIO, "expr": _ratio("")},
                    *(
                        _rule(
                            f"MainspringWatch{severity.title()}",
                            firing % severity,
                            severity,
                            f"{{{{ $value }}}} {severity} alerts of {{{{ $labels.model }}}} fire.",
                            "See them: mainspring alerts list.",
                        )
                        for severity in ("critical", "warning")
                    ),
                    _rule(
                        "MainspringWatchLate",
                        late,
                        "warning",
                        "No window of {{ $labels.model }} was judged for a while.",
                        "The newest one ended {{ $value | humanizeDuration }} ago: nobody asks the model, or the "
                        "monitor does not run. See: mainspring monitor status.",
                        wait=_QUIET,
                    ),
                    _rule(
                        "MainspringWatchGone",
                        f"absent({metrics.WINDOWS.name})",
                        "critical",
                        "Nobody watches the models.",
                        "The monitor gives no metrics: mainspring monitor run --port 9101.",
                        wait=_QUIET,
                    ),
                    _rule(
                        "MainspringFigurePastLimit",
                        past,
                        "info",
                        "{{ $labels.check }} of {{ $labels.model }}: {{ $labels.figure }} {{ $labels.slice }} "
                        "is past its limit.",
                        "It is {{ $value | humanize }} times its limit; whether that is more than chance, the "
                        "check says: mainspring monitor windows {{ $labels.model }}.",
                    ),
                    _rule(
                        "MainspringRetrainingBlocked",
                        blocked,
                        "warning",
                        "A new {{ $labels.model }} is called for, and something stands in the way.",
                        "See what: mainspring monitor page {{ $labels.model }}.",
                    ),
                ],
            }
        ]
    }


def _rule(
    name: str, expression: str, severity: str, summary: str, description: str, *, wait: str = "0s"
) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": description},
    }


def _alerts(state: str) -> str:
    chosen = f'{_CHOSEN},state="{state}"' if state else _CHOSEN
    by = "model, severity" if state else "model, severity, state"
    return f"sum by ({by}) ({metrics.ALERTS.name}{{{chosen}}})"


def _a_day(name: str) -> str:
    return f"sum by (model, outcome) (increase({name}{{{_CHOSEN}}}[1d]))"


def _with_limits(which: str, side: str) -> list[tuple[str, str]]:
    chosen = f'{_CHOSEN},slice=~"$slice",{which}'
    limit = f'{metrics.LIMIT.name}{{{chosen},side="{side}"}}'
    return [(f"{metrics.VALUE.name}{{{chosen}}}", _LEGEND), (limit, f"{_LEGEND} at {side}")]


def _ratio(chosen: str) -> str:
    limits = f'{chosen},side="most"' if chosen else 'side="most"'
    value = f"{metrics.VALUE.name}{{{chosen}}}" if chosen else metrics.VALUE.name
    return f"{value} / ignoring(side) {metrics.LIMIT.name}{{{limits}}}"
