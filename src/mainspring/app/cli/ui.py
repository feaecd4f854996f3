"""``mainspring ui``: the console."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from mainspring.app import platform
from mainspring.app.cli.words import json_option, print_json


@click.command(epilog="\b\nExamples:\n  mainspring ui\n  mainspring ui --port 9000 --root-path /mainspring")
@click.option("--host", default=None, help="The address of the pages; by default the one of [console].")
@click.option("--port", default=None, type=click.IntRange(0, 65535), help="Its port; 0 for any that is free.")
@click.option(
    "--root-path", default=None, help="The prefix under which a proxy shows the pages, such as /console."
)
@json_option
def ui(host: str | None, port: int | None, root_path: str | None, as_json: bool) -> None:
    """The life of every model on pages: runs, data, models, deployments, the watch. Goes on until stopped.

    On an address of this machine nobody has to sign in. On others, `mainspring users add` makes the first admin.
    """
    console_at = _imported()
    stop = threading.Event()
    before = {one: signal.signal(one, lambda *_: stop.set()) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        with platform.open() as opened, console_at(opened, host=host, port=port, root=root_path) as url:
            if as_json:
                print_json({"url": url})
            else:
                click.echo(f"console at {url}/   (Ctrl-C stops it)")
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _imported() -> Callable[..., AbstractContextManager[str]]:
    """What serves the console. All that it imports stays, so that the collector never needs to look at it."""
    gc.disable()
    try:
        from mainspring.app.web.starting import console_at
    finally:
        gc.freeze()
        gc.enable()
    return console_at
