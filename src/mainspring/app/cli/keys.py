"""``mainspring keys``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.serving.caller import Scope

if TYPE_CHECKING:
    from mainspring.serving.security.api_key import ApiKey

_SCOPES = [scope.value for scope in Scope]

_file_option = click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("keys.yaml"),
    show_default=True,
    envvar="MAINSPRING_KEYS",
    show_envvar=True,
    help="The file of keys: YAML, or JSON if its name ends in .json.",
)


@click.group(
    epilog="\b\nExamples:\n  mainspring keys new ann --model 'taxi*' --days 90\n  mainspring keys list\n"
    "  mainspring keys revoke k3v9x2aq"
)
def keys() -> None:
    """The API keys of prediction servers. A server that runs follows their file within two seconds."""


@keys.command(
    epilog="\b\nExamples:\n  mainspring keys new ann\n  mainspring keys new robot --scope management --days 30"
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(_SCOPES),
    default=["inference"],
    show_default=True,
    help="What its owner may do (repeatable).",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    default=["*"],
    show_default=True,
    help="Which models its owner may do it to; * and ? stand for others (repeatable).",
)
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), help="After how many days it ends; never by default."
)
@click.option("--prompt", is_flag=True, help="Ask for the key, instead of making one.")
@_file_option
@json_option
def new(
    name: str,
    scopes: tuple[str, ...],
    models: tuple[str, ...],
    days: float | None,
    prompt: bool,
    path: Path,
    as_json: bool,
) -> None:
    """Make a key. It is shown once, and kept nowhere.

    To replace a key, make another one of the same NAME, give it out, and revoke the old one by its id.
    """
    from mainspring.serving.security import key_file

    own = click.prompt("The key", hide_input=True, confirmation_prompt=True) if prompt else None
    made, key = key_file.new(
        path, name, scopes=[Scope(scope) for scope in scopes], models=models, days=days, own=own
    )
    if as_json:
        print_json({**_plain(made), **({} if prompt else {"key": key}), "file": str(path)})
        return
    click.echo(f"{bold(made.id)} for {bold(name)}: {', '.join(made.scopes)} of {', '.join(made.models)}")
    if not prompt:
        click.echo(f"  the key, shown only now: {bold(key)}")
        click.echo(dim("  use it: ") + "curl -H 'Authorization: Bearer KEY' …")
    click.echo(dim("  serve with it: ") + f"python -m mainspring.serving --keys {path} …")


@keys.command("list")
@_file_option
@json_option
def list_(path: Path, as_json: bool) -> None:
    """What is known of the keys; not the keys."""
    from mainspring.serving.security import key_file

    found = key_file.read(path)
    if as_json:
        print_json({"keys": [_plain(key) for key in found]})
    elif not found:
        click.echo("There is no key yet: mainspring keys new NAME")
    else:
        rows = [
            [bold(key.id), key.name, ", ".join(key.scopes), ", ".join(key.models), _until(key)] for key in found
        ]
        click.echo(table(rows, ["id", "name", "scopes", "models", "until"]))


@keys.command()
@click.argument("which", metavar="ID|NAME")
@_file_option
@json_option
def revoke(which: str, path: Path, as_json: bool) -> None:
    """Take back the key of an ID, or all keys of a NAME."""
    from mainspring.serving.security import key_file

    gone = key_file.revoke(path, which)
    if as_json:
        print_json({"revoked": [_plain(key) for key in gone]})
    else:
        for key in gone:
            click.echo(f"{bold(key.id)} of {key.name} is not taken any more")


def _plain(key: ApiKey) -> dict[str, Any]:  # Any: whatever JSON has
    """A key for machines, without its hash."""
    moments = {name: getattr(key, name) for name in ("created", "expires")}
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "models": list(key.models),
        **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
    }


def _until(key: ApiKey) -> str:
    if key.expires is None:
        return dim("for ever")
    text = str(key.expires.strftime("%Y-%m-%d %H:%M UTC"))
    return click.style(f"{text} (over)", fg="red") if key.expires.timestamp() <= time.time() else text
