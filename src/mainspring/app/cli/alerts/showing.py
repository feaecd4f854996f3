"""``mainspring alerts list``, ``show`` and ``history``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, table
from mainspring.core.clock import iso

if TYPE_CHECKING:
    from mainspring.monitoring.alerts import Alert, Example

_SEVERITIES = ("info", "warning", "critical")
_STATES = ("pending", "firing", "acknowledged", "resolved")
_COLOURS = {"critical": "red", "warning": "yellow", "info": "blue"}


@click.command(
    name="list",
    epilog="\b\nExamples:\n  mainspring alerts list\n  mainspring alerts list --model census --severity warning\n"
    "  mainspring alerts list --all --json",
)
@click.option("--model", default="*", help="Only of this model; a pattern.")
@click.option("--check", default="*", help="Only of this check; a pattern.")
@click.option("--subject", default="*", help="Only about this feature, metric or slice; a pattern.")
@click.option("--severity", type=click.Choice(_SEVERITIES), default="info", help="Only so severe, or more.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(_STATES), help="Only in this state (repeatable)."
)
@click.option("--all", "everything", is_flag=True, help="Those that are pending or over, too.")
@json_option
def list_(
    model: str,
    check: str,
    subject: str,
    severity: str,
    states: tuple[str, ...],
    everything: bool,
    as_json: bool,
) -> None:
    """The alerts that fire or are acknowledged, the most pressing first."""
    from mainspring.app.watching import alert_book
    from mainspring.monitoring.alerts import Severity, State
    from mainspring.monitoring.alerts.messages import plain_alert

    wanted = [State(one) for one in states] or (list(State) if everything else None)
    with platform.existing() as opened:
        found = alert_book(opened).alerts(
            states=wanted, matcher={"model": model, "check": check, "subject": subject}
        )
    kept = [one for one in found if one.severity.rank >= Severity(severity).rank]
    if as_json:
        print_json({"alerts": [plain_alert(one) for one in kept]})
        return
    if not kept:
        click.echo("nothing fires" if not (states or everything) else "there is no such alert")
        return
    click.echo(table([_line(one) for one in kept], ("", "id", "model", "what", "state", "since", "figures")))
    click.echo(dim("more: ") + f"mainspring alerts show {kept[0].id}")


@click.command(epilog="\b\nExamples:\n  mainspring alerts show 4ec32497\n  mainspring alerts show 4ec3 --json")
@click.argument("reference", metavar="ID")
@json_option
def show(reference: str, as_json: bool) -> None:
    """All about an alert: since when, how much, what may have caused it, rows that show it, what to do.

    ID is that of the alert, or the beginning of it.
    """
    from mainspring.app.watching import alert_book
    from mainspring.monitoring.alerts.messages import plain_alert

    with platform.existing() as opened:
        book = alert_book(opened)
        alert = book.get(reference)
        others = [one for one in book.alerts() if one.group == alert.group and one.id != alert.id and one.group]
    if as_json:
        print_json({"alert": plain_alert(alert), "group": [one.id for one in others]})
        return
    _print(alert, others)


@click.command(
    epilog="\b\nExamples:\n  mainspring alerts history\n  mainspring alerts history census --limit 20\n"
    "  mainspring alerts history --alert 4ec3 --json"
)
@click.argument("model", required=False)
@click.option("--alert", help="Only what happened to this alert.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The newest so many.")
@json_option
def history(model: str | None, alert: str | None, limit: int, as_json: bool) -> None:
    """What happened to the alerts of MODEL, or of all, oldest first, as the record has it."""
    from mainspring.app.alerting import alert_ledger
    from mainspring.app.watching import alert_book

    with platform.existing() as opened:
        ledger = alert_ledger(opened)
        alert_book(opened).record(ledger)
        found = [one for one in ledger.history(model) if alert is None or one.alert.startswith(alert)][-limit:]
    if as_json:
        print_json({"history": [_plain(one) for one in found]})
        return
    rows = [
        (iso(one.at), one.model or "-", one.alert or "-", one.what, one.by, _first(one.verdict.reasons))
        for one in found
    ]
    click.echo(table(rows, ("time", "model", "alert", "what", "by", "")) if rows else "nothing happened yet")


def _plain(one: Any) -> dict[str, Any]:
    return {
        "execution": one.execution,
        "model": one.model,
        "alert": one.alert,
        "what": one.what,
        "at": one.at,
        "by": one.by,
        "why": one.why,
        "verdict": one.verdict.as_dict(),
    }


def _first(reasons: Sequence[Any]) -> str:
    return reasons[0].message if reasons else ""


def _line(alert: Alert) -> tuple[str, ...]:
    from mainspring.monitoring.alerts.messages import figures_text

    what = f"{alert.check}" + (f" {alert.subject}" if alert.subject else "")
    return (
        click.style(str(alert.severity), fg=_COLOURS[alert.severity]),
        bold(alert.id),
        alert.model,
        what,
        _state(alert),
        ago(alert.since),
        figures_text(alert),
    )


def _state(alert: Alert) -> str:
    told = str(alert.state)
    if alert.silenced:
        told += f", silenced ({alert.silenced})"
    return told + (", flapping" if alert.flapping else "")


def _print(alert: Alert, others: Sequence[Alert]) -> None:
    from mainspring.monitoring.alerts.messages import figures_text

    click.echo(f"{click.style(str(alert.severity), fg=_COLOURS[alert.severity])} {bold(alert.title)}  {alert.id}")
    click.echo(f"  {alert.message}")
    figures = figures_text(alert)
    rows = [
        ("state", _state(alert)),
        ("since", f"{iso(alert.since)} ({ago(alert.since)}), seen last {iso(alert.last_seen)}"),
        ("windows", f"{alert.windows} bad; the last ones: {_strip(alert)}"),
        ("figures", figures + (f", {alert.effect:.2g} times past the limit" if alert.effect > 1 else "")),
        ("version", alert.version),
        ("features", ", ".join(alert.features)),
        ("slice", alert.slice),
        ("code", alert.code),
        ("group", f"{alert.group}" + (f", with {', '.join(one.id for one in others)}" if others else "")),
        ("taken care of", _care(alert)),
        ("runbook", alert.runbook),
    ]
    click.echo(table([(f"  {dim(name)}", value) for name, value in rows if value]))
    _list("perhaps because", [f"{one.what} {dim(f'({one.score:.2f})')}" for one in alert.causes])
    _list("rows", [_example(one) for one in alert.examples])
    if alert.suggestion:
        _list("to do", [alert.suggestion])


def _example(example: Example) -> str:
    from mainspring.monitoring.alerts.messages import example_text

    return example_text(example)


def _care(alert: Alert) -> str:
    given = alert.acknowledged
    if given is None:
        return ""
    return f"by {given.by} since {iso(given.at)}" + (f": {given.note}" if given.note else "")


def _strip(alert: Alert) -> str:
    return "".join("x" if one.bad else "." for one in alert.outcomes[-30:])


def _list(title: str, lines: Sequence[str]) -> None:
    if lines:
        click.echo(f"  {dim(title)}")
        for line in lines:
            click.echo(f"    {line}")
