"""``mainspring simulate stale``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.inputs import Reading, html_option, named, read_table, reading_options
from mainspring.app.cli.data.output import write_page
from mainspring.app.cli.simulating.training import params_option, read_params
from mainspring.app.cli.words import bold, dim, json_option, print_json, table

if TYPE_CHECKING:
    from mainspring.monitoring.retraining import StaleCurve

_DAY = 86_400.0
_HELD = 3


@click.command(
    epilog="\b\nExamples:\n  mainspring simulate stale trips.parquet --time day --label big_tipper\n"
    "  mainspring simulate stale trips.csv --time asked_at --label fare --estimator lightgbm.LGBMRegressor \\\n"
    "    --period 7d --history 90d --html stale.html\n"
    "  mainspring simulate stale trips.csv --time day --label big_tipper --margin 0.01 --fresh-for 30d"
)
@click.argument("file")
@click.option("--time", required=True, help="The column that says when a row was.")
@click.option("--label", required=True, help="The column of the truth.")
@click.option("--estimator", default="lightgbm.LGBMClassifier", show_default=True, help="What is trained.")
@params_option
@click.option("--period", default="30d", show_default=True, help="The length of a stretch.")
@click.option("--history", help="Train on what came within this time; on all before without it.")
@click.option(
    "--starts", type=click.IntRange(1), default=6, show_default=True, help="How many models are followed."
)
@click.option("--metric", default="", help="What they are judged by.")
@click.option("--positive", help="The class that a binary task is about.")
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Columns that must not be used, beside the time."
)
@click.option("--margin", type=float, default=0.0, show_default=True, help="How much of the metric may be lost.")
@click.option("--fresh-for", help="End with status 3 if models surely lose more than the margin within this time.")
@html_option
@json_option
@reading_options
def stale(
    file: str,
    time: str,
    label: str,
    estimator: str,
    params: str | None,
    period: str,
    history: str | None,
    starts: int,
    metric: str,
    positive: str | None,
    exclude: tuple[str, ...],
    margin: float,
    fresh_for: str | None,
    html: Path | None,
    as_json: bool,
    reading: Reading,
) -> int:
    """Train models on the old rows of FILE, and test them on each later stretch of time.

    Says what models lose with age against a model that is fresh, with intervals: how long they may go without
    being trained again. Exit codes: 0, or 3 if --fresh-for is not kept.
    """
    from mainspring.app.trainers import fit_with
    from mainspring.core.clock import seconds_of
    from mainspring.monitoring.retraining import stale_curve
    from mainspring.monitoring.retraining.showing import told, view_curve

    wished = None if fresh_for is None else seconds_of(fresh_for)
    name, place = named(file)
    curve = stale_curve(
        read_table(place, reading),
        fit_with(estimator, label=label, params=read_params(params), exclude=(time, *exclude)),
        label=label,
        time=time,
        period=period,
        history=history,
        starts=starts,
        metric=metric,
        positive=positive,
    )
    fresh = curve.fresh_for(margin)
    if html is not None:
        write_page(view_curve(curve, title=name, margin=margin), html, quiet=as_json)
    if as_json:
        print_json({**curve.as_dict(), "margin": margin, "fresh_for": fresh, "told": told(curve, margin)})
    else:
        _print(name, curve, told(curve, margin))
    return _HELD if wished is not None and fresh is not None and fresh < wished else 0


def _print(name: str, curve: StaleCurve, sentence: str) -> None:
    click.echo(f"{bold(name)}  {curve.metric}, stretches of {curve.period / _DAY:g} days")
    starts = curve.starts
    rows = []
    for age in curve.ages:
        values = {one.start: one.value for one in curve.points if round(one.age) == round(age.age)}
        cells = [f"{values[start]:.4f}" if start in values else "" for start in starts]
        loss = "fresh" if not age.age else f"{age.loss:+.4f} ({age.low:+.4f} to {age.high:+.4f})"
        rows.append((f"{age.age / _DAY:g} d", *cells, loss))
    from mainspring.data.viewing.wording import moment

    heads = ("age", *(f"to {moment(start, day=True)}" for start in starts), "mean loss")
    click.echo(table(rows, heads))
    click.echo(sentence)
    for note in curve.notes:
        click.echo(dim(note))
