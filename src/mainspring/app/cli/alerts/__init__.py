"""``mainspring alerts``: what is wrong with the models that are watched, and what people make of it."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "ack": "acting:ack",
    "history": "showing:history",
    "list": "showing:list_",
    "resolve": "acting:resolve",
    "show": "showing:show",
    "silence": "silencing:silence",
    "silences": "silencing:silences",
    "test": "testing:test",
    "unsilence": "silencing:unsilence",
}
_SUMMARIES = {
    "ack": "Say that you take care: not repeated, told again if it gets worse.",
    "history": "What happened to alerts, from the record.",
    "list": "The alerts that fire, the most pressing first.",
    "resolve": "Say that alerts are over.",
    "show": "All about an alert: since when, how much, why, which rows, what to do.",
    "silence": "Tell nobody of some alerts for a time.",
    "silences": "The silences that hold.",
    "test": "Send a test to those who are told.",
    "unsilence": "End a silence.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.alerts",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="list",
    bare=True,
    epilog="\b\nExamples:\n  mainspring alerts\n  mainspring alerts show 4ec3\n"
    "  mainspring alerts ack 4ec3 --note 'asked the owner of the source'\n"
    "  mainspring alerts silence check=drift subject=age --for 2d --why 'known, until the next release'",
)
def alerts() -> None:
    """Alerts about models that are watched: look at them, take care of them, silence them.

    Without a command: those that fire.
    """
