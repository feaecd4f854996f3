"""Any explanation as a picture, in a notebook and as a page."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from mainspring.core.errors import InputError
from mainspring.data.viewing.page import Page
from mainspring.data.viewing.wording import counted, shortened
from mainspring.evaluation.drawing import picture_rules
from mainspring.evaluation.drawing.colours import PALETTE
from mainspring.evaluation.explanation.anchors import Anchor
from mainspring.evaluation.explanation.attributions import Attributions
from mainspring.evaluation.explanation.counterfactuals import Counterfactuals
from mainspring.evaluation.explanation.effects import Effect
from mainspring.evaluation.explanation.highlights import Highlights
from mainspring.evaluation.explanation.images import RegionAttributions
from mainspring.evaluation.explanation.importance import Importance
from mainspring.evaluation.explanation.plots.contributions import force, waterfall
from mainspring.evaluation.explanation.plots.curves import effect_curve
from mainspring.evaluation.explanation.plots.lanes import about
from mainspring.evaluation.explanation.plots.rules import anchor_rules, counterfactual_table, surrogate_rules
from mainspring.evaluation.explanation.plots.swarms import beeswarm, dependence, importance_bars
from mainspring.evaluation.explanation.surrogate import Surrogate
from mainspring.evaluation.viewing.material import Material, Picture, Section
from mainspring.evaluation.viewing.page import render

_DEPENDENCES = 3
"""So many features of many rows are shown value by value on a page."""

Shown = tuple[str, list[Picture]]
"""A title, and pictures with captions."""


def picture_of(noun: object) -> str:
    """The one picture that shows an explanation best: SVG or HTML that takes its colours from the page.

    Raises:
        InputError: If it is no explanation that can be shown.
    """
    return "".join(one.svg for one in _shown(noun, brief=True)[1])


def in_notebook(noun: object) -> str:
    """The picture with the colours it needs, for the cell of a notebook; nothing outside of it changes."""
    day, night = (";".join(f"--{name}:{both[at]}" for name, both in PALETTE.items()) for at in (0, 1))
    return (
        '<div class="ms-shown"><style>'
        f".ms-shown{{color-scheme:light dark;background:var(--surface);color:var(--ink);padding:10px 14px;"
        f"border-radius:8px;{day}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{.ms-shown{{{night}}}}}\n"
        f".ms-shown>svg{{max-width:100%;height:auto;display:block}}\n{picture_rules()}</style>"
        f"{picture_of(noun)}</div>"
    )


def explanation_page(nouns: Sequence[object], *, title: str = "Explanation") -> Page:
    """One offline page of several explanations, in their order.

    Args:
        nouns: Attributions, effects, importances, anchors, counterfactuals, surrogates, highlighted texts,
            regions of images.
        title: Of the page.

    Raises:
        InputError: If one of them cannot be shown.
    """
    sections = []
    for place, noun in enumerate(nouns, start=1):
        name, pictures = _shown(noun, brief=False)
        sections.append(Section(key=f"part-{place}", title=shortened(name, 80), pictures=pictures))
    material = Material(
        kind="Explanation",
        title=shortened(title, 160),
        sentence=f"{counted(len(sections), 'explanation')}, in the order in which they were given.",
        facts=(),
        verdict=None,
        judgement=None,
        thresholds=None,
        sections=sections,
        origin=(),
        version=version("mainspring"),
    )
    return dataclasses.replace(render("comparison.html.j2", material), name="Mainspring explanation")


def _shown(noun: object, *, brief: bool) -> Shown:
    if isinstance(noun, Attributions):
        return _attributions(noun, brief=brief)
    if isinstance(noun, Effect):
        single = "" if noun.individual is None else "Thin lines and whiskers (four of five) are single rows; "
        drawn = Picture(svg=effect_curve(noun), caption=single + _spent(noun))
        return f"Effect of {' and '.join(noun.features)}", [drawn]
    if isinstance(noun, Importance):
        caption = f"{noun.metric} is {noun.baseline:.4g} with every column in its place; " + _spent(noun)
        return f"Importance to {noun.metric}", [Picture(svg=importance_bars(noun), caption=caption)]
    if isinstance(noun, Anchor):
        return f"Enough for {noun.answer}", [Picture(svg=anchor_rules(noun), caption=_spent(noun))]
    if isinstance(noun, Counterfactuals):
        return f"What {noun.wanted} would take", [Picture(svg=counterfactual_table(noun), caption=_spent(noun))]
    if isinstance(noun, Surrogate):
        name = f"Rules for the {about(noun.output, noun.scale)}"
        return name, [Picture(svg=surrogate_rules(noun), caption=_spent(noun))]
    if isinstance(noun, Highlights):
        name = "Words" if noun.output is None else f"Words for {noun.output}"
        return name, [Picture(svg=noun._repr_html_(), caption=_spent(noun))]
    if isinstance(noun, RegionAttributions):
        return "Regions of an image", [Picture(svg=noun._repr_html_(), caption=_spent(noun))]
    raise InputError(
        f"a {type(noun).__name__} cannot be shown",
        expected="Attributions, RegionAttributions, Effect, Importance, Anchor, Counterfactuals, Surrogate or "
        "Highlights",
    )


def _attributions(noun: Attributions, *, brief: bool) -> Shown:
    answers = "One answer" if len(noun) == 1 else counted(len(noun), "answer")
    title = f"{answers}: {about(noun.output, noun.scale)}"
    told = f"{noun.method}; {_spent(noun)}"
    if not len(noun):
        return title, [Picture(svg="<p>There are no rows to show.</p>", caption=told)]
    if len(noun) == 1:
        pictures = [Picture(svg=waterfall(noun), caption=told)]
        more = Picture(svg=force(noun), caption="The same on one line.")
        return title, pictures if brief else _side_by_side([*pictures, more])
    pictures = [Picture(svg=beeswarm(noun), caption=told)]
    if not brief:
        pictures.append(Picture(svg=importance_bars(noun), caption="The mean size of each contribution."))
        for name in list(noun.importance())[:_DEPENDENCES]:
            pictures.append(Picture(svg=dependence(noun, name), caption="What each value adds, row by row."))
    return title, pictures if brief else _side_by_side(pictures)


def _side_by_side(pictures: Sequence[Picture]) -> list[Picture]:
    """Pictures in rows of as many as there is room for, as one."""
    figures = "".join(
        f'<figure style="flex:0 1 480px;margin:0">{one.svg}'
        f"<figcaption>{html.escape(one.caption)}</figcaption></figure>"
        for one in pictures
    )
    return [Picture(svg=f'<div style="display:flex;flex-wrap:wrap;gap:32px 40px">{figures}</div>', caption="")]


def _spent(noun: Any) -> str:
    """What the model was asked; nothing where nobody counted."""
    calls, rows = noun.spent.calls, noun.spent.rows
    return f"the model answered {counted(rows, 'row')} in {counted(calls, 'call')}" if calls else ""
