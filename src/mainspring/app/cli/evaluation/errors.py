"""``mainspring eval errors``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.output import show
from mainspring.app.cli.evaluation.inputs import Judged, judged_options
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.evaluation.errors import ErrorAnalysis, TagRow, Tags


@click.command(
    epilog="\b\nExamples:\n  mainspring eval errors test.csv --label paid --model census@prod --sample 100 "
    "--out to-tag.csv\n"
    "  mainspring eval errors test.csv --label paid --model census@prod --tags tagged.csv --reference 0.02\n"
    "  mainspring eval errors test.csv --label paid --scores chance --tag blurry --reference person\n"
    '  mainspring eval errors test.csv --label paid --scores chance --tag "sql night: hour > 22 OR hour < 6"'
)
@click.option(
    "--tag",
    "forms",
    multiple=True,
    metavar="COLUMN|RULE",
    help='A column of tags, or a rule: "sql NAME: CONDITION"; may be given more than once.',
)
@click.option(
    "--tags",
    "tagged",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The CSV file that was written with --out, with tags.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a sample of the errors here, to tag."
)
@click.option(
    "--sample", type=click.IntRange(1), default=100, show_default=True, help="How many errors to write at most."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the choice of errors.")
@click.option(
    "--reference",
    metavar="COLUMN|RATE",
    help="What could be reached: a column with the answers of people or another system, or an error rate.",
)
@click.option("--id", "identifier", metavar="COLUMN", help="The column that names rows.")
@click.option(
    "--examples", type=click.IntRange(0), default=3, show_default=True, help="Mistakes to show for each tag."
)
@judged_options
@json_option
def errors(
    judged: Judged,
    forms: tuple[str, ...],
    tagged: Path | None,
    out: Path | None,
    sample: int,
    seed: int,
    reference: str | None,
    identifier: str | None,
    examples: int,
    as_json: bool,
) -> None:
    """What the mistakes have in common, and what is worth mending first.

    With --out a random sample of the errors is written as a CSV file: write what you see into its column tags
    ("blurry; dog") or into columns of your own, and give it back with --tags.
    """
    if out is not None:
        _write(judged, out, sample, seed, as_json=as_json)
        return
    from mainspring.evaluation.errors import analyze_errors

    found = analyze_errors(
        judged.predictor,
        judged.table,
        _tags(judged, forms, tagged),
        label=judged.one_label,
        reference=_reference(judged, reference),
        positive=judged.positive,
        weight=judged.weight,
        identifier=identifier,
        examples=examples,
    )
    if as_json:
        print_json(found.as_dict())
    else:
        show(list(_lines(found, judged.name)))


def _write(judged: Judged, out: Path, sample: int, seed: int, *, as_json: bool) -> None:
    from mainspring.evaluation.errors import errors_to_tag, write_to_tag

    rows = errors_to_tag(
        judged.predictor,
        judged.table,
        label=judged.one_label,
        sample=sample,
        positive=judged.positive,
        seed=seed,
    )
    write_to_tag(rows, out)
    if as_json:
        print_json({"out": str(out), "errors": len(rows)})
    else:
        click.echo(f"wrote {len(rows)} errors to {out}: write tags into the column 'tags', then --tags {out}")


def _tags(judged: Judged, forms: tuple[str, ...], tagged: Path | None) -> Tags:
    from mainspring.evaluation.errors import read_tags, tags_of

    if tagged is None and not forms:
        raise InputError(
            "no tags were given",
            expected="--tag, or --tags with a file that was tagged by hand",
            fix="--out to-tag.csv writes errors to tag; mainspring eval slices finds slices without any tags",
        )
    found = None if tagged is None else read_tags(tagged, judged.table)
    ruled = tags_of(judged.table, forms) if forms else None
    if found is None or ruled is None:
        return found or ruled or tags_of(judged.table, ())
    return found.joined(ruled)


def _reference(judged: Judged, text: str | None) -> str | float | None:
    if text is None or text in judged.table.names:
        return text
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"the reference {text!r} is neither a column nor a number",
            expected="one of " + ", ".join(judged.table.names) + "; or an error rate such as 0.02",
        ) from None


def _lines(found: ErrorAnalysis, name: str) -> Iterator[str]:
    told = f", accuracy {found.accuracy:.4g}" if not math.isnan(found.accuracy) else ""
    yield f"{bold(name)}: {found.metric} {_number(found.loss)} over {found.count:,} rows{told}"
    if found.reference:
        rate = _number(found.reference_rate)
        yield f"reference: {rate}" + ("" if found.reference == rate else f" ({found.reference})")
    headers = ("tag", "rows", "of data", "of errors", found.metric, "reference", "room", "priority", "if mended")
    yield from table([_cells(row) for row in (*found.tags, found.untagged)], headers).splitlines()
    for row in found.tags:
        for one in row.examples:
            which = f"row {one.row}" + (f" ({one.id})" if one.id is not None else "")
            yield dim(f"- {row.tag}: {which} is {one.label}, answered {one.answer} ({one.confidence:.3g})")
    yield from (dim(f"- {note}") for note in found.notes)


def _cells(row: TagRow) -> tuple[str, ...]:
    return (
        row.tag,
        f"{row.rows:,}",
        _share(row.data_share),
        _share(row.error_share),
        _number(row.error_rate),
        _number(row.reference_rate),
        _number(row.room),
        _number(row.priority),
        _number(row.mended),
    )


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1%}"
