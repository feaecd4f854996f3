"""``mainspring eval slices``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.output import show
from mainspring.app.cli.evaluation.inputs import Judged, judged_options
from mainspring.app.cli.words import bold, dim, json_option, print_json, table

if TYPE_CHECKING:
    from mainspring.evaluation.search import ErrorTree, SliceSearch


@click.command(
    epilog="\b\nExamples:\n  mainspring eval slices test.csv --label paid --model census@prod\n"
    "  mainspring eval slices scored.parquet --label default --scores chance --metric log_loss\n"
    "  mainspring eval slices scored.csv --label paid --predicted answer --column sex --column age --most 5\n"
    "  mainspring eval slices scored.csv --label paid --scores chance --tree"
)
@click.option("--column", "columns", multiple=True, metavar="COLUMN", help="What to search; all without it.")
@click.option("--without", multiple=True, metavar="COLUMN", help="A column to pass over.")
@click.option(
    "--metric",
    metavar="LOSS",
    help="error_rate, log_loss or brier of classes, absolute_error or squared_error of values.",
)
@click.option(
    "--max-columns", type=click.IntRange(1, 3), default=2, show_default=True, help="The most columns of a cross."
)
@click.option("--min-share", type=float, help="The least share of the rows in a slice; 0.005 without it.")
@click.option("--min-size", type=click.IntRange(1), help="The fewest rows in a slice; 30 without it.")
@click.option("--level", type=float, default=0.05, show_default=True, help="The chance of any false alarm.")
@click.option("--most", type=click.IntRange(1), default=20, show_default=True, help="The most slices to show.")
@click.option("--bins", type=int, default=10, show_default=True, help="How many ranges numbers are cut into.")
@click.option("--tree", is_flag=True, help="Show where errors gather, cut by cut, instead of a search.")
@judged_options
@json_option
def slices(
    judged: Judged,
    columns: tuple[str, ...],
    without: tuple[str, ...],
    metric: str | None,
    max_columns: int,
    min_share: float | None,
    min_size: int | None,
    level: float,
    most: int,
    bins: int,
    tree: bool,
    as_json: bool,
) -> None:
    """Where a model is worse than elsewhere: all values, ranges and crosses are looked through.

    A slice is told if its loss is higher than that of all other rows beyond chance, corrected for all slices that
    were looked at, and if no slice that is told already says the same.
    """
    from mainspring.evaluation.search import find_slices, grow_error_tree
    from mainspring.evaluation.search.searching import MIN_SHARE, MIN_SIZE

    if tree:
        grown = grow_error_tree(
            judged.predictor,
            judged.table,
            label=judged.one_label,
            columns=columns or None,
            without=without,
            metric=metric,
            min_leaf=min_size or MIN_SIZE,
            positive=judged.positive,
            weight=judged.weight,
            bins=bins,
        )
        if as_json:
            print_json(grown.as_dict())
        else:
            show(list(_leaves(grown, judged.name)))
        return
    found = find_slices(
        judged.predictor,
        judged.table,
        label=judged.one_label,
        columns=columns or None,
        without=without,
        metric=metric,
        max_columns=max_columns,
        min_share=MIN_SHARE if min_share is None else min_share,
        min_size=min_size or MIN_SIZE,
        level=level,
        most=most,
        positive=judged.positive,
        weight=judged.weight,
        bins=bins,
    )
    if as_json:
        print_json(found.as_dict())
    else:
        show(list(_lines(found, judged.name)))


def _lines(found: SliceSearch, name: str) -> Iterator[str]:
    from mainspring.evaluation.search.found import chance_text

    yield f"{bold(name)}: {found.metric} {found.loss:.4g} over {found.count:,} rows"
    if found.slices:
        rows = [
            (
                str(one.slice),
                f"{one.count:,}",
                f"{one.share:.1%}",
                f"{one.loss:.4g}",
                f"{one.rest:.4g}",
                f"{one.difference.low:+.3g} to {one.difference.high:+.3g}",
                f"{one.loss_share:.1%}",
                chance_text(one.p_value),
            )
            for one in found.slices
        ]
        headers = ("slice", "rows", "share", found.metric, "elsewhere", "difference", "of all loss", "p")
        yield from table(rows, headers).splitlines()
        for one in found.slices:
            if one.also:
                yield dim(f"- {one.slice} also shows as {'; '.join(map(str, one.also))}")
    else:
        yield f"no slice is worse than the rest beyond chance (level {found.level:g})"
    yield dim(
        f"- {found.looked_at:,} slices of {len(found.columns)} columns and at least {found.min_size} rows "
        f"in {found.seconds:.1f} s; p is corrected for all of them"
    )
    yield from (dim(f"- {note}") for note in found.notes)


def _leaves(found: ErrorTree, name: str) -> Iterator[str]:
    yield f"{bold(name)}: {found.metric} {found.loss:.4g} over {found.count:,} rows"
    rows = [
        (
            f"{leaf.count:,}",
            f"{leaf.loss:.4g}",
            f"{leaf.coverage:.1%}",
            ", ".join(leaf.conditions) or "all rows",
        )
        for leaf in found.leaves
    ]
    yield from table(rows, ("rows", found.metric, "of all loss", "where")).splitlines()
