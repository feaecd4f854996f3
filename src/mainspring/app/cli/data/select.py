"""``mainspring data select``."""

from __future__ import annotations

from typing import Any

import click

from mainspring.app.cli.data.inputs import Reading, named, read_table, reading_options
from mainspring.app.cli.data.output import show
from mainspring.app.cli.words import json_option, print_json


@click.command(
    epilog="\b\nExamples:\n  mainspring data select trips.csv --label big_tipper\n"
    "  mainspring data select trips.csv --label fare --methods all,l1,forward --count 5 --json"
)
@click.argument("file", metavar="FILE")
@click.option("--label", required=True, help="The column that is to be predicted.")
@click.option("--methods", metavar="A,B,…", help="Which methods; seven of them by default.")
@click.option("--count", type=click.IntRange(min=1), help="How many columns to choose; found by default.")
@click.option("--estimator", help="What is trained to compare; logistic or ridge regression by default.")
@click.option("--metric", help="What decides: auc or rmse by default.")
@click.option("--positive", help="The class that a label with two classes is about.")
@click.option("--choose", default="best", show_default=True, help="The method whose columns are used.")
@click.option("--exclude", multiple=True, metavar="COLUMN", help="A column that must not be used.")
@click.option("--folds", default=5, show_default=True, help="Folds of the cross-validation.")
@click.option("--seed", default=0, show_default=True, help="Of every random choice.")
@click.option("--max-seconds", type=float, help="The longest that searches may take.")
@reading_options
@json_option
def select(
    file: str,
    reading: Reading,
    label: str,
    methods: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Which columns are enough to predict a label: methods of choosing side by side.

    Every figure is made by cross-validation in which each method chooses anew on the rows that are learnt from.

    Methods: all, correlation, univariate, rfe, l1, importance, mutual_information; also pearson, spearman,
    kendall, chi2, permutation, forward, backward.
    """
    from mainspring.data import infer, summarize
    from mainspring.models.selection import DEFAULT, select_features

    table = read_table(named(file)[1], reading)
    schema = infer(summarize(table), label=label)
    chosen = [name.strip() for name in methods.split(",")] if methods else DEFAULT
    found = select_features(table, schema, methods=chosen, **options)
    if as_json:
        print_json(found.as_dict())
        return
    show(found.describe().splitlines())
