"""``mainspring eval mitigate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, read_table, reading_options
from mainspring.app.cli.data.output import show
from mainspring.app.cli.evaluation.inputs import predictor_of
from mainspring.app.cli.simulating.training import read_params
from mainspring.app.cli.words import json_option, print_json

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation import MitigationComparison

_AFTERWARDS = "thresholds,reject_option"
_ALL = "reweigh,grid,thresholds"


@click.command(
    epilog="\b\nExamples:\n  mainspring eval mitigate census.csv --label income --protected sex\n"
    "  mainspring eval mitigate census.csv --label income --protected sex --protected race \\\n"
    "    --constraint demographic_parity --methods reweigh,grid,thresholds --picture price.svg\n"
    "  mainspring eval mitigate test.csv --label income --protected sex --model census@production"
)
@click.argument("file", metavar="FILE")
@click.option("--label", required=True, help="The column with the truth: two classes.")
@click.option(
    "--protected",
    multiple=True,
    required=True,
    metavar="COLUMN",
    help="Whose groups should fare alike; several are crossed.",
)
@click.option(
    "--constraint",
    type=click.Choice(["demographic_parity", "equal_opportunity", "equalized_odds"]),
    default="equal_opportunity",
    show_default=True,
    help="What should be alike.",
)
@click.option("--at-most", type=float, default=0.02, show_default=True, help="The largest gap wanted.")
@click.option(
    "--methods",
    metavar="A,B,…",
    help=f"What to try: {_ALL}; also resample, repair, exponentiated, reject_option. Of a model that is there: "
    f"{_AFTERWARDS}.",
)
@click.option("--model", metavar="NAME@ALIAS|FOLDER", help="A model that is there; without it one is trained.")
@click.option("--scores", metavar="COLUMN", help="A column with the probability of the positive class instead.")
@click.option(
    "--estimator", default="lightgbm.LGBMClassifier", show_default=True, help="What is trained, without a model."
)
@click.option("--params", metavar="JSON", help="Arguments of its constructor.")
@click.option("--exclude", multiple=True, metavar="COLUMN", help="A column that must not be learnt from.")
@click.option("--positive", metavar="CLASS", help="The class that a group may want.")
@click.option("--weight", metavar="COLUMN", help="A column with what each row counts.")
@click.option("--cost-false-positive", type=float, default=1.0, show_default=True, help="What a wrong yes costs.")
@click.option("--cost-false-negative", type=float, default=1.0, show_default=True, help="What a wrong no costs.")
@click.option("--seed", default=0, show_default=True, help="Of every random choice.")
@click.option("--picture", type=click.Path(path_type=Path), help="Write gap against price as SVG.")
@reading_options
@json_option
def mitigate(
    file: str,
    reading: Reading,
    label: str,
    protected: tuple[str, ...],
    constraint: str,
    at_most: float,
    methods: str | None,
    model: str | None,
    scores: str | None,
    estimator: str,
    params: str | None,
    exclude: tuple[str, ...],
    positive: str | None,
    weight: str | None,
    cost_false_positive: float,
    cost_false_negative: float,
    seed: int,
    picture: Path | None,
    as_json: bool,
) -> None:
    """What narrows the gap between groups, and what it costs: mitigations beside the untouched model.

    Without a model one is trained, on three quarters of the rows; all are judged on the rest. Of a model that is
    there, or of a column of probabilities, only what comes after training can be tried: cutoffs are chosen on one
    half of the rows and judged on the other.
    """
    from mainspring.evaluation.fairness.mitigation.thresholds import Costs

    table = read_table(file, reading)
    there = model is not None or scores is not None
    options: dict[str, Any] = {
        "label": label,
        "protected": protected,
        "constraint": constraint,
        "at_most": at_most,
        "methods": [name.strip() for name in (methods or (_AFTERWARDS if there else _ALL)).split(",")],
        "costs": Costs(false_positive=cost_false_positive, false_negative=cost_false_negative),
        "positive": positive,
        "weight": weight,
    }
    if there:
        found = _of_model(table, model, scores, seed, options)
    else:
        found = _trained(table, estimator, read_params(params), exclude, seed, options)
    written = {}
    if picture is not None:
        from mainspring.evaluation.drawing import standing_alone
        from mainspring.evaluation.fairness.mitigation.picture import price_picture

        picture.write_text(standing_alone(price_picture(found)), encoding="utf-8")
        written["picture"] = str(picture)
    if as_json:
        print_json(found.as_dict() | written)
    else:
        show([*found.describe().splitlines(), *(f"wrote {path}" for path in written.values())])


def _of_model(
    table: Table, model: str | None, scores: str | None, seed: int, options: dict[str, Any]
) -> MitigationComparison:
    from mainspring.data import split_rows
    from mainspring.evaluation import compare_cutoffs

    predictor = predictor_of(
        table, label=options["label"], model=model, scores=scores, positive=options["positive"]
    )
    parts, _ = split_rows(table, {"choose": 1, "judge": 1}, seed=seed)
    return compare_cutoffs(predictor, parts["choose"], parts["judge"], **options)


def _trained(
    table: Table,
    estimator: str,
    params: dict[str, Any],
    exclude: tuple[str, ...],
    seed: int,
    options: dict[str, Any],
) -> MitigationComparison:
    from mainspring.data import Transform, infer, split_rows, summarize
    from mainspring.evaluation import compare_mitigations
    from mainspring.models.training.fairness import learner

    label, weight = options["label"], options["weight"]
    parts, _ = split_rows(table, {"train": 3, "eval": 1}, seed=seed)
    left_out = [*exclude, *([] if weight is None else [weight])]
    schema = infer(summarize(parts["train"]), label=label)
    transform = Transform.fit(parts["train"], schema, label=label, exclude=left_out, task="classification")
    fit = learner(transform, estimator=estimator, params=params, seed=seed)
    return compare_mitigations(fit, parts["train"], parts["eval"], seed=seed, **options)
