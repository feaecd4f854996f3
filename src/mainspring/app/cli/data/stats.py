"""``mainspring data stats``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.inputs import Reading, features_option, html_option, reading_options
from mainspring.app.cli.data.loading import load, slices_of
from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.data.tables import SORTS, name_filter, statistics_lines, with_slices
from mainspring.app.cli.words import json_option, print_json
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.statistics import Statistics


@click.command(
    epilog="\b\nExamples:\n  mainspring data stats trips.csv --label big_tipper\n"
    "  mainspring data stats train=a.parquet eval=b.parquet --html both.html\n"
    "  mainspring data stats 'logs/*.parquet' --features '^price' --sort missing\n"
    "  mainspring data stats census.csv --slice sex --slice 'young=age < 30' --json"
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--label", help="The column that is to be predicted; every other is measured against it.")
@click.option("--weight", help="The column by which rows are weighted, beside the plain figures.")
@click.option(
    "--slice",
    "slices",
    multiple=True,
    metavar="SLICE",
    help="Some rows apart: a column, 'sex x race', or name=CONDITION in SQL; may be repeated.",
)
@click.option("--sample", type=click.FloatRange(0, 1, min_open=True), help="The share of the rows to draw.")
@click.option("--together", is_flag=True, help="All FILEs are parts of one data set.")
@click.option(
    "--sort", type=click.Choice(SORTS[:6]), default="order", show_default=True, help="Order of features."
)
@click.option("--limit", type=click.IntRange(1), help="At most so many features.")
@features_option
@reading_options
@html_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the statistics in a JSON file.")
@json_option
def stats(
    files: tuple[str, ...],
    reading: Reading,
    label: str | None,
    weight: str | None,
    slices: tuple[str, ...],
    sample: float | None,
    together: bool,
    sort: str,
    limit: int | None,
    features: str | None,
    html: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """What is in data, column by column: counts, missing values, moments, quantiles, most frequent values.

    Every FILE is a data set of its own, shown beside the others. Statistics that were kept with --out can be
    given instead of data.
    """
    from mainspring.data.viewing import statistics_form, view

    wanted = name_filter(features)
    loaded = load(
        files, reading, together=together, label=label, weight=weight, slices=slices_of(slices), sample=sample
    )
    found = loaded.statistics
    if features and not any(wanted(name) for table in found.splits.values() for name in table.features):
        raise InputError(f"no feature matches {features!r}", expected="the name of a feature, or a part of one")
    written = {}
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(_encoded(found))
        written["out"] = str(out)
    if html is not None:
        written["html"] = write_page(view(found), html, quiet=True)
    if as_json:
        form = statistics_form(found)
        for one in form.get("datasets", {"": form}).values():
            one["features"] = [each for each in one["features"] if wanted(each["name"])]
        print_json(form | written)
        return
    lines = statistics_lines(with_slices(found.splits), pattern=features, sort=sort, limit=limit)
    show([*lines, *(f"wrote {path}" for path in written.values())])


def _encoded(found: Statistics) -> bytes:
    """What ``Statistics.save`` writes, as the content of a file of any name."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found.save(Path(folder))
        return next(Path(folder).iterdir()).read_bytes()
