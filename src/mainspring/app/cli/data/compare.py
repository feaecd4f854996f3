"""``mainspring data compare``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, features_option, html_option, read_schema, reading_options
from mainspring.app.cli.data.loading import load, slices_of
from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.data.remarks import drift_lines
from mainspring.app.cli.data.tables import name_filter
from mainspring.app.cli.words import bold, json_option, print_json
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.statistics import TableStatistics
    from mainspring.data.viewing.drifts import FeatureDrift

_DRIFTED = 3


@click.command(
    epilog="\b\nExamples:\n  mainspring data compare yesterday.csv today.csv\n"
    "  mainspring data compare trips.csv --rows-a 1-10000 --rows-b 10001-\n"
    "  mainspring data compare a.parquet b.parquet --schema schema.yaml --fail-on-drift\n"
    "  mainspring data compare a.csv b.csv --tfdv --json"
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@click.option("--rows-a", metavar="FIRST-LAST", help="Only these rows of A, counted from 1.")
@click.option("--rows-b", metavar="FIRST-LAST", help="Only these rows of B, which is A by default.")
@click.option(
    "--schema", "schema_path", type=click.Path(exists=True, path_type=Path), help="The schema with the limits."
)
@click.option("--tfdv", is_flag=True, help="The numbers that TensorFlow Data Validation gives, judged as it does.")
@click.option(
    "--methods",
    default="distances,changes",
    show_default=True,
    help="Also classifier and mmd: all columns together, from the rows.",
)
@click.option("--slice", "slices", multiple=True, metavar="SLICE", help="Some rows apart; as for stats.")
@click.option("--label", help="The column that is to be predicted.")
@click.option(
    "--limit", type=click.IntRange(1), default=40, show_default=True, help="Show at most so many features."
)
@click.option(
    "--fail-on-drift",
    is_flag=True,
    help="Exit with 3 if a feature drifted, went or changed its type, or a side is empty.",
)
@features_option
@reading_options
@html_option
@json_option
def compare(
    a: str,
    b: str | None,
    reading: Reading,
    rows_a: str | None,
    rows_b: str | None,
    schema_path: Path | None,
    tfdv: bool,
    methods: str,
    slices: tuple[str, ...],
    label: str | None,
    limit: int,
    fail_on_drift: bool,
    features: str | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """How far apart two data sets are, column by column, and whether that is more than chance.

    With one file, two ranges of its rows are compared. Exit codes: 0, or 3 with --fail-on-drift.
    """
    if b is None and not (rows_a and rows_b):
        raise InputError("there is one data set", expected="A and B, or A with --rows-a and --rows-b")
    wanted = name_filter(features)
    from mainspring.data.comparison import compare as measure
    from mainspring.data.viewing import view
    from mainspring.data.viewing.drifts import of_comparison
    from mainspring.data.viewing.terminal import printable
    from mainspring.data.viewing.wording import counted

    files = [a, b or a] if b or "=" in a else [f"{_rows_name(rows_a)}={a}", f"{_rows_name(rows_b)}={a}"]
    loaded = load(files, reading, rows=[rows_a, rows_b], slices=slices_of(slices), label=label)
    (first, one), (second, other) = _two(loaded.statistics.splits)
    schema = read_schema(schema_path) if schema_path is not None else None
    rows = tuple(loaded.tables.values())
    wants = [method.strip() for method in methods.split(",")]
    if len(rows) < len(files) and {"classifier", "mmd"} & set(wants):
        raise InputError(
            "statistics that were kept do not tell about all columns together",
            expected="data on both sides, where --methods names classifier or mmd",
        )
    found = measure(
        one,
        other,
        schema=schema,
        tables=(rows[0], rows[1]) if len(rows) == len(files) else None,
        tfdv=tfdv,
        methods=wants,
        between=(first, second),
        intervals=as_json or html is not None,
    )
    drifts = [_with_moments(each, one, other) for each in of_comparison(found) if wanted(each.name)]
    written: dict[str, Any] = {}
    if html is not None:
        page = view(found, statistics={first: one, second: other}, schema=schema, title=f"{first} and {second}")
        written["html"] = write_page(page, html, quiet=True)
    drifted = [each.name for each in drifts if each.drifted]
    if as_json:
        form = found.as_dict()
        form["features"] = [each for each in form["features"] if wanted(each["name"])]
        print_json(form | written)
    else:
        rows_of = [
            f"{bold(name)} {counted(side.num_examples, 'row')}" for name, side in ((first, one), (second, other))
        ]
        head = ", ".join(rows_of)
        told = f"{len(drifted)} of {len(drifts)} features drifted" if all(found.rows) else "nothing was compared"
        lines = [f"{head}: {told}", *drift_lines(drifts, limit=limit)]
        for name, parts in found.slices.items():
            moved = [each.name for each in parts if each.drifted and wanted(each.name)]
            lines += [f"- in slice {printable(name)}: {', '.join(map(printable, moved))} drifted"] if moved else []
        about = [each for each in found.changes if any(map(wanted, each.columns))]
        left = [each for each in found.not_compared if wanted(each.name)]
        notes = replace(found, changes=tuple(about), not_compared=tuple(left)).notes
        lines += [f"- {printable(note)}" for note in notes]
        show([*lines, *(f"wrote {path}" for path in written.values())])
    broken = any(wanted(name) for change in found.broken for name in change.columns)
    return _DRIFTED if fail_on_drift and (drifted or broken or not all(found.rows)) else 0


def _with_moments(drift: FeatureDrift, one: TableStatistics, other: TableStatistics) -> FeatureDrift:
    """What drifted, and which way: the mean and the median of numbers on both sides."""
    from mainspring.data.viewing.wording import figure

    sides = one.features[drift.name].numbers, other.features[drift.name].numbers
    if not drift.drifted or sides[0] is None or sides[1] is None:
        return drift
    told = [
        f"{word} {figure(getattr(sides[0], key))} to {figure(getattr(sides[1], key))}"
        for word, key in (("mean", "mean"), ("median", "median"))
    ]
    return replace(drift, why="; ".join([*told, drift.why]))


def _two(splits: Any) -> list[Any]:
    if len(splits) != 2:
        raise InputError(f"{len(splits)} data sets are given", expected="two")
    return list(splits.items())


def _rows_name(rows: str | None) -> str:
    return f"rows {rows}"
