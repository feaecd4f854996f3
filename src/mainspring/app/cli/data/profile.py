"""``mainspring data profile``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, read_schema, reading_options
from mainspring.app.cli.data.loading import Loaded, load, recognised, slices_of
from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.data.remarks import anomaly_weights, assessment_lines, validation_lines
from mainspring.app.cli.data.tables import statistics_lines
from mainspring.app.cli.words import bold, dim, json_option, print_json

if TYPE_CHECKING:
    from mainspring.data.assessment import Assessment

_FEATURES = 12


@click.command(
    epilog="\b\nExamples:\n  mainspring data profile trips.csv --label big_tipper\n"
    "  mainspring data profile train=a.csv eval=b.csv --schema schema.yaml --html both.html"
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--label", help="The column that is to be predicted.")
@click.option("--weight", help="The column by which rows are weighted, beside the plain figures.")
@click.option("--slice", "slices", multiple=True, metavar="SLICE", help="Some rows apart; as for stats.")
@click.option("--protected", multiple=True, metavar="COLUMN", help="A column that must not decide, such as sex.")
@click.option(
    "--schema",
    "schema_path",
    type=click.Path(exists=True, path_type=Path),
    help="What the data should look like; inferred from the first FILE by default.",
)
@click.option("--together", is_flag=True, help="All FILEs are parts of one data set.")
@reading_options
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="The page; FILE-profile.html by default."
)
@json_option
def profile(
    files: tuple[str, ...],
    reading: Reading,
    label: str | None,
    weight: str | None,
    slices: tuple[str, ...],
    protected: tuple[str, ...],
    schema_path: Path | None,
    together: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Everything about data on one page: figures, distributions, anomalies against a schema, findings.

    Findings are what a careful person would look for: columns that give the label away, copies of rows, columns
    that stand for protected ones, labels that contradict each other.
    """
    from mainspring.data.schema.inference import infer
    from mainspring.data.statistics import Statistics
    from mainspring.data.validation import validate
    from mainspring.data.viewing import statistics_form, view

    loaded = load(files, reading, together=together, label=label, weight=weight, slices=slices_of(slices))
    first = next(iter(loaded.statistics.splits))
    if schema_path is not None:
        schema = read_schema(schema_path)
    else:
        one = Statistics({first: loaded.statistics.splits[first]})
        schema = infer(one, label=label, recognised=recognised(loaded))
    validation = validate(loaded.statistics, schema, tables=loaded.tables or None)
    assessment = _assess(loaded, label, protected)
    page = view(
        loaded.statistics,
        schema=schema,
        validation=validation,
        assessment=assessment,
        title=" and ".join(loaded.statistics.splits),
    )
    written = write_page(page, html or Path(f"{first}-profile.html"), quiet=True)
    if as_json:
        findings = assessment.as_dict()["findings"] if assessment is not None else []
        print_json(
            {
                "html": written,
                "statistics": statistics_form(loaded.statistics),
                "validation": validation.as_dict(),
                "findings": findings,
            }
        )
        return
    tables = loaded.statistics.splits
    weights = anomaly_weights(validation)
    lines = statistics_lines(tables, sort="anomalies" if weights else "order", weights=weights, limit=_FEATURES)
    lines += ["", *validation_lines(validation, limit=5)]
    if assessment is not None and assessment.findings:
        lines += [
            "",
            bold("Findings") + dim(f" {len(assessment.findings)}"),
            *assessment_lines(assessment, limit=5),
        ]
    show([*lines, "", f"the whole of it: {written}"])


def _assess(loaded: Loaded, label: str | None, protected: tuple[str, ...]) -> Assessment | None:
    """What is odd about the rows of the first data set, if there are rows."""
    from mainspring.data.assessment import assess

    if not loaded.tables:
        return None
    options: dict[str, Any] = {"label": label, "protected": list(protected)}
    return assess(next(iter(loaded.tables.values())), **options)
