"""``mainspring monitor serve``: pages and metrics over HTTP."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mainspring.app import platform
from mainspring.app.cli.monitoring.declaring import file_option
from mainspring.app.cli.words import json_option, print_json

PORT = 9101

host_option = click.option("--host", default="127.0.0.1", show_default=True, help="The address of the pages.")
root_option = click.option(
    "--root-path", default="", help="The prefix under which a proxy shows the pages, such as /watch."
)


@click.command(
    epilog="\b\nExamples:\n  mainspring monitor serve\n  mainspring monitor serve --port 9200 --root-path /watch"
)
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="Its port; 0 for any."
)
@host_option
@root_option
@file_option
@json_option
def serve(port: int, host: str, root_path: str, path: Path | None, as_json: bool) -> None:
    """Pages of all models at /, of one at /models/NAME, metrics at /metrics. Nothing can be changed there.

    It reads what `mainspring monitor run` writes, from another process. Goes on until stopped with Ctrl-C.
    """
    stop = threading.Event()
    before = {one: signal.signal(one, lambda *_: stop.set()) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        with platform.existing() as opened, pages_of(opened, path, host, port, root_path) as url:
            if as_json:
                print_json({"url": url})
            else:
                click.echo(f"pages at {url}{root_path}/, metrics at {url}{root_path}/metrics")
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def pages_of(
    opened: platform.Mainspring, path: Path | None, host: str, port: int | None, root_path: str
) -> Iterator[str]:
    """Serve the pages of a project while the block runs; without a port there are none."""
    if port is None:
        yield ""
        return
    from mainspring.app.seen_models import SeenModels
    from mainspring.app.watch_server import WatchPages, serving

    # Behind a proxy requests have the name of the proxy.
    local = False if root_path else None
    with serving(WatchPages(SeenModels(opened, path), root=root_path), host=host, port=port, local=local) as url:
        yield url
