"""``mainspring serve``."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.serving.configuration import ServerOptions
    from mainspring.serving.repository import PackageAt
    from mainspring.serving.workers.supervisor import Beside

FOLLOW_SECONDS = 2.0
"""How often a server that follows the registry looks."""


@click.command(
    epilog="\b\nExamples:\n  mainspring serve taxi\n  mainspring serve taxi@production --port 9000 --workers 2\n"
    "  mainspring serve taxi@production --follow\n  mainspring serve --config server.yaml\n"
    "  mainspring serve --deployments deployments"
)
@click.argument("references", metavar="NAME[@ALIAS]...", nargs=-1)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file that says what is served, and how; see the guide.",
)
@click.option("--host", help="The address to listen on; 127.0.0.1 unless the settings say otherwise.")
@click.option("--port", type=int, help="The port; 8080 unless the settings say otherwise; 0 picks a free one.")
@click.option("--grpc-port", type=int, help="Answer over gRPC, too, on this port; 0 picks a free one.")
@click.option("--workers", type=int, help="How many processes answer; 0 means one per core.")
@click.option(
    "--deployments",
    metavar="[SOURCE]",
    is_flag=False,
    flag_value="",
    help="Serve what deployment files say, and follow them: those of a folder or of a git repository "
    "(git+LOCATION[#BRANCH[:FOLDER]]), or those that mainspring deploy is told.",
)
@click.option("--follow-seconds", type=click.FloatRange(min=0.1), help="How often to look, with --deployments.")
@click.option("--follow", is_flag=True, help="Serve what NAME@ALIAS stands for later, too, without a gap.")
@click.option("--drain", type=float, help="Seconds to say 'not ready' before stopping.")
@click.option("--keys", type=click.Path(dir_okay=False), help="Callers need one of these API keys: see keys.")
@click.option(
    "--access-log",
    metavar="FILE",
    help="Write a line of JSON about every request into a file; - for standard error.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, resolve_path=True),
    help="Keep here how rollouts stand, and what bandits learn; beside the log by default.",
)
@click.option("--no-log", is_flag=True, help="Do not keep the requests for monitoring.")
@click.option("--explainer-url", metavar="URL", help="Send :explain on to this service: see explain-serve.")
def serve(
    references: tuple[str, ...],
    config: Path | None,
    deployments: str | None,
    follow_seconds: float | None,
    follow: bool,
    no_log: bool,
    **flags: Any,
) -> None:
    """Answer prediction requests over HTTP: Open Inference Protocol v2 and KServe v1, by column name.

    Also: /v2/health/live, /v2/health/ready, /metrics. Every request is logged for monitoring.
    """
    if not references and config is None and deployments is None:
        raise InputError("there is nothing to serve", expected="NAME[@ALIAS], --config FILE, or --deployments")
    if references and deployments is not None:
        raise InputError(
            f"both {references[0]} and --deployments say what is served",
            expected="one of them",
            fix="name the model in a deployment file",
        )
    with platform.existing() as opened:
        settings = opened.settings.serving
        packages, examples = _packages(opened, references)
        log = None if no_log else opened.settings.path(settings.log)
    options = _options(config, flags, settings.host, settings.port)
    if options.payloads.folder:
        log = None  # the file says where
    with ExitStack() as stack:
        options = _with_rpc(options, stack)
        _recording(options, log, stack)
        if deployments is not None:
            _reconcile(deployments, follow_seconds or FOLLOW_SECONDS, options, flags, log, stack)
            return
        if follow:
            folder = _following(references, stack)
            options, packages = _polling(options, folder), []
        _run(packages, options, log, _started(examples, options))


def _packages(
    opened: platform.Mainspring, references: Sequence[str]
) -> tuple[list[PackageAt], list[tuple[str, Sequence[Any]]]]:
    """The packages that references mean at this moment, and rows to try them with."""
    from mainspring.serving.repository import PackageAt

    packages = []
    examples: list[tuple[str, Sequence[Any]]] = []
    for reference in references:
        version = opened.models.resolve(reference)
        folder = opened.store.blobs.local(version.digest)
        packages.append(PackageAt(folder, name=version.name, version=str(version.version)))
        examples.append((version.name, opened.models.fetch(version).input_example))
        click.echo(f"{bold(version.name)} {version.version} {dim('from ' + version.digest[:19])}")
    return packages, examples


def _options(config: Path | None, flags: dict[str, Any], host: str, port: int) -> ServerOptions:
    """The options of the file and the flags; without a file, host and port are those of the settings."""
    from msgspec.structs import replace

    from mainspring.serving.configuration import ServerOptions, read_options
    from mainspring.serving.guarding_flags import NAMES, with_flags
    from mainspring.serving.payloads.options import PayloadOptions

    # What a project logs is kept for long, and read by monitoring: as Parquet it takes a fraction of the room.
    plain = ServerOptions(host=host, port=port, payloads=PayloadOptions(compact=True))
    options = plain if config is None else read_options(config)
    rpc_port = flags.pop("grpc_port", None)
    if rpc_port is not None:
        options = replace(options, rpc=replace(options.rpc, port=rpc_port))
    guarding = {name: flags.pop(name) for name in NAMES if name in flags}
    options = with_flags(options, guarding)
    return replace(options, **{name: value for name, value in flags.items() if value is not None})


def _recording(options: ServerOptions, log: Path | None, stack: ExitStack) -> None:
    """Have the record know what rollouts decide, from now until the end."""
    from mainspring.app.rollouts import ProjectRecorder
    from mainspring.serving.rollout.publishing import Publishing
    from mainspring.serving.routing import ROLLOUTS, state_folder
    from mainspring.serving.server import logged_in

    folder = state_folder(logged_in(options, log))
    if folder is not None:
        stack.enter_context(Publishing(folder / ROLLOUTS, ProjectRecorder()))


def _with_rpc(options: ServerOptions, stack: ExitStack) -> ServerOptions:
    """The options with a port for gRPC that is held, if there is one."""
    from msgspec.structs import replace

    from mainspring.serving.rpc.places import reserved

    return replace(options, rpc=stack.enter_context(reserved(options.rpc, options.host)))


def _following(references: Sequence[str], stack: ExitStack) -> Path:
    """A folder that is kept as the registry has it."""
    from mainspring.app.following import Follower

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mainspring-follow-")))
    stack.enter_context(Follower(references, folder, seconds=FOLLOW_SECONDS))
    return folder


def _polling(options: ServerOptions, folder: Path) -> ServerOptions:
    from msgspec.structs import replace

    repository = replace(options.repository, folder=str(folder), mode="poll", poll_seconds=FOLLOW_SECONDS / 2)
    return replace(options, repository=repository)


def _reconcile(
    source: str, seconds: float, options: ServerOptions, flags: dict[str, Any], log: Path | None, stack: ExitStack
) -> None:
    """Serve what deployments say, in processes of their own; this one makes them follow."""
    from mainspring.app import deploying
    from mainspring.serving.deploying.asked import Started, server_options
    from mainspring.serving.deploying.beside import reconciling
    from mainspring.serving.deploying.intake import Intake

    kept = stack.enter_context(deploying.opened_deployments())
    found = deploying.source_of(source, deploying.copies(kept))
    stack.enter_context(kept.archive.following())
    revision = Intake(kept, found).look()
    declared = [] if revision is None else list(deploying.readable(kept, revision))
    given = {name for name, value in flags.items() if value is not None}
    said, options = options, server_options(options, declared, given=given)
    known = Started(said=said, given=frozenset(given), options=options)
    urls: list[str] = []
    tell = _started([], options)

    def started(url: str) -> None:
        urls.append(url)
        tell(url)
        wanted = f"revision {revision.number}" if revision is not None else "nothing yet"
        click.echo(dim("following ") + (bold(found.name) if found else "mainspring deploy") + dim(f": {wanted}"))

    make = deploying.reconciler(platform.existing, source, lambda: urls[0] if urls else "", seconds, known)
    _supervise([], options, log, started, reconciling(make))


def _run(
    packages: Sequence[PackageAt], options: ServerOptions, log: Path | None, started: Callable[[str], None]
) -> None:
    from mainspring.serving.server import serve as run_server

    if options.processes == 1:
        run_server(packages, options=options, log_folder=log, started=started)
        return
    _supervise(packages, options, log, started)


def _supervise(
    packages: Sequence[PackageAt],
    options: ServerOptions,
    log: Path | None,
    started: Callable[[str], None],
    beside: Beside | None = None,
) -> None:
    """Serve in processes of their own."""
    from mainspring.serving.server import supervise

    with tempfile.TemporaryDirectory(prefix="mainspring-serve-") as folder:
        file = Path(folder) / "server.json"
        _write(file, options)
        command = [sys.executable, "-m", "mainspring.serving", "--config", str(file)]
        for at in packages:
            command += ["--package", str(at.folder), "--name", at.name, "--version", at.version]
        if log is not None:
            command += ["--log", str(log)]
        supervise(command, options, log_folder=log, started=started, beside=beside)


def _write(file: Path, options: ServerOptions) -> None:
    """Write the options for the workers; it may hold secrets, and nobody else reads it."""
    import msgspec

    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(options))


def _started(examples: Sequence[tuple[str, Sequence[Any]]], options: ServerOptions) -> Callable[[str], None]:
    from mainspring.serving.rpc.places import target_of

    rpc = target_of(options.rpc)

    def started(url: str) -> None:
        click.echo(f"listening on {bold(url)}" + (f", and over gRPC on {bold(rpc)}" if rpc else ""))
        for name, rows in examples[:1]:
            body = json.dumps({"instances": list(rows)[:1]}, ensure_ascii=False)
            click.echo(dim("try: ") + f"curl -s {url}/v1/models/{name}:predict -d {shlex.quote(body)}")

    return started
