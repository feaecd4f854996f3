"""``mainspring scheduler``."""

from __future__ import annotations

import signal
import threading
from collections import deque
from dataclasses import asdict

import click

from mainspring.app import platform
from mainspring.app.cli.words import dim, json_option, print_json
from mainspring.app.scheduling import serve, triggers_of
from mainspring.core.clock import iso, now


@click.command(
    epilog='\b\nIn mainspring.toml:\n  [[schedule]]\n  cron = "0 3 * * *"\n\n'
    '\b\nInstead of cron: every = "6h", data = "in/*.csv", topic = "retrain"'
)
@click.option("--once", is_flag=True, help="Start what is due now, wait for it, and stop.")
@click.option("--tick", default=1.0, show_default=True, help="Seconds between looks at the rules.")
@json_option
def scheduler(once: bool, tick: float, as_json: bool) -> None:
    """Start runs on schedule, on new data and on request, until stopped with Ctrl-C or SIGTERM."""
    asked = threading.Event()

    def say(text: str) -> None:
        click.echo(f"{dim(iso(now()))}  {text}", err=as_json)

    before = {one: signal.signal(one, lambda *_: asked.set()) for one in (signal.SIGTERM, signal.SIGINT)}
    with platform.existing() as opened:
        try:
            rules = triggers_of(opened)
            say(f"{len(rules)} schedules in {opened.settings.root.name}")
            for rule in rules:
                say(f"  {rule.name}")
            started = serve(opened, once=once, tick=tick, say=say, stop=asked.is_set)
            kept = deque(map(asdict, started), maxlen=_KEPT)
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
    if as_json:
        print_json({"started": list(kept)})


_KEPT = 1000
