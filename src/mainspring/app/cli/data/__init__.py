"""``mainspring data``: seeing and checking data, without a project. One module per command."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "compare": "compare:compare",
    "profile": "profile:profile",
    "schema": "schema:schema",
    "select": "select:select",
    "stats": "stats:stats",
    "validate": "validate:validate",
}
_SUMMARIES = {
    "compare": "How far apart two data sets are, column by column.",
    "profile": "Everything about data on one page: figures, anomalies, findings.",
    "schema": "What data should look like: infer it, update it, compare it.",
    "select": "Which columns are enough to predict a label.",
    "stats": "What is in data, column by column.",
    "validate": "Hold data against a schema; exit code 3 where it fails.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.data",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    epilog="\b\nExamples:\n  mainspring data stats trips.csv\n"
    "  mainspring data profile trips.parquet --html trips.html",
)
def data() -> None:
    """Statistics, schema, validation and comparison of data, no project needed.

    FILE is a file, a folder, a glob in quotes, the URL of a database (with --table or --query), or statistics
    that `mainspring data stats --out` wrote. NAME=FILE gives a data set a name.
    """
