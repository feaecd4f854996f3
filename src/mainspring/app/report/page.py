"""Lays a report out as one HTML page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from mainspring.app.report.nouns import Report
from mainspring.evaluation.drawing import picture_rules, variables


def render(report: Report) -> str:
    """The page: style, script and pictures inside, nothing to be fetched."""
    templates = files("mainspring.app.report") / "templates"
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            style=variables() + picture_rules() + (templates / "style.css").read_text(encoding="utf-8"),
            script=(templates / "page.js").read_text(encoding="utf-8"),
        )
        + "\n"
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("mainspring.app.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
