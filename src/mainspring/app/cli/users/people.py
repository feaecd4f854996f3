"""``mainspring users``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec

from mainspring.app.accounts import Role
from mainspring.app.api.subjects.users import people
from mainspring.app.api.subjects.users.people import User
from mainspring.app.cli.users.asking import ask, opened_desk
from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError

_ROLES = [role.value for role in Role]

_stdin_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the standard input, instead of asking for it."
)


@click.command(
    "add",
    epilog="\b\nExamples:\n  mainspring users add ada --role admin\n"
    "  pass show ms/bob | mainspring users add bob --role editor --password-stdin",
)
@click.argument("name")
@click.option(
    "--role", type=click.Choice(_ROLES), default="viewer", show_default=True, help="What its owner may do."
)
@_stdin_option
@json_option
def add(name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Make an account with a password, for signing in to the console."""
    with opened_desk() as desk:
        made = ask(desk, people.add, user=name, role=role, password=_password(password_stdin))
    _tell(made, f"{bold(made.name)} can sign in, with the role {made.role}", as_json)


@click.command("list", epilog="\b\nExamples:\n  mainspring users list\n  mainspring users list --json")
@json_option
def list_(as_json: bool) -> None:
    """Every account, its role, and whether its owner is signed in."""
    with opened_desk() as desk:
        found = ask(desk, people.listed)
    if as_json:
        print_json({"users": [msgspec.to_builtins(one) for one in found]})
    elif not found:
        click.echo("There is no account yet: mainspring users add NAME --role admin")
    else:
        rows = [
            [
                bold(one.name),
                one.role.value,
                one.origin,
                click.style("disabled", fg="red") if one.disabled else "enabled",
                f"{one.sessions} open, seen {ago(one.seen)}" if one.seen else dim("not signed in"),
            ]
            for one in found
        ]
        click.echo(table(rows, ["name", "role", "origin", "state", "sessions"]))


@click.command("role", epilog="\b\nExample:\n  mainspring users role bob approver")
@click.argument("name")
@click.argument("role", type=click.Choice(_ROLES))
@json_option
def role(name: str, role: str, as_json: bool) -> None:
    """Give an account another role. Its owner signs in again."""
    with opened_desk() as desk:
        made = ask(desk, people.set_role, user=name, role=role)
    _tell(made, f"{bold(made.name)} has the role {made.role}", as_json)


@click.command("password", epilog="\b\nExample:\n  mainspring users password bob")
@click.argument("name")
@_stdin_option
@json_option
def password(name: str, password_stdin: bool, as_json: bool) -> None:
    """Give an account another password. It is signed out everywhere."""
    with opened_desk() as desk:
        made = ask(desk, people.set_password, user=name, password=_password(password_stdin))
    _tell(made, f"{bold(made.name)} has another password, and is signed out everywhere", as_json)


@click.command("disable", epilog="\b\nExample:\n  mainspring users disable bob")
@click.argument("name")
@json_option
def disable(name: str, as_json: bool) -> None:
    """Keep somebody from signing in. Their sessions and tokens count no longer."""
    _simple(people.disable, name, "cannot sign in any more", as_json)


@click.command("enable", epilog="\b\nExample:\n  mainspring users enable bob")
@click.argument("name")
@json_option
def enable(name: str, as_json: bool) -> None:
    """Let somebody sign in again."""
    _simple(people.enable, name, "can sign in again", as_json)


@click.command("sign-out", epilog="\b\nExample:\n  mainspring users sign-out bob")
@click.argument("name")
@json_option
def sign_out(name: str, as_json: bool) -> None:
    """End every session of somebody, in every browser."""
    _simple(people.sign_out, name, "is signed out everywhere", as_json)


@click.command("remove", epilog="\b\nExample:\n  mainspring users remove bob")
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove an account, with its sessions and tokens. What its owner did stays in the record."""
    _simple(people.remove, name, "has no account any more", as_json)


def _simple(function: Callable[..., Any], name: str, words: str, as_json: bool) -> None:
    with opened_desk() as desk:
        made = ask(desk, function, user=name)
    _tell(made, f"{bold(made.name)} {words}", as_json)


def _tell(made: User, words: str, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        click.echo(words)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError(
            "nobody is there to be asked for the password",
            expected="a terminal, or the password on the standard input",
            fix="add --password-stdin",
        )
    return str(click.prompt("The password", hide_input=True, confirmation_prompt=True))
