"""``mainspring models search``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, short, table


@click.command(
    epilog="\b\nExamples:\n  mainspring models search \"accuracy > 0.9 and tag.team = 'risk'\"\n"
    '  mainspring models search "alias.production = TRUE and param.max_depth >= 8"'
)
@click.argument("where", metavar="QUESTION")
@json_option
def search(where: str, as_json: bool) -> None:
    """Find versions of all models by metric, tag, alias and parameter.

    A question compares `accuracy` or `metric.NAME`, `tag.NAME`, `param.NAME`, `alias.NAME` (TRUE while it points
    there), `model.tag.NAME`, `name`, `version`, `author`, `estimator`, `runtime`, `task`, `label`, `blessed`,
    `archived`, `description` and `created_at`.
    """
    with platform.existing() as opened:
        found = opened.models.search(where)
    if as_json:
        print_json({"versions": [one.as_dict() for one in found]})
        return
    rows = []
    for one in found:
        metrics = "  ".join(f"{key} {value:.4g}" for key, value in list(one.metrics.items())[:4])
        rows.append([bold(one.name), str(one.version), short(one.digest), dim(metrics)])
    click.echo(table(rows) if rows else "no version fits")
