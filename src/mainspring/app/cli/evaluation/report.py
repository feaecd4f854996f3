"""``mainspring eval report``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.evaluation.inputs import Judged, judged_options, predictor_of
from mainspring.app.cli.words import bold, dim, json_option, print_json, table

if TYPE_CHECKING:
    from mainspring.evaluation.evaluation import Evaluation
    from mainspring.evaluation.fairness.fairness import Fairness
    from mainspring.evaluation.search.found import SliceSearch

_WORST = 5


@click.command(
    epilog="\b\nExamples:\n  mainspring eval report test.csv --label paid --model loans@production --slice sex\n"
    "  mainspring eval report scored.parquet --label paid --scores chance --slice 'sex * race' --protected sex\n"
    "  mainspring eval report test.csv --label fare --model new/ --baseline fares@production --out fares.json"
)
@click.option(
    "--slice", "slices", multiple=True, metavar="SLICE", help='Rows apart: sex, "sex * race", "age in [30]".'
)
@click.option("--min-slice-size", type=click.IntRange(1), help="The fewest rows that a slice may have.")
@click.option("--baseline", metavar="NAME@ALIAS|FOLDER", help="A model to compare with, on the same rows.")
@click.option("--cutoff", type=float, help="The least probability that answers with the positive class.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="A figure besides the usual: recall@0.3.")
@click.option(
    "--protected", multiple=True, metavar="COLUMNS", help="Columns whose groups are held against each other."
)
@click.option("--search", is_flag=True, help="Look for the worst slices too, without their being named.")
@click.option("--title", default="", help="The title of the page.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="The page; LABEL-evaluation.html by default."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the content of the page as JSON."
)
@judged_options
@json_option
def report(
    judged: Judged,
    slices: tuple[str, ...],
    min_slice_size: int | None,
    baseline: str | None,
    cutoff: float | None,
    metrics: tuple[str, ...],
    protected: tuple[str, ...],
    search: bool,
    title: str,
    html: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """How good a model is, overall and by slice, on one page that needs nothing but a browser.

    The page has metrics with intervals, curves, a threshold to move, slices to sort and filter, and with
    --protected the gaps between groups.
    """
    from mainspring.evaluation.evaluation import evaluate
    from mainspring.evaluation.viewing import evaluation_form, view

    how: dict[str, Any] = {
        "label": judged.label,
        "positive": judged.positive,
        "weight": judged.weight,
        "slices": list(slices),
        "min_slice_size": min_slice_size,
        "cutoff": cutoff,
        "metrics": list(metrics),
    }
    how = {name: value for name, value in how.items() if value not in (None, [])}
    found = evaluate(judged.predictor, judged.table, **how)
    other = None
    if baseline is not None:
        other = evaluate(predictor_of(judged.table, model=baseline), judged.table, **how)
    parts: dict[str, Any] = {}
    if protected:
        parts["fairness"] = _fairness(judged, protected, cutoff)
    if search:
        parts["search"] = _search(judged)
    page = view(found, baseline=other, title=title, **parts)
    target = html or Path(f"{_file_name(found.label)}-evaluation.html")
    written = write_page(page, target, quiet=True)
    form = evaluation_form(found, baseline=other, parts=parts, title=title) if as_json or out is not None else {}
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(form, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    if as_json:
        print_json({"html": written, "out": None if out is None else str(out.resolve()), **form})
        return
    lines = [*_lines(found, other, judged.name), *_gap_lines(parts.get("fairness"))]
    if "search" in parts:
        lines += ["", str(parts["search"])]
    lines += ["", f"the whole of it: {written}"]
    show(lines + ([f"as JSON: {out.resolve()}"] if out is not None else []))


def _fairness(judged: Judged, protected: tuple[str, ...], cutoff: float | None) -> Fairness:
    from mainspring.evaluation.fairness.assessment import assess_fairness

    return assess_fairness(
        judged.predictor,
        judged.table,
        label=judged.one_label,
        protected=list(protected),
        positive=judged.positive,
        weight=judged.weight,
        cutoff=cutoff,
    )


def _search(judged: Judged) -> SliceSearch:
    from mainspring.evaluation.columns import ColumnPredictor
    from mainspring.evaluation.search import find_slices

    answers: list[str] = []
    if isinstance(judged.predictor, ColumnPredictor):
        told = (*judged.predictor.scores.values(), judged.predictor.predicted)
        answers = [name for name in told if name is not None]
    return find_slices(
        judged.predictor,
        judged.table,
        label=judged.one_label,
        positive=judged.positive,
        weight=judged.weight,
        without=answers,
    )


def _file_name(label: str) -> str:
    """The label as the name of a file."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in label)[:80] or "model"


def _lines(found: Evaluation, other: Evaluation | None, name: str) -> Iterator[str]:
    from mainspring.evaluation.viewing.figures import between, change, main_metric, words
    from mainspring.evaluation.viewing.gathering import summary_of
    from mainspring.evaluation.viewing.metrics import metric_rows, split_metrics
    from mainspring.evaluation.viewing.slices import worst_first

    main = main_metric(found)
    yield f"{bold(name)} · {summary_of(found)}"
    yield ""
    rows, _ = split_metrics(metric_rows(found, other, main))
    heads = ("metric", "value", "interval", *(("baseline", "change") if other is not None else ()))
    shown = [[row.name, row.value, row.interval, row.baseline, row.change][: len(heads)] for row in rows]
    yield from table(shown, heads).splitlines()
    worst = worst_first(found, main)
    if worst:
        yield ""
        yield bold(f"Worst {words(main)}") + dim(f" {min(_WORST, len(worst))} of {len(worst)} slices")
        whole = found.overall[main]
        cells = []
        for key, one in worst[:_WORST]:
            value = one.values.get(main, math.nan)
            told = "-" if math.isnan(value) else f"{value:.4g}"
            cells.append(
                [str(key), f"{one.count:,}", told, change(value - whole), between(one.intervals.get(main))]
            )
        yield from table(cells, ("slice", "rows", words(main), "to all rows", "interval")).splitlines()
    yield from (dim(f"- {note}") for note in found.notes)


def _gap_lines(found: Fairness | None) -> Iterator[str]:
    """The widest gap of each column, of the notions that are asked for most."""
    if found is None:
        return
    from mainspring.evaluation.viewing.figures import between
    from mainspring.evaluation.viewing.sections.fairness import HEADLINES, notion, pair

    rows = []
    for protected in found.protected:
        for name in HEADLINES:
            for gap in found.gaps_of(name, protected)[:1]:
                value = "not estimable" if math.isnan(gap.value) else f"{gap.value:.3g}"
                rows.append([protected, notion(name), value, between(gap.interval), gap.reason or pair(gap)])
    yield ""
    yield bold("Gaps between groups")
    yield from table(rows, ("by", "notion", "gap", "interval", "between")).splitlines()
