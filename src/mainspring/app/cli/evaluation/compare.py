"""``mainspring eval compare``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from mainspring.app.cli.evaluation.contest import Contest, contest_options
from mainspring.app.cli.words import json_option, print_json, print_verdict
from mainspring.core.errors import InputError

_REFUSED = 3
_MAIN = ("accuracy", "auc", "log_loss", "rmse", "mae")

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _read(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """Metric to number, from texts ``METRIC=NUMBER``."""
    found = {}
    for text in given:
        metric, _, number = text.rpartition("=")
        try:
            found[metric.strip()] = float(number)
        except ValueError:
            raise InputError(
                f"{option.opts[0]} {text!r} is no bound", expected="METRIC=NUMBER, such as auc=0.8"
            ) from None
    return found


def _bounds(name: str, says: str) -> Callable[[_Command], _Command]:
    return click.option(name, multiple=True, callback=_read, metavar="METRIC=NUMBER", help=says)


@click.command(
    epilog="\b\nExamples:\n"
    "  mainspring eval compare test.csv --label income --model census@staging --against census@production \\\n"
    "      --better-by auc=0 --rule 'recall | sex=* >= baseline - 0.02'\n"
    "  mainspring eval compare test.csv --label income --model new/ --against old/ --measure --on interval \\\n"
    "      --rule 'accuracy >= baseline - 0.005 if latency_p50 <= 0.7 * baseline'\n"
    "  mainspring eval compare new/evaluation.json old/evaluation.json --better-by accuracy=0"
)
@contest_options
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="What must hold: 'auc | sex=Female >= 0.85'.")
@_bounds("--at-least", "The lowest figure allowed.")
@_bounds("--at-most", "The highest figure allowed.")
@_bounds("--better-by", "By how much it must be better than the baseline; a loss is a negative number.")
@_bounds("--better-by-share", "The same, as a share of the baseline's figure.")
@_bounds("--slices-better-by", "By how much it must be better in every slice.")
@click.option(
    "--min-slice-size", default=10, show_default=True, help="Slices with fewer rows are not judged all together."
)
@click.option(
    "--first-run",
    type=click.Choice(["pass", "fail", "thresholds-only"]),
    default="pass",
    show_default=True,
    help="What bounds of change mean without a baseline.",
)
@click.option(
    "--incomparable",
    type=click.Choice(["fail", "first-run"]),
    default="fail",
    show_default=True,
    help="What a baseline that cannot read the rows means.",
)
@json_option
def compare(
    contest: Contest,
    rules: tuple[str, ...],
    at_least: dict[str, float],
    at_most: dict[str, float],
    better_by: dict[str, float],
    better_by_share: dict[str, float],
    slices_better_by: dict[str, float],
    min_slice_size: int,
    first_run: Any,
    incomparable: Any,
    as_json: bool,
) -> int:
    """Decide whether a model may take the place of another: by bounds, by rules, and on their intervals.

    FILE is data, on which both models are judged; or the candidate's evaluation and the baseline's, as they were
    kept (a folder, or its evaluation.json). Without any bound, the candidate must not be worse in accuracy, AUC
    and log loss, or in RMSE and MAE.

    Exit codes: 0 accepted, 3 refused.
    """
    from mainspring.evaluation import compare as judge

    given = [rules, at_least, at_most, better_by, better_by_share, slices_better_by]
    verdict = judge(
        contest.evaluation,
        **contest.options,
        rules=rules,
        at_least=at_least,
        at_most=at_most,
        better_by=better_by if any(given) else _no_worse(contest),
        better_by_share=better_by_share,
        slices_better_by=slices_better_by,
        min_slice_size=min_slice_size,
        first_run=first_run,
        incomparable=incomparable,
    )
    if as_json:
        print_json(verdict.as_dict())
    else:
        print_verdict(verdict, all_reasons=True)
    return 0 if verdict.ok else _REFUSED


def _no_worse(contest: Contest) -> dict[str, float]:
    """A margin of nothing for the main figures that both have; for all of quality, if they have none of those."""
    from mainspring.evaluation import Better, better

    if contest.baseline is None:
        return {}
    both = [name for name in contest.evaluation.overall if name in contest.baseline.overall]
    main = [name for name in _MAIN if name in both]
    return dict.fromkeys(main or [name for name in both if better(name) is not Better.NEITHER], 0.0)
