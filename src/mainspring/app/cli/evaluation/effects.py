"""``mainspring eval effects``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainspring.app.cli.data.inputs import html_option
from mainspring.app.cli.data.output import show, write_page
from mainspring.app.cli.evaluation.inputs import Judged, judged_options
from mainspring.app.cli.words import bold, json_option, print_json, table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.evaluation.explanation.effects import Effect

_SHOWN = 12
"""So many points of an effect fit a terminal; the page and the JSON have all."""


@click.command(
    epilog="\b\nExamples:\n  mainspring eval effects test.csv --label paid --model census@prod --column age\n"
    "  mainspring eval effects test.csv --label paid --model pkg --method partial_dependence --html effects.html"
)
@click.option("--column", "columns", multiple=True, metavar="COLUMN", help="Whose effect; of all without it.")
@click.option(
    "--method",
    type=click.Choice(["accumulated_local_effects", "partial_dependence"]),
    default="accumulated_local_effects",
    show_default=True,
    help="What the data says where it is, or what the model says everywhere.",
)
@click.option("--output", help="The class asked about; the positive one of two without it.")
@html_option
@judged_options
@json_option
def effects(
    judged: Judged, columns: tuple[str, ...], method: str, output: str | None, html: Path | None, as_json: bool
) -> None:
    """How a model's answer changes along each column, over all rows."""
    found = _found(judged, columns, method, output or judged.positive)
    if html is not None:
        from mainspring.evaluation.explanation.plots import explanation_page

        write_page(explanation_page(found, title=f"Effects in {judged.name}"), html, quiet=as_json)
    if as_json:
        print_json({"effects": [one.as_dict() for one in found]})
    else:
        show(list(_lines(found, judged.name)))


def _found(judged: Judged, columns: Sequence[str], method: str, output: str | None) -> list[Effect]:
    from mainspring.evaluation.explanation import Asked
    from mainspring.evaluation.explanation.effects import accumulated_local_effects, partial_dependence

    asked = Asked.of(judged.predictor, judged.table, output=output)
    effect = partial_dependence if method == "partial_dependence" else accumulated_local_effects
    found = []
    for name in columns or [name for name in asked.names if name not in {judged.one_label, judged.weight}]:
        try:
            found.append(effect(asked, judged.table, name))
        except InputError:
            # A column that never changes has no effect; of one that was asked for by name this is said.
            if columns:
                raise
    return sorted(found, key=lambda one: -one.size)


def _lines(found: Sequence[Effect], name: str) -> Iterator[str]:
    for one in found:
        about = "the value" if one.output is None else f"the {one.scale} of {one.output}"
        words = one.method.replace("_", " ")
        yield f"{bold(name)}: {words} of {one.features[0]} on {about}, in all {one.size:.4g}"
        points = list(zip(one.grid[0], one.values.tolist(), one.counts.tolist(), strict=True))
        step = max(1, -(-len(points) // _SHOWN))
        rows = [(_told(point), f"{value:+.4g}", f"{count:,.0f}") for point, value, count in points[::step]]
        yield from table(rows, (one.features[0], "effect", "rows")).splitlines()
        yield ""


def _told(point: float | str | bool | None) -> str:
    if point is None:
        return "missing"
    return f"{point:.6g}" if isinstance(point, float) else str(point)
