"""What the commands judge: rows with their labels, and a model or predictions that lie in the rows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, read_table, reading_options
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.data.tables import Table
    from mainspring.evaluation.ports import Predictor


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is judged.

    Attributes:
        table: The rows.
        predictor: What answers them.
        name: What it is called: the model's reference, or the columns its answers lie in.
        label: The label column; several for a task with many labels.
        positive: The class that a binary task is about, if it was said.
        weight: The column with the weight of each row, if there is one.
    """

    table: Table
    predictor: Predictor
    name: str
    label: str | list[str]
    positive: str | None
    weight: str | None

    @property
    def one_label(self) -> str:
        """The label column, for what judges one label only.

        Raises:
            InputError: If there are several.
        """
        if isinstance(self.label, str):
            return self.label
        raise InputError(
            f"{len(self.label)} labels were given: {', '.join(self.label)}",
            expected="one --label for this command",
        )


def judged_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument FILE and the options about what is judged, gathered into one argument, ``judged``."""

    @functools.wraps(command)
    def wrapped(
        *arguments: Any,
        file: str,
        reading: Reading,
        label: tuple[str, ...],
        model: str | None,
        scores: str | None,
        predicted: str | None,
        positive: str | None,
        weight: str | None,
        **given: Any,
    ) -> Any:
        table = read_table(file, reading)
        judged = Judged(
            table=table,
            predictor=predictor_of(
                table, label=label[0], model=model, scores=scores, predicted=predicted, positive=positive
            ),
            name=model or f"{Path(file).name}: {scores or predicted}",
            label=label[0] if len(label) == 1 else list(label),
            positive=positive,
            weight=weight,
        )
        return command(*arguments, judged=judged, **given)

    for option in reversed(_OPTIONS):
        option(wrapped)
    return reading_options(wrapped)


_OPTIONS = (
    click.argument("file", metavar="FILE"),
    click.option(
        "--label", multiple=True, required=True, help="The column with the truth; more than once for many labels."
    ),
    click.option("--model", metavar="NAME@ALIAS|FOLDER", help="A registered model, or the folder of a package."),
    click.option("--scores", metavar="COLUMN", help="A column with the probability of the positive class."),
    click.option("--predicted", metavar="COLUMN", help="A column with the answers: classes, or values."),
    click.option("--positive", metavar="CLASS", help="The class that a binary task is about."),
    click.option("--weight", metavar="COLUMN", help="A column with what each row counts."),
)


def predictor_of(
    table: Table,
    *,
    label: str | None = None,
    model: str | None = None,
    scores: str | None = None,
    predicted: str | None = None,
    positive: str | None = None,
) -> Predictor:
    """What answers the rows: a model, or columns of the rows.

    Raises:
        InputError: If neither was given, or both.
        NotFoundError: If there is no such model, folder or column.
    """
    if (model is not None) is (scores is not None or predicted is not None):
        raise InputError(
            "what is to be judged was given twice" if model else "what is to be judged was not given",
            expected="either --model, or columns of the data: --scores, --predicted",
        )
    if model is None:
        from mainspring.evaluation.columns import predictions_in

        return predictions_in(table, scores=scores, predicted=predicted, positive=positive, label=label)
    if Path(model).is_dir():
        return package_in(Path(model))
    from mainspring.app import platform

    with platform.open() as opened:
        return opened.models.fetch(opened.models.resolve(model))


def package_in(folder: Path) -> Predictor:
    """The package, or the trained model, that a folder holds.

    Raises:
        InputError: If it holds neither.
    """
    from mainspring.models.model import HEAD, Model
    from mainspring.models.package import Package

    return Model.load(folder) if (folder / HEAD).is_file() else Package.load(folder)
