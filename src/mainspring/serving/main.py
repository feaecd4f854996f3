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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from msgspec.structs import replace

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.components.options import Component
from mainspring.serving.configuration import ServerOptions, read_options
from mainspring.serving.ending import ended
from mainspring.serving.guarding_flags import add_flags, with_flags
from mainspring.serving.repository import ModelOptions, PackageAt
from mainspring.serving.repository.options import Mode
from mainspring.serving.rpc.places import reserved, target_of
from mainspring.serving.server import Place, check_served, packages_of, serve, supervise
from mainspring.serving.threads import keep_calm


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; gives the exit status: 0 after a clean stop, 1 if the server could not start."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    told = parser().parse_args(given)
    if told.until_stdin_closes:
        stop_with_stdin()
    try:
        packages = _packages(told.package, told.name, told.version)
        options = _options(told, packages)
        _keep_calm(options)
        if told.worker is not None:
            place = Place(told.worker, told.listener, told.control, told.run_folder)
            serve(packages, options=options, log_folder=told.log, place=place)
            return ended()
        with reserved(options.rpc, options.host) as rpc:
            options = replace(options, rpc=rpc)
            _run(told, given, packages, options)
    except MainspringError as error:
        print(error, file=sys.stderr)
        return 1
    return ended()


def _run(
    told: argparse.Namespace, given: Sequence[str], packages: Sequence[PackageAt], options: ServerOptions
) -> None:
    tell = teller("serving " + _names(packages, options), told.announce, target_of(options.rpc))
    if options.processes == 1:
        serve(packages, options=options, log_folder=told.log, started=tell)
        return
    check_served(packages, options)
    command = [sys.executable, "-m", "mainspring.serving", *_for_workers(given)]
    if options.rpc.port is not None:
        command += ["--grpc-port", str(options.rpc.port)]
    supervise(command, options, log_folder=told.log, started=tell)


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    made = argparse.ArgumentParser(
        prog="python -m mainspring.serving",
        description="Serve packages over HTTP: Open Inference Protocol v2 and KServe v1.",
        epilog="example: python -m mainspring.serving --package ./package --name taxi --version 1.0.0 --port 8080",
        allow_abbrev=False,
    )
    add = made.add_argument
    add(
        "--package",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="a package, a deployment folder with a CURRENT file, or a model file; may be given several times",
    )
    add("--name", action="append", default=[], help="name of the model; once per package (default: its folder)")
    add(
        "--version",
        action="append",
        default=[],
        help="version of the model; once per package (default: that of the deployment, or 1)",
    )
    add(
        "--component",
        action="append",
        default=[],
        metavar="[NAME=]FILE.py:CLASS",
        help="a class with predict, whose code runs in a process of its own; may be given several times",
    )
    add("--config", type=Path, metavar="FILE", help="the file that says what is served, and how: YAML or JSON")
    add("--models", type=Path, metavar="FOLDER", help="a folder with one folder per model")
    add("--mode", choices=get_args(Mode), help="when models are loaded (default: explicit)")
    add("--trust", action="store_true", help="let code in the model files of --package run, such as pickles")
    add("--threads", type=_threads, metavar="N|auto", help="threads per call of a model (default: 1)")
    add("--workers", type=int, metavar="N", help="processes that answer, 0 for one per core (default: 1)")
    add("--explainer-url", metavar="URL", help="send requests for explanations on to this service")
    add("--grpc-port", type=int, metavar="PORT", help="answer over gRPC, too, on this port, 0 for any")
    add("--state", type=_absolute, metavar="FOLDER", help="keep here how rollouts stand, and what bandits learn")
    add_flags(made)
    add_server_options(made)
    for hidden in ("--worker", "--listener", "--control"):
        add(hidden, type=int, help=argparse.SUPPRESS)
    add("--run-folder", type=Path, help=argparse.SUPPRESS)
    return made


