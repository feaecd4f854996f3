"""What commands compare: two evaluations that were kept, or two models on the same rows."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, read_table, reading_options
from mainspring.app.cli.evaluation.inputs import predictor_of
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.tables import Table
    from mainspring.evaluation import Evaluation, Operation, Predictor

_FILE = "evaluation.json"
_MEASURED_ROWS = 200

_FEW_ROWS = 100_000
"""Pairs of so many rows are drawn again; of more, parts are left out, which costs a fifth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A candidate and what it is compared with.

    Attributes:
        evaluation: The candidate's.
        baseline: The other's, if there is one.
        on: ``"figure"`` or ``"interval"``.
        paired: Differences from pairs of predictions, where models are judged on the interval.
        operation: What it takes to run the candidate, if that was measured.
        baseline_operation: The same of the other.
    """

    evaluation: Evaluation
    baseline: Evaluation | None = None
    on: Any = "figure"
    paired: Evaluation | None = None
    operation: Operation | None = None
    baseline_operation: Operation | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What gates are given of it, besides the evaluation."""
        return {
            "baseline": self.baseline,
            "paired": self.paired,
            "on": self.on,
            "operation": self.operation,
            "operations": {"baseline": self.baseline_operation},
        }


def contest_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options about what is compared, gathered into one argument, ``contest``."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **given: Any) -> Any:
        own = {name: given.pop(name) for name in _NAMES}
        return command(*arguments, contest=_contest(**own), **given)

    for option in reversed(_OPTIONS):
        option(wrapped)
    return reading_options(wrapped)


_OPTIONS = (
    click.argument("files", metavar="FILE…", nargs=-1, required=True),
    click.option("--label", multiple=True, help="The column with the truth; more than once for many labels."),
    click.option("--model", metavar="NAME@ALIAS|FOLDER", help="The candidate: a registered model, or a package."),
    click.option("--scores", metavar="COLUMN", help="Or a column with its probability of the positive class."),
    click.option("--predicted", metavar="COLUMN", help="Or a column with its answers: classes, or values."),
    click.option("--against", metavar="NAME@ALIAS|FOLDER", help="The baseline: a registered model, or a package."),
    click.option("--against-scores", metavar="COLUMN", help="Or a column with its probabilities."),
    click.option("--against-predicted", metavar="COLUMN", help="Or a column with its answers."),
    click.option("--positive", metavar="CLASS", help="The class that a binary task is about."),
    click.option("--weight", metavar="COLUMN", help="A column with what each row counts."),
    click.option("--slice", "slices", multiple=True, metavar="SLICE", help="What to slice by: sex, sex * race."),
    click.option(
        "--metric", "metrics", multiple=True, metavar="NAME", help="A figure besides the usual: recall@0.3."
    ),
    click.option(
        "--on",
        type=click.Choice(["figure", "interval"]),
        default="figure",
        show_default=True,
        help="Judge figures, or the worse ends of their intervals.",
    ),
    click.option("--measure", is_flag=True, help="Serve the models, and measure their size and latency."),
)

_NAMES = (
    *("files", "label", "model", "scores", "predicted", "against", "against_scores", "against_predicted"),
    *("positive", "weight", "slices", "metrics", "on", "measure", "reading"),
)


def _contest(*, files: tuple[str, ...], label: tuple[str, ...], **given: Any) -> Contest:
    kept = [found for found in map(_kept, files) if found is not None]
    if 1 <= len(kept) == len(files) <= 2:
        return Contest(evaluation=kept[0], baseline=kept[1] if len(kept) > 1 else None, on=given["on"])
    if len(files) > 1 or not label:
        raise InputError(
            "the data has no --label" if len(files) == 1 else f"{len(files)} files, not all of them evaluations",
            expected="one or two evaluations that were kept, or one file of data with --label and --model",
        )
    return _on_rows(files[0], list(label), **given)


def _kept(file: str) -> Evaluation | None:
    """An evaluation that was saved: its folder or its file; ``None`` if it is something else."""
    path = Path(file)
    path = path / _FILE if path.is_dir() else path
    if path.suffix != ".json" or not path.is_file():
        return None
    from mainspring.evaluation import Evaluation

    try:
        return Evaluation.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        return None


def _on_rows(
    file: str,
    label: list[str],
    *,
    reading: Reading,
    model: str | None,
    scores: str | None,
    predicted: str | None,
    against: str | None,
    against_scores: str | None,
    against_predicted: str | None,
    on: str,
    measure: bool,
    **how: Any,
) -> Contest:
    from mainspring.evaluation import Intervals
    from mainspring.evaluation.unreadable import evaluate_if_readable

    table = read_table(file, reading)
    told = {"label": label[0], "positive": how["positive"]}
    candidate = predictor_of(table, model=model, scores=scores, predicted=predicted, **told)
    other = None
    if against or against_scores or against_predicted:
        other = predictor_of(table, model=against, scores=against_scores, predicted=against_predicted, **told)
    how["intervals"] = Intervals(method="bootstrap" if on == "interval" else "closed")
    labels = label[0] if len(label) == 1 else label
    found = [
        evaluate_if_readable(one, table, label=labels, split=Path(file).name, **how)
        for one in (candidate, other)
        if one is not None
    ]
    baseline = found[1] if len(found) > 1 else None
    pairs = on == "interval" and len(label) == 1 and all(one.unreadable is None for one in found)
    operation, before = _measured(candidate, other, table) if measure else (None, None)
    return Contest(
        evaluation=found[0],
        baseline=baseline,
        on=on,
        paired=_paired(candidate, other, table, label[0], how) if pairs and other is not None else None,
        operation=operation,
        baseline_operation=before,
    )


def _paired(candidate: Predictor, other: Predictor, table: Table, label: str, how: dict[str, Any]) -> Evaluation:
    from mainspring.evaluation import Intervals
    from mainspring.evaluation.gates import paired_differences

    method: Any = "bootstrap" if table.num_rows <= _FEW_ROWS else "jackknife"
    chosen = {name: how[name] for name in ("slices", "positive", "weight")}
    return paired_differences(
        candidate.predict(table),
        other.predict(table),
        table,
        label=label,
        intervals=Intervals(method=method),
        **chosen,
    )


def _measured(candidate: Predictor, other: Predictor | None, table: Table) -> tuple[Operation, Operation | None]:
    from mainspring.models.package import Package
    from mainspring.serving.measuring import measure_operation

    if not isinstance(candidate, Package) or not isinstance(other, Package | None):
        raise InputError(
            "only a package can be served, and so be measured",
            expected="--model and --against with registered models, or folders of packages",
        )
    rows = table.rows(0, _MEASURED_ROWS)
    return measure_operation(candidate, rows, baseline=other)
