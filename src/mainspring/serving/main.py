"""The command ``python -m mainspring.serving``: a prediction server and nothing else.

It imports neither the command line of Mainspring nor anything that makes models, and starts in a second.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.endpoint import MAX_BODY
from mainspring.serving.server import PackageAt, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; gives the exit status: 0 after a clean stop, 1 if the server could not start."""
    options = _parser().parse_args(arguments)
    if options.until_stdin_closes:
        stop_with_stdin()
    try:
        packages = _packages(options.package, options.name, options.version)
        serve(
            packages,
            host=options.host,
            port=options.port,
            log_folder=options.log,
            threads=options.threads,
            drain=options.drain,
            max_body=options.max_body,
            explainer_url=options.explainer_url,
            started=teller("serving " + ", ".join(f"{at.name} {at.version}" for at in packages), options.announce),
        )
    except MainspringError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mainspring.serving",
        description="Serve packages over HTTP: Open Inference Protocol v2 and KServe v1.",
        epilog="example: python -m mainspring.serving --package ./package --name taxi --version 1.0.0 --port 8080",
    )
    add = parser.add_argument
    add(
        "--package",
        type=Path,
        action="append",
        required=True,
        metavar="FOLDER",
        help="a package, or a deployment folder with a CURRENT file; may be given several times",
    )
    add("--name", action="append", default=[], help="name of the model; once per package (default: its folder)")
    add("--version", action="append", default=[], help="version of the model; once per package (default: 1)")
    add("--threads", type=int, default=1, help="threads per call of a model (default: %(default)s)")
    add("--explainer-url", metavar="URL", help="send requests for explanations on to this service")
    add_server_options(parser, port=8080)
    return parser


def add_server_options(parser: argparse.ArgumentParser, *, port: int) -> None:
    """The options that every server of ours has."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=port, help="port to listen on, 0 for any (default: %(default)s)")
    add("--log", type=Path, metavar="FOLDER", help="log every request into this folder")
    add("--drain", type=float, default=0.0, metavar="SECONDS", help="say 'not ready' for so long before stopping")
    add(
        "--max-body",
        type=int,
        default=MAX_BODY,
        metavar="BYTES",
        help="largest request body (default: %(default)s)",
    )
    add("--announce", type=int, metavar="FD", help="write a line of JSON with the URL to this file descriptor")
    add("--until-stdin-closes", action="store_true", help="stop when standard input closes, as when a parent dies")


def _packages(folders: Sequence[Path], names: Sequence[str], versions: Sequence[str]) -> list[PackageAt]:
    for option, given in (("--name", names), ("--version", versions)):
        if given and len(given) != len(folders):
            raise InputError(
                f"{len(folders)} times --package and {len(given)} times {option}",
                expected=f"one {option} per --package",
            )
    return [
        PackageAt(folder, name, version)
        for folder, name, version in zip(
            folders,
            names or [folder.resolve().name for folder in folders],
            versions or ["1"] * len(folders),
            strict=True,
        )
    ]


def teller(what: str, announce: int | None) -> Callable[[str], None]:
    """Says what is done and where: in words, or with a line of JSON to a file descriptor."""

    def tell(url: str) -> None:
        if announce is None:
            print(f"{what} at {url}", flush=True)
            return
        with os.fdopen(announce, "w", encoding="utf-8") as file:
            file.write(json.dumps({"url": url, "pid": os.getpid()}) + "\n")

    return tell


def stop_with_stdin() -> None:
    """Stop this process when its standard input closes."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="stdin", daemon=True).start()
