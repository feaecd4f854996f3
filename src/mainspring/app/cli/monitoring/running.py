"""``mainspring monitor run``."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.monitoring.declaring import file_option
from mainspring.app.cli.monitoring.serving import host_option, pages_of, root_option
from mainspring.app.cli.words import bold, dim, json_option, print_json
from mainspring.core.clock import iso, now
from mainspring.core.errors import MainspringError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainspring.app.platform import Mainspring
    from mainspring.monitoring.monitor import Look, Monitor


@click.command(
    epilog="\b\nExamples:\n  mainspring monitor\n  mainspring monitor run census --once --json\n"
    "  mainspring monitor run --every 5 --port 9101\n  mainspring monitor run census --anew --once"
)
@click.argument("models", nargs=-1)
@file_option
@click.option("--once", is_flag=True, help="Judge what is complete now, and stop.")
@click.option(
    "--anew",
    is_flag=True,
    help="Judge the log again from its beginning, such as in other windows; what was seen is put aside.",
)
@click.option("--every", default=30.0, show_default=True, help="Seconds between looks at the log.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another prediction log than the project's.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Also serve pages and metrics there; 0 for any port.")
@host_option
@root_option
@json_option
def run(
    models: tuple[str, ...],
    path: Path | None,
    once: bool,
    anew: bool,
    every: float,
    log: Path | None,
    port: int | None,
    host: str,
    root_path: str,
    as_json: bool,
) -> None:
    """Judge windows of the prediction log as they become complete, tell people, ask for new models.

    MODELS are those of the monitoring file, all by default. Goes on until stopped with Ctrl-C or SIGTERM. When the
    monitoring file changes it is read again; while it is wrong, what it said before holds.
    """
    from mainspring.app.watching import UNHEARD, declared_in, monitors_of, nobody_hears
    from mainspring.monitoring.monitor import begin_anew

    asked = threading.Event()
    before = {one: signal.signal(one, lambda *_: asked.set()) for one in (signal.SIGTERM, signal.SIGINT)}
    looks: list[dict[str, Any]] = []
    with platform.existing() as opened, pages_of(opened, path, host, port, root_path) as url:
        try:
            declared = declared_in(opened, path)
            for name in (models or declared) if anew else ():
                _aside(begin_anew(opened.settings.path(opened.settings.monitoring.home), name, at=now()), as_json)
            monitors = monitors_of(opened, declared, only=models, log=log)
            _say(f"watching {', '.join(one.model for one in monitors)}", as_json)
            if url:
                _say(f"pages at {url}{root_path}/, metrics at {url}{root_path}/metrics", as_json)
            for name in nobody_hears(opened, {one.model: one.declared for one in monitors}):
                _say(click.style("! ", fg="yellow") + f"{name}: {UNHEARD}", as_json)
            quiet = {one.model for one in monitors}  # of which nothing was said yet
            wrong: dict[str, str] = {}  # what was wrong last with those that could not be looked at
            file = path or opened.settings.path(opened.settings.monitoring.file)
            written = _written(file)
            while not asked.is_set():
                if not once and _written(file) != written:
                    written = _written(file)
                    monitors = _read_again(opened, path, models, log, monitors, as_json)
                for one in monitors:
                    try:
                        for look in one.look():
                            quiet.discard(one.model)
                            _tell(look, as_json)
                            looks = [*looks, told(look)][-_KEPT:] if once else []
                            if asked.is_set():
                                break
                        if one.model in quiet:
                            quiet.discard(one.model)
                            _say(awaited(one), as_json)
                        if wrong.pop(one.model, ""):
                            _say(f"{one.model}: it goes on", as_json)
                    except (MainspringError, OSError) as error:
                        if once:
                            raise
                        kind = f"{type(error).__name__} {getattr(error, 'where', '')}"
                        if wrong.get(one.model) != kind:
                            wrong[one.model] = kind
                            _say(f"{one.model}: {error}; it is tried again every {every:g} seconds", as_json)
                if once:
                    break
                asked.wait(every)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if as_json:
        print_json({"looks": looks})


def told(look: Look) -> dict[str, Any]:
    """A look as plain values."""
    found: dict[str, Any] = {"model": look.model, "asked": look.asked}
    if look.judgement is not None:
        judgement = look.judgement
        found |= {
            "since": judgement.window.since,
            "until": judgement.window.until,
            "rows": judgement.window.table.num_rows,
            "revision": judgement.window.revision,
            "ok": judgement.ok,
            "verdict": look.verdict,
            "failures": [one.message for one in judgement.verdict().failures],
        }
    if look.transitions:
        found["alerts"] = [
            {"kind": one.kind, "alert": None if one.alert is None else one.alert.id} for one in look.transitions
        ]
    if look.decision is not None:
        found["retraining"] = look.decision.because
    return found


def awaited(monitor: Monitor) -> str:
    """When there will be a window to judge."""
    how, window = monitor.declared.how, monitor.awaited
    if window is None:
        return f"{monitor.model}: nothing was asked that is not judged yet"
    if how.rows is not None:
        return f"{monitor.model}: {window.rows} of the {how.rows} rows of the next window are there"
    return f"{monitor.model}: the next window is complete at {iso(window.until + float(how.wait))}"


def _written(file: Path) -> tuple[int, int]:
    """What tells a file from itself when it was written again."""
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _read_again(
    opened: Mainspring,
    path: Path | None,
    models: Sequence[str],
    log: Path | None,
    before: list[Monitor],
    as_json: bool,
) -> list[Monitor]:
    """The monitors of a monitoring file that changed; those of before while it is wrong."""
    from mainspring.app.watching import declared_in, monitors_of

    try:
        found = monitors_of(opened, declared_in(opened, path), only=models, log=log)
    except (MainspringError, OSError) as error:
        _say(f"the monitoring file changed and is wrong, what it said before holds: {error}", as_json)
        return before
    _say(f"the monitoring file changed; watching {', '.join(one.model for one in found)}", as_json)
    return found


def _aside(place: Path | None, as_json: bool) -> None:
    if place is not None:
        _say(f"what was seen until now lies in {place}", as_json)


def _tell(look: Look, as_json: bool) -> None:
    judgement = look.judgement
    if judgement is not None:
        again = dim(" (again: more is known of it)") if judgement.window.revision else ""
        sign = click.style("✓", fg="green") if judgement.ok else click.style("✗", fg="red")
        _say(f"{sign} {bold(look.model)} {judgement.window}{again}", as_json)
        for one in judgement.verdict().failures:
            _more(one.message, as_json)
    for transition in look.transitions:
        if transition.alert is not None:
            alert = transition.alert
            _more(f"alert {transition.kind}: {alert.title}  {dim('mainspring alerts show ' + alert.id)}", as_json)
    if look.decision is not None and (look.asked or look.decision.blocked):
        verb = "a new model is asked for" if look.asked else "no new model"
        _more(f"{verb}: {look.decision.because}", as_json)


def _say(text: str, as_json: bool) -> None:
    click.echo(f"{dim(iso(now()))}  {text}", err=as_json)


def _more(text: str, as_json: bool) -> None:
    click.echo(f"    {text}", err=as_json)


_KEPT = 1000
