"""Lays a report out as one HTML page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

from mainspring.app.report.nouns import Report
from mainspring.app.report.wording import counted
from mainspring.evaluation.viewing.page import TABLES, TEMPLATES, script_text, style_text


def render(report: Report) -> str:
    """The page: style, script and pictures inside, nothing to be fetched."""
    templates = files("mainspring.app.report") / "templates"
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            style=style_text() + "\n" + (templates / "style.css").read_text(encoding="utf-8"),
            script=script_text(TABLES) + "\n" + (templates / "page.js").read_text(encoding="utf-8"),
        )
        + "\n"
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=ChoiceLoader(
            [PackageLoader("mainspring.app.report"), PrefixLoader({"evaluation": PackageLoader(TEMPLATES)})]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(counted=counted)
    return made
