"""``mainspring users``, ``tokens``, ``audit``: who may do what, and who did."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_PACKAGE = "mainspring.app.cli.users"
_USERS = {
    "add": "people:add",
    "disable": "people:disable",
    "enable": "people:enable",
    "list": "people:list_",
    "password": "people:password",
    "remove": "people:remove",
    "role": "people:role",
    "sign-out": "people:sign_out",
}
_USERS_TOLD = {
    "add": "Make an account with a password.",
    "disable": "Keep somebody from signing in.",
    "enable": "Let somebody sign in again.",
    "list": "Every account.",
    "password": "Give an account another password.",
    "remove": "Remove an account.",
    "role": "Give an account another role.",
    "sign-out": "End every session of somebody.",
}


@click.group(
    cls=LazyGroup,
    package=_PACKAGE,
    commands=_USERS,
    summaries=_USERS_TOLD,
    default="list",
    bare=True,
    epilog="\b\nExamples:\n  mainspring users add ada --role admin\n  mainspring users\n"
    "  mainspring users role bob approver",
)
def users() -> None:
    """The accounts of people who sign in to the console. Roles: viewer, editor, approver, admin.

    Without a command: all of them.
    """


_TOKENS = {"list": "programs:list_", "new": "programs:new", "revoke": "programs:revoke"}
_TOKENS_TOLD = {
    "list": "What is known of the tokens; not the tokens.",
    "new": "Make a token; it is shown once.",
    "revoke": "Take a token back.",
}


@click.group(
    cls=LazyGroup,
    package=_PACKAGE,
    commands=_TOKENS,
    summaries=_TOKENS_TOLD,
    default="list",
    bare=True,
    epilog="\b\nExamples:\n  mainspring tokens new 'nightly export' --user ada --role viewer\n"
    "  mainspring tokens\n  mainspring tokens revoke k3v9x2aq1b",
)
def tokens() -> None:
    """The tokens that programs show to the console's API, in the name of an account.

    Without a command: all of them.
    """


_AUDIT = {"export": "trail:export", "list": "trail:list_", "verify": "trail:verify"}
_AUDIT_TOLD = {
    "export": "Write the list as JSON lines or CSV.",
    "list": "The latest lines.",
    "verify": "Whether the trail is whole, and where it is not.",
}


@click.group(
    cls=LazyGroup,
    package=_PACKAGE,
    commands=_AUDIT,
    summaries=_AUDIT_TOLD,
    default="list",
    bare=True,
    epilog="\b\nExamples:\n  mainspring audit\n  mainspring audit list --who ada --outcome refused\n"
    "  mainspring audit verify",
)
def audit() -> None:
    """Who asked the console, the API or these commands for what; and what else was decided, as the record has it.

    Without a command: the latest lines.
    """
