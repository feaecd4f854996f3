"""``mainspring predict``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from mainspring.app.cli.data.inputs import Reading, read_table, reading_options
from mainspring.app.cli.predicting.rows import answer, ask, given_rows, name_of, rows_of_file, write_answers
from mainspring.app.cli.words import json_option, print_json
from mainspring.core.errors import InputError

__all__ = ["given_rows", "name_of", "predict", "rows_of_file"]

_SKIP: Final = "skip-to"
_ROWS: Final = ("prefix", "row_numbers", "probabilities", "part_rows")
_STREAM: Final = (
    "reply",
    "dead_letters",
    "group",
    "batch",
    "claim",
    "deliveries",
    "follow",
    "until_idle",
    "metrics_port",
    "create",
)


class _Predict(click.Command):
    """A command that takes ``--errors skip-to FILE`` as one option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, with the file drawn to the option it belongs to."""
        for place in range(len(args) - 2):
            if args[place : place + 2] == ["--errors", _SKIP]:
                args = [*args[: place + 1], f"{_SKIP} {args[place + 2]}", *args[place + 3 :]]
                break
        return super().parse_args(ctx, args)


@click.command(
    cls=_Predict,
    epilog='\b\nExamples:\n  mainspring predict taxi --row \'{"fare": 12.5, "payment_type": "Cash"}\'\n'
    "  mainspring predict taxi@production --data rows.csv\n"
    "  mainspring predict trips.parquet --model taxi@production --out answers.parquet --keep trip_id\n"
    "  mainspring predict 'trips/*.csv' --model taxi --out answers.csv --errors skip-to bad.jsonl\n"
    "  mainspring predict postgresql://host/db --query 'SELECT …' --model taxi --out answers.jsonl\n"
    "  mainspring predict taxi --url http://127.0.0.1:8080 --row -\n"
    "  mainspring predict --stream redis://127.0.0.1/asks --model taxi --reply answers",
)
@click.argument("subject", metavar="[DATA|NAME[@ALIAS]]", required=False)
@click.option(
    "--model", metavar="NAME[@ALIAS]", help="What answers DATA: a registered model, or a package's folder."
)
@click.option(
    "--row", "row_texts", multiple=True, help="A row as a JSON object; - reads rows from standard input."
)
@click.option(
    "--data", metavar="DATA", help="The rows to answer, where NAME comes first: a file, folder, glob or URL."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the answers: .parquet, .csv or .jsonl (also .gz), or a folder of parts.",
)
@click.option("--format", "form", help="How a folder of parts is written: parquet, csv or jsonl.")
@click.option("--url", help="Ask a running server instead of answering here.")
@click.option("--connections", type=click.IntRange(1), default=4, show_default=True, help="Requests at a time.")
@click.option("--keep", multiple=True, metavar="A,B|all", help="Columns of the data to write before the answers.")
@click.option("--map", "columns", multiple=True, metavar="MODEL=DATA", help="A column that is called otherwise.")
@click.option("--prefix", default="", help="Write this before the names of the columns of answers.")
@click.option("--row-numbers", is_flag=True, help="Write the number of every row, from 0, as the column row.")
@click.option("--probabilities/--no-probabilities", default=True, help="Whether every class's is written; it is.")
@click.option(
    "--errors",
    default="fail",
    metavar="fail|null|skip-to FILE",
    help="What becomes of rows that cannot be answered; the run fails unless told otherwise.",
)
@click.option("--processes", type=click.IntRange(1), help="How many work at a time; one per core.")
@click.option("--part-rows", type=click.IntRange(1), help="Rows of a part; what a kill loses.")
@click.option("--restart", is_flag=True, help="Throw an unfinished run away instead of going on with it.")
@click.option("--stream", metavar="URL", help="Answer the messages of redis://…/STREAM or nats://…/SUBJECT.")
@click.option("--reply", metavar="NAME", help="The stream or subject of answers.")
@click.option("--dead-letters", metavar="NAME", help="That of messages without one; NAME.errors by default.")
@click.option("--group", default="mainspring", show_default=True, help="Consumers of a group share a stream.")
@click.option("--batch", type=click.IntRange(1), default=256, show_default=True, help="Messages at a time.")
@click.option(
    "--claim",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds after which a message without an answer goes to another consumer.",
)
@click.option(
    "--deliveries",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="After so many a message is given up.",
)
@click.option("--follow", is_flag=True, help="Answer with what NAME@ALIAS stands for later, too.")
@click.option("--until-idle", type=click.FloatRange(0), help="End after so many seconds without a message.")
@click.option("--metrics-port", type=click.IntRange(0), help="Show figures for Prometheus here.")
@click.option("--create", is_flag=True, help="Make the streams where there are none.")
@reading_options
@json_option
def predict(
    subject: str | None,
    model: str | None,
    row_texts: tuple[str, ...],
    data: str | None,
    out: Path | None,
    form: str | None,
    url: str | None,
    reading: Reading,
    stream: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Answer rows with a registered model: a few, a file of any size, or a stream.

    Columns that the model does not know are ignored. With --out, rows are answered in parts over all cores, in
    their order; run the same command again after a kill, and it goes on where it stopped. A report lies beside
    the answers.
    """
    if stream is not None:
        from mainspring.app.cli.predicting.stream import Listening, answer_stream

        given = {name: options[name] for name in _STREAM}
        answer_stream(_only_model(subject, model, data), Listening(stream=stream, **given), as_json=as_json)
        return
    reference, source = _subject(subject, model, data)
    if bool(row_texts) == bool(source):
        raise InputError("rows are given by --row or as DATA", expected="one of them")
    if source is not None and out is not None and (model is not None or _is_known(out)):
        from mainspring.app.cli.predicting.bulk import Wanted, answer_data

        wanted = Wanted(model=reference, out=out, form=form, url=url, **_run_options(options))
        answer_data(source, wanted, reading, as_json=as_json)
        return
    rows = given_rows(row_texts) if source is None else _rows(source, reference, url, reading)
    answers = ask(url, reference, rows) if url else answer(reference, rows)
    if out is not None:
        write_answers(out, answers)
        if as_json:
            print_json({"model": reference, "rows": len(answers), "out": str(out)})
        else:
            click.echo(f"wrote {len(answers)} answers to {out}")
    elif as_json:
        print_json({"model": reference, "predictions": answers})
    else:
        for one in answers:
            click.echo(json.dumps(one, ensure_ascii=False))


