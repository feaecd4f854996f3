"""``mainspring models`` and ``mainspring rollback``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, short, table, who
from mainspring.core.errors import NotFoundError

if TYPE_CHECKING:
    from mainspring.models.registry import ModelVersion, Registry


@click.command()
@click.argument("name", required=False)
@json_option
def show(name: str | None, as_json: bool) -> None:
    """The registered models; or the versions, aliases and history of one."""
    with platform.existing() as opened:
        registry = opened.models
        if name is None:
            _all(registry, as_json=as_json)
            return
        versions = registry.versions(name)
        if not versions:
            known = ", ".join(registry.models()) or "none yet"
            raise NotFoundError(f"no model is registered as {name!r}", expected=f"a registered model: {known}")
        _one(registry, name, versions, as_json=as_json)


def _all(registry: Registry, *, as_json: bool) -> None:
    found = {one: [str(version.version) for version in registry.versions(one)] for one in registry.models()}
    if as_json:
        print_json({"models": found})
    elif not found:
        click.echo("No model is registered yet. A pipeline's `register` step does it: mainspring run")
    else:
        rows = [[bold(one), versions[-1], dim(f"{len(versions)} versions")] for one, versions in found.items()]
        click.echo(table(rows))


def _one(registry: Registry, name: str, versions: tuple[ModelVersion, ...], *, as_json: bool) -> None:
    aliases, history = registry.aliases(name), registry.history(name)
    decisions, notes, facts = registry.decisions(name), registry.notes(name), registry.facts(name)
    said = {one.version: registry.facts(name, one.version) for one in versions}
    if as_json:
        print_json(
            {
                "name": name,
                **facts.as_dict(),
                "aliases": {alias: str(version) for alias, version in aliases.items()},
                "versions": [
                    {
                        "version": str(one.version),
                        "digest": one.digest,
                        "why": one.why,
                        "metrics": dict(one.metrics),
                        "assertions": [each.as_dict() for each in registry.assertions(one)],
                        **said[one.version].as_dict(),
                    }
                    for one in versions
                ],
                "history": [move.as_dict() for move in history],
                "decisions": [one.as_dict() for one in decisions],
                "reproductions": [one.as_dict() for one in registry.reproductions(name)],
                "notes": [one.as_dict() for one in notes],
            }
        )
        return
    if facts.description:
        click.echo(facts.description)
    if facts.tags:
        click.echo(dim("  ".join(f"{key}={value}" for key, value in facts.tags.items())))
    rows = []
    for one in reversed(versions):
        held = [alias for alias, version in aliases.items() if version == one.version]
        marks = [click.style(", ".join(held), fg="green")] if held else []
        marks += [dim("archived")] if said[one.version].archived else []
        marks += [dim(f"{key}={value}") for key, value in said[one.version].tags.items()]
        rows.append([bold(str(one.version)), short(one.digest), " ".join(marks), dim(one.why)])
    click.echo(table(rows))
    for one in reversed(versions):
        if one is versions[-1] or one.version in aliases.values():
            for each in registry.assertions(one):
                click.echo(f"  {bold(str(one.version))} asserts {each}")
    lines = [*((one.at, str(one)) for one in history), *((one.at, str(one)) for one in decisions)]
    lines += [(one.at, str(one)) for one in registry.reproductions(name)]
    lines += [(each.at, str(each)) for one in versions for each in registry.blessings(one)]
    for _, line in sorted([*lines, *((one.at, str(one)) for one in notes)]):
        click.echo(dim(f"  {line}"))


@click.command(
    epilog='\b\nExamples:\n  mainspring rollback taxi --reason "errors since noon"\n'
    '  mainspring rollback taxi --to 2.0.0 --reason "it was the network"'
)
@click.argument("name")
@click.option("--alias", default="production", show_default=True, help="The alias to move back.")
@click.option("--to", metavar="VERSION", help="The version to point at; the one that held it before by default.")
@click.option("--by", default=who, help="Who; you by default.")
@click.option("--reason", required=True, help="Why; it stays in the record.")
@json_option
def rollback(name: str, alias: str, to: str | None, by: str, reason: str, as_json: bool) -> None:
    """Point an alias back at the version before, or at any other, and serve that one again.

    What is served from the folder that models are pushed to follows the alias `production`.
    """
    with platform.existing() as opened:
        if to is None:
            version = opened.models.rollback(name, alias, by=by, reason=reason)
        else:
            opened.models.move(name, alias, to, by=by, reason=reason)
            version = opened.models.resolve(f"{name}:{to}")
        follow(opened, version, alias, by=by, reason=reason)
    if as_json:
        print_json({"name": name, "alias": alias, "version": str(version.version)})
    else:
        click.echo(f"{name}@{alias} is {bold(str(version.version))}" + (" again" if to is None else ""))


def follow(
    opened: platform.Mainspring, version: ModelVersion, alias: str, *, by: str, reason: str, begin: bool = False
) -> None:
    """Serve what production points to, if the model is served from this project's folder or is to be now."""
    from mainspring.models.registry import PRODUCTION
    from mainspring.serving.push import Deployment

    deployments = opened.settings.path(opened.settings.serving.deployments)
    if alias == PRODUCTION and (begin or (deployments / version.name).is_dir()):
        package = opened.models.fetch(version)
        Deployment(deployments, version.name).serve(str(version.version), package, by=by, reason=reason)
