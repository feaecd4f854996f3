"""``mainspring data schema`` and, in modules beside it, what can be done with a schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, reading_options, schema_format, schema_text
from mainspring.app.cli.data.loading import load, recognised
from mainspring.app.cli.groups import LazyGroup
from mainspring.app.cli.words import dim, json_option, print_json

if TYPE_CHECKING:
    from mainspring.data.schema import Schema
    from mainspring.data.statistics import Statistics

_COMMANDS = {
    "convert": "schema_convert:convert",
    "diff": "schema_diff:diff",
    "infer": "schema:infer",
    "update": "schema_update:update",
    "wizard": "schema_wizard:wizard",
}
_SUMMARIES = {
    "convert": "Write a schema in another form: YAML, JSON Schema, text proto.",
    "diff": "What changed between two schemas.",
    "infer": "Propose a schema from data; meant where no other command is named.",
    "update": "Relax a schema so that new data passes, and show what changed.",
    "wizard": "Propose a schema feature by feature, explain, and ask.",
}

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json-schema", "pbtxt"]),
    help="The form to write; by the ending of the file by default, else YAML.",
)


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.data",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="infer",
    epilog="\b\nExamples:\n  mainspring data schema trips.csv --label big_tipper --out schema.yaml\n"
    "  mainspring data schema update schema.yaml today.csv\n"
    "  mainspring data schema convert schema.yaml schema.pbtxt",
)
def schema() -> None:
    """What data should look like. Without the name of a command, FILE… are data to infer a schema from."""


@click.command(
    epilog="\b\nExamples:\n  mainspring data schema infer trips.csv --label big_tipper --out schema.yaml\n"
    "  mainspring data schema infer train.parquet --explain\n"
    "  mainspring data schema infer train.parquet --format json-schema"
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--label", help="The column that is to be predicted; it need not be there in SERVING data.")
@click.option("--explain", is_flag=True, help="Say of every line why it is there.")
@click.option("--ranges", is_flag=True, help="Numbers get a range, with a margin.")
@click.option("--shapes", is_flag=True, help="Lists of one fixed length get a shape.")
@click.option("--unique", is_flag=True, help="Identifiers must stay different.")
@click.option("--categories", default=0, metavar="N", help="Whole numbers with at most N values are categories.")
@format_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the schema to a file.")
@reading_options
@json_option
def infer(
    files: tuple[str, ...],
    reading: Reading,
    label: str | None,
    explain: bool,
    ranges: bool,
    shapes: bool,
    unique: bool,
    categories: int,
    form: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Propose a schema from data, to be looked at and edited by people.

    All FILEs together are what the schema is inferred from.
    """
    from mainspring.data.schema.inference import infer as propose

    loaded = load(files, reading, together=True)
    statistics = loaded.statistics
    proposed = propose(
        statistics,
        label=label,
        ranges=ranges,
        shapes=shapes,
        unique=unique,
        categories=categories,
        recognised=recognised(loaded),
    )
    text = schema_text(proposed, schema_format(out, form))
    reasons = explained(statistics, proposed) if explain else {}
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    if as_json:
        answer: dict[str, Any] = {"label": label, "features": len(proposed.features)}
        answer |= {"out": str(out)} if out is not None else {"schema": text}
        print_json(answer | ({"reasons": reasons} if explain else {}))
        return
    for name, sentences in reasons.items():
        click.echo(click.style(name or "the whole schema", bold=True))
        for sentence in sentences:
            click.echo(f"  {dim(sentence)}")
    if out is not None:
        click.echo(f"wrote {out}: {len(proposed.features)} features")
    elif not explain:
        click.echo(text, nl=False)


def explained(statistics: Statistics, proposed: Schema) -> dict[str, list[str]]:
    """Why every line of a schema is there, feature by feature; what is said of the whole under an empty name."""
    from mainspring.data.schema.explaining import explain

    found: dict[str, list[str]] = {}
    for one in explain(proposed, statistics):
        found.setdefault(one.path, []).append(f"{one.key} = {one.value}: {one.why}")
    return found
