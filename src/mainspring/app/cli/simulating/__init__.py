"""``mainspring simulate``: what a policy would have done, and how models grow stale."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {"log": "replaying:log", "stale": "stale:stale"}
_SUMMARIES = {
    "log": "Replay the prediction log under retraining policies.",
    "stale": "Train on the old, test on each later stretch: how models grow stale.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.simulating",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="log",
    bare=True,
    epilog="\b\nExamples:\n  mainspring simulate\n"
    "  mainspring simulate taxi --policy bolder.yaml --html taxi.html\n"
    "  mainspring simulate taxi --estimator lightgbm.LGBMClassifier --since 2026-01-01\n"
    "  mainspring simulate stale trips.parquet --time day --label big_tipper --period 30d",
)
def simulate() -> None:
    """What would have happened: policies replayed over the prediction log, before anybody trusts them.

    Without a command: log.
    """
