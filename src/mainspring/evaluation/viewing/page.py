"""Lays the values out as one offline HTML page: style, script and data inside, nothing to be fetched."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from mainspring.data.viewing.page import Page, embedded
from mainspring.evaluation.drawing import picture_rules, variables

if TYPE_CHECKING:
    from jinja2 import Environment

TABLES: Final = ("tables", "matrix")
"""The parts of the script for tables, which any page can use."""

SCRIPT: Final = (*TABLES, "slices", "thresholds")
"""All parts of the script, in the order in which they build on each other."""

TEMPLATES: Final = "mainspring.evaluation.viewing"
"""Where the templates lie, for pages of other rooms that show the same parts."""

_HEIGHT = 900


def render(template: str, page: Any) -> Page:
    """A page from what was gathered; equal material gives equal pages."""
    script = script_text(SCRIPT)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = (
        environment()
        .get_template(template)
        .render(
            page=page,
            style=style_text(),
            script=script,
            script_digest=digest,
            data=embedded(page.payload),
        )
    )
    return Page(text + "\n", _HEIGHT, "Mainspring evaluation")


@cache
def style_text() -> str:
    """The colours, the rules of pictures and those of the page."""
    return variables() + picture_rules() + _file("templates/style.css")


@cache
def script_text(names: tuple[str, ...]) -> str:
    """Parts of the script as one, with names of their own."""
    parts = "\n".join(_file(f"script/{name}.js") for name in names)
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


@cache
def _file(name: str) -> str:
    # The digest of the script is that of the text between the tags, to the last character.
    return (files(TEMPLATES) / name).read_text(encoding="utf-8").strip()


@cache
def environment(*packages: str) -> Environment:
    """Where templates are found: in the packages given first, then among these."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    from mainspring.data.viewing.wording import counted

    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, TEMPLATES)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(counted=counted)
    return made
