"""``mainspring scheduler``."""

from __future__ import annotations

import signal
import threading

import click

from mainspring.app import platform
from mainspring.app.cli.words import dim
from mainspring.app.scheduling import serve, triggers_of
from mainspring.core.clock import iso, now


@click.command(
    epilog='\b\nIn mainspring.toml:\n  [[schedule]]\n  cron = "0 3 * * *"\n\n'
    '\b\nInstead of cron: every = "6h", data = "in/*.csv", topic = "retrain"'
)
@click.option("--once", is_flag=True, help="Start what is due now, wait for it, and stop.")
@click.option("--tick", default=1.0, show_default=True, help="Seconds between looks at the rules.")
def scheduler(once: bool, tick: float) -> None:
    """Start runs on schedule, on new data and on request, until stopped with Ctrl-C or SIGTERM."""
    asked = threading.Event()
    with platform.open() as opened:
        rules = triggers_of(opened)
        _say(f"{len(rules)} schedules in {opened.settings.root.name}")
        for rule in rules:
            _say(f"  {rule.name}")
        before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
        try:
            serve(opened, once=once, tick=tick, say=_say, stop=asked.is_set)
        finally:
            signal.signal(signal.SIGTERM, before)


def _say(text: str) -> None:
    click.echo(f"{dim(iso(now()))}  {text}")
