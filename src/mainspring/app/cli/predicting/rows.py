"""A few rows: given by hand or in a small file, answered at once, shown as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from mainspring.app import platform
from mainspring.core.errors import InputError


def given_rows(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Rows given as JSON objects, or lists of them; ``-`` is standard input."""
    found: list[dict[str, Any]] = []
    for text in texts:
        given = sys.stdin.read() if text == "-" else text
        try:
            value = json.loads(given)
        except json.JSONDecodeError as error:
            raise InputError(f"--row is not JSON: {error}", expected='an object such as {"fare": 12.5}') from error
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) for item in items):
            raise InputError(
                "--row holds something that is not an object", expected="an object, or a list of objects"
            )
        found += items
    return found


def rows_of_file(data: Path, reference: str, url: str | None) -> list[dict[str, Any]]:
    """The rows of a file. What the model takes for text stays text: 01234 is no number."""
    from mainspring.data.sources import read

    dialect = dialect_of(reference)
    table = read(data, csv=dialect)
    texts = {name: "STRING" for name in _texts(reference, url) if name in table.names}
    if texts and data.suffix.lower() not in {".parquet", ".pq"}:
        table = read(data, csv={**dialect, "types": texts})
    return [dict(row) for row in table.iter_rows()]


def dialect_of(reference: str) -> Mapping[str, Any]:
    """How the text files were written that the model was trained on: new rows will look the same."""
    from mainspring.app import origins
    from mainspring.core.errors import NotFoundError

    with platform.open() as opened:
        try:
            found = origins.trace(opened, origins.find_artifact(opened, reference)).executions
        except NotFoundError:
            return {}  # a model of another project, behind --url
    read = [one.custom.get("parameters") for one in found if one.properties.get("node") == "ingest"]
    csv = read[-1].get("csv") if read and isinstance(read[-1], dict) else None
    return {key: value for key, value in csv.items() if key != "types"} if isinstance(csv, dict) else {}


def name_of(reference: str) -> str:
    """The name of the model that a reference means."""
    return reference.partition("@")[0].partition(":")[0]


def answer(reference: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Answers of a registered model, computed here."""
    from mainspring.evaluation.assertions import Enforcer

    with platform.open() as opened:
        version = opened.models.resolve(reference)
        package = opened.models.fetch(version)
        columns = package.signature.columns(rows, ignore_unknown=True)
        own = package.open().predict(columns)
    classes = package.signature.classes
    found = Enforcer(package.assertions, classes).enforce(columns, own)
    given = found.outputs
    if classes is None:
        answers: list[dict[str, Any]] = [{"prediction": float(value)} for value in given["prediction"]]
    else:
        answers = [
            {"label": label, "probabilities": dict(zip(classes, map(float, scores), strict=True))}
            for label, scores in zip(given["label"].tolist(), given["probabilities"], strict=True)
        ]
    if not package.assertions:
        return answers
    return [
        _held(one, [each.name for each in found.violated[row]], found.blocked.get(row))
        for row, one in enumerate(answers)
    ]


def ask(url: str, reference: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Answers of a served model."""
    from mainspring.serving.client import Client

    name = name_of(reference)
    with Client(url) as client:
        known = {one["name"] for one in client.metadata(name)["inputs"]}
        kept = [{key: value for key, value in row.items() if key in known} for row in rows]
        found = client.ask(name, kept, probabilities=True)
    answers = [one if isinstance(one, dict) else {"prediction": one} for one in found["predictions"]]
    if "assertions" not in found:
        return answers
    violated = [[one["name"] for one in row] for row in found["assertions"]]
    return [_held(*three) for three in zip(answers, violated, found["errors"], strict=True)]


def write_answers(out: Path, answers: Sequence[Mapping[str, Any]]) -> None:
    """Write answers to a CSV file."""
    import csv

    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        names: list[str] = []
        for number, one in enumerate(answers):
            scores = cast("Mapping[str, float]", one.get("probabilities", {}))
            if number == 0:
                names = list(scores)
                writer.writerow(
                    [*(key for key in one if key != "probabilities"), *(f"p_{name}" for name in names)]
                )
            writer.writerow(
                [*(value for key, value in one.items() if key != "probabilities"), *(scores[n] for n in names)]
            )


def _texts(reference: str, url: str | None) -> list[str]:
    """The columns that a model takes as text."""
    if url:
        from mainspring.serving.client import Client

        with Client(url) as client:
            inputs = client.metadata(name_of(reference))["inputs"]
        return [one["name"] for one in inputs if one["datatype"] == "BYTES"]
    with platform.open() as opened:
        signature = opened.models.fetch(opened.models.resolve(reference)).signature
    return [one.name for one in signature.inputs if one.datatype == "BYTES"]


def _held(answer: Mapping[str, Any], violated: Sequence[str], error: str | None) -> dict[str, Any]:
    """An answer with the names of the assertions that it violates, and why there is none if it is blocked."""
    if error is not None:
        answer = {key: dict.fromkeys(value) if isinstance(value, dict) else None for key, value in answer.items()}
    return {**answer, "assertions": ", ".join(violated), "error": error}
