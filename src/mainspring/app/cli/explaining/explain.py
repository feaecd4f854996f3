"""``mainspring explain``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.explaining.telling import told
from mainspring.app.cli.predict import given_rows, name_of, rows_of_file
from mainspring.app.cli.words import bold, dim, json_option, print_json
from mainspring.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from mainspring.evaluation.explanation.answers import Answer
    from mainspring.serving.payloads import LogRecord


@click.command(
    epilog='\b\nExamples:\n  mainspring explain taxi --row \'{"fare": 12.5, "payment_type": "Cash"}\'\n'
    "  mainspring explain census --request 0199… --method anchors\n"
    "  mainspring explain census --request 0199… --method counterfactuals --url http://127.0.0.1:8081"
)
@click.argument("reference", metavar="NAME[@ALIAS]")
@click.option(
    "--row", "row_texts", multiple=True, help="A row as a JSON object; - reads rows from standard input."
)
@click.option(
    "--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A CSV or Parquet file of rows."
)
@click.option(
    "--request", metavar="ID", help="A request of the prediction log, with the version that answered it."
)
@click.option("--method", help="One of the explainer's methods, such as shap or anchors; its first without it.")
@click.option("--output", metavar="CLASS", help="The class to explain; the positive one of two without it.")
@click.option("--wanted", metavar="CLASS|LOW..HIGH", help="The answer that counterfactuals look for.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="The most time to spend.")
@click.option("--log", type=click.Path(file_okay=False, path_type=Path), help="The prediction log of --request.")
@click.option("--url", help="Ask a service that explains (or a server that sends on to it) instead of here.")
@json_option
def explain(
    reference: str,
    row_texts: tuple[str, ...],
    data: Path | None,
    request: str | None,
    method: str | None,
    output: str | None,
    wanted: str | None,
    seconds: float | None,
    log: Path | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Why a model answered as it did, by the explainer that was registered with it.

    Contributions of the columns, the rule that is enough for the answer, or what would have had to be different.
    Columns that the model does not know are ignored.
    """
    if [bool(row_texts), data is not None, request is not None].count(True) != 1:
        raise InputError(
            "what is to be explained is said by --row, --data or --request", expected="one of the three"
        )
    if request is not None:
        record = _logged(request, name_of(reference), log)
        rows = _rows_of(record)
        if reference == name_of(reference):
            reference = f"{reference}:{record.version}"
    else:
        rows = rows_of_file(data, reference, url) if data is not None else given_rows(row_texts)
    asked = {"method": method, "output": output, "wanted": _wanted(wanted)}
    answers = _ask(url, reference, rows, asked, seconds) if url else _answer(reference, rows, asked, seconds)
    if as_json:
        print_json({"model": reference, "explanations": [one.as_dict() for one in answers]})
        return
    for place, answer in enumerate(answers):
        if place:
            click.echo()
        if len(answers) > 1:
            click.echo(f"{bold(f'row {place + 1}')} {dim(reference)}")
        click.echo(told(answer))


def _answer(
    reference: str, rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any], seconds: float | None
) -> list[Answer]:
    from mainspring.evaluation.explanation import Budget

    with platform.open() as opened:
        version = opened.models.resolve(reference)
        package, explainer = opened.models.fetch(version), opened.models.explainer(version)
        table = explainer.table(package.signature.columns(rows, ignore_unknown=True))
        return explainer.explain(package, table, budget=Budget(seconds=seconds), **asked)


def _ask(
    url: str, reference: str, rows: Sequence[Mapping[str, Any]], asked: Mapping[str, Any], seconds: float | None
) -> list[Answer]:
    from mainspring.evaluation.explanation.answers import Answer
    from mainspring.serving.client import Client

    name, _, version = reference.partition(":")
    given = {key: value for key, value in {**asked, "budget_seconds": seconds}.items() if value is not None}
    with Client(url, timeout=120.0) as client:
        # A service that explains tells its columns; a prediction server its inputs.
        described = client.metadata(name_of(name))
        known = {one["name"] for one in described["inputs"]}
        kept = [{key: value for key, value in row.items() if key in known} for row in rows]
        return [
            Answer.from_dict(one) for one in client.explain(name_of(name), kept, version=version or None, **given)
        ]


def _logged(request: str, model: str, log: Path | None) -> LogRecord:
    """A request of the log, by its id or the beginning of it."""
    from mainspring.serving.payloads import read

    if log is None:
        with platform.existing() as opened:
            log = opened.settings.path(opened.settings.serving.log)
    found = [one for one in read(log, model=model) if one.id.startswith(request)]
    exact = [one for one in found if one.id == request] or found
    if not exact:
        raise NotFoundError(
            f"the prediction log has no request {request!r} of {model}",
            expected="the id of a logged request, as the header x-request-id of its answer told",
            where=str(log),
        )
    if len({one.id for one in exact}) > 1:
        raise InputError(
            f"{len(exact)} requests begin with {request!r}",
            expected="more of the id: " + ", ".join(one.id for one in exact[:3]),
        )
    record = exact[-1]
    if record.error is not None or not record.rows:
        raise InputError(
            f"the request {record.id} has no answer to explain: {record.error or 'it has no rows'}",
            expected="a request that was answered",
        )
    return record


def _rows_of(record: LogRecord) -> list[dict[str, Any]]:
    return [{name: values[place] for name, values in record.columns.items()} for place in range(record.rows)]


def _wanted(text: str | None) -> str | list[float] | None:
    """A class, or two numbers."""
    low, mark, high = (text or "").partition("..")
    if not mark:
        return text
    try:
        return [float(low), float(high)]
    except ValueError:
        return text
