"""``mainspring monitor``: every model watched, window by window."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "check": "declaring:check",
    "figures": "looking:figures",
    "init": "declaring:init",
    "retrain": "retraining:retrain",
    "run": "running:run",
    "status": "looking:status",
    "windows": "looking:windows",
}
_SUMMARIES = {
    "check": "Say all that is wrong with the monitoring file.",
    "figures": "What the checks measured, over time.",
    "init": "Write a monitoring file for the models that are served.",
    "retrain": "Ask for a new model, as the policy would.",
    "run": "Judge windows as they become complete, until stopped.",
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
