"""``mainspring alerts test``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app import platform
from mainspring.app.cli.words import json_option, print_json, table
from mainspring.core.clock import now
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.monitoring.alerts import Destination, Message


@click.command(
    epilog="\b\nExamples:\n  mainspring alerts test\n  mainspring alerts test census\n"
    "  mainspring alerts test --to 'mailto://user:password@example.org'"
)
@click.argument("model", required=False)
@click.option(
    "--to", "urls", multiple=True, help="An address, instead of those of the monitoring file (repeatable)."
)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The monitoring file; that of the settings by default.",
)
@json_option
def test(model: str | None, urls: tuple[str, ...], file: Path | None, as_json: bool) -> None:
    """Send a test to those who are told of alerts of MODEL, or of all models.

    Ends with status 1 if one of them does not take it.
    """
    from mainspring.monitoring.alerts import Destination
    from mainspring.monitoring.alerts.destinations import shown
    from mainspring.monitoring.alerts.sending import attempt

    wanted = [Destination(url=one) for one in urls] or _declared(model, file)
    message = _message(model or "a model")
    told = [(shown(one), attempt(one, message)) for one in wanted]
    if as_json:
        print_json(
            {"destinations": [{"destination": name, "ok": not error, "error": error} for name, error in told]}
        )
    else:
        rows = [
            (name, click.style("told", fg="green") if not error else click.style(error, fg="red"))
            for name, error in told
        ]
        click.echo(table(rows))
    if any(error for _, error in told):
        click.get_current_context().exit(1)


def _declared(model: str | None, file: Path | None) -> list[Destination]:
    from mainspring.app.watching import declared_in

    with platform.existing() as opened:
        declared = declared_in(opened, file)
    known = {name: one for name, one in declared.items() if model in (None, name)}
    found = {to.url: to for one in known.values() for to in one.how.alerts.destinations}
    if not found:
        raise InputError(
            f"nobody is told of alerts of {model}" if model else "nobody is told of alerts",
            expected="addresses in the monitoring file",
            fix='add them: alerts: {to: ["mailto://…"]}',
        )
    return list(found.values())


def _message(model: str) -> Message:
    from mainspring.monitoring.alerts import Alert
    from mainspring.monitoring.alerts.messages import Told, message_of

    at = now()
    alert = Alert(
        id="00000000",
        model=model,
        version="0",
        check="test",
        code="TEST",
        subject="nothing",
        since=at,
        began=at,
        opened=at,
        last_seen=at,
        message="this is how alerts will look; nothing is wrong",
    )
    return message_of([Told(alert=alert, happened=("test",))], name=f"test-{at:.0f}", model=model, at=at)
