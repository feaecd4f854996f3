"""``mainspring eval robustness``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.inputs import Reading, read_table
from mainspring.app.cli.data.output import show
from mainspring.app.cli.evaluation.inputs import Judged, judged_options
from mainspring.app.cli.words import bold, dim, json_option, print_json, print_verdict, table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.evaluation.robustness.attacks import AdversarialReport, HasGradients, Membership
    from mainspring.evaluation.robustness.report import Robustness

_HELD = 3
_ATTACK = "column_search"


@click.command(
    epilog="\b\nExamples:\n  mainspring eval robustness test.csv --label income --model census@production\n"
    "  mainspring eval robustness test.csv --label income --model census@production --each-feature --worst 10\n"
    "  mainspring eval robustness test.csv --label income --model census@production \\\n"
    "    --attack column_search --budget 0.5 --budget 1 --members train.csv\n"
    "  mainspring eval robustness test.csv --label income --model census@production \\\n"
    "    --loss-at-most 0.05 --up-to 0.2 --auc-at-most 0.6 --members train.csv"
)
@click.option("--perturbations", metavar="A,B,…", help="How data goes wrong: noise, missing, unit, typos, …; all.")
@click.option("--severity", multiple=True, type=click.FloatRange(0, 1), help="How badly; may be given repeatedly.")
@click.option("--metric", help="What is lost: accuracy, or rmse of a regression, without it.")
@click.option("--each-feature", is_flag=True, help="One column at a time: which ones the model depends on.")
@click.option("--worst", type=click.IntRange(1), default=10, show_default=True, help="How many are shown.")
@click.option(
    "--attack", "method", metavar="NAME", help=f"Change rows until answers turn: {_ATTACK}, word_attack, …"
)
@click.option("--budget", multiple=True, type=float, help="How far an attack may change rows.")
@click.option(
    "--attacked-rows",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    help="The most rows attacked.",
)
@click.option("--immutable", multiple=True, metavar="COLUMN", help="What an attack may not change.")
@click.option("--members", metavar="FILE", help="Rows that the model was trained on: can they be told from FILE?")
@click.option("--loss-at-most", type=float, help="The most that the metric may lose.")
@click.option("--flips-at-most", type=float, help="The largest share of answers that may flip.")
@click.option("--up-to", type=float, default=1.0, show_default=True, help="Severities above are not judged.")
@click.option("--attacked-accuracy-at-least", type=float, help="The least accuracy under attack.")
@click.option("--auc-at-most", type=float, help="How well members may be told from others.")
@click.option("--seed", default=0, show_default=True, help="Of every random choice.")
@judged_options
@json_option
def robustness(
    judged: Judged,
    perturbations: str | None,
    severity: tuple[float, ...],
    metric: str | None,
    each_feature: bool,
    worst: int,
    method: str | None,
    budget: tuple[float, ...],
    attacked_rows: int,
    immutable: tuple[str, ...],
    members: str | None,
    loss_at_most: float | None,
    flips_at_most: float | None,
    up_to: float,
    attacked_accuracy_at_least: float | None,
    auc_at_most: float | None,
    seed: int,
    as_json: bool,
) -> int:
    """What becomes of a model's answers when data goes wrong, or when somebody means harm.

    Columns go wrong in many ways, by severity. With --attack rows are changed until the answer turns, and with
    --members it is tried to tell training rows from others. Exit codes: 0, or 3 if a bound is not kept.
    """
    _check(judged, method, members, attacked_accuracy_at_least, auc_at_most)
    from mainspring.evaluation.robustness.assessing import SEVERITIES, assess_robustness
    from mainspring.evaluation.robustness.perturbations import BUILT_IN

    found = assess_robustness(
        judged.predictor,
        judged.table,
        label=judged.one_label,
        metric=metric,
        perturbations=[name.strip() for name in perturbations.split(",")] if perturbations else tuple(BUILT_IN),
        severities=severity or SEVERITIES,
        each_feature=each_feature,
        positive=judged.positive,
        weight=judged.weight,
        seed=seed,
    )
    attacked = None if method is None else _attacked(judged, method, budget, attacked_rows, immutable, seed)
    told = None if members is None else _members(judged, members)
    verdicts = []
    if loss_at_most is not None or flips_at_most is not None:
        verdicts.append(found.judge(loss_at_most=loss_at_most, flips_at_most=flips_at_most, up_to=up_to))
    if attacked is not None and attacked_accuracy_at_least is not None:
        verdicts.append(attacked.judge(accuracy_at_least=attacked_accuracy_at_least))
    if told is not None and auc_at_most is not None:
        verdicts.append(told.judge(auc_at_most=auc_at_most))
    verdict = verdicts[0].merge(*verdicts[1:]) if verdicts else None
    if as_json:
        parts = {"robustness": found, "attack": attacked, "membership": told, "verdict": verdict}
        print_json({name: None if part is None else part.as_dict() for name, part in parts.items()})
    else:
        show(list(_lines(judged.name, found, attacked, told, worst)))
        if verdict is not None:
            click.echo()
            print_verdict(verdict, all_reasons=True)
    return 0 if verdict is None or verdict.ok else _HELD


def _check(
    judged: Judged, method: str | None, members: str | None, accuracy: float | None, auc: float | None
) -> None:
    """A bound without what it is about would be kept by saying nothing.

    Raises:
        InputError: If there is one, or the answers lie in the data, where changed rows have none.
    """
    from mainspring.evaluation.columns import ColumnPredictor

    if isinstance(judged.predictor, ColumnPredictor):
        raise InputError(
            "answers that lie in the data do not change with the rows",
            expected="--model, which can be asked again",
        )
    if accuracy is not None and method is None:
        raise InputError("--attacked-accuracy-at-least without an attack", fix=f"say --attack {_ATTACK}")
    if auc is not None and members is None:
        raise InputError("--auc-at-most without members", fix="say --members train.csv")


def _attacked(
    judged: Judged, method: str, budget: tuple[float, ...], rows: int, immutable: tuple[str, ...], seed: int
) -> AdversarialReport:
    from mainspring.evaluation.explanation import Constraints
    from mainspring.evaluation.robustness.attacks.attacking import BUDGETS, attack, attack_of

    return attack(
        judged.predictor,
        judged.table.rows(0, rows),
        label=judged.one_label,
        method=method,
        budgets=budget or BUDGETS,
        without=[] if judged.weight is None else [judged.weight],
        constraints=Constraints(immutable=immutable),
        gradients=_gradients(judged.predictor) if attack_of(method).gradients else None,
        seed=seed,
    )


def _gradients(predictor: Any) -> HasGradients:
    from mainspring.models.explaining import gradients_of

    return gradients_of(predictor)


def _members(judged: Judged, file: str) -> Membership:
    from mainspring.evaluation.robustness.attacks import infer_membership

    members = read_table(file, Reading(csv={}))
    return infer_membership(
        judged.predictor, members, judged.table, label=judged.one_label, positive=judged.positive
    )


def _lines(
    name: str, found: Robustness, attacked: AdversarialReport | None, told: Membership | None, worst: int
) -> Iterator[str]:
    yield bold(name)
    yield f"{found.metric} {found.baseline:.4g} on {found.rows:,} rows"
    yield ""
    cells = [
        [
            one.perturbation,
            f"{one.severity:g}",
            one.feature or "all",
            one.refused or _figure(one.figure),
            _figure(one.loss),
            "-" if math.isnan(one.flipped) else f"{one.flipped:.1%}",
        ]
        for one in found.worst(worst)
    ]
    yield table(cells, ("goes wrong", "severity", "column", found.metric, "loss", "flipped"))
    if len(found.found) > worst:
        yield dim(f"… and {len(found.found) - worst} that cost less")
    if attacked is not None:
        yield ""
        yield from str(attacked).splitlines()
        yield from (dim(f"  {one}") for one in attacked.examples)
    if told is not None:
        yield ""
        yield f"members told from others: {told}"


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"
