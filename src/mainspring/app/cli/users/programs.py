"""``mainspring tokens``."""

from __future__ import annotations

import time

import click
import msgspec

from mainspring.app.accounts import Role
from mainspring.app.accounts.tokens import Token
from mainspring.app.api.subjects.users import tokens
from mainspring.app.cli.users.asking import ask, opened_desk
from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, table

_ROLES = [role.value for role in Role]


@click.command(
    "new", epilog="\b\nExample:\n  mainspring tokens new 'nightly export' --user ada --role viewer --days 365"
)
@click.argument("label")
@click.option("--user", required=True, help="The account in whose name the program asks.")
@click.option(
    "--role", type=click.Choice(_ROLES), default="viewer", show_default=True, help="What it may do at most."
)
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True, max=3650),
    default=90.0,
    show_default=True,
    help="After how many days it ends.",
)
@json_option
def new(label: str, user: str, role: str, days: float, as_json: bool) -> None:
    """Make a token for LABEL. It is shown once, and kept nowhere."""
    with opened_desk() as desk:
        made = ask(desk, tokens.new, label=label, user=user, role=role, days=days)
    if as_json:
        print_json({**msgspec.to_builtins(made.token), "secret": made.secret})
        return
    click.echo(f"{bold(made.id)} for {bold(made.token.user)}: {made.token.role}")
    click.echo(f"  the token, shown only now: {bold(made.secret)}")
    click.echo(dim("  use it: ") + "curl -H 'Authorization: Bearer TOKEN' …/api/me")


@click.command("list", epilog="\b\nExamples:\n  mainspring tokens list\n  mainspring tokens list --user ada")
@click.option("--user", default=None, help="Only those of this account.")
@json_option
def list_(user: str | None, as_json: bool) -> None:
    """What is known of the tokens; not the tokens."""
    with opened_desk() as desk:
        found = ask(desk, tokens.listed, **({} if user is None else {"user": user}))
    if as_json:
        print_json({"tokens": [msgspec.to_builtins(one) for one in found]})
    elif not found:
        click.echo("There is no token yet: mainspring tokens new 'what it is for' --user NAME")
    else:
        rows = [
            [
                bold(one.id),
                one.user,
                one.role.value,
                _state(one),
                f"used {ago(one.used)}" if one.used else dim("never used"),
                one.label,
            ]
            for one in found
        ]
        click.echo(table(rows, ["id", "whose", "role", "state", "used", "what for"]))


@click.command("revoke", epilog="\b\nExample:\n  mainspring tokens revoke k3v9x2aq1b")
@click.argument("token", metavar="ID")
@json_option
def revoke(token: str, as_json: bool) -> None:
    """Take back the token of an ID. It does not count from now on."""
    with opened_desk() as desk:
        gone = ask(desk, tokens.revoke, token=token)
    if as_json:
        print_json(msgspec.to_builtins(gone))
    else:
        click.echo(f"{bold(gone.id)} of {gone.user} does not count any more")


def _state(one: Token) -> str:
    if one.revoked is not None:
        return click.style("taken back", fg="red")
    if one.until is None:
        return "for ever"
    day = time.strftime("%Y-%m-%d", time.gmtime(one.until))
    return click.style(f"ended {day}", fg="red") if one.until < time.time() else f"until {day}"
