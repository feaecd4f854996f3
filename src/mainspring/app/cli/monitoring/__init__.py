"""``mainspring monitor``: every model watched, window by window."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "check": "declaring:check",
    "figures": "looking:figures",
    "dashboard": "metrics:dashboard",
    "init": "declaring:init",
    "page": "showing:page",
    "retrain": "retraining:retrain",
    "rules": "metrics:rules",
    "run": "running:run",
    "serve": "serving:serve",
    "status": "looking:status",
    "windows": "looking:windows",
}
_SUMMARIES = {
    "check": "Say all that is wrong with the monitoring file.",
    "figures": "What the checks measured, over time.",
    "dashboard": "A dashboard for Grafana, as JSON.",
    "init": "Write a monitoring file for the models that are served.",
    "page": "What was seen of a model, or of all, as one offline page.",
    "retrain": "Ask for a new model, as the policy would.",
    "rules": "Alerting rules for Prometheus, as YAML.",
    "run": "Judge windows as they become complete, until stopped.",
    "serve": "Pages, figures and metrics over HTTP.",
    "status": "How the watched models stand.",
    "windows": "The windows that were judged, and what was said of them.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.monitoring",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="run",
    bare=True,
    epilog="\b\nExamples:\n  mainspring monitor init\n  mainspring monitor\n  mainspring monitor --once\n"
    "  mainspring monitor status\n  mainspring monitor windows census",
)
def monitor() -> None:
    """Served models watched: windows of the prediction log judged, people told, new models asked for.

    Without a command: run. What is watched, and how, is in monitoring.yaml.
    """
