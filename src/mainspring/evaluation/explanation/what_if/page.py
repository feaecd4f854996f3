"""The answers as one offline page: a slider or a choice for every column, over answers asked before."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from mainspring.data.viewing.page import Page, embedded
from mainspring.data.viewing.wording import counted, figure
from mainspring.evaluation.drawing import Line, line_chart
from mainspring.evaluation.explanation.attributions import Cell, told
from mainspring.evaluation.explanation.what_if.nouns import Alone, Case, WhatIf
from mainspring.evaluation.viewing.material import Column, Entry, Grid, Material, Section, Told
from mainspring.evaluation.viewing.page import TABLES, environment, script_text, style_text

_OWN: Final = "mainspring.evaluation.explanation.what_if"
_HEIGHT = 900
_ROOM = 0.06
"""The share of the height that is left free above and below a curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """One column to be moved.

    Attributes:
        key: Its place among the columns.
        points: For each point its name, the answer, the figure, its share of the way from the lowest to the
            highest figure, and whether the answer is another one.
        svg: The figure over the points; empty for words, which are a list of bars.
    """

    key: int
    feature: str
    points: tuple[tuple[str, str, str, float, bool], ...]
    own: int
    turns: int | None
    lowest: str
    highest: str
    svg: str


def what_if_page(found: WhatIf, *, title: str = "What if") -> Page:
    """One offline page on which to move each column of a row and see the answer.

    All answers were asked before: each column alone, over values that the data holds. What the page
    shows is always a row that the model was asked about: moving a column puts the one moved before back. It
    fetches nothing.

    Example:
        ``what_if_page(what_if(model, row, background=train)).save("what-if.html")``
    """
    bounds = _bounds(found)
    movers = [_mover(found, key, one, bounds) for key, one in enumerate(found.alone)]
    script = _script()
    page = Material(
        kind="What if",
        title=title,
        sentence=_sentence(found),
        facts=[],
        verdict=None,
        judgement=None,
        thresholds=None,
        sections=[*_asked(found), _row(found)],
        origin=[],
        version=version("mainspring"),
    )
    text = (
        environment(_OWN)
        .get_template("what_if.html.j2")
        .render(
            page=page,
            found=found,
            movers=movers,
            before=(found.before.answer, figure(found.before.score)),
            about=found.about,
            style=style_text() + _file("what_if.css"),
            script=script,
            script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            data=embedded(_payload(found, movers)),
        )
    )
    return Page(text + "\n", _HEIGHT, "Mainspring what if")


def _sentence(found: WhatIf) -> str:
    """What is to be known first."""
    answer = f"The model answers {found.before.answer} to this row"
    if not found.alone:
        return f"{answer}."
    if not found.wanted:
        return f"{answer}. Move a column to see what it would answer instead."
    if not found.turning:
        return f"{answer}, and no single column would change that within the data."
    names = ", ".join(one.feature for one in found.turning[:3]) + (" and others" if len(found.turning) > 3 else "")
    return f"{answer}. {counted(len(found.turning), 'column')} alone would change that: {names}."


def _bounds(found: WhatIf) -> tuple[float, float]:
    """One height for all curves, so that they can be compared."""
    if found.scale == "probability":
        return 0.0, 1.0
    scores = [score for one in found.alone for score in one.scores] or [found.before.score]
    room = _ROOM * (max(scores) - min(scores)) or 1.0
    return min(scores) - room, max(scores) + room


def _mover(found: WhatIf, key: int, one: Alone, bounds: tuple[float, float]) -> Mover:
    low, high = bounds
    points = tuple(
        (told(point), answer, figure(score), (score - low) / (high - low), _turned(found, answer))
        for point, answer, score in zip(one.points, one.answers, one.scores, strict=True)
    )
    after = one.turns.changes[0].after if one.turns is not None else None
    return Mover(
        key=key,
        feature=one.feature,
        points=points,
        own=one.own,
        turns=None if one.turns is None else one.points.index(after),
        lowest=figure(min(one.scores)),
        highest=figure(max(one.scores)),
        svg=_curve(found, one, bounds),
    )


