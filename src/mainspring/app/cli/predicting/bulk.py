"""Files of any size: from what the command was given to a run, and what came of it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mainspring.app import platform
from mainspring.app.cli.predicting.meter import Meter
from mainspring.app.cli.predicting.rows import dialect_of, name_of
from mainspring.app.cli.words import bold, dim, duration, print_json
from mainspring.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from mainspring.app.cli.data.inputs import Reading
    from mainspring.data.statistics import TableStatistics
    from mainspring.serving.bulk import Answerer, Options, Report

_SKIP: Final = "skip-to "
_CLASSES: Final = 10
_NOTES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command was told about a run.

    Attributes:
        model: ``NAME[@ALIAS]``, or the folder of a package.
        out: Where answers go.
        form: What they are written as, where the name of ``out`` says nothing.
        url: A server that is asked instead.
        connections: How many requests are under way at a time.
        processes: How many processes work.
        errors: ``fail``, ``null`` or ``skip-to FILE``.
        keep: Columns to keep.
        columns: ``MODEL=DATA``: columns that are called otherwise.
        options: Further options of the run.
        restart: Whether an unfinished run is thrown away.
    """

    model: str
    out: Path
    form: str | None = None
    url: str | None = None
    connections: int = 4
    processes: int | None = None
    errors: str = "fail"
    keep: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    restart: bool = False


def answer_data(data: str, wanted: Wanted, reading: Reading, *, as_json: bool) -> None:
    """Answer every row of some data, record that, and say what came of it."""
    from mainspring.serving.bulk import Told, run

    options, left_out = _options(wanted)
    meter = Meter()
    try:
        report = run(
            _data(data, reading),
            _model(wanted),
            wanted.out,
            options=options,
            reading=_reading(data, wanted, reading),
            form=wanted.form,
            errors=left_out,
            processes=wanted.processes,
            restart=wanted.restart,
            told=Told(progress=meter.progress, say=meter.say),
        )
    finally:
        meter.clear()
    execution = _record(report)
    if as_json:
        told = {"model": wanted.model, "rows": report.rows, "out": report.out, "report": report.as_dict()}
        print_json({**told, "execution": execution})
    else:
        _show(report, wanted.out)


def open_model(reference: str) -> Answerer:
    """A registered model, or the package in a folder, with what is known of its training data."""
    from mainspring.models.package import MANIFEST, Package
    from mainspring.serving.bulk import PackageAnswerer

    folder = Path(reference)
    if (folder / MANIFEST).is_file():
        return PackageAnswerer(Package.load(folder), name=folder.resolve().name)
    with platform.open() as opened:
        version = opened.models.resolve(reference)
        package = opened.models.fetch(version)
        found = PackageAnswerer(package, name=version.name, version=str(version.version), digest=version.digest)
        statistics = _statistics(opened, f"{version.name}:{version.version}")
    if statistics is not None:
        label = package.details.get("label")
        found.expectations = found.expectations.with_statistics(statistics, label=label)
    return found


def _model(wanted: Wanted) -> Answerer:
    if wanted.url is None:
        return open_model(wanted.model)
    from mainspring.models.registry.names import parted
    from mainspring.serving.bulk import ServerAnswerer

    _, mark, rest = parted(wanted.model)
    version = rest if mark == ":" else None
    return ServerAnswerer.connect(
        wanted.url, name_of(wanted.model), version=version, connections=wanted.connections
    )


def _options(wanted: Wanted) -> tuple[Options, Path | None]:
    from mainspring.serving.bulk import Options

    columns: dict[str, str] = {}
    for text in wanted.columns:
        name, sign, source = text.partition("=")
        if not sign or not name or not source:
            raise InputError(
                f"--map {text!r}", expected="MODEL=DATA: the model's column, and the one that holds it"
            )
        columns[name] = source
    given = {"keep": wanted.keep, "columns": columns, **wanted.options}
    if wanted.errors.startswith(_SKIP):
        return Options(errors="skip", **given), Path(wanted.errors.removeprefix(_SKIP))
    if wanted.errors == "fail":
        return Options(**given), None
    if wanted.errors == "null":
        return Options(errors="null", **given), None
    raise InputError(f"--errors {wanted.errors}", expected="fail, null, or skip-to FILE")


def _data(data: str, reading: Reading) -> Any:  # a location, or the table of a range of its rows
    if reading.rows is None:
        return data
    from mainspring.app.cli.data.inputs import read_table

    return read_table(data, reading)


def _reading(data: str, wanted: Wanted, given: Reading) -> Any:  # of the room of serving, imported late
    from mainspring.serving import bulk

    known = {"table": given.table, "query": given.query}
    csv = {**({} if _is_folder(wanted.model) else dialect_of(wanted.model)), **given.csv}
    return bulk.Reading(csv=csv, options={name: text for name, text in known.items() if text is not None})


def _is_folder(reference: str) -> bool:
    return Path(reference).is_dir()


def _statistics(opened: platform.Mainspring, reference: str) -> TableStatistics | None:
    """The statistics of the rows that a version was trained on, as far as the record still has them."""
    from mainspring.app import origins
    from mainspring.app.stories import value_of
    from mainspring.data.statistics import Statistics

    try:
        artifact = origins.trace(opened, origins.find_artifact(opened, reference)).newest("Statistics")
    except NotFoundError:
        return None
    found = None if artifact is None else value_of(artifact, opened.store.blobs)
    if not isinstance(found, Statistics):
        return None
    return found.splits.get("train", next(iter(found.splits.values()), None))


def _record(report: Report) -> int | None:
    """Write the run into the record of the project that is here, if one is."""
    from mainspring.serving.bulk.recording import record_run

    try:
        opened = platform.existing()
    except NotFoundError:
        return None
    with opened:
        return record_run(opened.store.record, report)


def _show(report: Report, out: Path) -> None:
    click.echo(
        f"{bold(f'{report.rows:,} rows')} in {duration(report.seconds)}, {report.rate:,.0f} rows/s"
        + dim(f"  {_how(report)}")
    )
    answers = report.answers()
    for label, one in list(answers.get("classes", {}).items())[:_CLASSES]:
        training = "" if one["training"] is None else dim(f"  {one['training'] * 100:.1f} % in training")
        click.echo(f"  {label}  {one['share'] * 100:.1f} %{training}")
    for name in ("certainty", "prediction"):
        told = answers.get(name)
        if told and told["rows"]:
            at = told["quantiles"]
            shown = ", ".join(f"{float(share) * 100:.0f} % {at[share]:.4g}" for share in ("0.05", "0.5", "0.95"))
            click.echo(f"  {name}  {dim(shown)}")
    for name, rows in report.tally.violated.items():
        click.echo(f"  assertion {name}: violated by {rows:,} rows")
    for note in report.notes[:_NOTES]:
        click.echo(click.style("  ! ", fg="yellow") + note)
    click.echo(f"wrote {report.tally.written} answers to {out}")


def _how(report: Report) -> str:
    told = [f"{report.processes} at a time"] if report.processes > 1 else []
    if report.resumed:
        told.append(f"{report.resumed:,} rows were answered before")
    return ", ".join(told)