def _subject(subject: str | None, model: str | None, data: str | None) -> tuple[str, str | None]:
    """The model and the data, whichever of them comes first."""
    if model is None:
        if subject is None:
            raise InputError("no model is named", expected="NAME[@ALIAS], or DATA and --model NAME[@ALIAS]")
        return subject, data
    if subject is not None and data is not None:
        raise InputError(f"two data sets are given: {subject} and {data}", expected="DATA, or --data DATA")
    return model, subject or data


def _only_model(subject: str | None, model: str | None, data: str | None) -> str:
    """The model, where the rows come from a stream."""
    named = [one for one in (subject, model) if one is not None]
    if len(named) != 1 or data is not None:
        raise InputError("a stream is answered by one model, and nothing else", expected="--stream and --model")
    return named[0]


def _run_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a run, apart from those of what is written for each row."""
    rest = {name: value for name, value in given.items() if name not in (*_ROWS, *_STREAM)}
    return {**rest, "options": {name: given[name] for name in _ROWS}}


def _rows(data: str, reference: str, url: str | None, reading: Reading) -> list[dict[str, Any]]:
    if Path(data).is_file() and reading == Reading(csv={}):
        return rows_of_file(Path(data), reference, url)
    return [dict(row) for row in read_table(data, reading).iter_rows()]


def _is_known(out: Path) -> bool:
    """Whether the name of a file says how it is written; without --model all others are CSV."""
    return out.suffix.lower() in {".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson", ".gz"} or out.is_dir()