def _turned(found: WhatIf, answer: str) -> bool:
    """Whether a point has another answer than the row; of values none is another."""
    return found.output is not None and answer != found.before.answer


def _numbers(one: Alone) -> list[tuple[float, float]]:
    return [
        (float(point), score)
        for point, score in zip(one.points, one.scores, strict=True)
        if isinstance(point, float) and not isinstance(point, bool)
    ]


def _curve(found: WhatIf, one: Alone, bounds: tuple[float, float]) -> str:
    points = _numbers(one)
    if len(points) < 2:
        return ""
    own = one.points[one.own]
    return line_chart(
        [Line(name=one.feature, points=points, dots=True)],
        title=f"{found.about} over {one.feature}",
        x=one.feature,
        y=found.about,
        description=f"from {figure(points[0][1])} at {figure(points[0][0])} to {figure(points[-1][1])} at "
        f"{figure(points[-1][0])}",
        x_bounds=None,
        y_bounds=bounds,
        mark=(own, one.scores[one.own]) if isinstance(own, float) else None,
        size=(380, 220),
    )


def _payload(found: WhatIf, movers: list[Mover]) -> dict[str, Any]:
    """For every column its points: name, answer, figure, where the mark lies, and whether the answer turned."""
    return {
        "before": [found.before.answer, figure(found.before.score)],
        "columns": [
            {
                "feature": mover.feature,
                "own": mover.own,
                "turns": mover.turns,
                "points": [
                    [*shown[:3], point if isinstance(point, float) else None, score, shown[4]]
                    for shown, point, score in zip(mover.points, one.points, one.scores, strict=True)
                ],
            }
            for mover, one in zip(movers, found.alone, strict=True)
        ],
    }


def _asked(found: WhatIf) -> list[Section]:
    """The changes that were asked about: a table of them, or of two columns against each other."""
    if not found.cases:
        return []
    grid = _crossed(found) if len(found.grid) == 2 else _listed(found)
    lead = f"As it is: {found.before.answer}, {figure(found.before.score)}."
    return [Section(key="asked", title="Asked about", lead=lead, grids=[grid], remarks=found.notes)]


def _listed(found: WhatIf) -> Grid:
    rows = [
        [
            Entry(text="; ".join(map(str, case.changes)) or "as it is"),
            Entry(text=case.answer, tone="strong" if case.turned else ""),
            Entry(text=figure(case.score), sort=repr(case.score)),
            Entry(text=f"{case.score - found.before.score:+.4g}", sort=repr(case.score - found.before.score)),
        ]
        for case in found.cases
    ]
    columns = [Column(name="changed"), Column(name="answer"), Column(name=found.about, number=True)]
    return Grid(caption="", columns=[*columns, Column(name="change", number=True)], rows=rows)


def _crossed(found: WhatIf) -> Grid:
    down, across = found.grid
    cells: dict[tuple[Cell, Cell], Case] = {}
    for case in found.cases:
        changed = found.changed(case)
        cells[changed[down], changed[across]] = case
    tops = list(dict.fromkeys(top for _, top in cells))
    rows = [
        [
            Entry(text=told(side)),
            *(
                Entry(text=figure(case.score), more=case.answer, tone="strong" if case.turned else "")
                for case in (cells[side, top] for top in tops)
            ),
        ]
        for side in dict.fromkeys(side for side, _ in cells)
    ]
    heads = [Column(name=down), *(Column(name=told(top), number=True) for top in tops)]
    return Grid(caption=f"{found.about} by {down} (down) and {across} (across)", columns=heads, rows=rows)


def _row(found: WhatIf) -> Section:
    facts = [Told(name=name, value=told(cell)) for name, cell in found.row.items()]
    remarks = () if found.cases else found.notes
    return Section(key="row", title="The row", facts=facts, remarks=remarks)


@cache
def _file(name: str) -> str:
    return (files(_OWN) / "templates" / name).read_text(encoding="utf-8").strip()


@cache
def _script() -> str:
    return script_text(TABLES) + f'\n(() => {{\n"use strict";\n{_file("what_if.js")}\n}})();'
