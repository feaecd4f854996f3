"""``mainspring models`` and ``mainspring rollback``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, short, table, who
from mainspring.core.errors import NotFoundError


@click.command()
@click.argument("name", required=False)
@json_option
def models(name: str | None, as_json: bool) -> None:
    """The registered models; or the versions, aliases and history of one."""
    with platform.existing() as opened:
        registry = opened.models
        if name is None:
            found = {
                one: [str(version.version) for version in registry.versions(one)] for one in registry.models()
            }
            if as_json:
                print_json({"models": found})
            elif not found:
                click.echo("No model is registered yet. A pipeline's `register` step does it: mainspring run")
            else:
                click.echo(
                    table(
                        [
                            [bold(one), versions[-1], dim(f"{len(versions)} versions")]
                            for one, versions in found.items()
                        ]
                    )
                )
            return
        versions, aliases = registry.versions(name), registry.aliases(name)
        if not versions:
            known = ", ".join(registry.models()) or "none yet"
            raise NotFoundError(f"no model is registered as {name!r}", expected=f"a registered model: {known}")
        history = registry.history(name)
    if as_json:
        print_json(
            {
                "name": name,
                "aliases": {alias: str(version) for alias, version in aliases.items()},
                "versions": [
                    {
                        "version": str(one.version),
                        "digest": one.digest,
                        "why": one.why,
                        "metrics": dict(one.metrics),
                    }
                    for one in versions
                ],
                "history": [move.as_dict() for move in history],
            }
        )
        return
    rows = []
    for one in reversed(versions):
        held = ", ".join(alias for alias, version in aliases.items() if str(version) == str(one.version))
        rows.append([bold(str(one.version)), short(one.digest), click.style(held, fg="green"), dim(one.why)])
    click.echo(table(rows))
    for move in history:
        click.echo(dim(f"  {move}"))


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
    from mainspring.models.registry import PRODUCTION
    from mainspring.serving.push import Deployment

    with platform.existing() as opened:
        if to is None:
            version = opened.models.rollback(name, alias, by=by, reason=reason)
        else:
            opened.models.move(name, alias, to, by=by, reason=reason)
            version = opened.models.resolve(f"{name}:{to}")
        told, deployments = str(version.version), opened.settings.path(opened.settings.serving.deployments)
        if alias == PRODUCTION and (deployments / name).is_dir():
            package = opened.models.fetch(version)
            Deployment(deployments, name).serve(told, package, by=by, reason=reason)
    if as_json:
        print_json({"name": name, "alias": alias, "version": told})
    else:
        click.echo(f"{name}@{alias} is {bold(told)}" + (" again" if to is None else ""))
