"""``mainspring eval importance``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.inputs import html_option
from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.evaluation.inputs import Judged, judged_options
from mainspring.app.cli.words import bold, json_option, print_json, table

if TYPE_CHECKING:
    from mainspring.evaluation.explanation.importance import Importance


@click.command(
    epilog="\b\nExamples:\n  mainspring eval importance test.csv --label paid --model census@prod\n"
    "  mainspring eval importance test.csv --label paid --model pkg --metric log_loss --group home=city,street"
)
@click.option("--metric", help="What gets worse; accuracy, or RMSE of values, without it.")
@click.option("--column", "columns", multiple=True, metavar="COLUMN", help="What to shuffle; all without it.")
@click.option(
    "--group", "groups", multiple=True, metavar="NAME=A,B", help="Columns to shuffle together, under a name."
)
@click.option(
    "--repeats", type=click.IntRange(1), default=5, show_default=True, help="How often each is shuffled."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the shuffles.")
@html_option
@judged_options
@json_option
def importance(
    judged: Judged,
    metric: str | None,
    columns: tuple[str, ...],
    groups: tuple[str, ...],
    repeats: int,
    seed: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """What a model depends on: how much worse it gets when a column no longer goes with its rows.

    Columns that say the same hide each other when shuffled alone: give them as a group.
    """
    from mainspring.evaluation.explanation.importance import permutation_importance

    label = judged.one_label
    regression = judged.predictor.predict(judged.table.rows(0, 1)).classes is None
    named = {name: together.split(",") for name, _, together in (one.partition("=") for one in groups)}
    found = permutation_importance(
        judged.predictor,
        judged.table,
        label=label,
        metric=metric or ("rmse" if regression else "accuracy"),
        features={**{name: [name] for name in columns}, **named} if groups else columns or None,
        repeats=repeats,
        seed=seed,
        positive=judged.positive,
        weight=judged.weight,
    )
    if html is not None:
        from mainspring.evaluation.explanation.plots import explanation_page

        write_page(explanation_page([found], title=f"What {judged.name} depends on"), html, quiet=as_json)
    if as_json:
        print_json(found.as_dict())
    else:
        show(_lines(found, judged.name))


def _lines(found: Importance, name: str) -> list[str]:
    errors = found.standard_errors
    rows = [(feature, f"{mean:.4g}", f"{errors[feature]:.2g}") for feature, mean in found.means.items()]
    head = f"{bold(name)}: {found.metric} {found.baseline:.4g}; how much worse without"
    return [head, "", *table(rows, ("column", "worse by", "standard error")).splitlines()]
