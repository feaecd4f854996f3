"""``mainspring rollout promote``, ``rollback``, ``hold``, ``resume``, ``advance``, ``share`` and ``label``."""

from __future__ import annotations

from typing import Any

import click

from mainspring.app.cli.rollout.asking import url_option
from mainspring.app.cli.words import bold, json_option, print_json, who
from mainspring.core.errors import InputError

_reason_option = click.option("--reason", default="", help="Why, for the history.")
_by_option = click.option("--by", default=None, help="Who decides; by default you.")

_DONE = {
    "promoted": "is the primary version now",
    "rolled_back": "the primary version alone answers",
    "held": "held: nothing is decided until it goes on",
    "resumed": "goes on",
    "advanced": "is at its next step",
    "shared": "gets {share:g} % of the requests",
}


@click.command(
    epilog="\b\nExamples:\n  mainspring rollout promote taxi\n  mainspring rollout promote taxi --arm blue"
)
@click.argument("name")
@click.option("--arm", default="", help="Which arm; the candidate of a canary by default.")
@_reason_option
@_by_option
@url_option
@json_option
def promote(name: str, arm: str, reason: str, by: str | None, url: str, as_json: bool) -> None:
    """Make an arm the primary one, in all processes at once; the rollout is over."""
    _act(url, name, "promote", arm=arm, reason=reason, by=by, as_json=as_json)


@click.command(epilog="\b\nExamples:\n  mainspring rollout rollback taxi --reason 'complaints'")
@click.argument("name")
@_reason_option
@_by_option
@url_option
@json_option
def rollback(name: str, reason: str, by: str | None, url: str, as_json: bool) -> None:
    """Have the version alone answer that is the primary one by declaration; the rollout is over."""
    _act(url, name, "rollback", reason=reason, by=by, as_json=as_json)


@click.command(epilog="\b\nExamples:\n  mainspring rollout hold taxi")
@click.argument("name")
@_reason_option
@_by_option
@url_option
@json_option
def hold(name: str, reason: str, by: str | None, url: str, as_json: bool) -> None:
    """Keep a canary at its step, and judge nothing, until it is resumed."""
    _act(url, name, "hold", reason=reason, by=by, as_json=as_json)


@click.command(epilog="\b\nExamples:\n  mainspring rollout resume taxi")
@click.argument("name")
@_reason_option
@_by_option
@url_option
@json_option
def resume(name: str, reason: str, by: str | None, url: str, as_json: bool) -> None:
    """Go on with a canary that is held; one that is over begins again at its first step."""
    _act(url, name, "resume", reason=reason, by=by, as_json=as_json)


@click.command(epilog="\b\nExamples:\n  mainspring rollout advance taxi")
@click.argument("name")
@_reason_option
@_by_option
@url_option
@json_option
def advance(name: str, reason: str, by: str | None, url: str, as_json: bool) -> None:
    """Take a canary to its next step, whatever its guards say."""
    _act(url, name, "advance", reason=reason, by=by, as_json=as_json)


@click.command(
    epilog="\b\nExamples:\n  mainspring rollout share taxi 25%\n"
    "  mainspring rollout share taxi 2.5% --reason 'the week begins'"
)
@click.argument("name")
@click.argument("percent", metavar="PERCENT")
@_reason_option
@_by_option
@url_option
@json_option
def share(name: str, percent: str, reason: str, by: str | None, url: str, as_json: bool) -> None:
    """Give the candidate of a canary PERCENT of the requests, whatever its steps say; its guards go on."""
    try:
        wanted = float(percent.removesuffix("%"))
    except ValueError as error:
        raise InputError(f"{percent!r} is no share", expected="such as 25%") from error
    _act(url, name, "share", share=wanted, reason=reason, by=by, as_json=as_json)


@click.command(
    epilog="\b\nExamples:\n  mainspring rollout label taxi live=2\n  mainspring rollout label taxi live=2 next=3"
)
@click.argument("name")
@click.argument("labels", metavar="LABEL=VERSION...", nargs=-1, required=True)
@url_option
@json_option
def label(name: str, labels: tuple[str, ...], url: str, as_json: bool) -> None:
    """Have labels of a model stand for other loaded versions, all at once and without loading anything."""
    from mainspring.serving.client import Client

    given = dict(one.split("=", 1) for one in labels if "=" in one)
    if len(given) < len(labels):
        raise InputError(f"these are no labels: {' '.join(labels)}", expected="LABEL=VERSION, each label once")
    with Client(url) as client:
        moved = client.label(name, given)
    if as_json:
        print_json({"model": name, "labels": moved})
        return
    for one, version in moved.items():
        click.echo(f"{bold(one)} stands for version {version}")


def _act(url: str, name: str, verb: str, *, by: str | None, as_json: bool, **more: Any) -> None:
    from mainspring.serving.client import Client

    with Client(url) as client:
        event = client.act(name, verb, by=by or who(), **more)
    if as_json:
        print_json(event)
        return
    arm, kind = event.get("arm", ""), event["kind"]
    subject = f"{bold(name)}: " + (f"{arm} " if arm and kind in ("promoted", "shared") else "")
    click.echo(subject + _DONE.get(kind, kind).format(**event))
