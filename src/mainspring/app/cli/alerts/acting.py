"""``mainspring alerts ack`` and ``resolve``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, json_option, print_json, who

if TYPE_CHECKING:
    from mainspring.monitoring.alerts import Alert

_by_option = click.option("--by", default=None, help="Who; by default you.")


@click.command(
    epilog="\b\nExamples:\n  mainspring alerts ack 4ec3\n"
    "  mainspring alerts ack 4ec3 99ab --note 'asked the owner of the source'"
)
@click.argument("references", metavar="ID...", nargs=-1, required=True)
@click.option("--note", default="", help="What you do about it.")
@_by_option
@json_option
def ack(references: tuple[str, ...], note: str, by: str | None, as_json: bool) -> None:
    """Say that you take care of alerts: they are not repeated, and fire again if they get worse."""
    from mainspring.app.alerting import alert_ledger
    from mainspring.app.watching import alert_book

    with platform.existing() as opened:
        book = alert_book(opened)
        done = book.acknowledge(references, by=by or who(), note=note)
        book.record(alert_ledger(opened))
    _say(done, "acknowledged", as_json=as_json)


@click.command(epilog="\b\nExamples:\n  mainspring alerts resolve 4ec3 --why 'the source sends it again'")
@click.argument("references", metavar="ID...", nargs=-1, required=True)
@click.option("--why", default="", help="Why it is over.")
@_by_option
@json_option
def resolve(references: tuple[str, ...], why: str, by: str | None, as_json: bool) -> None:
    """Say that alerts are over. They fire again with the next bad windows."""
    from mainspring.app.alerting import alert_ledger
    from mainspring.app.watching import alert_book

    with platform.existing() as opened:
        book = alert_book(opened)
        done = book.resolve(references, by=by or who(), why=why)
        book.record(alert_ledger(opened))
    _say(done, "resolved", as_json=as_json)


def _say(done: Sequence[Alert], what: str, *, as_json: bool) -> None:
    from mainspring.monitoring.alerts.messages import plain_alert

    if as_json:
        print_json({"alerts": [plain_alert(one) for one in done]})
        return
    for one in done:
        click.echo(f"{bold(one.id)} {one.title}: {what}")
