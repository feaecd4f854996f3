"""``mainspring eval fairness``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import click

from mainspring.app.cli.data.output import show
from mainspring.app.cli.evaluation.inputs import Judged, judged_options
from mainspring.app.cli.words import bold, dim, json_option, print_json, print_verdict, table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.evaluation.fairness.fairness import Fairness
    from mainspring.evaluation.fairness.gaps import Gap

_HELD = 3
_MOST_GROUPS = 30
_SHOWN = {
    "base rate": "base_rate",
    "selected": "selection_rate",
    "TPR": "true_positive_rate",
    "FPR": "false_positive_rate",
    "PPV": "positive_predictive_value",
    "accuracy": "accuracy",
    "AUC": "auc",
    "mean label": "mean_label",
    "mean prediction": "mean_prediction",
    "mean error": "mean_error",
    "MAE": "mae",
}
_OF_CLASSES = "mean_prediction"
_OF_ALL = ("generalized_entropy_index", "theil_index", "consistency")


@click.command(
    epilog="\b\nExamples:\n  mainspring eval fairness test.csv --label paid --model census@prod --protected sex\n"
    '  mainspring eval fairness scored.csv --label paid --scores chance --protected sex --protected "sex * race"\n'
    "  mainspring eval fairness scored.csv --label paid --scores chance --protected sex --privileged sex=Male\n"
    "  mainspring eval fairness scored.csv --label paid --scores chance --protected sex \\\n"
    "    --at-most equal_opportunity_difference=0.1 --at-least demographic_parity_ratio=0.8 --on interval"
)
@click.option(
    "--protected",
    multiple=True,
    required=True,
    metavar="COLUMNS",
    help='Whose groups are compared: sex, "sex * race", "age in [30, 50]"; may be given more than once.',
)
@click.option(
    "--privileged", multiple=True, metavar="COLUMN=VALUE", help="The group that others are held against."
)
@click.option("--cutoff", type=float, help="The least probability that answers with the positive class.")
@click.option("--threshold", type=float, help="Show the figures at this threshold, not as the model answers.")
@click.option("--min-group-size", type=click.IntRange(1), help="The fewest rows behind a figure to be compared.")
@click.option("--alike", metavar="A,B,…", help="Columns by which people are alike, to measure consistency.")
@click.option("--at-most", multiple=True, metavar="NAME=NUMBER", help="The highest gap or figure allowed.")
@click.option("--at-least", multiple=True, metavar="NAME=NUMBER", help="The lowest gap or figure allowed.")
@click.option(
    "--on",
    type=click.Choice(["figure", "interval"]),
    default="figure",
    show_default=True,
    help="What has to keep the bounds.",
)
@click.option(
    "--insufficient",
    type=click.Choice(["hold", "fail", "pass"]),
    default="hold",
    show_default=True,
    help="What groups do about which nothing is known.",
)
@judged_options
@json_option
def fairness(
    judged: Judged,
    protected: tuple[str, ...],
    privileged: tuple[str, ...],
    cutoff: float | None,
    threshold: float | None,
    min_group_size: int | None,
    alike: str | None,
    at_most: tuple[str, ...],
    at_least: tuple[str, ...],
    on: Literal["figure", "interval"],
    insufficient: Literal["hold", "fail", "pass"],
    as_json: bool,
) -> int:
    """How a model treats groups of people: figures by group, and the gaps between groups with their intervals.

    A name of a bound is that of a gap, or of a figure of every group. Exit codes: 0, or 3 if a bound is not kept
    or cannot be judged for want of evidence.
    """
    most, least = _numbers(at_most), _numbers(at_least)
    from mainspring.evaluation.fairness.assessment import MIN_GROUP_SIZE, THRESHOLDS, assess_fairness
    from mainspring.evaluation.fairness.gate import judge_fairness

    found = assess_fairness(
        judged.predictor,
        judged.table,
        label=judged.one_label,
        protected=protected,
        positive=judged.positive,
        weight=judged.weight,
        thresholds=THRESHOLDS if threshold is None else sorted({*THRESHOLDS, threshold}),
        cutoff=cutoff,
        min_group_size=min_group_size or MIN_GROUP_SIZE,
        privileged=dict(_pair(each, "COLUMN=VALUE") for each in privileged),
        alike=[name.strip() for name in alike.split(",")] if alike else (),
    )
    verdict = None
    if most or least:
        verdict = judge_fairness(found, at_most=most, at_least=least, on=on, insufficient=insufficient)
    if as_json:
        print_json({"fairness": found.as_dict(), "verdict": None if verdict is None else verdict.as_dict()})
    else:
        show(list(_lines(found, judged.name, threshold)))
        if verdict is not None:
            click.echo()
            print_verdict(verdict, all_reasons=True)
    return 0 if verdict is None or verdict.ok else _HELD


def _pair(text: str, form: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise InputError(f"{text!r} cannot be read", expected=form)
    return name.strip(), value.strip()


def _numbers(texts: tuple[str, ...]) -> dict[str, float]:
    """Bounds by their names."""
    told = dict(_pair(text, "NAME=NUMBER") for text in texts)
    try:
        return {name: float(value) for name, value in told.items()}
    except ValueError:
        raise InputError(
            f"a bound in {', '.join(map(repr, texts))} is no number", expected="NAME=NUMBER"
        ) from None


def _lines(found: Fairness, name: str, threshold: float | None) -> Iterator[str]:
    about = f" · {found.positive!r}" if found.positive is not None else ""
    where = "" if threshold is None else f" · at the threshold {threshold:g}"
    yield f"{bold(name)} on {found.overall.count:,} rows{about}{where}"
    for protected in found.protected:
        yield ""
        yield from _groups(found, protected, threshold).splitlines()
        gaps = [gap for gap in found.gaps if gap.protected == protected and gap.at == threshold]
        yield ""
        yield from table([_gap(gap) for gap in gaps], ("gap", "", "interval", "between")).splitlines()
    figures = found.overall.figures
    told = [f"{name} {figures[name].value:.4f}" for name in _OF_ALL if name in figures]
    if told:
        yield ""
        yield ", ".join(told)
    yield ""
    yield dim(
        f"- in brackets: figures with fewer than {found.min_group_size} rows behind them; they are not compared"
    )
    yield from (dim(f"- {note}") for note in found.notes)


def _groups(found: Fairness, protected: str, threshold: float | None) -> str:
    """The figures of each group, those with too few rows behind them in brackets."""
    at = "" if threshold is None else f"@{threshold:g}"
    groups = found.of(protected)
    everything = (found.overall, *groups[:_MOST_GROUPS])
    shown = {
        title: name + at if name + at in found.overall.figures else name
        for title, name in _SHOWN.items()
        if name in found.overall.figures and (found.positive is None or name != _OF_CLASSES)
    }
    rows = []
    for group in everything:
        cells = [str(group.key), f"{group.count:,}"]
        for name in shown.values():
            figure = group.figures[name]
            text = "-" if math.isnan(figure.value) else f"{figure.value:.3f}"
            cells.append(f"({text})" if figure.rows < found.min_group_size and text != "-" else text)
        rows.append(cells)
    more = len(groups) - _MOST_GROUPS
    return table(rows, ("group", "rows", *shown)) + (f"\n… and {more} more groups" if more > 0 else "")


def _gap(gap: Gap) -> list[Any]:
    interval = "" if gap.interval is None else f"{gap.interval.low:.3f} to {gap.interval.high:.3f}"
    between = gap.reason if gap.groups is None else f"{gap.groups[0]} and {gap.groups[1]}"
    without = f" (without {', '.join(map(str, gap.left_out))})" if gap.left_out and gap.groups else ""
    value = "-" if math.isnan(gap.value) else f"{gap.value:.3f}"
    return [gap.name, value, interval, between + without]
