"""``mainspring review fill``."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app.cli.review.opening import folders, queue_options
from mainspring.app.cli.words import json_option, print_json
from mainspring.core.clock import now, seconds_of


@click.command(
    epilog="\b\nExamples:\n  mainspring review fill census --rows 200 --by sex\n"
    "  mainspring review fill census --last 24h --where 'age > 90' --reviewers 2"
)
@click.argument("name")
@click.option("--rows", type=click.IntRange(1), default=100, show_default=True, help="How many, about.")
@click.option("--last", metavar="TIME", help="Only rows of the last so long: 30m, 24h, 7d.")
@click.option("--by", multiple=True, help="A column whose values get as many rows each; may be given again.")
@click.option("--where", default="", help="Rows that get a part of their own: a condition, such as 'age > 90'.")
@click.option("--uniform", is_flag=True, help="All rows alike, whatever the model was unsure of.")
@click.option("--reviewers", type=click.IntRange(1), default=1, show_default=True, help="How many look at each.")
@click.option(
    "--double",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="The share of rows that one more looks at, so that agreement is known.",
)
@click.option("--positive", help="The class that a binary task is about.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another one gives other rows.")
@queue_options
@json_option
def fill(
    name: str,
    rows: int,
    last: str | None,
    by: tuple[str, ...],
    where: str,
    uniform: bool,
    reviewers: int,
    double: float,
    positive: str | None,
    seed: int,
    log: Path | None,
    reviews: Path | None,
    as_json: bool,
) -> None:
    """Choose rows of the log to be reviewed: half of them from all alike, the others the more they tell.

    How probable each was is told to the feedback log, so that figures of reviewed rows are those of all rows.
    Calling it again adds nothing for the same rows.
    """
    from mainspring.monitoring.reviewing import ReviewQueue, Sampling
    from mainspring.serving import join_feedback, read_feedback, read_log
    from mainspring.serving.feedback.log import FOLDER

    parts = {"uncertain": 0.0, "strata": 0.0, "flagged": 0.0} if uniform else {}
    sampling = Sampling(
        rows=rows,
        by=by or ("request.version",),
        where=where,
        reviewers=reviewers,
        double=double,
        seed=seed,
        **parts,
    )
    where_log, folder = folders(log, reviews)
    since = None if last is None else now() - seconds_of(last)
    records = read_log(where_log, since=since, model=name)
    table = join_feedback(records, read_feedback(where_log / FOLDER, model=name))
    done = ReviewQueue(folder, model=name, log=where_log).fill(table, sampling, positive=positive)
    if as_json:
        print_json(done.as_dict())
        return
    known = f", {done.known} of them known already" if done.known else ""
    click.echo(f"{done.new} of {done.rows} rows were chosen{known}; {done.again} had been chosen before")
