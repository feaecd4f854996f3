"""``mainspring alerts silence``, ``unsilence`` and ``silences``."""

from __future__ import annotations

from dataclasses import asdict

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, table, who
from mainspring.core.clock import iso

_by_option = click.option("--by", default=None, help="Who; by default you.")


@click.command(
    epilog="\b\nExamples:\n  mainspring alerts silence check=drift subject=age --for 2d --why 'known'\n"
    "  mainspring alerts silence 4ec32497 --for 6h --why 'being repaired'\n"
    "  mainspring alerts silence model=census severity=info --until 2030-01-31T08:00 --why 'too many'"
)
@click.argument("given", metavar="ID|NAME=PATTERN...", nargs=-1, required=True)
@click.option("--for", "length", metavar="TIME", help="How long: 30m, 6h, 2d.")
@click.option("--until", metavar="TIME", help="Up to when (ISO 8601).")
@click.option("--why", required=True, help="Why, for those who wonder.")
@_by_option
@json_option
def silence(
    given: tuple[str, ...], length: str | None, until: str | None, why: str, by: str | None, as_json: bool
) -> None:
    """Tell nobody of some alerts for a time; they are still taken and recorded.

    What they have is given as patterns of model, version, check, code, subject, slice, severity or group, and all
    of them must fit; or an alert is named by its id.
    """
    from mainspring.app.alerting import alert_ledger, silence_end
    from mainspring.app.watching import alert_book

    with platform.existing() as opened:
        book = alert_book(opened)
        matcher = {}
        for one in given:
            name, mark, pattern = one.partition("=")
            matcher[name if mark else "id"] = pattern if mark else book.get(one).id
        made = book.silence(matcher, until=silence_end(length, until), by=by or who(), why=why)
        book.record(alert_ledger(opened))
    if as_json:
        print_json(asdict(made))
        return
    click.echo(f"{bold(made.id)} until {iso(made.until)}")
    click.echo(dim("  to end it: ") + f"mainspring alerts unsilence {made.id}")


@click.command(epilog="\b\nExamples:\n  mainspring alerts unsilence s3")
@click.argument("reference", metavar="ID")
@_by_option
@json_option
def unsilence(reference: str, by: str | None, as_json: bool) -> None:
    """End a silence: what fires under it is told."""
    from mainspring.app.alerting import alert_ledger
    from mainspring.app.watching import alert_book

    with platform.existing() as opened:
        book = alert_book(opened)
        ended = book.unsilence(reference, by=by or who())
        book.record(alert_ledger(opened))
    if as_json:
        print_json(asdict(ended))
        return
    click.echo(f"{bold(ended.id)} ended")


@click.command(epilog="\b\nExamples:\n  mainspring alerts silences\n  mainspring alerts silences --json")
@json_option
def silences(as_json: bool) -> None:
    """The silences that hold, or will."""
    from mainspring.app.watching import alert_book

    with platform.existing() as opened:
        found = alert_book(opened).silences()
    if as_json:
        print_json({"silences": [asdict(one) for one in found]})
        return
    rows = [
        (
            bold(one.id),
            ", ".join(f"{name}={it}" for name, it in one.matcher.items()),
            iso(one.until),
            one.by,
            one.why,
        )
        for one in found
    ]
    click.echo(table(rows, ("id", "about", "until", "by", "why")) if rows else "nothing is silenced")