def _options(told: argparse.Namespace, packages: Sequence[PackageAt]) -> ServerOptions:
    """The options of the file, with those of the command line in their place."""
    options = with_flags(ServerOptions() if told.config is None else read_options(told.config), vars(told))
    names = ("host", "port", "drain", "max_body", "workers", "explainer_url", "state")
    given = {name: getattr(told, name) for name in names if getattr(told, name) is not None}
    repository = {
        name: value
        for name, value in (("folder", told.models and str(told.models.resolve())), ("mode", told.mode))
        if value is not None
    }
    models = {**options.models, **_components(told.component, options.models)}
    for at in packages:
        options_of_it = models.get(at.name, ModelOptions())
        threads = options_of_it.threads if told.threads is None else told.threads
        models[at.name] = replace(options_of_it, threads=threads, trust=told.trust or options_of_it.trust)
    rpc = options.rpc if told.grpc_port is None else replace(options.rpc, port=told.grpc_port)
    return replace(options, **given, models=models, repository=replace(options.repository, **repository), rpc=rpc)


def _components(given: Sequence[str], known: Mapping[str, ModelOptions]) -> dict[str, ModelOptions]:
    """The classes of the command line, by name: by default that of the class, in lower case."""
    found = {}
    for text in given:
        name, _, entry = text.rpartition("=")
        component = Component(entry=entry).placed(Path.cwd())
        name = name or entry.rpartition(":")[2].lower()
        found[name] = replace(known.get(name, ModelOptions()), package="", component=component, graph=None)
    return found


def _names(packages: Sequence[PackageAt], options: ServerOptions) -> str:
    given = [at.resolved() for at in (*packages, *packages_of(options))]
    named = [f"{at.name} {at.version}" for at in given]
    folder = options.repository.folder
    return ", ".join([*named, *([f"the models of {folder}"] if folder else [])])


def _for_workers(given: Sequence[str]) -> list[str]:
    """The command line without what concerns only the process that was started with it."""
    kept, skip = [], False
    for word in given:
        if not skip and word not in ("--announce", "--until-stdin-closes"):
            kept.append(word)
        skip = word == "--announce"
    return [word for word in kept if not word.startswith("--announce=")]


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """The options that every server of ours has; those that are not given are ``None``."""
    add = parser.add_argument
    add("--host", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=int, help="port to listen on, 0 for any (default: 8080; 8081 to explain)")
    add("--log", type=Path, metavar="FOLDER", help="log every request into this folder")
    add("--drain", type=float, metavar="SECONDS", help="say 'not ready' for so long before stopping")
    add("--max-body", type=int, metavar="BYTES", help="largest request body (default: 33554432)")
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
            names or [_name_of(folder) for folder in folders],
            versions or [""] * len(folders),
            strict=True,
        )
    ]


def _absolute(text: str) -> str:
    return str(Path(text).absolute())


def _threads(text: str) -> int | Literal["auto"]:
    return "auto" if text == "auto" else int(text)


def _keep_calm(options: ServerOptions) -> None:
    """Keep libraries that are loaded with a model from starting more threads than its calls may use."""
    given = [one.threads for one in options.models.values() if one.threads != "auto"]
    os.environ.update(keep_calm(max(given, default=1)))


def _name_of(package: Path) -> str:
    """The name of a model without a name: that of its folder, or of its file without the suffix."""
    return package.resolve().stem if package.is_file() else package.resolve().name


def teller(what: str, announce: int | None, rpc: str | None = None) -> Callable[[str], None]:
    """Says what is done and where: in words, or with a line of JSON to a file descriptor.

    Args:
        what: Is done.
        announce: The file descriptor.
        rpc: Where it is done over gRPC.
    """

    def tell(url: str) -> None:
        if announce is None:
            print(f"{what} at {url}" + (f", and over gRPC at {rpc}" if rpc else ""), flush=True)
            return
        with os.fdopen(announce, "w", encoding="utf-8") as file:
            told = {"url": url, "pid": os.getpid()} | ({"grpc": rpc} if rpc else {})
            file.write(json.dumps(told) + "\n")

    return tell


def stop_with_stdin() -> None:
    """Stop this process when its standard input closes."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="stdin", daemon=True).start()
