"""Running a prediction server until it is told to stop: in this process, or in several that share a port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.http_server import bound, run
from mainspring.serving.payloads.keeper_process import keeping
from mainspring.serving.repository import ModelOptions, PackageAt
from mainspring.serving.repository.sources import graph_place
from mainspring.serving.telemetry.files import RunFolder
from mainspring.serving.workers.notify import notify
from mainspring.serving.workers.supervisor import Beside, Supervisor

_PLAIN = ServerOptions()


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a process among the workers of a server.

    Attributes:
        index: Its number, from 0.
        listener: The file number of the socket that it answers on.
        control: The file number of its end of the socket pair to the supervisor.
        run_folder: What all of them share.
    """

    index: int
    listener: int
    control: int
    run_folder: Path | None = None


def serve(
    packages: Sequence[PackageAt] = (),
    *,
    options: ServerOptions = _PLAIN,
    log_folder: Path | None = None,
    started: Callable[[str], None] | None = None,
    place: Place | None = None,
) -> None:
    """Serve packages until SIGTERM or SIGINT; then finish what is in flight, write the log and return.

    Args:
        packages: What to serve, besides what the options name.
        options: How.
        log_folder: Where every request is logged, if it is not where the options say.
        started: Called with the server's URL once it answers.
        place: Its place, if it is one of several processes: see :func:`supervise`.

    Raises:
        InputError: If there is nothing to serve.
        UnavailableError: If the port is taken, or the log cannot be written.
        MainspringError: If a package cannot be loaded, or does not answer its own example.
    """
    # What a supervisor does without is imported here: it stays small.
    from mainspring.serving.assembly import assemble, repository_of
    from mainspring.serving.control import LocalControl
    from mainspring.serving.payloads.observer import open_log
    from mainspring.serving.workers.worker import SharedControl

    options = logged_in(options, log_folder)
    served = [*packages, *packages_of(options)]
    if place is None:  # a worker may be told later what to serve
        check_served(packages, options)
    with ExitStack() as stack:
        listener = stack.enter_context(bound(options.host, options.port)) if place is None else _handed(place)
        models = repository_of(served, options)
        models.load_all()
        try:
            log = open_log(options.payloads)
        except OSError as error:
            raise UnavailableError(
                f"the prediction log cannot be opened: {error}",
                where=options.payloads.folder,
                fix="make room there, or name a folder that may be written to",
            ) from error
        if log is not None:
            stack.enter_context(log)
        if place is None:
            stack.enter_context(keeping(options.payloads))
            run(
                assemble(models, options, log=log),
                listener,
                drain=options.drain,
                grace=options.grace,
                limits=options.security.slow_clients,
                tls=options.security.tls,
                started=_telling(started),
            )
            return
        shared = SharedControl(LocalControl(models), socket.socket(fileno=place.control))
        endpoint = assemble(
            models,
            options,
            control=shared,
            log=log,
            services=[shared.running],
            run_folder=place.run_folder,
            worker=place.index,
        )
        run(
            endpoint,
            listener,
            drain=options.drain,
            grace=options.grace,
            limits=options.security.slow_clients,
            tls=options.security.tls,
            started=shared.ready,
        )


def supervise(
    command: Sequence[str],
    options: ServerOptions,
    *,
    log_folder: Path | None = None,
    started: Callable[[str], None] | None = None,
    beside: Beside | None = None,
) -> None:
    """Serve in several processes on one port, until SIGTERM or SIGINT; a process that dies is replaced.

    Connections are spread over the processes by the kernel. SIGHUP replaces them all, one after the other.

    Args:
        command: What serves as one of them: it calls :func:`serve` with the place that it is given.
        options: How many, and where.
        log_folder: Where every request is logged, if it is not where the options say.
        started: Called with the server's URL once all of them answer.
        beside: What runs in this process meanwhile, and gives them orders.

    Raises:
        UnavailableError: If the port is taken, or a process does not start.
    """
    with ExitStack() as stack:
        first = stack.enter_context(bound(options.host, options.port, shared=True))
        port = first.getsockname()[1]
        others = [
            stack.enter_context(bound(options.host, port, shared=True)) for _ in range(options.processes - 1)
        ]
        folder = stack.enter_context(RunFolder(Path(options.metrics.folder) if options.metrics.folder else None))
        command = [*command, "--run-folder", str(folder.path)]
        stack.enter_context(keeping(logged_in(options, log_folder).payloads))
        grace = options.drain + options.grace
        asyncio.run(Supervisor(command, [first, *others], grace=grace, started=started).run(beside))


def check_served(packages: Sequence[PackageAt], options: ServerOptions) -> None:
    """Refuse to start a server that nobody will ever tell what to serve.

    Raises:
        InputError: If there is nothing to serve.
    """
    if not packages and not packages_of(options) and not options.repository.folder:
        raise InputError("there is nothing to serve", expected="a --package, a --config, or a folder of --models")


def packages_of(options: ServerOptions) -> list[PackageAt]:
    """The packages and classes that the options of models name, and the graphs in them."""
    return [
        PackageAt(_place_of(name, one), name, one.version)
        for name, one in options.models.items()
        if one.package or one.component is not None or one.graph is not None
    ]


def logged_in(options: ServerOptions, folder: Path | None) -> ServerOptions:
    """The options of a server, with this folder for its log; as they are without one.

    Raises:
        InputError: If the log is required, and nobody says where it lies.
    """
    if folder is not None:
        return replace(options, payloads=replace(options.payloads, folder=str(folder)))
    if options.payloads.required and not options.payloads.folder:
        raise InputError(
            "the log is required, and has no folder",
            expected="payloads.folder, or --log FOLDER",
            fix="name a folder, or leave out payloads.required",
        )
    return options


def _place_of(name: str, options: ModelOptions) -> Path:
    if options.graph is not None:
        return graph_place(name)
    return Path(options.package) if options.component is None else options.component.place


def _handed(place: Place) -> socket.socket:
    """The socket that a worker was started with."""
    return socket.socket(fileno=place.listener)


def _telling(started: Callable[[str], None] | None) -> Callable[[str], None]:
    def tell(url: str) -> None:
        notify("READY=1")
        if started is not None:
            started(url)

    return tell
