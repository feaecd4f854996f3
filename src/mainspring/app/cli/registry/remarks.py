"""``mainspring models tag``, ``note``, ``describe`` and ``bless``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.registry.references import about_of, version_of
from mainspring.app.cli.words import json_option, print_json, who


@click.command(
    epilog="\b\nExamples:\n  mainspring models tag taxi@1.2.0 team=risk\n  mainspring models tag taxi team="
)
@click.argument("reference", metavar="NAME[@VERSION]")
@click.argument("tags", metavar="KEY=VALUE…", nargs=-1, required=True)
@click.option("--by", default=who, help="Who; you by default.")
@json_option
def tag(reference: str, tags: tuple[str, ...], by: str, as_json: bool) -> None:
    """Give a model or a version tags; one without a value is taken away."""
    wrong = [one for one in tags if "=" not in one]
    if wrong:
        raise click.UsageError(f"{wrong[0]!r} is no tag; expected KEY=VALUE")
    given = {key: value or None for key, _, value in (one.partition("=") for one in tags)}
    with platform.existing() as opened:
        name, version = about_of(opened.models, reference)
        found = opened.models.tag(name, version, tags=given, by=by)
    if as_json:
        print_json({"tags": dict(found.tags)})
    else:
        click.echo("  ".join(f"{key}={value}" for key, value in found.tags.items()) or "no tags")


@click.command(epilog='\b\nExample:\n  mainspring models note taxi@1.2.0 "slow on Mondays"')
@click.argument("reference", metavar="NAME[@VERSION]")
@click.argument("text")
@click.option("--by", default=who, help="Who; you by default.")
@json_option
def note(reference: str, text: str, by: str, as_json: bool) -> None:
    """Remark something about a model or a version; it stays in the history."""
    with platform.existing() as opened:
        name, version = about_of(opened.models, reference)
        given = opened.models.note(name, version, text=text, by=by)
    if as_json:
        print_json(given.as_dict())
    else:
        click.echo(str(given))


@click.command(epilog='\b\nExample:\n  mainspring models describe taxi "Tips of taxi rides in Chicago"')
@click.argument("reference", metavar="NAME[@VERSION]")
@click.argument("text")
@click.option("--by", default=who, help="Who; you by default.")
@json_option
def describe(reference: str, text: str, by: str, as_json: bool) -> None:
    """Say in words what a model or a version is."""
    with platform.existing() as opened:
        name, version = about_of(opened.models, reference)
        found = opened.models.describe(name, version, text=text, by=by)
    if as_json:
        print_json({"description": found.description})
    else:
        click.echo(found.description)


@click.command(epilog='\b\nExample:\n  mainspring models bless taxi@1.2.0 --revoke --reason "a bias was found"')
@click.argument("reference", metavar="NAME@VERSION")
@click.option("--revoke", is_flag=True, help="Take the blessing back; the version can then not be promoted.")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--reason", required=True, help="Why; it stays in the record.")
@json_option
def bless(reference: str, revoke: bool, by: str, reason: str, as_json: bool) -> None:
    """Say that a version may be used, or (with --revoke) that it may not any more."""
    with platform.existing() as opened:
        version = version_of(opened.models, reference)
        given = opened.models.bless(version, by=by, reason=reason, ok=not revoke)
    if as_json:
        print_json({**given.told(), "at": given.at})
    else:
        click.echo(f"{version} {'is blessed' if given.ok else 'is not blessed any more'}: {reason}")
