"""``mainspring data schema`` and, in modules beside it, what can be done with a schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mainspring.app.cli.data.inputs import Reading, reading_options, schema_format, schema_text
from mainspring.app.cli.data.loading import load
from mainspring.app.cli.groups import LazyGroup
from mainspring.app.cli.words import dim, json_option, print_json

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
@click.option("--explain", is_flag=True, help="Say of every feature why it is asked for so.")
@format_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the schema to a file.")
@reading_options
@json_option
def infer(
    files: tuple[str, ...],
    reading: Reading,
    label: str | None,
    explain: bool,
    form: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Propose a schema from data, to be looked at and edited by people.

    All FILEs together are what the schema is inferred from.
    """
    from mainspring.data.schema.inference import infer as propose

    loaded = load(files, reading)
    proposed = propose(loaded.statistics, label=label)
    text = schema_text(proposed, schema_format(out, form))
    reasons = explained(loaded.statistics, proposed) if explain else {}
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    if as_json:
        answer: dict[str, Any] = {"label": label, "features": len(proposed.features)}
        answer |= {"out": str(out)} if out is not None else {"schema": text}
        print_json(answer | ({"reasons": reasons} if explain else {}))
        return
    for name, sentences in reasons.items():
        click.echo(f"{click.style(name, bold=True)}")
        for sentence in sentences:
            click.echo(f"  {dim(sentence)}")
    if out is not None:
        click.echo(f"wrote {out}: {len(proposed.features)} features")
    elif not explain:
        click.echo(text, nl=False)


def explained(statistics: Any, proposed: Any) -> dict[str, list[str]]:
    """Why every feature is asked for as it is, sentence by sentence."""
    from mainspring.data.schema.explaining import explain

    found: dict[str, list[str]] = {}
    for one in explain(proposed, statistics):
        found.setdefault(one.path or "all features", []).append(f"{one.key}: {one.why}")
    return found
