"""``mainspring payloads``: what servers were asked and answered."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.clock import from_iso, iso
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.serving.payloads import LogRecord
    from mainspring.serving.payloads.following import Follower, Found

_PAUSE = 0.3
_SHOWN = 60
F = TypeVar("F", bound=Callable[..., Any])

_log_option = click.option(
    "--log",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The log's folder; by default that of the project.",
)
_model_option = click.option("--model", metavar="NAME", help="Only requests to this model.")


def _key_options(command: F) -> F:
    for name, text in (("--key-file", "The file that holds it."), ("--key-env", "The variable that holds it.")):
        command = click.option(name, default="", help=f"The key that subjects are hashed with: {text}")(command)
    return command


@click.group(
    epilog="\b\nExamples:\n  mainspring payloads tail --follow\n"
    "  mainspring payloads table --model taxi --feedback --out rows.parquet\n"
    '  mainspring payloads erase customer-17 --by "Ada" --reason "request of 3 May"\n'
    "  mainspring payloads compact --keep-days 400"
)
def payloads() -> None:
    """What servers were asked, and what they answered: look at it, take it out, forget somebody."""


@payloads.command(
    epilog="\b\nExamples:\n  mainspring payloads tail -n 20 --errors\n  mainspring payloads tail --follow"
)
@_log_option
@_model_option
@click.option("-n", "--number", type=click.IntRange(0), default=10, show_default=True, help="How many.")
@click.option("--errors", is_flag=True, help="Only requests that failed.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes; with --json, one object per line.")
@json_option
def tail(folder: Path | None, model: str | None, number: int, errors: bool, follow: bool, as_json: bool) -> None:
    """The latest requests."""

    def wanted(record: LogRecord) -> bool:
        return (model is None or record.model == model) and (record.error is not None or not errors)

    latest, follower = _latest(_folder(folder), number, wanted)
    if as_json and not follow:
        print_json({"records": [_plain(record) for record in latest]})
        return
    for record in latest:
        _show(record, as_json)
    while follow:
        for found in follower.new():
            if wanted(found.record):
                _show(found.record, as_json)
        time.sleep(_PAUSE)


@payloads.command(
    name="table", epilog="\b\nExamples:\n  mainspring payloads table --model taxi --out rows.parquet"
)
@_log_option
@_model_option
@click.option("--since", metavar="TIME", help="Only requests from this time on (ISO 8601).")
@click.option("--until", metavar="TIME", help="Only requests before this time (ISO 8601).")
@click.option("--feedback", is_flag=True, help="With what became known of the answers, as feedback.…")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows: a .parquet file.")
@json_option
def as_table(
    folder: Path | None,
    model: str | None,
    since: str | None,
    until: str | None,
    feedback: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """The rows that were answered, as a table: inputs, output.… and request.… beside them."""
    from mainspring.serving import join_feedback, log_table, read_feedback, read_log

    log = _folder(folder)
    records = read_log(log, since=_moment(since), until=_moment(until), model=model)
    rows = join_feedback(records, read_feedback(log, model=model)) if feedback else log_table(records)
    if out is not None:
        if out.suffix != ".parquet":
            raise InputError(
                f"the rows cannot be written as {out.suffix or out.name!r}", expected="a .parquet file"
            )
        rows.write_parquet(out)
    if as_json:
        columns = {column.name: str(column.type) for column in rows.columns}
        print_json({"rows": rows.num_rows, "columns": columns, "out": None if out is None else str(out)})
        return
    click.echo(table([[column.name, str(column.type)] for column in rows.columns], ("column", "type")))
    click.echo(f"{rows.num_rows} rows" + ("" if out is None else f" in {out}"))


@payloads.command(
    epilog='\b\nExamples:\n  mainspring payloads erase customer-17 --by "Ada" --reason "request of 3 May"'
)
@click.argument("subject")
@_log_option
@click.option("--by", default="", help="Who asked for it.")
@click.option("--reason", default="", help="Why, or a number under which it is known.")
@_key_options
@json_option
def erase(
    subject: str, folder: Path | None, by: str, reason: str, key_env: str, key_file: str, as_json: bool
) -> None:
    """Forget a subject: in the whole log, in the feedback and in the large values beside it.

    Servers may go on answering. What was done is written to erasures.log, with a hash of the name.
    """
    from mainspring.serving.payloads import Redaction, RedactionOptions
    from mainspring.serving.payloads import erase as forget

    redaction = Redaction(RedactionOptions(key_env=key_env, key_file=key_file))
    done = forget(_folder(folder), subject, redaction=redaction, by=by, reason=reason)
    told = {name: getattr(done, name) for name in done.__slots__}
    if as_json:
        print_json(told)
        return
    click.echo(
        f"{done.requests} requests, {done.rows} rows of others, {done.feedback} lines of feedback and "
        f"{done.blobs} large values erased from {done.segments} segments"
    )


@payloads.command(epilog="\b\nExamples:\n  mainspring payloads compact --keep-days 400")
@_log_option
@click.option("--keep-days", type=click.FloatRange(0, min_open=True), help="Remove segments that are older.")
@json_option
def compact(folder: Path | None, keep_days: float | None, as_json: bool) -> None:
    """Turn closed segments into Parquet files: a tenth of the size, and open to any query engine."""
    from mainspring.serving.payloads.compact import compact as make_compact

    made = make_compact(_folder(folder), keep_days=keep_days)
    if as_json:
        print_json({"made": [str(path) for path in made]})
        return
    click.echo(f"{len(made)} segments are Parquet files now")


def _folder(given: Path | None) -> Path:
    if given is not None:
        return given
    with platform.existing() as opened:
        return opened.settings.path(opened.settings.serving.log)


def _latest(folder: Path, number: int, wanted: Callable[[LogRecord], bool]) -> tuple[list[LogRecord], Follower]:
    """The latest requests, and what goes on from there; no more of the log is read than is needed."""
    from mainspring.serving.payloads.following import Follower
    from mainspring.serving.payloads.position import Position
    from mainspring.serving.payloads.segments import segments, stem

    names = [stem(segment) for segment in segments(folder)]
    count = 1
    while True:
        before = names[-count - 1] if len(names) > count else ""
        follower = Follower(folder, Position(before=before))
        found: deque[LogRecord] = deque(_records(follower.new(), wanted), maxlen=number)
        if len(found) >= number or not before:
            return list(found), follower
        count *= 4


def _records(found: Iterator[Found[LogRecord]], wanted: Callable[[LogRecord], bool]) -> Iterator[LogRecord]:
    return (one.record for one in found if wanted(one.record))


def _show(record: LogRecord, as_json: bool) -> None:
    if as_json:
        print_json(_plain(record))
        return
    status = click.style(str(record.status), fg="green" if record.error is None else "red")
    name = f"{record.model} {record.version}".strip()
    said = record.error if record.error is not None else _answer(record)
    said = " ".join(said.split())
    said = said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"
    took = f"{record.latency * 1000:.1f} ms"
    click.echo(f"{dim(iso(record.time))}  {status}  {bold(name)}  {took}  {said}  {dim(record.id)}")


def _answer(record: LogRecord) -> str:
    values = record.outputs.get("label", record.outputs.get("prediction", ()))
    return ", ".join(str(value) for value in values[:_SHOWN])


def _plain(record: LogRecord) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain


def _moment(text: str | None) -> float | None:
    return None if text is None else from_iso(text)
