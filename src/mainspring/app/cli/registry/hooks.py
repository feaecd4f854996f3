"""``mainspring webhooks``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mainspring.app import platform
from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, table
from mainspring.core.signing import new_secret
from mainspring.models.registry.webhooks import Delivery, Webhooks

_STATES = {
    "NEW": ("not tried yet", None),
    "RUNNING": ("will be tried again", "yellow"),
    "COMPLETE": ("told", "green"),
    "FAILED": ("given up", "red"),
    "CANCELED": ("cancelled", None),
}


@click.command(
    epilog="\b\nExamples:\n  mainspring webhooks add ops https://host/hook --event alias.moved\n"
    "  mainspring webhooks add ops https://host/hook --secret env:OPS_HOOK_SECRET"
)
@click.argument("name")
@click.argument("url")
@click.option("--event", "events", multiple=True, help="Of which event; of all by default (repeatable).")
@click.option("--model", "models", multiple=True, help="Of which model; of all by default (repeatable).")
@click.option(
    "--secret",
    metavar="PLACE",
    help="Where its secret is: env:NAME or file:PATH; by default one is made and kept in a file.",
)
@click.option(
    "--attempts", default=8, show_default=True, type=click.IntRange(min=1), help="How often it is tried."
)
@click.option(
    "--disable-after",
    default=40,
    show_default=True,
    type=click.IntRange(min=1),
    help="Failed attempts in a row after which it is told nothing any more.",
)
@json_option
def add(
    name: str,
    url: str,
    events: tuple[str, ...],
    models: tuple[str, ...],
    secret: str | None,
    attempts: int,
    disable_after: int,
    as_json: bool,
) -> None:
    """Tell an address of what happens to models: signed, retried and logged.

    Requests carry the headers of Standard Webhooks 1.0. The secret is neither shown nor kept in the record.
    """
    with platform.existing() as opened:
        place = secret or f"file:{_secret_file(opened, name)}"
        hook = opened.models.webhooks.add(
            name,
            url,
            secret=place,
            events=events,
            models=models,
            max_attempts=attempts,
            disable_after=disable_after,
        )
        if secret is None:
            _write_secret(opened.settings.path(_secret_file(opened, name)))
    if as_json:
        print_json(hook.as_dict())
        return
    click.echo(f"{bold(name)} tells {hook.shown} of {', '.join(hook.events)}")
    click.echo(f"  its secret is in {hook.secret}; give it to the receiver")
    click.echo(dim("  next: ") + f"mainspring webhooks test {name}")


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All webhooks."""
    with platform.existing() as opened:
        found = opened.models.webhooks.list()
    if as_json:
        print_json({"webhooks": [one.as_dict() for one in found]})
    elif not found:
        click.echo("There is no webhook yet: mainspring webhooks add NAME URL")
    else:
        rows = []
        for one in found:
            state = "active" if one.active else click.style(one.why or "off", fg="red")
            rows.append([bold(one.name), one.shown, state, dim(", ".join(one.events))])
        click.echo(table(rows))


@click.command()
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Tell it nothing any more; its log stays."""
    with platform.existing() as opened:
        opened.models.webhooks.remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"{name} is told nothing any more")


@click.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Pause it instead: nothing is sent until it is enabled again.")
@json_option
def enable(name: str, off: bool, as_json: bool) -> None:
    """Let a webhook that was disabled be told again; or pause it, with --off."""
    with platform.existing() as opened:
        hook = opened.models.webhooks.enable(name, active=not off, why="switched off" if off else "")
    if as_json:
        print_json(hook.as_dict())
    else:
        click.echo(f"{name} is {'active' if hook.active else 'off'}")


@click.command()
@click.argument("name", required=False)
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many.")
@json_option
def log(name: str | None, limit: int, as_json: bool) -> None:
    """What was told, newest first: every attempt with its status, its time and what was answered."""
    with platform.existing() as opened:
        if name is not None and not opened.models.webhooks.log(name, limit=1):
            opened.models.webhooks.get(name)
        found = opened.models.webhooks.log(name, limit=limit)
    _print(found, as_json=as_json)


@click.command()
@json_option
def deliver(as_json: bool) -> int:
    """Tell what is due now; exit code 1 if any of it could not be told."""
    with platform.existing() as opened:
        tried = tuple(opened.courier.deliver())
        left = opened.courier.pending()
    _print(tried, as_json=as_json, left=left)
    return 1 if any(one.attempts and not one.attempts[-1].ok for one in tried) else 0


@click.command()
@click.argument("name")
@json_option
def test(name: str, as_json: bool) -> int:
    """Send the event `webhook.test` to one webhook, and say what it answered."""
    with platform.existing() as opened:
        hooks = Webhooks(opened.store.record)  # told here and now, not in the background
        asked = hooks.test(name)
        for _ in opened.courier.deliver():
            pass
        found = next(one for one in hooks.log(name) if one.id == asked.id)
    _print((found,), as_json=as_json)
    return 0 if found.state.value == "COMPLETE" else 1


def _print(found: tuple[Delivery, ...], *, as_json: bool, left: int | None = None) -> None:
    if as_json:
        more = {} if left is None else {"left": left}
        print_json({"deliveries": [one.as_dict() for one in found], **more})
        return
    for one in found:
        words, colour = _STATES[one.state.value]
        state = click.style(words, fg=colour)
        click.echo(f"{bold(str(one.id))}  {one.hook}  {one.event}  {state}  {dim(ago(one.at))}")
        for attempt in one.attempts:
            click.echo(dim(f"    {attempt}"))
    if not found:
        click.echo("nothing was told")
    if left:
        click.echo(dim(f"{left} deliveries wait for another try"))


def _secret_file(opened: platform.Mainspring, name: str) -> str:
    return str(Path(opened.settings.run.home) / "webhooks" / f"{name}.secret")


def _write_secret(path: Path) -> None:
    """Make a secret, and keep it where only the user can read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(new_secret() + "\n")
